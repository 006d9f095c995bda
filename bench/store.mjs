/**
 * The figures of the SQLite store: what it adds to the delay of the event loop, what a closed minute takes on the disk and
 * how fast it gets there, how long a day of minutes and an opening take. `npm run build` first; `node bench/store.mjs`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { ManualClock, Service } from '../dist/index.js';
import { sqlite } from '../dist/sqlite.js';

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-bench-'));
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const SERVICES = 100;
const MINUTE = 60_000;
const DAY = 86_400_000;
const rounded = (value, digits = 1) => Number(value.toFixed(digits));

/** Records `perSecond` records a second for some seconds; returns what the event loop suffered. */
async function delays(service, perSecond, seconds) {
  const handles = Array.from({ length: SERVICES * 10 }, (_, i) => service.operation(`s${i % SERVICES}`, `op${i % 10}`));
  const gaugeOf = Array.from({ length: SERVICES }, (_, i) => `s${i}`);
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  let n = 0;
  let nextGauge = 0;
  const began = performance.now();
  let maxTick = 0;
  let counting = false;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - began;
      if (elapsed > 8000 && !counting) {
        counting = true;
        monitor.enable();
      }
      const due = (elapsed / 1000) * perSecond;
      const from = performance.now();
      while (n < due) {
        handles[(n * 7) % handles.length].record(5 + ((n * 31) % 97), n % 50 !== 0, 'timeout');
        n++;
      }
      if (elapsed > nextGauge) {
        nextGauge += 1000;
        for (const serviceId of gaugeOf) {
          service.recordMetrics({ serviceId, cpuUsage: 40 + ((n * 13) % 20), memoryUsage: 60, diskUsage: 70 });
        }
      }
      maxTick = Math.max(maxTick, performance.now() - from);
      if (elapsed > seconds * 1000) {
        clearInterval(timer);
        resolve();
      }
    }, 5);
  });
  monitor.disable();
  const [p50, p99, max] = [monitor.percentile(50), monitor.percentile(99), monitor.max].map((ns) => ns / 1e6);
  return { p50: rounded(p50, 2), p99: rounded(p99, 2), max: rounded(max, 2), recorded: n };
}

async function eventLoop() {
  const seconds = Number(process.env.SECONDS ?? 40);
  const without = new Service();
  const a = await delays(without, 50_000, seconds);
  await without.close();
  const service = await Service.open({ store: sqlite({ path: join(folder, 'loop.db') }) });
  const b = await delays(service, 50_000, seconds);
  const { store } = service.stats();
  const from = performance.now();
  await service.close();
  console.log('event loop while 50,000 records a second are stored, ms');
  console.table({ 'without a store': a, 'with a store': b });
  console.log(`added p99 ${rounded(b.p99 - a.p99, 2)} ms; close ${rounded(performance.now() - from)} ms`, store);
}

/** A service whose minutes are driven by hand. */
async function byHand(path, retentionDays, start) {
  const clock = new ManualClock(start);
  const store = sqlite({ path, retentionDays });
  const service = await Service.open({ clock, store, flushIntervalMs: DAY, maxBytes: 2 ** 32 });
  return { service, clock };
}

/** Sixty executions of one operation in one minute of each service. */
function recordMinute(service, handles, timestamp, step = 1000) {
  for (let i = 0; i < 60_000 / step; i++) {
    for (let s = 0; s < SERVICES; s++) {
      service.recordPerformanceMetric({
        serviceId: `s${s}`,
        operation: 'work',
        duration: 20 + ((i * 7919 + s * 31 + Math.floor(timestamp / MINUTE) * 13) % 89) * 1.7,
        success: i % 50 !== 0,
        timestamp: timestamp + i * step,
      });
    }
  }
}

/** A million closed minutes: what they take, and how fast the store takes them. */
async function append() {
  const path = join(folder, 'append.db');
  const start = Date.UTC(2026, 0, 1);
  const { service, clock } = await byHand(path, { '1m': 400, '5m': 0.05, '15m': 0.05, '1h': 0.05, '1d': 0.05 }, start);
  const store = service.stats;
  const minutes = 1_000_000 / SERVICES;
  let committing = 0;
  for (let minute = 0; minute < minutes; minute++) {
    recordMinute(service, undefined, start + minute * MINUTE);
    clock.set(start + (minute + 1) * MINUTE);
    if (minute % 30 !== 29) continue;
    const from = performance.now();
    await service.flush();
    committing += performance.now() - from;
  }
  await service.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const bytes = statSync(path).size;
  console.log({
    closedMinutesOfServices: minutes * SERVICES,
    MB: rounded(bytes / 1e6),
    'flushes took s': rounded(committing / 1000),
  });
}

const parts = { loop: eventLoop, append };
for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part();
rmSync(folder, { recursive: true, force: true });
