// Measures the forecasts: accuracy, intervals, probabilities, time and memory, beside repeating the last value.
//
//   node --expose-gc bench/forecast.mjs [--data DIR] [--model auto|linear|naive|…] [--every N]
//
// Without --data it runs on simulated series, which says what the code costs and that intervals hold, not how good the
// forecasts are. --data: a folder with
//   online/index.csv (`id,set,step_seconds,samples`) and online/ID.csv.gz (`step,value`): for the Predictor;
//   m4-hourly-train.csv.gz, m4-hourly-test.csv.gz, ops-hourly.csv.gz (`id,v1,v2,…`): for forecastSeries.
// --every N takes each N-th series.
//
// Online columns: see forecast-online.mjs. Batch: error is the mean absolute error over that of the last season of 24; cov:
// share inside the interval; MSIS, sMAPE, MASE as in the M4 competition.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { online, scale } from './forecast-online.mjs';

const SEASON = 24;
const STEPS = 48;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'auto' },
    every: { type: 'string', default: '1' },
  },
});

const { Predictor, forecastSeries } = await load();
const thin = (list) => list.filter((_, i) => i % Number(options.every) === 0);
scale(Predictor, options.model); // First, while the heap is empty.
online(Predictor, options.model, thin(options.data === undefined ? simulated() : recorded(options.data)));
if (options.data !== undefined) batch(options.data);

/** Bundles the two entry points, so that the bench runs what is in src. */
async function load() {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'forecast-')), 'predict.mjs');
  await build({
    stdin: {
      contents: "export * from './predict/predictor.ts'; export * from './predict/forecast-series.ts';",
      resolveDir: path.resolve(import.meta.dirname, '../src'),
    },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return import(pathToFileURL(file).href);
}

function recorded(dir) {
  const rows = fs
    .readFileSync(path.join(dir, 'online', 'index.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return rows.map((row) => {
    const [id, set, step] = row.split(',');
    const lines = readGz(path.join(dir, 'online', `${id}.csv.gz`))
      .trim()
      .split('\n')
      .slice(1);
    return { set, step: Number(step), values: lines.map((line) => Number(line.slice(line.indexOf(',') + 1))) };
  });
}

/** Random walks, waves of a day, both together, a minute a step. */
function simulated() {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Array.from({ length: 30 }, (_, k) => {
    const set = ['walk', 'wave', 'both'][k % 3];
    let walk = 0;
    const values = Array.from({ length: 10_000 }, (_, i) => {
      walk = set === 'wave' ? normal() : walk + normal();
      return 1000 + walk + (set === 'walk' ? 0 : 50 * Math.sin((2 * Math.PI * i) / 1440));
    });
    return { set, step: 60, values };
  });
}

function readGz(file) {
  return gunzipSync(fs.readFileSync(file)).toString('utf8');
}

function cpuMicros(since) {
  const used = process.cpuUsage(since);
  return used.user + used.system;
}

function mean(list) {
  return list.reduce((a, b) => a + b, 0) / list.length;
}

function geometricMean(list) {
  return Math.exp(mean(list.map((v) => Math.log(Math.max(v, 1e-3)))));
}

function batch(dir) {
  const read = (name) =>
    readGz(path.join(dir, name))
      .trim()
      .split('\n')
      .slice(1)
      .map((row) =>
        row
          .split(',')
          .slice(1)
          .filter((cell) => cell !== '')
          .map(Number),
      );
  const test = read('m4-hourly-test.csv.gz');
  const m4 = read('m4-hourly-train.csv.gz').map((history, i) => ({ history, future: test[i] }));
  const ops = read('ops-hourly.csv.gz').flatMap((values) =>
    [4, 3, 2, 1].map((k) => {
      const at = values.length - k * STEPS;
      return { history: values.slice(0, at), future: values.slice(at, at + STEPS) };
    }),
  );
  const rows = { 'M4 hourly': scoreBatch(thin(m4)), operational: scoreBatch(thin(ops)) };
  console.log(`forecastSeries, ${STEPS} hours ahead, season ${SEASON}, 95 %`);
  console.table(rows);
}

function scoreBatch(tasks) {
  const scored = tasks.flatMap(({ history, future }) => {
    const start = process.cpuUsage();
    const f = forecastSeries(history, { steps: STEPS, seasonLength: SEASON, level: 0.95 });
    const cpu = cpuMicros(start) / 1000;
    const season = forecastSeries(history, { steps: STEPS, seasonLength: SEASON, model: 'seasonal-naive' }).mean;
    const change = mean(history.slice(SEASON).map((v, i) => Math.abs(v - history[i])));
    const error = mean(future.map((v, i) => Math.abs(v - f.mean[i])));
    const naive = mean(future.map((v, i) => Math.abs(v - season[i])));
    if (change === 0 || naive === 0) return [];
    const outside = (v, i) => Math.max(0, f.lower[i] - v, v - f.upper[i]);
    return {
      cpu,
      ratio: error / naive,
      smape: mean(future.map((v, i) => (200 * Math.abs(v - f.mean[i])) / (Math.abs(v) + Math.abs(f.mean[i]) || 1))),
      mase: error / change,
      coverage: 100 * mean(future.map((v, i) => (outside(v, i) === 0 ? 1 : 0))),
      msis: mean(future.map((v, i) => f.upper[i] - f.lower[i] + 40 * outside(v, i))) / change,
    };
  });
  const column = (key) => mean(scored.map((s) => s[key])).toFixed(2);
  return {
    series: scored.length,
    error: geometricMean(scored.map((s) => s.ratio)).toFixed(3),
    sMAPE: column('smape'),
    MASE: column('mase'),
    'cov 95 %': column('coverage'),
    MSIS: column('msis'),
    'CPU ms': column('cpu'),
  };
}
