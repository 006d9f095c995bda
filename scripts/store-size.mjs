// How large a store gets: lives through days of some services on a clock that is moved by hand, and prints what is where.
// node scripts/store-size.mjs SERVICES METRICS [DAYS]: of each service two operations with ten executions a minute, and so
// many metrics with a sample a minute. Takes half a second of CPU for each metric and day.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ManualClock, Service } from '@streamgate/analytics';
import { sqlite } from '@streamgate/analytics/sqlite';

const [services = 1, metrics = 10, days = 31] = process.argv.slice(2).map(Number);
const MINUTE = 60_000;
const DAY_MINUTES = 1440;
const T0 = Date.UTC(2026, 0, 1);
const folder = mkdtempSync(join(tmpdir(), 'store-size-'));
const path = join(folder, 'size.db');
const clock = new ManualClock(T0);
const store = sqlite({ path });
const service = await Service.open({ clock, store, flushIntervalMs: 60 * MINUTE });

let seed = 1;
const random = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};
let most = 0;
for (let minute = 0; minute < days * DAY_MINUTES; minute++) {
  clock.set(T0 + minute * MINUTE + 1000);
  const daily = Math.sin((2 * Math.PI * minute) / DAY_MINUTES);
  for (let s = 0; s < services; s++) {
    const serviceId = `s${s}`;
    for (let i = 0; i < 10; i++) {
      const operation = i % 2 === 0 ? 'read' : 'write';
      service.recordPerformanceMetric({ serviceId, operation, duration: 20 * Math.exp(2 * random()), success: true });
    }
    for (let m = 0; m < metrics; m++) {
      service.recordMetric({ serviceId, metricName: `m${m}`, value: 100 + 30 * daily + 10 * random() });
    }
  }
  if (minute % 5 === 4) await service.flush();
  most = Math.max(most, store.info.bytes);
}
await service.close();
const again = sqlite({ path });
const reader = await Service.open({ clock, store: again });
const megabytes = (bytes) => Number((bytes / 1e6).toFixed(1));
console.log({ services, metrics, days, file: megabytes(again.info.bytes), withJournal: megabytes(most) });
await reader.close();
rmSync(folder, { recursive: true });
