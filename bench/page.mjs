// Tables for the console and the page, and the page itself.
import fs from 'node:fs';
import os from 'node:os';
import { GOALS, isMet, MISSED } from './goals.mjs';
import { CPU_SOURCE } from './measure.mjs';

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

/** The whole page, from what the parts gave. */
export function page(parts) {
  const reached = Object.assign({}, ...parts.map((part) => part.reached ?? {}));
  const missed = GOALS.filter((one) => reached[one.id] !== undefined && !isMet(one, reached[one.id]));
  const unmeasured = GOALS.filter(({ id }) => reached[id] === undefined);
  return `${[
    '# Benchmarks',
    "Made by `npm run bench`; not edited by hand. Nothing here passes or fails by time. Every way of recording is checked\nafterwards: counts, sums, errors and quantiles must be those of what was recorded, ours and the peers' alike.",
    toMarkdown(goalTable(reached)).replace('###', '##'),
    missed.length === 0 ? '' : `## Missed, why, and what was tried\n\n${missed.map(reason).join('\n')}`,
    unmeasured.length === 0 ? '' : `Not measured: ${unmeasured.map(({ figure }) => figure).join('; ')}.`,
    `## How to run it again\n\n${HOW}`,
    ...parts.map(section),
  ]
    .filter((text) => text !== '')
    .join('\n\n')}\n`;
}

function section({ title, text = '', tables = [], notes = [], output, measured }) {
  const printed = output === undefined ? '' : `\`\`\`text\n${output.trim()}\n\`\`\``;
  const list = notes.map((note) => `- ${note}`).join('\n');
  return [`## ${title}`, how(measured), text, ...tables.map(toMarkdown), list, printed]
    .filter((one) => one !== '')
    .join('\n\n');
}

/** Where, when and how a part was measured. */
function how({ date, cores, model, platform, node, cpu, peers, command, seconds }) {
  const time = seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return [
    `- \`${command}\`, ${date}, ${time}`,
    `- ${cores} cores, ${model}, ${platform}, Node ${node}; CPU from \`${cpu}\``,
    peers === '' ? '' : `- beside ${peers}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function reason({ id, figure }) {
  return `- ${figure}: ${MISSED[id] ?? 'not looked into yet.'}`;
}

/** Where, when and beside what something is measured. */
export function machine(peers = []) {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: os.availableParallelism(),
    model: os.cpus()[0]?.model.trim() ?? 'unknown',
    platform: `${os.platform()} ${os.arch()}`,
    node: process.versions.node,
    cpu: CPU_SOURCE,
    peers: peers.map((name) => `${name} ${version(name)}`).join(', '),
  };
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
npm run bench -- --only record,memory --write  # and into this page, the other parts as they were
npm run bench -- --only record --ways record,handle
npm run bench -- --only detect --nab DIR --kpi DIR --cloud DIR --tools DIR --write
npm run bench:forecast -- --data DIR --write  # as it is, on the console only, without --write
\`\`\``;
