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
// Columns: see forecast-online.mjs and forecast-series.mjs.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { online, scale } from './forecast-online.mjs';
import { forecastSeriesBench } from './forecast-series.mjs';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'auto' },
    every: { type: 'string', default: '1' },
  },
});

const { Predictor, forecastSeries, forecastSeriesAsync } = await load();
const thin = (list) => list.filter((_, i) => i % Number(options.every) === 0);
scale(Predictor, options.model); // First, while the heap is empty.
online(Predictor, options.model, thin(options.data === undefined ? simulated() : recorded(options.data)));
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
