// Measures forecastSeries on recorded hourly series, beside what one would use instead, all in one run.
//
// A part of forecast.mjs, with --data. Files: m4-hourly-train.csv.gz, m4-hourly-test.csv.gz, ops-hourly.csv.gz, rows of
// `id,v1,v2,…`. 48 hours ahead, season 24, level 95 %. M4: the published test window; sMAPE, MASE, MSIS as in the
// competition, OWA over Naive2 on the same series. Operational series: the last four windows of 48 hours; relative is the
// geometric mean over windows of MAE over that of Naive2. CPU is that of the process, interval included.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { linearRegression } from 'simple-statistics';
import { idleBlock, median, processMicroseconds, watched } from './measure.mjs';
import { table } from './page.mjs';

const SEASON = 24;
const STEPS = 48;
const LEVEL = 0.95;
const WINDOWS = 4;
/** The slow ones see every so many series only, and so does everything that they are compared with. */
const SLOW_EVERY = 8;
const FLOOR = 1e-3;

/** Published figures of M4 Hourly, 414 series: Makridakis, Spiliotis & Assimakopoulos, Int. J. Forecasting 36 (2020). */
const PUBLISHED = [
  ['best on Hourly (Doornik, Castle, Hendry)', 0.41, 8.913, 0.801, 6.14],
  ['winner overall (Smyl)', 0.44, 9.328, 0.893, 7.93],
  ['second overall (Montero-Manso et al.)', 0.484, 11.506, 0.819, 18.51],
  ['seasonal naive', 0.627, 13.912, 1.193, undefined],
  ['Naive2', 1, 18.383, 2.395, undefined],
];

const HEADER = [
  'model',
  'M4: OWA',
  'sMAPE',
  'MASE',
  'cov 95',
  'MSIS',
  'ops: relative',
  'cov 95',
  'median MSIS',
  'CPU ms',
];
const QUICK = ['auto', 'lag-ridge', 'theta', 'holt-winters', 'seasonal-naive', 'drift', 'naive', 'linear'];
const SLOW = ['auto', 'arima', 'ets', 'prophet', 'seasonal-naive'];

/** @returns tables, and what was reached by id of the goal */
export async function forecastSeriesBench({ forecastSeries, forecastSeriesAsync }, { dir, every, progress }) {
  const thin = (list, n) => list.filter((_, i) => i % n === 0);
  const sets = { m4: thin(m4(dir), every), ops: thin(operational(dir), every) };
  const some = { m4: thin(sets.m4, SLOW_EVERY), ops: thin(sets.ops, SLOW_EVERY) };
  const own = (model) => (values) =>
    forecastSeries(values, { steps: STEPS, seasonLength: SEASON, level: LEVEL, model });
  const scored = ([name, forecast], given) => {
    progress(`forecastSeries: ${name}`);
    return { name, m4: score(given.m4, forecast), ops: score(given.ops, forecast) };
  };
  const models = (names) => names.map((name) => [name, own(name)]);
  const quick = [...models(QUICK), ['Naive2', (values) => ({ mean: naive2(values) })]].map((one) => scored(one, sets));
  const slow = [...models(SLOW), ...Object.entries(await peers())].map((one) => scored(one, some));
  const [auto] = quick;
  const { rows, longest } = await blocks(forecastSeriesAsync, progress);
  return {
    tables: [
      table(
        `forecastSeries, ${sets.m4.length} series of M4 Hourly and ${sets.ops.length} windows of operational series, ${STEPS} hours ahead`,
        HEADER,
        [...quick.map(row), ...PUBLISHED.map(publishedRow)],
      ),
      table(`The same on every ${SLOW_EVERY}th of them, for the slow ones`, HEADER, slow.map(row)),
      table(
        'forecastSeriesAsync, longest block of the event loop',
        ['history', 'ms in all', 'longest, ms', 'the worst', 'idle loop'],
        rows,
      ),
    ],
    reached: {
      'series-owa': owa(auto.m4),
      'series-msis': auto.m4.msis,
      'series-coverage': Math.abs(auto.m4.coverage - 100 * LEVEL),
      'series-cpu': auto.m4.cpu,
      'ops-relative': auto.ops.relative,
      'ops-coverage': Math.abs(auto.ops.coverage - 100 * LEVEL),
      'series-block': longest,
    },
  };
}

/** A month and eight months of hours, in slices: for how long nobody else is served. */
async function blocks(forecastSeriesAsync, progress) {
  const idle = await idleBlock(300);
  const rows = [];
  let worstMedian = 0;
  for (const length of [720, 5760]) {
    const values = Float64Array.from(
      { length },
      (_, i) => 50 + 20 * Math.sin((i * Math.PI) / 12) + 5 * Math.sin(i * i),
    );
    for (const model of ['auto', 'ets', 'arima', 'prophet']) {
      progress(`forecastSeriesAsync: ${length} values, ${model}`);
      const { total, longest, worst } = await watched(() => forecastSeriesAsync(values, { steps: STEPS, model }));
      worstMedian = Math.max(worstMedian, longest);
      rows.push([`${length} hours, ${model}`, ...[total, longest, worst, idle].map((v) => v.toFixed(1))]);
    }
  }
  return { rows, longest: worstMedian };
}

async function peers() {
  const wasm = (name) =>
    fs.readFileSync(fileURLToPath(import.meta.resolve(`@bsull/augurs/${name}`)).replace(/\.js$/, '_bg.wasm'));
  const ets = await import('@bsull/augurs/ets');
  const mstl = await import('@bsull/augurs/mstl');
  const prophet = await import('@bsull/augurs/prophet');
  const { optimizer } = await import('@bsull/augurs-prophet-wasmstan');
  ets.initSync({ module: wasm('ets') });
  mstl.initSync({ module: wasm('mstl') });
  prophet.initSync({ module: wasm('prophet') });
  const { default: Arima } = await import('arima');
  const banded = ({ point, intervals }) => ({ mean: point, lower: intervals?.lower, upper: intervals?.upper });
  return {
    'augurs AutoETS': (values) => {
      const model = new ets.AutoETS(SEASON, 'ZZZ');
      model.fit(values);
      return banded(model.predict(STEPS, LEVEL));
    },
    'augurs MSTL(24, 168) + ETS': (values) => {
      const model = mstl.MSTL.ets([SEASON, 7 * SEASON]);
      model.fit(values);
      return banded(model.predict(STEPS, LEVEL));
    },
    'augurs Prophet': (values) => {
      const ds = (from, length) => Array.from({ length }, (_, i) => 1_700_000_000 + 3600 * (from + i));
      const model = new prophet.Prophet({ optimizer, intervalWidth: LEVEL });
      model.fit({ ds: ds(0, values.length), y: [...values] });
      return banded(model.predict({ ds: ds(values.length, STEPS) }).yhat);
    },
    'line through all (simple-statistics)': (values) => {
      const { m, b } = linearRegression(Array.from(values, (value, i) => [i, value]));
      return { mean: Float64Array.from({ length: STEPS }, (_, i) => b + m * (values.length + i)) };
    },
    'npm arima, automatic': (values) => {
      const model = new Arima({ auto: true, s: SEASON, p: 3, q: 3, P: 1, Q: 1, D: 1, verbose: false });
      const [mean, variance] = model.fit([...values]).predict(STEPS);
      const half = variance.map((v) => 1.959964 * Math.sqrt(v));
      return { mean, lower: mean.map((v, i) => v - half[i]), upper: mean.map((v, i) => v + half[i]) };
    },
  };
}

function row({ name, m4: a, ops: b }) {
  return [
    name,
    fixed(owa(a), 3),
    fixed(a.smape, 2),
    fixed(a.mase, 3),
    fixed(a.coverage, 1),
    fixed(a.msis, 2),
    fixed(b.relative, 3),
    fixed(b.coverage, 1),
    fixed(b.medianMsis, 2),
    fixed(a.cpu, a.cpu < 10 ? 1 : 0),
  ];
}

function publishedRow([name, owaOfAll, smape, mase, msis]) {
  const figures = [fixed(owaOfAll, 3), fixed(smape, 2), fixed(mase, 3), '–', fixed(msis, 2)];
  return [`published, all 414: ${name}`, ...figures, '–', '–', '–', '–'];
}

/** Overall weighted average of M4: the mean of sMAPE and MASE, each over that of Naive2 on the same series. */
function owa({ smape, naiveSmape, mase, naiveMase }) {
  return (smape / naiveSmape + mase / naiveMase) / 2;
}

function fixed(value, digits) {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

function score(tasks, forecast) {
  const scored = tasks.flatMap(({ history, future }) => {
    const began = processMicroseconds();
    let found;
    try {
      found = forecast(history);
    } catch {
      found = { mean: new Float64Array(STEPS).fill(history.at(-1)) }; // counts as the last value
    }
    const cpu = (processMicroseconds() - began) / 1000;
    const own = measure(history, future, found);
    const naive = measure(history, future, { mean: naive2(history) });
    return naive.mae > 0 && Number.isFinite(naive.mase) ? { own, naive, cpu } : [];
  });
  const average = (of) => scored.reduce((sum, one) => sum + of(one), 0) / scored.length;
  return {
    smape: average(({ own }) => own.smape),
    mase: average(({ own }) => own.mase),
    naiveSmape: average(({ naive }) => naive.smape),
    naiveMase: average(({ naive }) => naive.mase),
    relative: Math.exp(average(({ own, naive }) => Math.log(Math.max(FLOOR, own.mase) / Math.max(FLOOR, naive.mase)))),
    coverage: average(({ own }) => own.coverage),
    msis: average(({ own }) => own.msis),
    medianMsis: median(scored.map(({ own }) => own.msis)),
    cpu: median(scored.map(({ cpu }) => cpu)),
  };
}

function measure(history, future, { mean, lower, upper }) {
  const average = (of) => future.reduce((sum, value, i) => sum + of(value, i), 0) / future.length;
  const scale =
    history.slice(SEASON).reduce((sum, v, i) => sum + Math.abs(v - history[i]), 0) / (history.length - SEASON);
  const mae = average((v, i) => Math.abs(v - mean[i]));
  const outside = (v, i) => Math.max(0, lower[i] - v, v - upper[i]);
  return {
    mae,
    mase: mae / scale,
    smape: average((v, i) => (200 * Math.abs(v - mean[i])) / (Math.abs(v) + Math.abs(mean[i]) || 1)),
    coverage: lower ? 100 * average((v, i) => (outside(v, i) === 0 ? 1 : 0)) : Number.NaN,
    msis: lower ? average((v, i) => upper[i] - lower[i] + (2 / (1 - LEVEL)) * outside(v, i)) / scale : Number.NaN,
  };
}

/** M4's Naive2: the last value on a multiplicative season, where the autocorrelation at the season passes its test. */
function naive2(values) {
  const last = values.at(-1);
  if (values.length < 3 * SEASON || !isSeasonal(values)) return new Float64Array(STEPS).fill(last);
  const sums = new Float64Array(SEASON);
  const counts = new Float64Array(SEASON);
  const half = SEASON / 2;
  for (let i = half; i + half < values.length; i++) {
    let trend = (values[i - half] + values[i + half]) / 2;
    for (let k = 1 - half; k < half; k++) trend += values[i + k];
    sums[i % SEASON] += (values[i] / trend) * SEASON;
    counts[i % SEASON]++;
  }
  const index = sums.map((sum, i) => sum / counts[i]);
  const level = last / index[(values.length - 1) % SEASON];
  return Float64Array.from({ length: STEPS }, (_, i) => level * index[(values.length + i) % SEASON]);
}

function isSeasonal(values) {
  const centre = values.reduce((a, b) => a + b) / values.length;
  const x = values.map((v) => v - centre);
  const variance = x.reduce((sum, v) => sum + v * v, 0);
  if (!(variance > 0)) return false;
  const correlation = (lag) => x.slice(lag).reduce((sum, v, i) => sum + v * x[i], 0) / variance;
  let squares = 0;
  for (let lag = 1; lag < SEASON; lag++) squares += correlation(lag) ** 2;
  return Math.abs(correlation(SEASON)) > 1.645 * Math.sqrt((1 + 2 * squares) / values.length);
}

function readWide(dir, name) {
  const text = gunzipSync(fs.readFileSync(path.join(dir, name))).toString('utf8');
  const rows = text.trim().split('\n').slice(1);
  return rows.map((line) =>
    line
      .split(',')
      .slice(1)
      .filter((cell) => cell !== '')
      .map(Number),
  );
}

function m4(dir) {
  const test = readWide(dir, 'm4-hourly-test.csv.gz');
  return readWide(dir, 'm4-hourly-train.csv.gz').map((history, i) => ({ history, future: test[i] }));
}

function operational(dir) {
  return readWide(dir, 'ops-hourly.csv.gz').flatMap((values) =>
    Array.from({ length: WINDOWS }, (_, k) => {
      const at = values.length - (WINDOWS - k) * STEPS;
      return { history: values.slice(0, at), future: values.slice(at, at + STEPS) };
    }),
  );
}
