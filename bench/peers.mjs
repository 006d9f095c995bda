// The ways to record that are measured: ours, and what one would use instead.
//
// Each is made for a list of series and has
//   record(series, milliseconds, succeeds)   what a request would call
//   read(probes)                             what is known afterwards: { count, sum, errors?, series: [distribution] }
// where a distribution is { count, sum?, quantile(q) } in milliseconds, and `isNear(got, truth, q)` says how near the way
// itself promises to be.
import { DDSketch } from '@datadog/sketches-js';
import { AggregationType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import hdr from 'hdr-histogram-js';
import prometheus from 'prom-client';
import tdigest from 'tdigest';
import { Service } from '../dist/index.js';
import { binnedQuantile, binOf, exponentialQuantile } from './bins.mjs';

/** Above every number of series here, so that nothing overflows anywhere. */
const MAX_SERIES = 200_000;

const within = (tolerance) => (got, low, high) => got >= low * (1 - tolerance) && got <= high * (1 + tolerance);
const inBin = (bounds, perUnit) => (got, low, high) => {
  const bin = binOf(bounds, got / perUnit);
  return bin >= binOf(bounds, low / perUnit) && bin <= binOf(bounds, high / perUnit);
};

function ours({ bound = false, heard = false }) {
  return ({ services, operations }, options = {}) => {
    const service = new Service({ maxSeries: MAX_SERIES, ...options });
    let told = 0;
    if (heard) service.on('performance', () => told++);
    const handles = bound ? services.map((name, i) => service.operation(name, operations[i])) : [];
    const record = bound
      ? (i, duration, success) => {
          handles[i].record(duration, success, success ? undefined : 'timeout');
        }
      : (i, duration, success) => {
          const serviceId = services[i];
          const operation = operations[i];
          if (success) service.recordPerformanceMetric({ serviceId, operation, duration, success });
          else service.recordPerformanceMetric({ serviceId, operation, duration, success, errorType: 'timeout' });
        };
    const read = async (probes) => {
      await service.flush();
      const { aggregator } = service;
      const ids = [...new Set(services)];
      const days = ids.flatMap((name) => aggregator.getAggregations(name, { period: '1d' }));
      const count = total(days, 'eventCount');
      if (heard && told !== count) throw new Error(`the listener must hear ${count} records, got ${told}`);
      const series = probes.map((i) => distribution(durations(aggregator, services[i], operations[i])));
      // Of many services the sums are left to the probes: asking for all would take minutes.
      const sum = ids.length === 1 ? total(durations(aggregator, ids[0]), 'sum') : undefined;
      return { count, sum, errors: total(days, 'errorCount'), series };
    };
    return { record, read, isNear: within(0.01), service };
  };
}

function durations(aggregator, serviceId, operation) {
  const labels = operation === undefined ? undefined : { operation };
  return aggregator.getSeries(serviceId, 'operation_duration', { period: '1d', labels });
}

/** Of the day's buckets: one, unless the bench ran over midnight; then there are no quantiles of both. */
function distribution(buckets) {
  const [only] = buckets;
  const quantile = (q) => (buckets.length === 1 ? { 0.5: only.p50, 0.95: only.p95, 0.99: only.p99 }[q] : undefined);
  return { count: total(buckets, 'count'), sum: total(buckets, 'sum'), quantile };
}

function total(list, field) {
  return list.reduce((sum, one) => sum + one[field], 0);
}

const LABELS = { help: 'latency', labelNames: ['service', 'operation'], registers: [] };

function promHistogram({ bound = false, counters = false }) {
  return ({ services, operations }) => {
    const histogram = new prometheus.Histogram({ ...LABELS, name: 'duration_seconds' });
    const requests = new prometheus.Counter({ ...LABELS, name: 'requests_total' });
    const failures = new prometheus.Counter({ ...LABELS, name: 'failures_total' });
    const children = bound ? services.map((service, i) => histogram.labels(service, operations[i])) : [];
    const record = bound
      ? (i, duration) => children[i].observe(duration / 1000)
      : (i, duration, success) => {
          const labels = { service: services[i], operation: operations[i] };
          histogram.observe(labels, duration / 1000);
          if (!counters) return;
          requests.inc(labels);
          if (!success) failures.inc(labels);
        };
    const read = async (probes) => {
      const { hashMap, upperBounds } = histogram;
      const known = Object.values(hashMap);
      const bySeries = new Map(known.map((one) => [key(one.labels.service, one.labels.operation), one]));
      const series = probes.map((i) => {
        const { bucketValues, count, sum } = bySeries.get(key(services[i], operations[i]));
        const counts = upperBounds.map((bound) => bucketValues[bound]);
        counts.push(
          count -
            total(
              counts.map((value) => ({ value })),
              'value',
            ),
        );
        return { count, sum: sum * 1000, quantile: (q) => binnedQuantile(upperBounds, counts, q) * 1000 };
      });
      const counted = async (counter) => total((await counter.get()).values, 'value');
      const errors = counters ? await counted(failures) : undefined;
      const count = total(known, 'count');
      if (counters && (await counted(requests)) !== count) throw new Error('counter and histogram must agree');
      return { count, sum: total(known, 'sum') * 1000, errors, series };
    };
    return { record, read, isNear: inBin(histogram.upperBounds, 1000) };
  };
}

function promSummary({ services, operations }) {
  const percentiles = [0.5, 0.9, 0.95, 0.99, 0.999];
  const summary = new prometheus.Summary({ ...LABELS, name: 'duration_seconds', percentiles });
  const record = (i, duration) => {
    summary.observe({ service: services[i], operation: operations[i] }, duration / 1000);
  };
  const read = async (probes) => {
    const known = Object.values(summary.hashMap);
    const bySeries = new Map(known.map((one) => [key(one.labels.service, one.labels.operation), one]));
    const series = probes.map((i) => {
      const { td, count, sum } = bySeries.get(key(services[i], operations[i]));
      return { count, sum: sum * 1000, quantile: (q) => td.percentile(q) * 1000 };
    });
    return { count: total(known, 'count'), sum: total(known, 'sum') * 1000, series };
  };
  return { record, read, isNear: within(TDIGEST_TOLERANCE) };
}

const key = (service, operation) => `${service} ${operation}`;

/** A reader that only collects when it is asked. */
class Reader extends MetricReader {
  async onShutdown() {}
  async onForceFlush() {}
}

/** One histogram of milliseconds, and the way to read its points. */
export function otelHistogram(exponential) {
  const type = exponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT;
  const reader = new Reader({ aggregationSelector: () => ({ type }), cardinalitySelector: () => MAX_SERIES });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
  const histogram = meter.createHistogram('duration', { unit: 'ms' });
  const points = async () => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics[0].metrics[0].dataPoints;
  };
  return { record: (duration, attributes) => histogram.record(duration, attributes), points };
}

function openTelemetry({ exponential }) {
  return ({ services, operations }) => {
    const histogram = otelHistogram(exponential);
    const record = (i, duration) => histogram.record(duration, { service: services[i], operation: operations[i] });
    const read = async (probes) => {
      const points = await histogram.points();
      const keys = points.map(({ attributes: { service, operation } }) => key(service, operation));
      const known = new Map(points.map(({ value }, i) => [keys[i], value]));
      const series = probes.map((i) => {
        const value = known.get(key(services[i], operations[i]));
        const { boundaries, counts } = value.buckets ?? {};
        const quantile = (q) => (exponential ? exponentialQuantile(value, q) : binnedQuantile(boundaries, counts, q));
        return { count: value.count, sum: value.sum, quantile };
      });
      const values = [...known.values()];
      return { count: total(values, 'count'), sum: total(values, 'sum'), series };
    };
    return { record, read, isNear: exponential ? within(EXPONENTIAL_TOLERANCE) : inBin(OTEL_BOUNDS, 1) };
  };
}

/** Its defaults for milliseconds. */
const OTEL_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
/** 160 bins over the four decades of the lognormal latencies are 8 an octave, so off by at most 2^(1/16) − 1. */
const EXPONENTIAL_TOLERANCE = 0.045;
/** A t-digest promises ranks, not values; this only shows that it has seen them. */
const TDIGEST_TOLERANCE = 0.2;
/** Two digits, and the rounding of short latencies to whole microseconds. */
const HDR_TOLERANCE = 0.015;

/** Sketches that know nothing of series: in a `Map` by service and operation. */
function inMap(kind) {
  return ({ services, operations }) => {
    const sketches = new Map();
    const record = (i, duration) => {
      const name = key(services[i], operations[i]);
      let sketch = sketches.get(name);
      if (sketch === undefined) {
        sketch = kind.create();
        sketches.set(name, sketch);
      }
      kind.add(sketch, duration);
    };
    const read = async (probes) => {
      const series = probes.map((i) => kind.read(sketches.get(key(services[i], operations[i]))));
      const all = Array.from(sketches.values(), kind.read);
      const sum = all[0].sum === undefined ? undefined : total(all, 'sum');
      return { count: total(all, 'count'), sum, series };
    };
    return { record, read, isNear: within(kind.tolerance) };
  };
}

export const ddsketch = {
  tolerance: 0.01,
  create: () => new DDSketch({ relativeAccuracy: 0.01 }),
  add: (sketch, duration) => sketch.accept(duration),
  read: (sketch) => ({ count: sketch.count, sum: sketch.sum, quantile: (q) => sketch.getValueAtQuantile(q) }),
};

export const hdrHistogram = {
  tolerance: HDR_TOLERANCE,
  // Two digits are about as exact as the others here; whole microseconds, because it counts integers.
  create: () => hdr.build({ highestTrackableValue: 2, autoResize: true, numberOfSignificantValueDigits: 2 }),
  add: (histogram, duration) => histogram.recordValue(Math.round(duration * 1000)),
  read: (histogram) => ({
    count: histogram.totalCount,
    quantile: (q) => histogram.getValueAtPercentile(q * 100) / 1000,
  }),
};

export const tDigest = {
  tolerance: TDIGEST_TOLERANCE,
  create: () => new tdigest.TDigest(),
  add: (digest, duration) => digest.push(duration),
  read: (digest) => {
    const count = digest.toArray().reduce((sum, { n }) => sum + n, 0);
    return { count, quantile: (q) => digest.percentile(q) };
  },
};

/** Less than this no library can do that finds a series by its name. */
function floor({ services, operations }) {
  const keys = services.map((service, i) => key(service, operations[i]));
  const places = new Map(keys.map((name, place) => [name, place]));
  const sums = new Float64Array(keys.length);
  const record = (i, duration) => {
    sums[places.get(keys[i])] += duration;
  };
  const read = async (probes) => ({ sum: sums.reduce((a, b) => a + b), series: probes.map((i) => ({ sum: sums[i] })) });
  return { record, read, isNear: () => true };
}

/** By the name that `--ways` takes and the tables show. */
export const WAYS = {
  record: { label: 'recordPerformanceMetric', make: ours({}) },
  'record-heard': { label: 'recordPerformanceMetric, heard by a listener', make: ours({ heard: true }) },
  handle: { label: 'operation() handle', make: ours({ bound: true }) },
  'handle-heard': { label: 'operation() handle, heard by a listener', make: ours({ bound: true, heard: true }) },
  'prom-histogram': { label: 'prom-client Histogram with labels', make: promHistogram({}) },
  'prom-bound': { label: 'prom-client Histogram, labels bound', make: promHistogram({ bound: true }) },
  'prom-equal': { label: 'prom-client Histogram + Counter + error Counter', make: promHistogram({ counters: true }) },
  'prom-summary': { label: 'prom-client Summary with labels', make: promSummary },
  'otel-explicit': { label: 'OpenTelemetry histogram, explicit bins', make: openTelemetry({ exponential: false }) },
  'otel-exponential': { label: 'OpenTelemetry histogram, exponential', make: openTelemetry({ exponential: true }) },
  ddsketch: { label: 'sketches-js DDSketch in a Map', make: inMap(ddsketch) },
  hdr: { label: 'hdr-histogram-js in a Map', make: inMap(hdrHistogram) },
  tdigest: { label: 'tdigest in a Map', make: inMap(tDigest) },
  floor: { label: 'floor: one Map.get, one typed-array add', make: floor },
};

export const OURS = ['record', 'record-heard', 'handle', 'handle-heard'];
