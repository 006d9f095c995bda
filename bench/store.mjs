// The part of run.mjs on the SQLite store: what it adds to the delay of the event loop, what closed minutes take on the disk
// and how fast they get there, how long a day of minutes and an opening take.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Database from 'libsql';
import { ManualClock, Service } from '../dist/index.js';
import { sqlite } from '../dist/sqlite.js';
import { quartiles, turn } from './measure.mjs';
import { short, table } from './page.mjs';

const SERVICES = 100;
const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const PER_SECOND = 50_000;
/** Of each run; the first ones, in which functions are compiled, are not counted. */
const SECONDS = 24;
const UNCOUNTED_SECONDS = 8;
const MINUTES = 10_000;
/** Minutes between two flushes while minutes are driven by hand. */
const FLUSH_EVERY = 30;
/** Of those, how many are stored once more with nothing but their buckets. */
const MINUTES_ALONE = 3000;
/** Periods that default retention would take from the file. */
const FOREVER = { '1m': 400, '5m': 400, '15m': 400, '1h': 400 };
const QUERIES = 200;

const TEXT = `\
*Event loop*: ${PER_SECOND.toLocaleString('en')} records a second of ${SERVICES} services with ten operations each come in steps of 5 ms, stored every
5 s; the delay of the loop is that of \`monitorEventLoopDelay\` at 1 ms, which has what a step of recording takes in it.
*Closed minutes*: ${SERVICES} services with one operation, 60 records a minute, ${MINUTES.toLocaleString('en')} minutes; their time in commits is from sending a batch
to the answer of the thread, packing included; what of the file is whose is what SQLite's dbstat says. By themselves, the buckets
of the first ${MINUTES_ALONE.toLocaleString('en')} minutes go into another store without anything else. *Opening*: thirty days, of which the default retention keeps two of minutes.`;

export async function run({ progress }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'streamgate-analytics-bench-'));
  try {
    const loop = await eventLoop(path.join(folder, 'loop.db'), progress);
    const minutes = await closedMinutes(path.join(folder, 'minutes.db'), progress);
    const opening = await openings(path.join(folder, 'opened.db'), progress);
    return {
      text: TEXT,
      tables: [loop.table, table('On the disk', ['what', 'measured'], [...minutes.rows, ...opening.rows])],
      reached: { ...loop.reached, ...minutes.reached, ...opening.reached },
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function eventLoop(file, progress) {
  progress('store: event loop without a store');
  const plain = new Service();
  const without = await delays(plain);
  await plain.close();
  progress('store: event loop with it');
  const service = await Service.open({ store: sqlite({ path: file }) });
  const kept = await delays(service);
  const began = performance.now();
  await service.close();
  const closing = performance.now() - began;
  const row = (name, { p50, p99, max }) => [name, ...[p50, p99, max].map((ms) => ms.toFixed(2))];
  return {
    table: table(
      'Delay of the event loop, ms',
      ['run', 'p50', 'p99', 'longest'],
      [row('without a store', without), row('stored', kept), ['close, after that', '–', '–', closing.toFixed(0)]],
    ),
    reached: { 'store-p99': kept.p99 - without.p99, 'store-block': kept.max },
  };
}

/** Records for some seconds; returns what the event loop suffered, in milliseconds. */
async function delays(service) {
  const handles = Array.from({ length: SERVICES * 10 }, (_, i) => service.operation(`s${i % SERVICES}`, `op${i % 10}`));
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.now();
  let recorded = 0;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - began;
      if (elapsed > UNCOUNTED_SECONDS * 1000) monitor.enable();
      for (const due = (elapsed / 1000) * PER_SECOND; recorded < due; recorded++) {
        handles[(recorded * 7) % handles.length].record(5 + ((recorded * 31) % 97), recorded % 50 !== 0, 'timeout');
      }
      if (elapsed < SECONDS * 1000) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  monitor.disable();
  const [p50, p99, max] = [monitor.percentile(50), monitor.percentile(99), monitor.max].map((ns) => ns / 1e6);
  return { p50, p99, max };
}

/** A store that says how long its commits took, and keeps the buckets of the first of them. */
function timed(store) {
  const time = { ms: 0 };
  const buckets = [];
  const commit = store.commit.bind(store);
  store.commit = async (batch) => {
    if (batch.now < START + MINUTES_ALONE * MINUTE)
      buckets.push({ ...batch, state: new Map(), removals: [], rows: [] });
    const began = performance.now();
    await commit(batch);
    time.ms += performance.now() - began;
  };
  return { store, time, buckets };
}

/** Buckets a second that a new store takes of these batches, from the first to the last answer. */
async function bucketsAlone(file, batches) {
  const store = sqlite({ path: file, retentionDays: FOREVER });
  await store.open();
  const began = performance.now();
  for (const batch of batches) await store.commit(batch);
  const elapsed = performance.now() - began;
  await store.close();
  return bucketsOf(MINUTES_ALONE) / (elapsed / 1000);
}

/** Buckets of so many minutes, the longer ones included. */
const bucketsOf = (minutes) => minutes * SERVICES * (1 + 1 / 5 + 1 / 15 + 1 / 60);

/** Megabytes that each table takes on the disk, indices included. */
function tableSizes(file) {
  const database = new Database(file, { readonly: true });
  const sizes = database
    .prepare(
      'SELECT tbl_name AS name, sum(pgsize) / 1e6 AS mb FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name',
    )
    .all();
  database.close();
  return new Map(sizes.map(({ name, mb }) => [name, mb]));
}

/** A million closed minutes: what they take, how fast the store takes them, and how fast a day of them is read. */
async function closedMinutes(file, progress) {
  const { store, time, buckets } = timed(sqlite({ path: file, retentionDays: FOREVER }));
  const clock = new ManualClock(START);
  const service = await Service.open({ clock, store, flushIntervalMs: DAY, retentionMs: DAY });
  for (let minute = 0; minute < MINUTES; minute++) {
    for (let second = 0; second < 60; second++) record(service, START + minute * MINUTE + second * 1000, second);
    clock.set(START + (minute + 1) * MINUTE);
    if (minute % FLUSH_EVERY !== FLUSH_EVERY - 1) continue;
    await service.flush();
    if (minute % 1000 < FLUSH_EVERY) progress(`store: ${minute} minutes of ${SERVICES} services`);
  }
  await service.flush();
  const times = [];
  for (let i = 0; i < QUERIES; i++) {
    const to = START + (MINUTES - ((i * 37) % (MINUTES - 1440))) * MINUTE;
    const began = performance.now();
    let count = 0;
    for await (const _ of service.history.aggregations(`s${i % SERVICES}`, { period: '1m', from: to - DAY, to }))
      count++;
    times.push(performance.now() - began);
    if (count !== 1440) throw new Error(`a day must have 1,440 minutes, got ${count}`);
  }
  await service.close();
  const megabytes = fs.statSync(file).size / 1e6;
  const sizes = tableSizes(file);
  const minutesAlone = sizes.get('packs_1m');
  const longer = ['packs_5m', 'packs_15m', 'packs_1h', 'packs_1d', 'blocks'].reduce(
    (mb, name) => mb + sizes.get(name),
    0,
  );
  progress('store: the same buckets and nothing else');
  const alone = await bucketsAlone(`${file}-alone`, buckets);
  const perSecond = bucketsOf(MINUTES) / (time.ms / 1000);
  const p95 = times.sort((a, b) => a - b)[Math.floor(0.95 * times.length)];
  const mb = (size) => `${size.toFixed(1)} MB`;
  return {
    rows: [
      ['a million closed minutes', mb(minutesAlone)],
      ['their buckets of 5 and 15 minutes, hours and days, each kept for 400 days', mb(longer)],
      [`predictions of a week, ${SERVICES} services`, mb(sizes.get('predictions'))],
      ['what detector, predictor and charts know of them', mb(sizes.get('state'))],
      ['the whole file', mb(megabytes)],
      ['buckets a second, nothing else to store', Math.round(alone).toLocaleString('en')],
      ['the same with samples, state and predictions', Math.round(perSecond).toLocaleString('en')],
      ['24 h of minutes of one service, median', `${short(quartiles(times).median)} ms`],
      ['the same, p95', `${short(p95)} ms`],
    ],
    reached: {
      'store-size': minutesAlone,
      'store-file': megabytes,
      'store-append': alone,
      'store-append-all': perSecond,
      'store-day': p95,
    },
  };
}

/** Opening what is there after thirty days: 28 in quarters of an hour, whose minutes have gone, and two in minutes. */
async function openings(file, progress) {
  progress('store: thirty days, to be opened');
  const clock = new ManualClock(START);
  const open = () => Service.open({ clock, store: sqlite({ path: file }), flushIntervalMs: DAY });
  const service = await open();
  for (let minute = 0; minute < 30 * 1440; minute += minute < 28 * 1440 ? 15 : 1) {
    record(service, START + minute * MINUTE, minute);
    clock.set(START + (minute + 1) * MINUTE);
    if (minute % 60 === 0) await service.flush();
  }
  await service.close();
  const times = [];
  for (let i = 0; i < 5; i++) {
    await turn();
    const began = performance.now();
    const again = await open();
    times.push(performance.now() - began);
    await again.close();
  }
  const { median } = quartiles(times);
  return {
    rows: [
      [
        `opening 30 days of ${SERVICES} services (${short(fs.statSync(file).size / 1e6)} MB)`,
        `${median.toFixed(0)} ms`,
      ],
    ],
    reached: { 'store-open': median },
  };
}

/** One execution in each service. */
function record(service, timestamp, i) {
  for (let s = 0; s < SERVICES; s++) {
    service.recordPerformanceMetric({
      serviceId: `s${s}`,
      operation: 'work',
      duration: 20 + ((i * 7919 + s * 31 + Math.floor(timestamp / MINUTE) * 13) % 89) * 1.7,
      success: i % 50 !== 0,
      timestamp,
    });
  }
}
