// What a fleet costs: bytes of a report, and how long the primary takes to merge those of eight nodes.
import assert from 'node:assert/strict';
import { gatherFleet, joinFleet } from '../dist/fleet.js';
import { Aggregator, ManualClock } from '../dist/index.js';
import { median } from './measure.mjs';
import { latencies } from './workload.mjs';

const NODES = 8;
const ROUNDS = 20;
const START = Date.UTC(2026, 0, 5, 9);
const DURATIONS = latencies('lognormal', 100_003);

/** A second of `records` records over `series` operations on each node, reported and merged, many times. */
async function measure(series, records) {
  const clock = new ManualClock(START);
  const all = new Aggregator();
  const waiting = [];
  const handlers = [];
  const source = { on: (event, handler) => event === 'message' && handlers.push(handler), off: () => {} };
  gatherFleet(all, { workers: [source], clock });
  const port = { postMessage: (message) => waiting.push(message) };
  const nodes = Array.from({ length: NODES }, () => joinFleet({ clock, port, intervalMs: 86_400_000 }));
  const merges = [];
  const writes = [];
  let at = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const node of nodes) {
      for (let i = 0; i < records; i++) {
        const operation = `GET /resource-${i % series}`;
        node.recordPerformanceMetric({ operation, duration: DURATIONS[at++ % DURATIONS.length], success: true });
      }
      const began = performance.now();
      await node.flush();
      writes.push(performance.now() - began);
    }
    const began = performance.now();
    for (const message of waiting.splice(0)) for (const handler of handlers) handler(message);
    merges.push(performance.now() - began);
    clock.advance(1000);
  }
  const total = all.getAggregations('default', { period: '1d' })[0].eventCount;
  assert.equal(total, ROUNDS * NODES * records);
  const { bytes, reports } = nodes[0].stats();
  return {
    series,
    'records a report': records,
    'bytes a report': Math.round(bytes / reports),
    'ms to make one': Number(median(writes).toFixed(2)),
    [`ms to merge ${NODES}`]: Number(median(merges).toFixed(2)),
  };
}

const rows = [];
for (const [series, records] of [
  [1, 100],
  [10, 1000],
  [100, 1000],
  [1000, 10_000],
  [5000, 20_000],
]) {
  rows.push(await measure(series, records));
}
console.table(rows);
