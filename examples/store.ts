// A service that is kept in a database: what it knows is there again after a restart, and so is its whole history.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, Service } from '@streamgate/analytics';
import { sqlite } from '@streamgate/analytics/sqlite';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9)); // leave it out to live in real time
const folder = await mkdtemp(join(tmpdir(), 'store-'));
const path = join(folder, 'analytics.db');

async function open(): Promise<Service> {
  const service = await Service.open({ serviceId: 'api', clock, store: sqlite({ path }), keepEvents: true });
  service.on('anomaly', ({ metricName, severity }) => console.log('opened', metricName, severity));
  service.on('error', (error) => console.log('not stored for now:', error.message));
  return service;
}

function work(service: Service, seconds: number, cpuUsage: number): void {
  for (let second = 0; second < seconds; second++) {
    service.recordMetrics({ cpuUsage: cpuUsage + (second % 6) });
    if (second % 60 === 0) service.recordEvent({ eventType: 'login', userId: `user-${second}` });
    clock.advance(1000);
  }
}

const before = await open();
work(before, 600, 20);
work(before, 20, 90);
await before.flush(); // from here on a kill loses nothing of it
await before.close();

clock.advance(30_000); // down for half a minute: a gap, no anomaly

const after = await open();
console.log('open episodes', after.getAnomalies('api').length, 'records', after.stats().accepted);
work(after, 120, 20);

let logins = 0;
for await (const { eventCount } of after.history.aggregations('api', { period: '1m' })) logins += eventCount;
const kept: (string | undefined)[] = [];
for await (const { record } of after.history.events()) kept.push(record.userId);
console.log('logins', logins, 'the first by', kept[0]);
await after.close();
await rm(folder, { recursive: true });

/* prints
opened cpu_usage high
open episodes 1 records 631
logins 13 the first by user-0
*/
