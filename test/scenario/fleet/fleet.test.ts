import { describe, expect, it } from 'vitest';
import { runFleet } from './run-fleet.ts';

/** What every node records; the primary knows it as well, and so knows what must come out. */
const WORKLOAD = `
const OPERATIONS = ['GET /', 'GET /cart', 'POST /order'];
/** Record i of a node: latencies over four octaves, one in twenty fails. */
function recordOf(node, i) {
  const operation = OPERATIONS[i % 3];
  return { operation, duration: 20 * Math.exp(1.4 * Math.sin(node * 78.233 + i * 12.9898)), success: i % 20 !== 7 };
}
`;

/** Nodes 0 to 3 record 2,500 each and end well; node 4 is killed when it has reported 1,500 and recorded 500 more. */
const NODE = `
async function work(index, tell, join) {
  const isVictim = index === 4;
  const node = join({ serviceId: 'shop', intervalMs: isVictim ? 86_400_000 : 20 });
  const record = (from, to) => {
    for (let i = from; i < to; i++) node.recordPerformanceMetric(recordOf(index, i));
  };
  if (!isVictim) {
    for (let i = 0; i < 2500; i += 250) {
      record(i, i + 250);
      // So that timers run and reports go out in between.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await node.close();
    return;
  }
  record(0, 1500);
  await node.flush();
  record(1500, 2000);
  tell('kill me');
  setInterval(() => {}, 1000);
}
`;

/** Tells what the primary has when all nodes are gone. */
const OUTCOME = `
function outcome(service, fleet) {
  const truth = OPERATIONS.map(() => []);
  for (let node = 0; node < 5; node++) {
    for (let i = 0; i < (node === 4 ? 1500 : 2500); i++) truth[i % 3].push(recordOf(node, i).duration);
  }
  let worst = 0;
  const counts = OPERATIONS.map((operation, i) => {
    const sketch = service.getDistribution('shop', { metricName: 'operation_duration', labels: { operation } });
    const sorted = Float64Array.from(truth[i]).sort();
    for (const q of [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      const exact = sorted[Math.floor(q * (sorted.length - 1))];
      worst = Math.max(worst, Math.abs(sketch.quantile(q) - exact) / exact);
    }
    return sketch.count - sorted.length;
  });
  const minutes = service.getAggregations('shop', { period: '1m' });
  const total = (field) => minutes.reduce((sum, minute) => sum + minute[field], 0);
  const { serviceMetrics, topErrors } = service.getDashboardData();
  console.log(JSON.stringify({
    events: total('eventCount'),
    errors: total('errorCount'),
    counts,
    worst,
    services: serviceMetrics.map(({ serviceId }) => serviceId),
    topErrors: topErrors.reduce((sum, { count }) => sum + count, 0),
    nodes: fleet.nodes.map(({ records, alive, refused }) => ({ records, alive, refused })),
    ids: new Set(fleet.nodes.map(({ id }) => id)).size,
  }));
}
`;

const CLUSTER = `
import cluster from 'node:cluster';
import { Service } from './analytics.mjs';
import { gatherFleet, joinFleet } from './fleet.mjs';
${WORKLOAD}${NODE}${OUTCOME}
if (cluster.isPrimary) {
  const service = new Service({ serviceId: 'shop' });
  const fleet = gatherFleet(service, { cluster });
  const gone = [];
  for (let index = 0; index < 5; index++) {
    const worker = cluster.fork({ NODE_INDEX: index });
    worker.on('message', (message) => {
      if (message === 'kill me') process.kill(worker.process.pid, 'SIGKILL');
    });
    gone.push(new Promise((resolve) => worker.process.on('close', resolve)));
  }
  await Promise.all(gone);
  outcome(service, fleet);
} else {
  await work(Number(process.env.NODE_INDEX), (message) => process.send(message), joinFleet);
  process.disconnect?.();
}
`;

const THREADS = `
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Service } from './analytics.mjs';
import { gatherFleet, joinFleet } from './fleet.mjs';
${WORKLOAD}${NODE}${OUTCOME}
if (isMainThread) {
  const service = new Service({ serviceId: 'shop' });
  const workers = Array.from({ length: 5 }, (_, index) => new Worker(new URL(import.meta.url), { workerData: index }));
  const fleet = gatherFleet(service, { workers });
  await Promise.all(workers.map((worker) => new Promise((resolve) => {
    worker.on('exit', resolve);
    worker.on('message', (message) => message === 'kill me' && worker.terminate());
  })));
  outcome(service, fleet);
} else {
  await work(workerData, (message) => parentPort.postMessage(message), joinFleet);
}
`;

interface Outcome {
  readonly events: number;
  readonly errors: number;
  readonly counts: readonly number[];
  readonly worst: number;
  readonly services: readonly string[];
  readonly topErrors: number;
  readonly nodes: readonly { readonly records: number; readonly alive: boolean; readonly refused: number }[];
  readonly ids: number;
}

describe.each([
  ['processes of a cluster', CLUSTER],
  ['worker threads', THREADS],
])('five %s', (_, program) => {
  it('show as one service, to which one that is killed has given all that it had reported', async () => {
    const { counts, worst, nodes, ...rest } = await runFleet<Outcome>(program);
    // 4 × 2,500 + 1,500 records; of twenty in a row one fails.
    expect(rest).toEqual({ events: 11_500, errors: 575, services: ['shop'], topErrors: 575, ids: 5 });
    expect(counts).toEqual([0, 0, 0]);
    expect(worst).toBeLessThan(0.01);
    const records = nodes.map((node) => node.records).sort((a, b) => a - b);
    expect(records).toEqual([1500, 2500, 2500, 2500, 2500]);
    expect(nodes.every(({ alive, refused }) => !alive && refused === 0)).toBe(true);
  });
});

const CHILDREN = `
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Service } from './analytics.mjs';
import { gatherFleet, joinFleet } from './fleet.mjs';
if (process.argv[2] === undefined) {
  const service = new Service({ serviceId: 'shop' });
  const start = (kind, options) => fork(fileURLToPath(import.meta.url), [kind], options);
  const children = [start('closes', { serialization: 'json' }), start('closes', { serialization: 'advanced' }), start('forgets')];
  const fleet = gatherFleet(service, { workers: children });
  const codes = await Promise.all(children.map((child) => new Promise((resolve) => child.on('close', resolve))));
  const [bucket] = service.getAggregations('shop', { period: '1d' });
  console.log(JSON.stringify({ codes, events: bucket.eventCount, nodes: fleet.nodes.length }));
} else {
  const node = joinFleet({ serviceId: 'shop', intervalMs: 86_400_000 });
  node.recordEvent({ eventType: 'started' });
  if (process.argv[2] === 'closes') await node.close();
}
`;

it('forked children end by themselves, and so does the primary, whether or not they close their node', async () => {
  const outcome = await runFleet<unknown>(CHILDREN);
  expect(outcome).toEqual({ codes: [0, 0, 0], events: 2, nodes: 2 });
});

/** Four threads that live through the same quarter of an hour, each as fast as the primary lets it. */
const ANOMALY = `
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ManualClock, Service } from './analytics.mjs';
import { gatherFleet, joinFleet } from './fleet.mjs';
const T0 = Date.UTC(2026, 0, 5, 9);
const STEP = 10;
const SECONDS = 900;
if (isMainThread) {
  const clock = new ManualClock(T0);
  const service = new Service({ serviceId: 'shop', clock });
  const workers = Array.from({ length: 4 }, (_, index) => new Worker(new URL(import.meta.url), { workerData: index }));
  const fleet = gatherFleet(service, { workers, clock });
  const found = [];
  for (const event of ['anomaly', 'anomalyClosed']) {
    service.on(event, ({ id, metricName, direction, startedAt }) => {
      found.push({ event, id, metricName, direction, second: (startedAt - T0) / 1000 });
    });
  }
  for (let second = 0; second < SECONDS; second += STEP) {
    const done = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage(second);
    for (const messages of done) await messages;
    clock.advance(STEP * 1000);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  const samples = service.explain('shop', 'cpu_usage').samples;
  const bucket = service.getSeries('shop', 'cpu_usage', { period: '5m' })[0];
  console.log(JSON.stringify({ found, samples, count: bucket.count, nodes: fleet.nodes.length }));
} else {
  const clock = new ManualClock(T0);
  const node = joinFleet({ serviceId: 'shop', clock });
  parentPort.on('message', async (second) => {
    for (let s = second; s < second + STEP; s++) {
      // Each node swings by itself; together they stay near 40. For a minute all of them are near 95.
      const usual = 40 + 5 * Math.sin(s * 1.7 + workerData * 2.1) + 3 * Math.sin(s * 0.31 + workerData);
      node.recordMetrics({ cpuUsage: s >= 600 && s < 660 ? usual + 55 : usual });
      clock.advance(1000);
    }
    await node.flush();
    parentPort.postMessage('done');
  });
}
`;

it('an anomaly over all nodes is found once, in the primary', async () => {
  interface Found {
    readonly event: string;
    readonly id: string;
    readonly metricName: string;
    readonly direction: string;
    readonly second: number;
  }
  const { found, samples, count, nodes } = await runFleet<{
    readonly found: readonly Found[];
    readonly samples: number;
    readonly count: number;
    readonly nodes: number;
  }>(ANOMALY);
  expect(nodes).toBe(4);
  // Five minutes of four nodes, a record a second each.
  expect(count).toBe(1200);
  const opened = found.filter(({ event }) => event === 'anomaly');
  expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
  expect(opened[0]).toMatchObject({ metricName: 'cpu_usage', direction: 'above' });
  expect(opened[0]?.second).toBeGreaterThanOrEqual(600);
  expect(opened[0]?.second).toBeLessThan(610);
  expect(found.filter(({ event }) => event === 'anomalyClosed')).toHaveLength(1);
  // One sample a second over all nodes, but for the seconds that other nodes may still report.
  expect(samples).toBeGreaterThan(880);
  expect(samples).toBeLessThanOrEqual(900);
});
