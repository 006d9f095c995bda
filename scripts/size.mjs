/**
 * Prints what each entry of the built package costs whoever bundles it, its dependencies included, minified and
 * gzipped; says where one misses its goal and fails where one is over its limit. Needs `npm run build`.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * Bytes, gzipped. `goal` is where an entry should be, `limit` where the check fails: for the core a guard against growth
 * until the goal is met (docs/benchmarks.md says what it is missed by), for the command against a dependency bundled by
 * mistake.
 */
const BUDGETS = {
  'dist/index.js': { goal: 25_000, limit: 91_000 },
  'dist/fleet.js': { goal: 35_000, limit: 35_000 },
  'dist/testing.js': { goal: 85_000, limit: 85_000 },
  // Without the peers, which whoever uses it installs.
  'dist/http.js': { goal: 25_000, limit: 30_000 },
  'dist/export.js': { goal: 10_000, limit: 12_000 },
  // With its worker, as text, and, for the archive, what reads buckets and writes tables.
  'dist/sqlite.js': { goal: 45_000, limit: 48_000 },
  // The page is in it, as text; half of that is the chart library.
  'dist/dashboard.js': { goal: 60_000, limit: 70_000 },
  // A program in one piece: the library, the page, and what the REST API, the store and the exports stand on.
  'dist/cli.js': { goal: 340_000, limit: 360_000 },
};

const { peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const PEERS = Object.keys(peerDependencies).flatMap((name) => [name, `${name}/*`]);

const rows = [];
for (const [entry, { goal, limit }] of Object.entries(BUDGETS)) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: PEERS,
    logLevel: 'error',
  });
  const bytes = outputFiles[0].contents;
  rows.push({ entry, minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length, goal, limit });
}

console.table(rows);
for (const { entry, gzipped, goal } of rows) {
  if (gzipped > goal) console.warn(`${entry} misses its goal of ${goal} B by ${gzipped - goal} B`);
}
const over = rows.filter((row) => row.gzipped > row.limit);
for (const { entry, gzipped, limit } of over) console.error(`${entry} must be at most ${limit} B, got ${gzipped}`);
process.exitCode = over.length === 0 ? 0 : 1;
