// Tables for the console and the page, and the page itself.
import fs from 'node:fs';
import os from 'node:os';
import { GOALS, MISSED } from './goals.mjs';
import { CPU_SOURCE } from './measure.mjs';

const PEERS = ['prom-client', '@opentelemetry/sdk-metrics', '@datadog/sketches-js', 'hdr-histogram-js', 'tdigest'];

/** A table of texts; what is a number stands on the right. */
export function table(title, header, rows) {
  return { title, header, rows };
}

/** As Markdown, padded so that it can be read on the console as well. */
export function toMarkdown({ title, header, rows }) {
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => row[i].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [`### ${title}`, '', line(header), rule, ...rows.map(line)].join('\n');
}

/** Goals beside what was reached; `reached` has a number for each goal that was measured. */
export function goalTable(reached) {
  const rows = GOALS.filter(({ id }) => reached[id] !== undefined).map(({ id, figure, goal, unit = '' }) => {
    const met = reached[id] <= goal ? 'yes' : 'no';
    return [figure, `≤ ${goal}${unit}`, `${short(reached[id])}${unit}`, met];
  });
  return table('Goals', ['figure', 'goal', 'reached', 'met'], rows);
}

/** The whole page, from what the parts gave. */
export function page({ parts, command, rounds, minutes }) {
  const reached = Object.assign({}, ...parts.map((part) => part.reached ?? {}));
  const missed = GOALS.filter(({ id, goal }) => reached[id] > goal);
  const unmeasured = GOALS.filter(({ id }) => reached[id] === undefined);
  return `${[
    '# Benchmarks',
    "Made by `npm run bench`; not edited by hand. Nothing here passes or fails by time. Every way of recording is checked\nafterwards: counts, sums, errors and quantiles must be those of what was recorded, ours and the peers' alike.",
    machine(rounds, minutes),
    toMarkdown(goalTable(reached)).replace('###', '##'),
    missed.length === 0 ? '' : `## Missed, why, and what was tried\n\n${missed.map(reason).join('\n')}`,
    unmeasured.length === 0 ? '' : `Not measured in this run: ${unmeasured.map(({ figure }) => figure).join('; ')}.`,
    `## How to run it again\n\n${HOW}\n\nThis page: \`${command}\`.`,
    ...parts.map(section),
  ]
    .filter((text) => text !== '')
    .join('\n\n')}\n`;
}

function section({ title, text = '', tables = [], notes = [], output }) {
  const printed = output === undefined ? '' : `\`\`\`text\n${output.trim()}\n\`\`\``;
  const list = notes.map((note) => `- ${note}`).join('\n');
  return [`## ${title}`, text, ...tables.map(toMarkdown), list, printed].filter((one) => one !== '').join('\n\n');
}

function reason({ id, figure }) {
  return `- ${figure}: ${MISSED[id] ?? 'not looked into yet.'}`;
}

function machine(rounds, minutes) {
  const versions = PEERS.map((name) => `${name} ${version(name)}`).join(', ');
  const model = os.cpus()[0]?.model.trim() ?? 'unknown';
  return [
    `- machine: ${os.availableParallelism()} cores, ${model}, ${os.platform()} ${os.arch()}, Node ${process.versions.node}`,
    `- peers: ${versions}`,
    `- when: ${new Date().toISOString().slice(0, 10)}, ${rounds} rounds, ${minutes.toFixed(0)} minutes`,
    `- CPU of the main thread from \`${CPU_SOURCE}\``,
  ].join('\n');
}

function version(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(fs.readFileSync(file, 'utf8')).version;
}

/** Three digits that count. */
export function short(value) {
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
}

const HOW = `\`\`\`sh
npm ci
npm run bench                                  # all parts that need no data; writes this page
npm run bench -- --rounds 15                   # more rounds, for a machine that others use too
npm run bench -- --only record,memory          # some parts, on the console only
npm run bench -- --only record --ways record,handle
npm run bench -- --nab DIR --kpi DIR --cloud DIR --data DIR    # with bench:detect and bench:forecast
\`\`\``;
