// Measures every figure that is promised, beside what one would use instead, and writes docs/benchmarks.md.
//
//   node bench/run.mjs [--only PART,…] [--write] [--ways WAY,…] [--rounds N] [--every N] [--nab DIR] [--kpi DIR] [--cloud DIR] [--data DIR]
//
// Parts: see PARTS. Runs what is in dist/, so build first. What a part gave is kept in bench/results, and the page is made of all
// that are there, so that one part can be measured again without the others. --only shows some parts on the console; with
// --write they go into the page. --every takes each N-th series of --data.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
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
  detect: { title: 'Detection', load: () => ({ run: () => script('detect.mjs', ['nab', 'kpi', 'cloud']) }) },
  forecast: { title: 'Forecasts', peers: FORECASTERS, load: () => import('./forecast.mjs') },
};
const PAGE = new URL('../docs/benchmarks.md', import.meta.url);
const RESULTS = new URL('results/', import.meta.url);
const FOLDERS = ['nab', 'kpi', 'cloud', 'data'];

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

/** Runs one of the benches that need recorded data; says so where none was given. */
async function script(file, wanted) {
  const given = wanted.filter((name) => options[name] !== undefined);
  const flags = wanted.map((name) => `--${name}`).join(', ');
  if (given.length === 0) return { notes: [`not run: \`bench/${file}\` needs folders of recorded series (${flags}).`] };
  const args = given.flatMap((name) => [`--${name}`, options[name]]);
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    process.stdout.write(chunk);
  }
  if (child.exitCode !== 0) throw new Error(`${file} ended with ${child.exitCode}`);
  return { text: `\`bench/${file}\`, on data given with ${given.map((name) => `--${name}`).join(', ')}:`, output };
}
