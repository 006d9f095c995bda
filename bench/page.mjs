// Tables for the console and the page, and the page itself.
import fs from 'node:fs';
import os from 'node:os';
import { GOALS, isMet, MISSED } from './goals.mjs';
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
  const rows = GOALS.filter(({ id }) => reached[id] !== undefined).map((one) => {
    const { id, figure, goal, unit = '', atLeast } = one;
    const met = isMet(one, reached[id]) ? 'yes' : 'no';
    return [figure, `${atLeast ? '≥' : '≤'} ${goal}${unit}`, `${short(reached[id])}${unit}`, met];
  });
  return table('Goals', ['figure', 'goal', 'reached', 'met'], rows);
}

/** Begins a part on the page, with what it reached, so that another run can keep it: name, JSON. */
const PART = /^<!-- part (\w+) (.*) -->$/m;

/** A part for the page: its name, what it reached, its Markdown, which says when it was measured. */
export function section(name, { title, text = '', tables = [], notes = [], output, reached = {}, rounds }) {
  const printed = output === undefined ? '' : `\`\`\`text\n${output.trim()}\n\`\`\``;
  const list = notes.map((note) => `- ${note}`).join('\n');
  const when = `Measured on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, rounds: ${rounds}.`;
  const texts = [`## ${title}`, text, when, ...tables.map(toMarkdown), list, printed];
  return { name, reached, markdown: texts.filter((one) => one !== '').join('\n\n') };
}

/** The parts of a page that was written before. */
export function sectionsOf(markdown) {
  const [, ...pieces] = markdown.split(new RegExp(PART.source, 'm'));
  const found = [];
  for (let i = 0; i < pieces.length; i += 3) {
    found.push({ name: pieces[i], reached: JSON.parse(pieces[i + 1]), markdown: pieces[i + 2].trim() });
  }
  return found;
}

/** The whole page, from its parts. */
export function page({ sections, command }) {
  const reached = Object.assign({}, ...sections.map((part) => part.reached));
  const missed = GOALS.filter((one) => reached[one.id] !== undefined && !isMet(one, reached[one.id]));
  const unmeasured = GOALS.filter(({ id }) => reached[id] === undefined);
  return `${[
    '# Benchmarks',
    "Made by `npm run bench`; not edited by hand. Nothing here passes or fails by time. Every way of recording is checked\nafterwards: counts, sums, errors and quantiles must be those of what was recorded, ours and the peers' alike.",
    machine(),
    toMarkdown(goalTable(reached)).replace('###', '##'),
    missed.length === 0 ? '' : `## Missed, why, and what was tried\n\n${missed.map(reason).join('\n')}`,
    unmeasured.length === 0 ? '' : `Not measured: ${unmeasured.map(({ figure }) => figure).join('; ')}.`,
    `## How to run it again\n\n${HOW}\n\nLast run: \`${command}\`.`,
    ...sections.map((part) => `<!-- part ${part.name} ${JSON.stringify(part.reached)} -->\n\n${part.markdown}`),
  ]
    .filter((text) => text !== '')
    .join('\n\n')}\n`;
}

function reason({ id, figure }) {
  return `- ${figure}: ${MISSED[id] ?? 'not looked into yet.'}`;
}

function machine() {
  const versions = PEERS.map((name) => `${name} ${version(name)}`).join(', ');
  const model = os.cpus()[0]?.model.trim() ?? 'unknown';
  return [
    `- machine: ${os.availableParallelism()} cores, ${model}, ${os.platform()} ${os.arch()}, Node ${process.versions.node}`,
    `- peers: ${versions}`,
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
npm run bench -- --nab DIR --kpi DIR --cloud DIR --tools DIR --data DIR    # with bench:detect and bench:forecast
npm run bench -- --only detect --nab DIR … --page docs/benchmarks.md        # renews one part of this page
\`\`\``;
