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

/** Has a store live through minutes of 100 services, each with one operation of 60 executions a minute. */
async function history(path, minutes, services = SERVICES) {
  const start = Date.UTC(2026, 0, 1);
  const clock = new ManualClock(start);
  const service = await Service.open({
    clock,
    store: sqlite({ path, retentionDays: { '1m': 400, '5m': 400, '15m': 400, '1h': 400 } }),
    flushIntervalMs: DAY,
    maxBytes: 2 ** 32,
    detector: { metrics: {} },
  });
  return { service, clock, start, minutes, services };
}

async function appended() {
  const path = join(folder, 'append.db');
  const { service, clock, start } = await history(path, 0);
  const minutes = 1_000_000 / SERVICES;
  const store = service.stats();
  let committing = 0;
  for (let minute = 0; minute < minutes; minute++) {
    for (let s = 0; s < SERVICES; s++) {
      for (let i = 0; i < 6; i++) {
        // Six records stand for sixty; what they cost is not what is measured.
        service.aggregator.add('event', {
          serviceId: `s${s}`,
          eventType: 'x',
          timestamp: start + minute * MINUTE + i * 9000,
        });
      }
    }
    clock.set(start + (minute + 1) * MINUTE);
    if (minute % 100 !== 99) continue;
    const from = performance.now();
    await service.flush();
    committing += performance.now() - from;
  }
  await service.close();
  const bytes = statSync(path).size;
  console.log({ minutes: minutes * SERVICES, MB: rounded(bytes / 1e6), store, committing });
}

const parts = { loop: eventLoop, append: appended };
for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part();
rmSync(folder, { recursive: true, force: true });
