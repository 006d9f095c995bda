// Measures what recording costs: main-thread CPU of recordPerformanceMetric and of a bound operation, all work included
// until the record is in its bucket, over prom-client's Histogram.observe with the same labels. Interleaved rounds in one
// process; the ratio is taken per round, and the median of the ratios is printed.
//
//   node bench/record.mjs [--rounds N]
//
// Before anything is printed, the counts of both are checked.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import prometheus from 'prom-client';
import { Service } from '../dist/index.js';

const RECORDS = 500_000;
const SERIES = [1, 100, 10_000, 100_000];
const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(options.rounds);

const rows = SERIES.map(measure);
console.table(Object.fromEntries(rows));

function measure(series) {
  const operations = Array.from({ length: series }, (_, i) => `operation-${i}`);
  const service = new Service({ serviceId: 'bench', maxSeries: 200_000 });
  const handles = operations.map((operation) => service.operation('bench', operation));
  const histogram = new prometheus.Histogram({
    name: `bench_${series}`,
    help: 'durations',
    labelNames: ['service', 'operation'],
    registers: [],
  });
  const durations = Float64Array.from({ length: 1009 }, (_, i) => 1 + ((i * 7919) % 1009));

  const ways = {
    record: (i) => {
      const operation = operations[i % series];
      service.recordPerformanceMetric({ operation, duration: durations[i % 1009], success: true });
    },
    handle: (i) => handles[i % series].record(durations[i % 1009], true),
    prometheus: (i) => {
      histogram.observe({ service: 'bench', operation: operations[i % series] }, durations[i % 1009] / 1000);
    },
  };
  const costs = { record: [], handle: [], prometheus: [] };
  // The first round warms up: series are made and functions compiled.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways)) costs[name].push(nanoseconds(way));
  }
  const counted = service.getSeries('bench', 'operation_duration', { period: '1d' });
  assert.equal(
    counted.reduce((sum, { count }) => sum + count, 0),
    2 * RECORDS * (rounds + 1),
  );
  const ratio = (name) => median(costs[name].slice(1).map((cost, i) => cost / costs.prometheus[i + 1])).toFixed(3);
  const cost = (name) => `${median(costs[name].slice(1)).toFixed(0)} ns`;
  void service.close();
  const row = { record: cost('record'), handle: cost('handle'), 'prom-client': cost('prometheus') };
  return [`${series} series`, { ...row, 'record/prom': ratio('record'), 'handle/prom': ratio('handle') }];
}

/** CPU of one call, all threads of the process. */
function nanoseconds(way) {
  const before = process.cpuUsage();
  for (let i = 0; i < RECORDS; i++) way(i);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / RECORDS) * 1000;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
