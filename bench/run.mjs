// Measures every figure that is promised, beside what one would use instead, and writes docs/benchmarks.md.
//
//   node bench/run.mjs [--only PART,…] [--write] [--ways WAY,…] [--rounds N] [--every N] [--nab DIR] [--kpi DIR] [--cloud DIR] [--tools DIR] [--data DIR]
//
// Parts: see PARTS. Runs what is in dist/, so build first. What a part gave is kept in bench/results, and the page is made of all
// that are there, so that one part can be measured again without the others. --only shows some parts on the console; with
// --write they go into the page. --every takes each N-th series of --data.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { goalTable, machine, page, toMarkdown } from './page.mjs';

const RECORDERS = ['prom-client', '@opentelemetry/sdk-metrics', '@datadog/sketches-js', 'hdr-histogram-js', 'tdigest'];
const FORECASTERS = ['@bsull/augurs', '@bsull/augurs-prophet-wasmstan', 'arima', 'simple-statistics'];
const PARTS = {
  record: { title: 'Recording', peers: RECORDERS, load: () => import('./record.mjs') },
  allocation: { title: 'Allocation', peers: RECORDERS, load: () => import('./allocation.mjs') },
  memory: { title: 'Memory', peers: RECORDERS, load: () => import('./memory.mjs') },
  error: { title: 'Error of quantiles', peers: RECORDERS, load: () => import('./error.mjs') },
  queries: { title: 'Queries, closing, merging', peers: ['prom-client'], load: () => import('./queries.mjs') },
  dashboard: { title: 'Dashboard', load: () => import('./dashboard.mjs') },
  http: { title: 'Over HTTP', peers: ['fastify'], load: () => import('./http.mjs') },
  store: { title: 'Store', load: () => import('./store.mjs') },
  export: { title: 'Export', load: () => import('./export.mjs') },
  detect: { title: 'Detection', load: () => ({ run: detect }) },
  forecast: { title: 'Forecasts', peers: FORECASTERS, load: () => import('./forecast.mjs') },
};
const PAGE = new URL('../docs/benchmarks.md', import.meta.url);
const RESULTS = new URL('results/', import.meta.url);
const FOLDERS = ['nab', 'kpi', 'cloud', 'tools', 'data'];

const folder = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    ways: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    every: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    nab: folder,
    kpi: folder,
    cloud: folder,
    tools: folder,
    data: folder,
  },
});
const rounds = Number(options.rounds);
const names = options.only?.split(',') ?? Object.keys(PARTS);
const unknown = names.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`--only takes ${Object.keys(PARTS).join(', ')}; --rounds a number from 1 on`);
  process.exit(2);
}

const began = performance.now();
const every = Number(options.every);
const isWritten = options.write || options.only === undefined;
const parts = [];
for (const name of names) {
  const { title, peers, load } = PARTS[name];
  console.log(`\n## ${title}\n`);
  const { run } = await load();
  const start = performance.now();
  const found = await run({ rounds, progress, ways: options.ways?.split(','), data: options.data, every });
  const part = { title, ...found, measured: { ...machine(peers), command: command(name), seconds: seconds(start) } };
  progress('');
  for (const one of part.tables ?? []) console.log(`${toMarkdown(one)}\n`);
  for (const note of part.notes ?? []) console.log(`- ${note}`);
  parts.push(part);
  if (!isWritten) continue;
  fs.mkdirSync(RESULTS, { recursive: true });
  fs.writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(part, null, 1)}\n`);
}

console.log(`\n${toMarkdown(goalTable(Object.assign({}, ...parts.map((part) => part.reached ?? {}))))}`);
if (isWritten) {
  const files = Object.keys(PARTS).map((name) => new URL(`${name}.json`, RESULTS));
  const kept = files.filter((file) => fs.existsSync(file)).map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
  fs.writeFileSync(PAGE, page(kept));
  console.log(`\nwritten: ${fileURLToPath(PAGE)}`);
}

/** How a part was measured, without the names of folders. */
function command(name) {
  const folders = FOLDERS.filter((folder) => options[folder] !== undefined).map((folder) => ` --${folder} DIR`);
  return `npm run bench -- --only ${name} --rounds ${rounds}${every === 1 ? '' : ` --every ${every}`}${folders.join('')}`;
}

function seconds(since) {
  return Math.round((performance.now() - since) / 1000);
}

/** What is being done, with the time that has passed: one line that is written over on a terminal, else a line each. */
function progress(text) {
  const since = ((performance.now() - began) / 1000).toFixed(0).padStart(5);
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text === '' ? '' : `${since} s  ${text}`}`);
  else if (text !== '') process.stderr.write(`${since} s  ${text}\n`);
}

/** The detector runs in a process of its own, so that what others left on the heap is not in its figures. */
async function detect() {
  const result = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'bench-')), 'result.json');
  const given = ['nab', 'kpi', 'cloud', 'tools'].filter((name) => options[name] !== undefined);
  const script = fileURLToPath(new URL('detect.mjs', import.meta.url));
  const args = [script, '--json', result, ...given.flatMap((name) => [`--${name}`, options[name]])];
  const [code] = await once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  if (code !== 0) throw new Error(`detect.mjs ended with ${code}`);
  return JSON.parse(fs.readFileSync(result, 'utf8'));
}
