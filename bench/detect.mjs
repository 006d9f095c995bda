// Runs the detector over recorded, labelled series; prints what it finds, what it costs, and writes its scores.
//
//   node bench/detect.mjs [--nab DIR] [--kpi DIR] [--cloud DIR] [--method adaptive|zscore] [--out DIR]
//
// --nab: a copy of the Numenta Anomaly Benchmark (data/ and labels/combined_windows.json below it); --kpi, --cloud: a
// folder of NAME.csv or NAME.csv.gz with the columns timestamp, value, label. Every series goes through a detector of
// its own, in one pass. --out gets nab/GROUP/FILE.csv (timestamp, value, anomaly_score, label: NAB's result layout) and
// SET/NAME.csv (timestamp, score). A page is an episode when it reaches medium; a false one overlaps no label.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

const WEEK_MS = 604_800_000;
const SETS = ['nab', 'kpi', 'cloud'];

const { values: options } = parseArgs({
  options: {
    nab: { type: 'string' },
    kpi: { type: 'string' },
    cloud: { type: 'string' },
    out: { type: 'string' },
    method: { type: 'string', default: 'adaptive' },
  },
});

const { AnomalyDetector } = await load('../src/detect/anomaly-detector.ts');

let any = false;
for (const set of SETS) {
  const folder = options[set];
  if (folder === undefined) continue;
  any = true;
  report(set, set === 'nab' ? nabSeries(folder) : labelledSeries(folder));
}
if (!any) console.error('nothing to run: give --nab, --kpi or --cloud a folder');

async function load(entry) {
  const outfile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'bench-')), 'bundle.mjs');
  const entryPoints = [new URL(entry, import.meta.url).pathname];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
  return import(pathToFileURL(outfile).href);
}

function report(set, series) {
  const total = { samples: 0, ms: 0, weeks: 0, pages: 0, falsePages: 0, events: 0, found: 0, bytes: 0 };
  for (const one of series) {
    const result = run(one);
    writeScores(set, one, result.scores);
    const span = one.timestamps.at(-1) - one.timestamps[0];
    const falsePages = result.pages.filter((page) => !one.events.some((event) => overlaps(page, event)));
    total.samples += one.values.length;
    total.ms += result.ms;
    total.bytes = Math.max(total.bytes, result.bytes);
    total.weeks += span / WEEK_MS;
    total.pages += result.pages.length;
    total.falsePages += falsePages.length;
    total.events += one.events.length;
    total.found += one.events.filter((event) => result.pages.some((page) => overlaps(page, event))).length;
  }
  console.log(
    `${set}: ${series.length} series, ${total.samples} samples, ` +
      `${((1000 * total.ms) / total.samples).toFixed(2)} µs a sample; ` +
      `pages ${total.pages}, false a series and week ${(total.falsePages / total.weeks).toFixed(2)}, ` +
      `events found ${total.found} of ${total.events}; largest snapshot ${total.bytes} bytes`,
  );
}

/** One pass over a series; a page is [opened, ended] of an episode that reached medium. */
function run({ timestamps, values }) {
  const detector = new AnomalyDetector({ method: options.method });
  const scores = new Float64Array(values.length);
  const pages = [];
  const began = performance.now();
  for (let i = 0; i < values.length; i++) {
    const sample = { serviceId: 'bench', metricName: 'value', timestamp: timestamps[i], value: values[i] };
    const { score, anomaly, transition } = detector.observe(sample);
    scores[i] = score;
    if (anomaly === undefined || anomaly.severity === 'low') continue;
    if (pages.at(-1)?.id !== anomaly.id) pages.push({ id: anomaly.id, from: timestamps[i], to: timestamps[i] });
    if (transition !== 'closed') pages.at(-1).to = timestamps[i];
  }
  const ms = performance.now() - began;
  return { scores, pages, ms, bytes: JSON.stringify(detector.snapshot().series[0].state).length };
}

function overlaps(page, event) {
  return page.from <= event.to && page.to >= event.from;
}

function writeScores(set, { name, texts, timestamps, values, labels }, scores) {
  if (options.out === undefined) return;
  const file = path.join(options.out, set, `${name}.csv`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const nab = set === 'nab';
  const rows = texts.map((text, i) =>
    nab ? `${text},${values[i]},${scores[i]},${labels[i]}` : `${text},${scores[i]}`,
  );
  fs.writeFileSync(file, [nab ? 'timestamp,value,anomaly_score,label' : 'timestamp,score', ...rows, ''].join('\n'));
  if (timestamps.length !== scores.length) throw new Error(`${name}: rows lost`);
}

function nabSeries(folder) {
  const windows = JSON.parse(fs.readFileSync(path.join(folder, 'labels/combined_windows.json'), 'utf8'));
  return Object.entries(windows).map(([name, spans]) => {
    const { texts, timestamps, values } = readCsv(path.join(folder, 'data', name));
    const events = spans.map(([from, to]) => ({ from: utc(from), to: utc(to) }));
    const labels = timestamps.map((t) => (events.some((e) => e.from <= t && t <= e.to) ? 1 : 0));
    return { name: name.replace(/\.csv$/, ''), texts, timestamps, values, labels, events };
  });
}

function labelledSeries(folder) {
  const files = fs.readdirSync(folder).filter((file) => /\.csv(\.gz)?$/.test(file));
  return files.sort().map((file) => {
    const { texts, timestamps, values, labels } = readCsv(path.join(folder, file));
    const events = [];
    labels.forEach((label, i) => {
      if (label !== 1) return;
      if (labels[i - 1] === 1) events.at(-1).to = timestamps[i];
      else events.push({ from: timestamps[i], to: timestamps[i] });
    });
    return { name: file.replace(/\.csv(\.gz)?$/, ''), texts, timestamps, values, labels, events };
  });
}

function readCsv(file) {
  const bytes = fs.readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const rows = text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((row) => row.split(','));
  return {
    texts: rows.map(([time]) => time),
    timestamps: rows.map(([time]) => utc(time)),
    values: rows.map(([, value]) => Number(value)),
    labels: rows.map(([, , label]) => Number(label)),
  };
}

/** NAB writes `2014-02-14 14:30:00`, without a zone, and means UTC. */
function utc(text) {
  return Date.parse(text.includes('T') ? text : `${text.replace(' ', 'T')}Z`);
}
