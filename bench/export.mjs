// What an export of a million rows takes: time, bytes, and for how long it holds the event loop.
//
// A part of run.mjs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { exportCsv, exportParquet } from '../dist/export.js';
import { ManualClock, Service } from '../dist/index.js';
import { mainThreadMicroseconds, median } from './measure.mjs';
import { table } from './page.mjs';
import { latencies } from './workload.mjs';

const ROWS = 1_000_000;
const ROUNDS = 3;
const START = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;
const TEXT = `\
Medians of ${ROUNDS} rounds, the longest turns of all of them. Two figures tell for how long the event loop is held: the longest
time between two of its turns, which other programs on the machine make longer, and the most CPU that the main thread used
between two turns, which they do not. DuckDB counts the rows of every file.`;
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
];
const HEADER = ['export', 'rows', 's', 'CPU s', 'longest turn, ms', 'longest turn, CPU ms', 'bytes a row'];

export async function run({ progress }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'streamgate-analytics-bench-'));
  const rows = [];
  const add = async (name, expected, open, fileName) => {
    progress(`export: ${name}`);
    const file = path.join(folder, fileName);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(open(), file));
    assert.equal(await counted(file), expected);
    fs.rmSync(file);
    const of = (field) => median(rounds.map((round) => round[field]));
    const largest = (field) => Math.max(...rounds.map((round) => round[field]));
    rows.push([
      name,
      expected.toLocaleString('en'),
      of('seconds').toFixed(2),
      of('cpuSeconds').toFixed(2),
      largest('longestWall').toFixed(1),
      largest('longestCpu').toFixed(1),
      (of('bytes') / expected).toFixed(1),
    ]);
    return { seconds: of('seconds'), longest: of('longestWall') };
  };
  let reached = {};
  for (const [name, open, fileName] of MEASURED) {
    const { seconds, longest } = await add(name, ROWS, open, fileName);
    if (reached['export-time'] === undefined) reached = { 'export-time': seconds, 'export-block': longest };
  }
  // Last: its buckets would make each collection of garbage longer.
  const lived = livedService(100);
  await add('of a service, Parquet', 100 * 1440, () => exportParquet(lived, { what: 'aggregations' }), 'live.parquet');
  fs.rmSync(folder, { recursive: true });
  return { text: TEXT, tables: [table('Exporting', HEADER, rows)], reached };
}
