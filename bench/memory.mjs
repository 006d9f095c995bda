// What is held: for each open series and each closed minute, ours and the peers', and how near our own estimate is.
import assert from 'node:assert/strict';
import { ManualClock, Service } from '../dist/index.js';
import { startChild } from './child.mjs';
import { heldBytes } from './measure.mjs';
import { short, table } from './page.mjs';
import { WAYS } from './peers.mjs';
import { Workload } from './workload.mjs';

const SIZES = [1, 100, 10_000, 100_000];
const BUSY = 60;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const PEERS = ['prom-histogram', 'prom-summary', 'otel-explicit', 'otel-exponential', 'ddsketch', 'hdr', 'tdigest'];
const KINDS = {
  operations: 'ours: operations of one service',
  services: 'ours: services with one operation each',
  labels: 'ours: label sets of one metric, watched by detector and predictor',
};

/** In the child. */
export async function subject(kind) {
  return { open: (largest) => openSeries(kind, largest), closed: () => closedMinutes() };
}

/** Bytes held as series appear with one value each, and when each of the last size has 60 values, in one open minute. */
async function openSeries(kind, largest) {
  const workload = new Workload(kind === 'services' ? 'services' : 'operations', largest);
  const clock = new ManualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  await rehearse(kind, workload, clock);
  const before = await heldBytes();
  const way = make(kind, workload, clock);
  let given = 0;
  const add = (series) => way.record(series, workload.durations[given++ % workload.durations.length], true);
  const idle = [];
  let made = 0;
  for (const size of SIZES.filter((one) => one <= largest)) {
    while (made < size) add(made++);
    await way.service?.flush();
    idle.push({ series: size, bytes: (await heldBytes()) - before, estimate: way.service?.stats().bytes });
  }
  for (let value = 1; value < BUSY; value++) {
    clock.advance(990);
    for (let series = 0; series < largest; series++) add(series);
  }
  await way.service?.flush();
  const busy = { series: largest, bytes: (await heldBytes()) - before, estimate: way.service?.stats().bytes };
  const { count } = await way.read([0]);
  assert.equal(count, given, 'values that are known');
  return { idle, busy };
}

/** Once for nothing: functions that are compiled stay on the heap as well. */
async function rehearse(kind, workload, clock) {
  const way = make(kind, workload, clock);
  for (let i = 0; i < 1000; i++) way.record(0, 1 + i, true);
  await way.service?.close();
}

function make(kind, workload, clock) {
  if (kind === 'operations' || kind === 'services') return WAYS.record.make(workload, { clock });
  if (kind !== 'labels') return WAYS[kind].make(workload);
  const service = new Service({ clock, maxSeries: 200_000 });
  const sets = workload.operations.map((route) => ({ route }));
  const record = (i, value) => service.recordMetric({ metricName: 'size', value, labels: sets[i] });
  const read = async () => {
    const buckets = service.getSeries('default', 'size', { period: '1d' });
    return { count: buckets.reduce((sum, bucket) => sum + bucket.count, 0) };
  };
  return { record, read, service };
}

/** Growth over days in which one service has 60 performance records a minute, after a first day in which the rest settles. */
async function closedMinutes(days = 3) {
  // An hour for nothing, as above.
  const workload = new Workload('operations', 1);
  await liveThrough(lonelyService(workload), 60);
  const before = await heldBytes();
  const given = workload.given;
  const lonely = lonelyService(workload);
  await liveThrough(lonely, DAY_MINUTES);
  const first = await heldBytes();
  await liveThrough(lonely, days * DAY_MINUTES);
  const bytes = await heldBytes();
  const { way } = lonely;
  assert.equal((await way.read([0])).count, workload.given - given, 'records that are known');
  const estimate = way.service.stats().bytes;
  return { perMinute: (bytes - first) / (days * DAY_MINUTES), bytes: bytes - before, estimate };
}

function lonelyService(workload) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  return { workload, clock, way: WAYS.record.make(workload, { clock }) };
}

async function liveThrough({ workload, clock, way }, minutes) {
  for (let second = 0; second < minutes * 60; second++) {
    workload.give(1, way.record);
    clock.advance(1000);
  }
  await way.service.flush();
}

export async function run({ progress }) {
  const ask = async (kind, method, ...args) => {
    progress(`${kind}, ${method} ${args.join(' ')}`);
    const child = await startChild('./memory.mjs', [kind]);
    const result = await child.ask(method, ...args);
    await child.end();
    return result;
  };
  const found = {};
  for (const kind of Object.keys(KINDS)) found[kind] = await ask(kind, 'open', 10_000);
  for (const kind of PEERS) found[kind] = await ask(kind, 'open', 10_000);
  const growth = {};
  for (const kind of ['operations', 'services', 'prom-histogram']) growth[kind] = await ask(kind, 'open', 100_000);
  const closed = await ask('operations', 'closed');
  const label = (kind) => KINDS[kind] ?? WAYS[kind].label;

  const open = Object.entries(found).map(([kind, { idle, busy }]) => [
    label(kind),
    short(perSeries(idle.at(-1), idle[0])),
    short(perSeries(busy, idle[0])),
  ]);
  const grown = Object.entries(growth).map(([kind, { idle, busy }]) => [
    label(kind),
    ...idle.map(({ bytes }) => megabytes(bytes)),
    megabytes(busy.bytes),
  ]);
  const estimates = [
    ...['operations', 'services', 'labels'].flatMap((kind) => [
      [`10,000 series idle, ${KINDS[kind]}`, found[kind].idle.at(-1)],
      [`10,000 series busy, ${KINDS[kind]}`, found[kind].busy],
    ]),
    ['100,000 series idle', growth.operations.idle.at(-1)],
    ['four days of closed minutes', closed],
  ];
  const { operations } = found;
  return {
    text: TEXT,
    tables: [
      table('Bytes an open series, of 10,000', ['what', 'idle: 1 value', `busy: ${BUSY} values`], open),
      table('Growth, MB', ['what', ...SIZES.map((size) => `${size.toLocaleString('en')} idle`), '100,000 busy'], grown),
      table(
        'Closed minutes',
        ['what', 'bytes a minute'],
        [[`a service with ${BUSY} performance records a minute, all periods`, short(closed.perMinute)]],
      ),
      table(
        'stats().bytes over what was measured',
        ['state', 'measured MB', 'estimate / measured'],
        estimates.map(([state, { bytes, estimate }]) => [state, megabytes(bytes), short(estimate / bytes)]),
      ),
    ],
    reached: {
      'open-idle': perSeries(operations.idle.at(-1), operations.idle[0]),
      'open-busy': perSeries(operations.busy, operations.idle[0]),
      'closed-minute': closed.perMinute,
      'stats-off': 100 * Math.max(...estimates.map(([, { bytes, estimate }]) => Math.abs(estimate / bytes - 1))),
    },
  };
}

function perSeries({ bytes, series }, first) {
  return (bytes - first.bytes) / (series - first.series);
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1);
}

const TEXT = `Growth of the reachable heap and of typed arrays outside it, after collecting garbage, in a process for each row; names and
labels exist beforehand. All values of a series lie in one open minute. Closed minutes: the growth over three days, after
one in which histories of detector and predictor fill; the buckets of 5m, 15m, 1h and 1d are in it.`;
