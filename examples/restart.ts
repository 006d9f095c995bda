// State across a restart: what was learned, the buckets and the open episodes go on where they were.
import { deserialize, serialize } from 'node:v8';
import { ManualClock, Service, type ServiceOptions, type ServiceSnapshot } from '@streamgate/analytics';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
const options: ServiceOptions = { serviceId: 'api', clock };

function work(service: Service, seconds: number, cpuUsage: number): void {
  for (let second = 0; second < seconds; second++) {
    service.recordMetrics({ cpuUsage: cpuUsage + (second % 6) });
    clock.advance(1000);
  }
}

const before = new Service(options);
before.on('anomaly', ({ metricName, severity }) => console.log('before: opened', metricName, severity));
work(before, 600, 20);
work(before, 20, 90);
await before.close();
// A snapshot holds typed arrays: node:v8 writes them to a file or a database as they are, JSON does not.
const bytes = serialize(before.snapshot());

clock.advance(30_000); // the time that the restart takes

const after = Service.restore(deserialize(bytes) as ServiceSnapshot, options);
after.on('anomaly', ({ description }) => console.log('after, which must not happen:', description));
after.on('anomalyClosed', ({ startedAt, endedAt = startedAt }) =>
  console.log('after: closed, it lasted', (endedAt - startedAt) / 1000, 'seconds'),
);
console.log('after: open episodes', after.getAnomalies().length, 'records', after.stats().accepted);
work(after, 120, 20);
console.log('after: records', after.stats().accepted);
await after.close();

/* prints
before: opened cpu_usage high
after: open episodes 1 records 620
after: closed, it lasted 52 seconds
after: records 740
*/
