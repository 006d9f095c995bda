// Measures the forecasts: accuracy, intervals, probabilities, time and memory, beside repeating the last value.
//
//   node --expose-gc bench/forecast.mjs [--data DIR] [--model auto|linear|naive|…] [--every N]
//
// Without --data it runs on simulated series, which says what the code costs and that intervals hold, not how good the
// forecasts are. --data: a folder with
//   online/index.csv (`id,set,step_seconds,samples`) and online/ID.csv.gz (`step,value`): for the Predictor;
//   m4-hourly-train.csv.gz, m4-hourly-test.csv.gz, ops-hourly.csv.gz: for forecastSeries, see forecast-series.mjs.
// --every N takes each N-th series.
//
// error: mean absolute error over that of the last value (geometric mean over series). worse: series more than 2 % worse. cov: share inside the interval. Brier: skill of probabilityAbove at the 90th
// percentile of the first quarter, over the series' own base rate, pooled.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { forecastSeriesBench } from './forecast-series.mjs';

const HORIZONS = ['5m', '15m', '1h'];
const HORIZON_SECONDS = [300, 900, 3600];
const ASK_EVERY_SECONDS = 300;
const MANY_SERIES = 4000;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'auto' },
    every: { type: 'string', default: '1' },
  },
});

const { Predictor, forecastSeries, forecastSeriesAsync } = await load();
const thin = (list) => list.filter((_, i) => i % Number(options.every) === 0);
scale(); // First, while the heap is empty.
online(thin(options.data === undefined ? simulated() : recorded(options.data)));
if (options.data !== undefined) {
  await forecastSeriesBench({ forecastSeries, forecastSeriesAsync }, options.data, Number(options.every));
}

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

function online(all) {
  const observe = { micros: 0, count: 0 };
  const scored = all.map((series) => {
    timeObserve(series, observe);
    return scoreOnline(series);
  });
  console.log(`Predictor, model ${options.model}, ${all.length} series`);
  const sets = ['all', ...new Set(all.map((s) => s.set))];
  HORIZONS.forEach((name, j) => {
    console.table(
      Object.fromEntries(
        sets.map((set) => {
          const rows = scored.filter((s) => set === 'all' || s.set === set).map((s) => s.tallies[j]);
          return [`${name} ${set}`, summary(rows.filter((t) => t.naive > 0))];
        }),
      ),
    );
  });
  console.log(`observe: ${(observe.micros / observe.count).toFixed(2)} µs of CPU a sample, one series at a time`);
}

function timeObserve({ step, values }, total) {
  const predictor = new Predictor({ model: options.model });
  const sample = { serviceId: 's', metricName: 'm', timestamp: 0, value: 0 };
  const start = process.cpuUsage();
  for (let t = 0; t < values.length; t++) {
    sample.timestamp = t * step * 1000;
    sample.value = values[t];
    predictor.observe(sample);
  }
  total.micros += cpuMicros(start);
  total.count += values.length;
}

function scoreOnline({ set, step, values }) {
  const predictor = new Predictor({ model: options.model });
  const ahead = HORIZON_SECONDS.map((s) => Math.max(1, Math.round(s / step)));
  const every = Math.max(1, Math.round(ASK_EVERY_SECONDS / step));
  const start = values.length >> 2;
  const threshold = values.slice(0, start).sort((a, b) => a - b)[Math.floor(start * 0.9)];
  const rate = mean(values.slice(start).map((v) => (v > threshold ? 1 : 0)));
  const tallies = HORIZONS.map(() => ({ n: 0, error: 0, naive: 0, inside: 0, brier: 0, base: rate * (1 - rate) }));
  for (let t = 0; t < values.length; t++) {
    predictor.observe({ serviceId: 's', metricName: 'm', timestamp: t * step * 1000, value: values[t] });
    if (t < start || t % every !== 0 || t + ahead[2] >= values.length) continue;
    HORIZONS.forEach((horizon, j) => {
      const f = predictor.forecast('s', 'm', { horizon });
      const truth = values[t + ahead[j]];
      const tally = tallies[j];
      tally.n++;
      tally.error += Math.abs(truth - f.mean);
      tally.naive += Math.abs(truth - values[t]);
      if (truth >= f.lower && truth <= f.upper) tally.inside++;
      tally.brier += (f.probabilityAbove(threshold) - (truth > threshold ? 1 : 0)) ** 2;
    });
  }
  return { set, tallies };
}

function summary(rows) {
  const ratios = rows.map((t) => t.error / t.naive);
  const coverage = rows.map((t) => (100 * t.inside) / t.n);
  const rated = rows.filter((t) => t.base > 0.005 * 0.995);
  return {
    series: rows.length,
    error: geometricMean(ratios).toFixed(3),
    'worse %': ((100 * ratios.filter((r) => r > 1.02).length) / ratios.length).toFixed(1),
    'cov 90 %': mean(coverage).toFixed(1),
    'mean |cov - 90|': mean(coverage.map((c) => Math.abs(c - 90))).toFixed(2),
    Brier: (1 - mean(rated.map((t) => t.brier / t.n)) / mean(rated.map((t) => t.base))).toFixed(3),
  };
}

/** Thousands of series that take turns, as in a service: memory, and time with cold caches. */
function scale() {
  const predictor = new Predictor({ model: options.model, maxSeries: MANY_SERIES });
  const samples = Array.from({ length: MANY_SERIES }, (_, i) => ({
    serviceId: 'service',
    metricName: 'metric',
    labels: undefined,
    timestamp: 0,
    value: i,
  }));
  samples.forEach((sample, i) => {
    sample.serviceId = `service-${i}`;
  });
  const turn = (t) => {
    for (const sample of samples) {
      sample.timestamp = t * 60_000;
      sample.value = 50 + 20 * Math.sin((t + sample.value) / 60);
      predictor.observe(sample);
    }
  };
  const heap = () => {
    // Twice: the first frees typed arrays, the second what their buffers held.
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const empty = heap();
  const bytes = {};
  let start = process.cpuUsage();
  for (let t = 0; t < 1500; t++) {
    if (t === 1400) start = process.cpuUsage();
    turn(t);
    if ([1, 20, 350, 1400].includes(t + 1)) bytes[t + 1] = Math.round((heap() - empty) / MANY_SERIES);
  }
  const update = cpuMicros(start) / MANY_SERIES / 100;
  start = process.cpuUsage();
  for (const { serviceId } of samples)
    for (const horizon of HORIZONS) predictor.forecast(serviceId, 'metric', { horizon });
  const forecast = cpuMicros(start) / MANY_SERIES;
  console.log(
    `${MANY_SERIES} series in turn: update ${update.toFixed(2)} µs, three forecasts ${forecast.toFixed(2)} µs`,
  );
  const exact = globalThis.gc === undefined ? ' (run with --expose-gc for exact numbers)' : '';
  const list = Object.entries(bytes).map(([n, b]) => `${b} after ${n}`);
  console.log(`bytes a series, its share of the maps included: ${list.join(', ')}${exact}`);
}
