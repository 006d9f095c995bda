// The part of run.mjs on forecasts: accuracy, intervals, probabilities, time and memory, beside what one would use instead.
//
// Without data it runs on simulated series, which says what the code costs and that intervals hold, not how good the
// forecasts are. data: a folder with
//   online/index.csv (`id,set,step_seconds,samples`) and online/ID.csv.gz (`step,value`): for the Predictor;
//   m4-hourly-train.csv.gz, m4-hourly-test.csv.gz, ops-hourly.csv.gz: for forecastSeries, see forecast-series.mjs.
//
// Columns: see forecast-online.mjs and forecast-series.mjs.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { askChild } from './child.mjs';
import { online, scale } from './forecast-online.mjs';
import { forecastSeriesBench } from './forecast-series.mjs';

const TEXT = `\
*Predictor*: error is the mean absolute error over that of repeating the last value, geometric mean over series; worse, the
share of series with more than 2 % on top of it; cov, the share of outcomes inside the 90 % interval, mean over series, and off its mean
distance from 90 in points; Brier, the skill of probabilityAbove at the 90th percentile of the first quarter over the series'
own base rate, median over series; conf, the mean distance of confidence from the share of the next 100 forecasts that came
within tolerance. Every series is forecast every five minutes from its first quarter on.

*forecastSeries*: sMAPE, MASE, MSIS and OWA as in the M4 competition, level 95 %, season 24; relative is the mean absolute error over that of
Naive2, geometric mean over windows. CPU is that of the process, interval included, median over series.`;

/** @param data folder of recorded series; `every` takes each so manieth of them */
export function run({ data, every }) {
  return askChild('./forecast.mjs', [{ data, every }], 'measure');
}

/** In the child. */
export function subject({ data, every }) {
  return { measure: () => measure(data, every) };
}

async function measure(data, every) {
  const progress = (text) => process.stderr.write(`  ${text}\n`);
  const { Predictor, forecastSeries, forecastSeriesAsync } = await load();
  const thin = (list) => list.filter((_, i) => i % every === 0);
  const parts = [await scale(Predictor, progress)]; // First, while the heap is empty.
  progress('Predictor on every series');
  parts.push(online(Predictor, thin(data === undefined ? simulated() : recorded(data))));
  if (data !== undefined) {
    const api = { forecastSeries, forecastSeriesAsync };
    parts.push(await forecastSeriesBench(api, { dir: data, every, progress }));
  }
  return {
    text: data === undefined ? `On simulated series: random walks and waves.\n\n${TEXT}` : TEXT,
    tables: parts.flatMap(({ tables }) => tables),
    // Accuracy on simulated series is nobody's goal.
    reached: Object.assign({}, ...(data === undefined ? parts.slice(0, 1) : parts).map(({ reached }) => reached)),
  };
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
