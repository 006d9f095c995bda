// How far quantiles are off, of a million values in one sketch and in eight that are merged.
import assert from 'node:assert/strict';
import prometheus from 'prom-client';
import { QuantileSketch } from '../dist/index.js';
import { binnedQuantile, exponentialQuantile, mergeExponential } from './bins.mjs';
import { short, table } from './page.mjs';
import { ddsketch, hdrHistogram, otelHistogram, tDigest } from './peers.mjs';
import { DISTRIBUTIONS, latencies } from './workload.mjs';

const VALUES = 1_000_000;
const PARTS = 8;
const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999];

/** `build(values)` makes one summary, `merge(parts)` one of several; `count` and `quantile` read it. */
const SUMMARIES = {
  'QuantileSketch (ours)': {
    build: (values) => filled(new QuantileSketch(), values, (sketch, value) => sketch.add(value)),
    merge: (parts) => filled(new QuantileSketch(), parts, (whole, part) => whole.merge(part)),
    count: ({ count }) => count,
    quantile: (sketch, q) => sketch.quantile(q),
  },
  'prom-client Histogram, default bins': {
    build: async (values) => {
      const registry = new prometheus.Registry();
      const histogram = new prometheus.Histogram({ name: 'seconds', help: 'latency', registers: [registry] });
      for (const value of values) histogram.observe(value / 1000);
      return registry.getMetricsAsJSON();
    },
    merge: (parts) => prometheus.AggregatorRegistry.aggregate(parts).getMetricsAsJSON(),
    count: (metrics) => promBins(metrics).counts.reduce((a, b) => a + b),
    quantile: (metrics, q) => {
      const { bounds, counts } = promBins(metrics);
      return binnedQuantile(bounds, counts, q) * 1000;
    },
  },
  'OpenTelemetry, explicit bins': {
    build: (values) => openTelemetry(false, values),
    merge: ([first, ...others]) => {
      const counts = first.buckets.counts.map((count, i) =>
        others.reduce((sum, other) => sum + other.buckets.counts[i], count),
      );
      return { count: counts.reduce((a, b) => a + b), buckets: { boundaries: first.buckets.boundaries, counts } };
    },
    count: ({ count }) => count,
    quantile: ({ buckets }, q) => binnedQuantile(buckets.boundaries, buckets.counts, q),
  },
  'OpenTelemetry, exponential': {
    build: (values) => openTelemetry(true, values),
    merge: mergeExponential,
    count: ({ count }) => count,
    quantile: exponentialQuantile,
  },
  'sketches-js DDSketch': {
    build: (values) => filled(ddsketch.create(), values, ddsketch.add),
    merge: (parts) => filled(ddsketch.create(), parts, (whole, part) => whole.merge(part)),
    count: ({ count }) => count,
    quantile: (sketch, q) => sketch.getValueAtQuantile(q),
  },
  'hdr-histogram-js, 2 digits': {
    build: (values) => filled(hdrHistogram.create(), values, hdrHistogram.add),
    merge: (parts) => filled(hdrHistogram.create(), parts, (whole, part) => whole.add(part)),
    count: ({ totalCount }) => totalCount,
    quantile: (histogram, q) => histogram.getValueAtPercentile(100 * q) / 1000,
  },
  tdigest: {
    build: (values) => filled(tDigest.create(), values, tDigest.add),
    merge: (parts) => filled(tDigest.create(), parts, (whole, part) => whole.push_centroid(part.toArray())),
    count: (digest) => digest.toArray().reduce((sum, { n }) => sum + n, 0),
    quantile: (digest, q) => digest.percentile(q),
  },
};

export async function run({ progress }) {
  const tables = [];
  let worst = 0;
  for (const law of DISTRIBUTIONS) {
    const values = latencies(law, VALUES, 3);
    const sorted = values.slice().sort();
    const rows = [];
    for (const [name, kind] of Object.entries(SUMMARIES)) {
      progress(`${law}: ${name}`);
      const whole = await kind.build(values);
      const size = VALUES / PARTS;
      const parts = [];
      for (let i = 0; i < PARTS; i++) parts.push(await kind.build(values.subarray(i * size, (i + 1) * size)));
      const merged = await kind.merge(parts);
      const errors = [whole, merged].map((summary) => {
        assert.equal(kind.count(summary), VALUES, `${name}: count`);
        return QUANTILES.map((q) => {
          const truth = sorted[Math.floor(q * (VALUES - 1))];
          return (100 * Math.abs(kind.quantile(summary, q) - truth)) / truth;
        });
      });
      if (kind === SUMMARIES['QuantileSketch (ours)']) worst = Math.max(worst, ...errors.flat());
      rows.push([name, ...errors[0].map(short), short(Math.max(...errors[0])), short(Math.max(...errors[1]))]);
    }
    const header = ['summary', ...QUANTILES.map((q) => `p${100 * q}`), 'largest', `${PARTS} merged, largest`];
    tables.push(table(`${law}, error in percent`, header, rows));
  }
  return { text: TEXT, tables, reached: { error: worst } };
}

function filled(summary, values, add) {
  for (const value of values) add(summary, value);
  return summary;
}

/** Bins of the only histogram, taken apart from the cumulative ones that are exported. */
function promBins([{ values }]) {
  const cumulative = values.filter(({ labels }) => labels.le !== undefined);
  const counts = cumulative.map(({ value }, i) => value - (cumulative[i - 1]?.value ?? 0));
  return { bounds: cumulative.slice(0, -1).map(({ labels }) => Number(labels.le)), counts };
}

async function openTelemetry(exponential, values) {
  const { record, points } = otelHistogram(exponential);
  for (const value of values) record(value, {});
  const [{ value }] = await points();
  return value;
}

const TEXT = `A million latencies of each law: *lognormal* with median 20 ms, *pareto* from 5 ms on with exponent 1.5, *bimodal* with 92 %
around 2 ms and 8 % around 150 ms. The truth is the value of rank ⌊q (n − 1)⌋. Bins are read as their servers read them: by
linear interpolation, exponential ones by the harmonic mean of the borders. tdigest bounds the error of ranks, not of values.`;
