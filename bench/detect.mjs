// Runs the detector over recorded, labelled series; prints what it finds, what it costs, and writes its scores.
//
//   node bench/detect.mjs [--nab DIR] [--kpi DIR] [--cloud DIR] [--tools DIR] [--out DIR] [--method adaptive|zscore] [--json FILE]
//
// --nab: a copy of the Numenta Anomaly Benchmark (data/ and labels/combined_windows.json below it); --kpi, --cloud: a
// folder of NAME.csv or NAME.csv.gz with the columns timestamp, value, label. Every series goes through a detector of
// its own, in one pass. --out gets nab/GROUP/FILE.csv (timestamp, value, anomaly_score, label: NAB's result layout) and
// SET/NAME.csv (timestamp, score). A page is an episode when it reaches medium; a false one overlaps no label.
// --tools: a folder with scorers of these layouts, nab-score.mjs and event-score.mjs, which are run on the scores. --json
// gets what the page of benchmarks shows. Without any data the cost alone is measured, on series made up here.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import v8 from 'node:v8';
import vm from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { heldBytes } from './measure.mjs';
import { table, toMarkdown } from './page.mjs';

const WEEK_MS = 604_800_000;
/** Series of the measurement of many. */
const MANY = 1000;
const SETS = ['nab', 'kpi', 'cloud'];

const TEXT = `\`npm run bench:detect -- --nab DIR --kpi DIR --cloud DIR --tools DIR\`: one configuration, one score, every sample judged by
those before it. NAB is the Numenta Anomaly Benchmark, 58 files, scored as its own scorer does; the others are 30 labelled
series each. *Event F1*: one threshold for all series, fitted on the other half of them; VUS-PR after Paparrizos et al. 2022.
Differences below 3 points of NAB and 0.03 of F1 are chance. Others' figures on NAB are its published ones; those of simple
detectors were taken with the same scorers.`;

/** Published results (NAB's results/final_results.json; ARTime's own), and those of simple detectors with the same scorer. */
const NAB_OTHERS = [
  ['ARTime (published)', '74.9', '65.2', '80.4'],
  ['Numenta HTM (published)', '70.1', '63.1', '74.3'],
  ['CAD OSE (published)', '69.9', '67.0', '73.2'],
  ['AWS Random Cut Forest (published)', '51.7', '38.4', '59.7'],
  ['Twitter ADVec (published)', '47.1', '33.6', '53.5'],
  ['Etsy Skyline (published)', '35.7', '27.1', '44.5'],
  ['plain z-score, mean and deviation of all before', '40.6', '28.8', '48.0'],
];
/** Event F1, AUC-PR, VUS-PR. */
const KPI_OTHERS = [
  ['EWMA residual', '.72', '.18', '.13'],
  ['geometric mean of four residuals', '.72', '.22', '.15'],
  ['batch isolation forest, which sees the future', '.59', '.24', ''],
  ['plain z-score', '.50', '.24', ''],
];
const CLOUD_OTHERS = [
  ['geometric mean of four residuals', '.55', '.52', '.64'],
  ['batch isolation forest, which sees the future', '.55', '.67', ''],
  ['plain z-score', '.49', '.49', ''],
  ['EWMA residual', '.35', '.50', '.62'],
];
/** Where the scorers say what. */
const PROFILES = { standard: 'standard', 'low-fp': 'reward_low_FP_rate', 'low-fn': 'reward_low_FN_rate' };

const { values: options } = parseArgs({
  options: {
    nab: { type: 'string' },
    kpi: { type: 'string' },
    cloud: { type: 'string' },
    tools: { type: 'string' },
    out: { type: 'string' },
    json: { type: 'string' },
    method: { type: 'string', default: 'adaptive' },
  },
});

const { AnomalyDetector } = await load('../src/detect/anomaly-detector.ts');

const out = options.out ?? (options.tools && fs.mkdtempSync(path.join(os.tmpdir(), 'scores-')));
// First, while the heap is empty. What is held is counted after collecting garbage.
v8.setFlagsFromString('--expose-gc');
globalThis.gc = vm.runInNewContext('gc');
const made = await madeUp();
const reached = {};
const results = {};
for (const set of SETS) {
  const folder = options[set];
  if (folder === undefined) continue;
  results[set] = report(set, set === 'nab' ? nabSeries(folder) : labelledSeries(folder));
}
const tables = [];
if (results.nab !== undefined) tables.push(nabTable(scored('nab')));
if (results.kpi !== undefined) tables.push(eventTable('Web services, one minute', 'kpi', KPI_OTHERS));
if (results.cloud !== undefined) tables.push(eventTable('Cloud services, minutes and hours', 'cloud', CLOUD_OTHERS));
tables.push(pageTable(), costTable());
for (const one of tables) console.log(`\n${toMarkdown(one)}`);
if (options.json !== undefined) fs.writeFileSync(options.json, JSON.stringify({ text: TEXT, tables, reached }));
if (out !== undefined && out !== options.out) fs.rmSync(out, { recursive: true });

async function load(entry) {
  const outfile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'bench-')), 'bundle.mjs');
  const entryPoints = [new URL(entry, import.meta.url).pathname];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
  return import(pathToFileURL(outfile).href);
}

function report(set, series) {
  const total = { series: 0, samples: 0, ms: 0, weeks: 0, pages: 0, falsePages: 0, events: 0, found: 0 };
  for (const one of series) {
    const result = run(one);
    writeScores(set, one, result.scores);
    const span = one.timestamps.at(-1) - one.timestamps[0];
    const falsePages = result.pages.filter((page) => !one.events.some((event) => overlaps(page, event)));
    total.samples += one.values.length;
    total.ms += result.ms;
    total.series++;
    total.weeks += span / WEEK_MS;
    total.pages += result.pages.length;
    total.falsePages += falsePages.length;
    total.events += one.events.length;
    total.found += one.events.filter((event) => result.pages.some((page) => overlaps(page, event))).length;
  }
  return total;
}

/** What the scorer says of a set; nothing where none was given. */
function scored(set) {
  if (options.tools === undefined) return '';
  const tool = path.join(options.tools, set === 'nab' ? 'nab-score.mjs' : 'event-score.mjs');
  const scores = path.join(out, set);
  const labels = path.join(options[set], 'labels/combined_windows.json');
  const flags =
    set === 'nab' ? ['--results', scores, '--labels', labels] : ['--scores', scores, '--data', options[set], '--vus'];
  return execFileSync(process.execPath, [tool, ...flags], { encoding: 'utf8' });
}

function nabTable(said) {
  const ours = Object.entries(PROFILES).map(([id, name]) =>
    number(said, new RegExp(`${name} +([\\d.]+)`), `nab-${id}`),
  );
  const rows = [['this detector', ...ours], ...NAB_OTHERS];
  return table('Numenta Anomaly Benchmark', ['detector', 'standard', 'reward low FP', 'reward low FN'], rows);
}

function eventTable(title, set, others) {
  const said = scored(set);
  const ours = [
    number(said, /cross ([\d.]+)/, `${set}-f1`),
    number(said, /AUC-PR ([\d.]+)/),
    number(said, /VUS-PR ([\d.]+)/, `${set}-vus`),
  ];
  return table(title, ['detector', 'event F1', 'AUC-PR', 'VUS-PR'], [['this detector', ...ours], ...others]);
}

/** A number that a scorer printed, noted as reached where it has an `id`. */
function number(said, pattern, id) {
  const text = pattern.exec(said)?.[1];
  if (text === undefined) return 'no scorer';
  if (id !== undefined) reached[id] = Number(text);
  return text;
}

function pageTable() {
  const rows = Object.entries(results).map(([set, { series, weeks, pages, falsePages, events, found }]) => {
    reached['false-pages'] = Math.max(reached['false-pages'] ?? 0, falsePages / weeks);
    reached['paged-share'] = Math.min(reached['paged-share'] ?? 1, found / events);
    return [set, `${series}`, `${pages}`, (falsePages / weeks).toFixed(2), `${found} of ${events}`];
  });
  return table('Pages', ['set', 'series', 'pages', 'false a series and week', 'incidents paged'], rows);
}

function costTable() {
  const all = Object.values(results);
  const samples = all.reduce((sum, one) => sum + one.samples, 0);
  const rows = [];
  if (samples > 0) {
    reached['detect-cpu'] = (1000 * all.reduce((sum, one) => sum + one.ms, 0)) / samples;
    rows.push([`${samples} samples, series after series`, `${reached['detect-cpu'].toFixed(2)} µs a sample`]);
  }
  const { young, old, micros } = made;
  rows.push([`${MANY} series in turn, a sample a minute each`, `${micros.toFixed(2)} µs a sample`]);
  reached['detect-bytes'] = old / 1000;
  rows.push(['a series of an hour', `${(young / 1000).toFixed(1)} kB`]);
  rows.push(['a series of a week and more', `${(old / 1000).toFixed(1)} kB`]);
  return table('Cost', ['of', 'is'], rows);
}

/** Bytes of a series on the heap, and CPU of a sample where each is of another series; noise with a wave of a day. */
async function madeUp() {
  const detector = new AnomalyDetector({ method: options.method });
  const names = Array.from({ length: MANY }, (_, i) => `m${i}`);
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const feed = (from, to, every = 1) => {
    for (let i = from; i < to; i += every) {
      const wave = Math.sin((2 * Math.PI * i) / 1440);
      for (const metricName of names) {
        detector.observe({ serviceId: 'bench', metricName, timestamp: i * 60_000, value: 50 + 9 * wave + noise() });
      }
    }
  };
  const before = await heldBytes();
  feed(0, 60);
  const hour = await heldBytes();
  feed(60, 10_080, 15);
  const old = await heldBytes();
  const began = process.cpuUsage();
  feed(10_080, 10_480);
  const used = process.cpuUsage(began);
  const micros = (used.user + used.system) / (400 * MANY);
  return { micros, young: (hour - before) / MANY, old: (old - before) / MANY };
}

/** One pass over a series; a page is [opened, ended] of an episode that reached medium. */
function run({ timestamps, values }) {
  const detector = new AnomalyDetector({ method: options.method });
  const scores = new Float64Array(values.length);
  const pages = [];
  const began = process.cpuUsage();
  for (let i = 0; i < values.length; i++) {
    const sample = { serviceId: 'bench', metricName: 'value', timestamp: timestamps[i], value: values[i] };
    const { score, anomaly, transition } = detector.observe(sample);
    scores[i] = score;
    if (anomaly === undefined || anomaly.severity === 'low') continue;
    if (pages.at(-1)?.id !== anomaly.id) pages.push({ id: anomaly.id, from: timestamps[i], to: timestamps[i] });
    if (transition !== 'closed') pages.at(-1).to = timestamps[i];
  }
  const { user, system } = process.cpuUsage(began);
  return { scores, pages, ms: (user + system) / 1000 };
}

function overlaps(page, event) {
  return page.from <= event.to && page.to >= event.from;
}

function writeScores(set, { name, texts, timestamps, values, labels }, scores) {
  if (out === undefined) return;
  const file = path.join(out, set, `${name}.csv`);
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
