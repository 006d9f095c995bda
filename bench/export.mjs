// What an export of a million rows takes: time, bytes, and for how long it holds the event loop.
//
//   npm run build:js && node bench/export.mjs [--rows N] [--rounds N]
//
// Two figures tell how long the loop is held: the longest time between two of its turns, which other programs on the
// machine make longer, and the most CPU that the main thread used between two turns, which they do not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { exportCsv, exportParquet } from '../dist/export.js';
import { ManualClock, Service } from '../dist/index.js';
import { mainThreadMicroseconds, median } from './measure.mjs';
import { latencies } from './workload.mjs';

const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
});
const ROWS = Number(options.rows);
const START = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;
/** Minutes of each service and series of the tables: a week. */
const MINUTES = 10_080;
const VALUES = latencies('lognormal', 100_003);

/** Buckets as a service gives them: the numbers of a skewed distribution, whole counts, some without a quantile. */
function* aggregations() {
  for (let i = 0; i < ROWS; i++) {
    const serviceId = `service-${Math.floor(i / MINUTES)}`;
    const timestamp = START + (i % MINUTES) * MINUTE;
    const value = VALUES[i % VALUES.length];
    const eventCount = 60 + (Math.floor(value) % 1000);
    const errorCount = i % 13;
    const isIdle = i % 10 === 0;
    yield {
      id: `${serviceId}:1m:${timestamp}`,
      timestamp,
      serviceId,
      period: '1m',
      eventCount,
      avgLatency: value,
      p50Latency: isIdle ? undefined : value * 0.8,
      p95Latency: isIdle ? undefined : value * 3,
      p99Latency: isIdle ? undefined : value * 4.5,
      errorCount,
      errorRate: errorCount / eventCount,
      successRate: 1 - errorCount / eventCount,
      throughput: eventCount / 60,
      complete: true,
    };
  }
}

function* series() {
  for (let i = 0; i < ROWS; i++) {
    const value = VALUES[i % VALUES.length];
    const queue = String(Math.floor(i / MINUTES) % 10);
    yield {
      serviceId: `service-${Math.floor(i / MINUTES / 10)}`,
      metricName: 'queue_depth',
      labels: { queue },
      timestamp: START + (i % MINUTES) * MINUTE,
      period: '1m',
      count: 60,
      sum: value * 60,
      min: value * 0.1,
      max: value * 5,
      avg: value,
      last: value,
      p50: value * 0.8,
      p95: value * 3,
      p99: value * 4.5,
      complete: true,
    };
  }
}

/** A service with `services` services of a day each, as much as fits into a bench. */
function livedService(services) {
  const clock = new ManualClock(START);
  const service = new Service({ clock });
  for (let minute = 0; minute < 1440; minute++) {
    for (let i = 0; i < services; i++) {
      const duration = VALUES[(minute * services + i) % VALUES.length];
      service.recordPerformanceMetric({ serviceId: `service-${i}`, operation: 'GET /', duration, success: true });
    }
    clock.advance(MINUTE);
  }
  return service;
}

let service;
function lived() {
  service ??= livedService(100);
  return service;
}

/** Writes an export to a file and watches the event loop meanwhile. */
async function measure(stream, file) {
  let isOver = false;
  let longestWall = 0;
  let longestCpu = 0;
  let wall = performance.now();
  let cpu = mainThreadMicroseconds();
  const watch = () => {
    const [nowWall, nowCpu] = [performance.now(), mainThreadMicroseconds()];
    longestWall = Math.max(longestWall, nowWall - wall);
    longestCpu = Math.max(longestCpu, (nowCpu - cpu) / 1000);
    [wall, cpu] = [nowWall, nowCpu];
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const output = await fs.promises.open(file, 'w');
  const began = performance.now();
  const beganCpu = mainThreadMicroseconds();
  let bytes = 0;
  for await (const chunk of stream) {
    await output.write(chunk);
    bytes += chunk.length;
  }
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = (mainThreadMicroseconds() - beganCpu) / 1e6;
  await output.close();
  isOver = true;
  return { seconds, cpuSeconds, longestWall, longestCpu, bytes };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'streamgate-analytics-bench-'));
const database = await (await DuckDBInstance.create(':memory:')).connect();

/** Rows of a file as DuckDB counts them. */
async function counted(file) {
  const from = file.endsWith('.csv') ? `read_csv('${file}')` : `'${file}'`;
  const [[rows]] = (await database.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows();
  return Number(rows);
}

const MEASURED = [
  ['aggregations, Parquet', () => exportParquet(aggregations(), { what: 'aggregations' }), 'a.parquet'],
  ['series, Parquet', () => exportParquet(series(), { what: 'series' }), 's.parquet'],
  ['aggregations, CSV', () => exportCsv(aggregations(), { what: 'aggregations' }), 'a.csv'],
  ['series, CSV', () => exportCsv(series(), { what: 'series' }), 's.csv'],
  // Last: its buckets would make each collection of garbage longer.
  ['of a service, Parquet', () => exportParquet(lived(), { what: 'aggregations' }), 'live.parquet'],
];
const table = [];
for (const [name, open, fileName] of MEASURED) {
  const file = path.join(folder, fileName);
  const rounds = [];
  for (let round = 0; round < Number(options.rounds); round++) rounds.push(await measure(open(), file));
  const rows = await counted(file);
  assert.equal(rows, name.startsWith('of a service') ? 100 * 1440 : ROWS);
  const of = (field) => median(rounds.map((round) => round[field]));
  table.push({
    export: name,
    rows,
    seconds: of('seconds').toFixed(2),
    'CPU s': of('cpuSeconds').toFixed(2),
    'longest turn ms': Math.max(...rounds.map(({ longestWall }) => longestWall)).toFixed(1),
    'longest turn CPU ms': Math.max(...rounds.map(({ longestCpu }) => longestCpu)).toFixed(1),
    'bytes a row': (of('bytes') / rows).toFixed(1),
  });
  fs.rmSync(file);
}
fs.rmSync(folder, { recursive: true });
console.table(table);
