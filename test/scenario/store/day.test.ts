import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { linearRegression } from 'simple-statistics';
import { afterAll, expect, it } from 'vitest';
import { ManualClock, Service } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-day-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const T0 = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const HOURS = 24;
const SERVICES = 100;
const MEGABYTE = 2 ** 20;

it('a day of a hundred services lets memory grow by less than a megabyte an hour, and the disk no more after noon', {
  timeout: 180_000,
}, async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const clock = new ManualClock(T0);
  const kept = 1 / 12; // two hours
  const retentionDays = { '1m': kept, '5m': kept, '15m': kept, predictions: kept };
  const store = sqlite({ path: join(folder, 'day.db'), retentionDays });
  const service = await Service.open({ clock, store, retentionMs: 2 * HOUR, flushIntervalMs: HOUR });
  const heap: number[] = [];
  const disk: number[] = [];
  const resources: number[] = [];
  const listeners: number[] = [];
  const warnings: string[] = [];
  const warned = ({ name }: Error): number => warnings.push(name);
  process.on('warning', warned);
  for (let hour = 0; hour < HOURS; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      const timestamp = T0 + hour * HOUR + minute * MINUTE;
      clock.set(timestamp);
      for (let s = 0; s < SERVICES; s++) {
        const duration = 20 + ((minute * 7 + s) % 13);
        service.recordPerformanceMetric({ serviceId: `s${s}`, operation: 'work', duration, success: true });
      }
      if (minute % 10 === 9) await service.flush();
    }
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heap.push((heapUsed + arrayBuffers) / MEGABYTE);
    disk.push(store.info.bytes / MEGABYTE);
    resources.push(process.getActiveResourcesInfo().length);
    listeners.push(process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0));
  }
  await service.close();
  process.off('warning', warned);
  const slope = linearRegression(heap.map((megabytes, hour) => [hour, megabytes]).slice(2)).m;
  expect(slope).toBeLessThan(1);
  // What is learned of each series grows for some hours; buckets go as they come.
  expect(disk.at(-1)).toBeLessThan(1.25 * (disk[HOURS / 2] as number));
  expect(resources.at(-1)).toBeLessThanOrEqual(resources[2] as number);
  expect(listeners).toEqual(Array(HOURS).fill(listeners[0]));
  // Of an emitter or signal to which listeners are added again and again.
  expect(warnings).not.toContain('MaxListenersExceededWarning');
});
