// Measures every figure that is promised, beside what one would use instead, and writes docs/benchmarks.md.
//
//   node bench/run.mjs [--only PART,…] [--ways WAY,…] [--rounds N] [--page FILE] [--nab DIR] [--kpi DIR] [--cloud DIR] [--tools DIR] [--data DIR]
//
// Parts: record, allocation, memory, error, queries, dashboard, http, detect, forecast. Runs what is in dist/, so build first. With --only the
// page is written only where --page says to; what it holds of other parts is kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { goalTable, page, section, sectionsOf, toMarkdown } from './page.mjs';

const PARTS = {
  record: { title: 'Recording', load: () => import('./record.mjs') },
  allocation: { title: 'Allocation', load: () => import('./allocation.mjs') },
  memory: { title: 'Memory', load: () => import('./memory.mjs') },
  error: { title: 'Error of quantiles', load: () => import('./error.mjs') },
  queries: { title: 'Queries, closing, merging', load: () => import('./queries.mjs') },
  dashboard: { title: 'Dashboard', load: () => import('./dashboard.mjs') },
  http: { title: 'Over HTTP', load: () => import('./http.mjs') },
  detect: { title: 'Detection', load: () => ({ run: () => script('detect.mjs', ['nab', 'kpi', 'cloud', 'tools']) }) },
  forecast: { title: 'Forecasts', load: () => ({ run: () => script('forecast.mjs', ['data']) }) },
};
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

const folder = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    ways: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    page: { type: 'string' },
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
const parts = [];
for (const name of names) {
  const { title, load } = PARTS[name];
  console.log(`\n## ${title}\n`);
  const { run } = await load();
  const part = { title, rounds, ...(await run({ rounds, progress, ways: options.ways?.split(',') })) };
  progress('');
  for (const one of part.tables ?? []) console.log(`${toMarkdown(one)}\n`);
  for (const note of part.notes ?? []) console.log(`- ${note}`);
  parts.push(section(name, part));
}

console.log(`\n${toMarkdown(goalTable(Object.assign({}, ...parts.map((part) => part.reached))))}`);
const target = options.page ?? (options.only === undefined ? PAGE : undefined);
if (target !== undefined) {
  const folders = ['nab', 'kpi', 'cloud', 'tools', 'data'].filter((name) => options[name] !== undefined);
  const only = options.only === undefined ? '' : ` --only ${options.only}`;
  const command = `npm run bench -- --rounds ${rounds}${only}${folders.map((name) => ` --${name} DIR`).join('')}`;
  const before = options.only !== undefined && fs.existsSync(target) ? sectionsOf(fs.readFileSync(target, 'utf8')) : [];
  const known = new Map([...before, ...parts].map((part) => [part.name, part]));
  const sections = Object.keys(PARTS).flatMap((name) => known.get(name) ?? []);
  fs.writeFileSync(target, page({ sections, command }));
  console.log(`\nwritten: ${target}`);
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
  const json = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'bench-')), 'result.json');
  if (file === 'detect.mjs') args.push('--json', json);
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    process.stdout.write(chunk);
  }
  const [code] = await closed;
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  if (fs.existsSync(json)) return { rounds: 1, ...JSON.parse(fs.readFileSync(json, 'utf8')) };
  return {
    text: `\`bench/${file}\`, on data given with ${given.map((name) => `--${name}`).join(', ')}:`,
    output,
    rounds: 1,
  };
}
