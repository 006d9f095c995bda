// What reading costs, and how long the event loop stands still for it: a day's quantiles, all series, closing, merging.
//
// A part whose method the built package does not have says so and is left out.
import assert from 'node:assert/strict';
import prometheus from 'prom-client';
import * as analytics from '../dist/index.js';
import { askChild } from './child.mjs';
import { closing } from './closing.mjs';
import { idleBlock, median, RUNS, turn, watched } from './measure.mjs';
import { short, table } from './page.mjs';
import { latencies, Workload } from './workload.mjs';

const { ManualClock, Service } = analytics;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAY = Date.UTC(2026, 0, 1);
const REPEATS = 30;
const WARM_UPS = 10;
const MAX_SERIES = 200_000;
const SCANNED = 10_000;
const NODES = 8;
const NODE_SERIES = 5000;
const NODE_RECORDS = 20 * NODE_SERIES;

/** In the child, which measures one of them and ends. */
export const subject = () => ({
  day,
  scan,
  merge,
  'close-10000': () => closing('services', 10_000),
  'close-100000': () => closing('services', 100_000),
  'close-one': () => closing('operations', 10_000),
});

/** Quantiles of a service with 60 records a minute over a whole day. */
async function day() {
  const clock = new ManualClock(DAY);
  const service = new Service({ clock });
  if (typeof service.getDistribution !== 'function') return { missing: 'service.getDistribution' };
  const durations = latencies('lognormal', DAY_MS / 1000);
  for (const duration of durations) {
    service.recordPerformanceMetric({ operation: 'GET /', duration, success: true });
    clock.advance(1000);
  }
  clock.advance(HOUR_MS);
  await service.flush();
  const sorted = durations.slice().sort();
  const result = {};
  for (const period of ['1m', '1h']) {
    const ask = () => {
      const sketch = service.getDistribution('default', { period, from: DAY, to: DAY + DAY_MS });
      return { count: sketch.count, quantiles: [0.5, 0.95, 0.99].map((q) => sketch.quantile(q)) };
    };
    const { count, quantiles } = ask();
    assert.equal(count, durations.length);
    [0.5, 0.95, 0.99].forEach((q, i) => {
      const truth = sorted[Math.floor(q * (count - 1))];
      assert.ok(
        Math.abs(quantiles[i] / truth - 1) <= 0.01,
        `${period}: quantile ${q} is ${quantiles[i]}, not ${truth}`,
      );
    });
    result[period] = median(repeated(ask));
  }
  return result;
}

function repeated(work) {
  for (let i = 0; i < WARM_UPS; i++) work();
  return Array.from({ length: REPEATS }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
}

/** Everything that 10,000 busy series have to say, beside what a scrape of as many takes. */
async function scan() {
  const workload = new Workload('operations', SCANNED);
  const { services, operations } = workload;
  const registry = new prometheus.Registry();
  const labelNames = ['service', 'operation'];
  const histogram = new prometheus.Histogram({ name: 'seconds', help: 'latency', labelNames, registers: [registry] });
  const service = new Service({ maxSeries: MAX_SERIES });
  workload.give(20 * SCANNED, (i, duration, success) => {
    const serviceId = services[i];
    const operation = operations[i];
    service.recordPerformanceMetric({ serviceId, operation, duration, success });
    histogram.observe({ service: serviceId, operation }, duration / 1000);
  });
  await service.flush();
  const peer = await watched(async () => {
    const text = await registry.metrics();
    assert.equal(text.match(/^seconds_count/gm)?.length, SCANNED);
  });
  const idle = await idleBlock(200);
  if (typeof service.scan !== 'function') return { missing: 'service.scan', peer, idle };
  const own = await watched(async () => {
    let series = 0;
    let count = 0;
    for await (const slice of service.scan()) {
      for (const { metricName, labels, bucket } of slice) {
        if (metricName !== 'operation_duration' || labels === undefined) continue;
        series++;
        count += bucket.count;
      }
    }
    assert.equal(series, SCANNED);
    assert.ok(count <= workload.given && count > 0);
    return count;
  });
  await service.close();
  return { own, peer, idle };
}

/** Eight processes with the same 5,000 series each: from the bytes they send to one aggregate. */
async function merge() {
  const registries = [];
  const nodes = [];
  const clock = new ManualClock(DAY);
  const workload = new Workload('operations', NODE_SERIES);
  for (let node = 0; node < NODES; node++) {
    const registers = [new prometheus.Registry()];
    const labelNames = ['service', 'operation'];
    const histogram = new prometheus.Histogram({ name: 'seconds', help: 'latency', labelNames, registers });
    const service = new Service({ clock, maxSeries: MAX_SERIES });
    workload.give(NODE_RECORDS, (i, duration, success) => {
      const operation = workload.operations[i];
      service.recordPerformanceMetric({ serviceId: 'bench', operation, duration, success });
      histogram.observe({ service: 'bench', operation }, duration / 1000);
    });
    await service.flush();
    registries.push(registers[0]);
    nodes.push(service.aggregator);
  }
  const texts = [];
  for (const registry of registries) texts.push(JSON.stringify(await registry.getMetricsAsJSON()));
  const peer = await watched(async () => {
    const merged = prometheus.AggregatorRegistry.aggregate(texts.map((text) => JSON.parse(text)));
    assert.match(await merged.metrics(), /seconds_count/);
  }, 2);
  peer.bytes = texts.reduce((sum, text) => sum + text.length, 0);
  const { Partials, Aggregator } = analytics;
  if (typeof nodes[0].partials !== 'function' || Partials === undefined) {
    return { missing: 'aggregator.partials', peer };
  }
  const messages = nodes.map((node) => node.partials().toBytes());
  const { counts, sums } = workload.expected([]);
  const own = await watched(async () => {
    const whole = new Aggregator({ maxSeries: MAX_SERIES });
    for (const bytes of messages) {
      whole.merge(Partials.fromBytes(bytes));
      await turn();
    }
    for (const i of [0, 17, NODE_SERIES - 1]) {
      const query = { period: '1d', labels: { operation: workload.operations[i] } };
      const [bucket] = whole.getSeries('bench', 'operation_duration', query);
      assert.equal(bucket.count, counts[i]);
      assert.ok(Math.abs(bucket.sum / sums[i] - 1) < 1e-9);
    }
    const [{ eventCount }] = whole.getAggregations('bench', { period: '1d' });
    assert.equal(eventCount, workload.given);
  }, 2);
  own.bytes = messages.reduce((sum, bytes) => sum + bytes.length, 0);
  return { own, peer };
}

export async function run({ progress }) {
  const ask = (name) => {
    progress(name);
    return askChild('./queries.mjs', [], name);
  };
  const notes = [];
  const tables = [];
  const missing = ({ missing: name }, what) => {
    if (name !== undefined) notes.push(`${what}: left out, the package has no \`${name}\` yet.`);
    return name !== undefined;
  };
  const reached = {};

  const ofDay = await ask('day');
  if (!missing(ofDay, 'quantiles of a day')) {
    Object.assign(reached, { 'day-1m': ofDay['1m'], 'day-1h': ofDay['1h'] });
    const rows = ['1m', '1h'].map((period) => [`from ${period} buckets`, short(ofDay[period])]);
    tables.push(table('p50, p95, p99 of one service over a day', ['buckets', 'ms'], rows));
  }

  const header = ['what', 'ms', 'longest block, ms', 'the worst of all', 'idle loop'];
  const times = (what, { total, longest, worst, idle }) =>
    [what, total, longest, worst, idle].map((value) => (typeof value === 'number' ? short(value) : (value ?? '')));

  const scanned = await ask('scan');
  const rows = [times('prom-client registry.metrics()', { ...scanned.peer, idle: scanned.idle })];
  if (!missing(scanned, 'reading all series')) {
    Object.assign(reached, { scan: scanned.own.total, 'scan-block': scanned.own.longest });
    rows.unshift(times('service.scan()', { ...scanned.own, idle: scanned.idle }));
  }
  tables.push(table(`Reading all of ${SCANNED.toLocaleString('en')} series`, header, rows));

  const closings = {
    'close-10000': '10,000 services with one operation each',
    'close-100000': '100,000 services with one operation each',
    'close-one': 'one service with 10,000 operations',
  };
  const closed = [];
  for (const [name, what] of Object.entries(closings)) {
    const found = await ask(name);
    reached[name] = found.longest;
    closed.push(times(what, found));
  }
  tables.push(table('Closing a minute', header, closed));

  const merged = await ask('merge');
  const mergeRow = (what, found) => [...times(what, found).slice(0, 4), (found.bytes / 1e6).toFixed(1)];
  const mergedRows = [mergeRow('prom-client AggregatorRegistry.aggregate() and metrics()', merged.peer)];
  if (!missing(merged, 'merging'))
    mergedRows.unshift(mergeRow('Partials.fromBytes() and aggregator.merge()', merged.own));
  tables.push(
    table(
      `Merging ${NODES} × ${NODE_SERIES.toLocaleString('en')} series`,
      [...header.slice(0, 4), 'MB received'],
      mergedRows,
    ),
  );
  return { text: TEXT, tables, notes, reached };
}

const TEXT = `The longest block is the longest gap in a loop of \`setImmediate\` that runs beside the work: for so long nobody else was served,
garbage collection included. Medians of ${RUNS} runs after one that warms up, and the worst gap of them all; *idle loop* is the longest gap
of a loop with nothing to do, which is what the machine and its other users add. Minutes are closed by the service's own
timer, on the machine's clock put forward.`;
