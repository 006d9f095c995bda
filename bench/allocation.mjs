// Bytes that one record allocates once every series exists and every function is compiled.
//
// The young generation is made so large that no collection falls into a measurement (one that does is thrown away, and
// fewer records are taken): what the used heap grows by is then all that was allocated, whether it lives on or not.
import { PerformanceObserver } from 'node:perf_hooks';
import { ManualClock } from '../dist/index.js';
import { startChild } from './child.mjs';
import { median, turn } from './measure.mjs';
import { short, table } from './page.mjs';
import { WAYS } from './peers.mjs';
import { verify } from './verify.mjs';
import { Workload } from './workload.mjs';

const FLAGS = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
const SIZES = [100, 10_000];
const WARM_UP = 400_000;
const RECORDS = 40_000;
/** With minutes that turn: records of each series in one minute, and minutes. */
const A_MINUTE = 60;
const MINUTES = 10;
const MINUTE_MS = 60_000;

/** In the child. With `turning`, time passes as fast as 60 records of each series make a minute. */
export function subject(name, series, turning) {
  const workload = new Workload('operations', series);
  const clock = new ManualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  const way = WAYS[name].make(workload, turning ? { clock } : {});
  let collections = 0;
  new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  }).observe({ entryTypes: ['gc'] });
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const perMinute = A_MINUTE * series;
  /** A second at a time, so that flushes come when they are due. */
  const giveMinute = () => {
    for (let second = 0; second < 60; second++) {
      workload.give(perMinute / 60, way.record);
      clock.advance(1000);
    }
    return perMinute;
  };
  const give = (count) => {
    workload.give(count, way.record);
    return count;
  };
  const measure = async (work) => {
    globalThis.gc();
    await turn();
    await turn();
    const collected = collections;
    const before = used();
    const records = work();
    const bytes = (used() - before) / records;
    await turn();
    await turn();
    return collections === collected ? bytes : undefined;
  };
  return {
    async measure(rounds) {
      give(WARM_UP);
      const found = [];
      if (turning) for (let i = 0; i < MINUTES; i++) giveMinute();
      for (let count = RECORDS; found.length < (turning ? MINUTES : rounds) && count > 100; ) {
        const bytes = await measure(turning ? giveMinute : () => give(Math.floor(count)));
        if (bytes === undefined) count *= 0.7;
        else found.push(bytes);
      }
      await verify(way, workload);
      // Closing a minute is part of what minutes cost, so there the mean says more than the median.
      return turning ? found.reduce((a, b) => a + b) / found.length : median(found);
    },
  };
}

export async function run({ rounds, progress, ways }) {
  const names = Object.keys(WAYS).filter((name) => ways === undefined || ways.includes(name));
  const bytes = async (name, series, turning = false) => {
    progress(`${name}, ${series} series${turning ? ', minutes turning' : ''}`);
    const child = await startChild('./allocation.mjs', [name, series, turning], FLAGS);
    const result = await child.ask('measure', rounds);
    await child.end();
    return result;
  };
  const rows = [];
  const found = {};
  for (const name of names) {
    found[name] = [];
    for (const series of SIZES) found[name].push(await bytes(name, series));
    rows.push([WAYS[name].label, ...found[name].map(short)]);
  }
  for (const name of ['record', 'handle']) {
    if (!names.includes(name)) continue;
    rows.push([`${WAYS[name].label}, minutes turning`, short(await bytes(name, SIZES[0], true)), '']);
  }
  const header = ['way', ...SIZES.map((series) => `${series.toLocaleString('en')} series`)];
  return { text: TEXT, tables: [table('Bytes a record', header, rows)], reached: { allocated: found.record?.[0] } };
}

const TEXT = `Growth of heap and typed arrays over ${RECORDS.toLocaleString('en')} records, after ${WARM_UP.toLocaleString('en')} others, with a young generation so large that nothing is
collected meanwhile; medians. The object that a caller passes is not in ours where the compiler can see that nobody keeps
it, nor in the peers'. The last rows have time pass: 60 records of each series a minute, so that closing minutes, detector
and predictor are in them; means over ${MINUTES} minutes.`;
