import { describe, expect, it } from 'vitest';
import { runProgram } from './spawned.ts';

/** Records a million of something distinct and prints what that added to the heap, and what is known of it. */
const million = (record: string): string => `
import { ManualClock, Service } from './analytics.mjs';
const T0 = Date.UTC(2026, 0, 1);
const clock = new ManualClock(T0);
const record = (service, i) => ${record};
const used = () => {
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const warm = new Service({ clock, maxSeries: 10 });
for (let i = 0; i < 5000; i++) record(warm, i);
warm.getDashboardData();
const service = new Service({ clock });
const before = used();
let accepted = 0;
for (let i = 0; i < 1e6; i++) if (record(service, i)) accepted++;
await service.flush();
const added = used() - before;
const { bytes, overflow, dropped } = service.stats();
const counts = (series) => series.reduce((sum, { count }) => sum + count, 0);
const sums = (series) => series.reduce((total, { sum }) => total + sum, 0);
const services = service.aggregator.serviceIds;
console.log(JSON.stringify({
  added, accepted, bytes, overflow, dropped,
  labels: [counts(service.getSeries('shop', 'm')), sums(service.getSeries('shop', 'm'))],
  events: services.reduce((sum, id) => sum + service.getAggregations(id, { period: '1d' })[0].eventCount, 0),
  names: service.getSeries('shop', '__overflow__').reduce((sum, { count }) => sum + count, 0),
  durations: counts(service.getSeries('shop', 'operation_duration')),
}));
`;

interface Outcome {
  readonly added: number;
  readonly accepted: number;
  readonly overflow: readonly unknown[];
  readonly dropped: number;
  readonly labels: readonly [number, number];
  readonly events: number;
  readonly names: number;
  readonly durations: number;
}

async function recordMillion(record: string): Promise<Outcome> {
  return JSON.parse(await runProgram(million(record))) as Outcome;
}

const MEGABYTE = 1e6;

describe('a process', () => {
  it('that only creates a service exits by itself', async () => {
    const program = `import { Service } from './analytics.mjs';
      const service = new Service();
      service.recordEvent({ eventType: 'started' });
      console.log('end');`;
    expect(await runProgram(program)).toBe('end\n');
  });
});

describe('one million distinct', () => {
  it('label sets add at most 10 MB, with exact totals and their cause', async () => {
    const outcome = await recordMillion(
      `service.recordMetric({ serviceId: 'shop', metricName: 'm', value: i % 10, labels: { user: 'user-' + i }, timestamp: T0 + (i >> 8) })`,
    );
    expect(outcome).toMatchObject({
      ...{ accepted: 1e6, dropped: 0, labels: [1e6, 4.5e6] },
      overflow: [{ metric: 'm', label: 'user', count: 990_000 }],
    });
    expect(outcome.added).toBeLessThanOrEqual(10 * MEGABYTE);
  });

  it('metric names are bounded, with exact totals and their cause', async () => {
    const outcome = await recordMillion(
      `service.recordMetric({ serviceId: 'shop', metricName: 'm' + i, value: 1, timestamp: T0 + (i >> 8) })`,
    );
    expect(outcome).toMatchObject({
      ...{ accepted: 1e6, dropped: 0, names: 990_000 },
      overflow: [{ metric: '__overflow__', label: 'metricName', count: 990_000 }],
    });
    expect(outcome.added).toBeLessThanOrEqual(10 * MEGABYTE);
  });

  it('operations are bounded, with exact totals and their cause', async () => {
    const outcome = await recordMillion(
      `service.recordPerformanceMetric({ serviceId: 'shop', operation: 'op' + i, duration: 1, success: true, timestamp: T0 + (i >> 8) })`,
    );
    expect(outcome).toMatchObject({
      ...{ accepted: 1e6, dropped: 0, durations: 1e6, events: 1e6 },
      overflow: [{ metric: 'operation_duration', label: 'operation', count: 990_000 }],
    });
    expect(outcome.added).toBeLessThanOrEqual(10 * MEGABYTE);
  });

  it('services are bounded, with exact totals and their cause', async () => {
    const outcome = await recordMillion(
      `service.recordEvent({ serviceId: 's' + i, eventType: 'e', timestamp: T0 + (i >> 8) })`,
    );
    expect(outcome).toMatchObject({
      ...{ accepted: 1e6, dropped: 0, events: 1e6 },
      overflow: [{ metric: '__overflow__', label: 'serviceId', count: 990_000 }],
    });
    // 10,000 services of about 2.5 kB.
    expect(outcome.added).toBeLessThanOrEqual(30 * MEGABYTE);
  });

  it('users, errors and event types add next to nothing', async () => {
    const outcome = await recordMillion(
      `service.recordEvent({ serviceId: 'shop', eventType: 'e' + i, userId: 'u' + i, metadata: { error: 'x' + i }, timestamp: T0 + (i >> 8) })`,
    );
    expect(outcome).toMatchObject({ accepted: 1e6, events: 1e6, overflow: [] });
    expect(outcome.added).toBeLessThanOrEqual(MEGABYTE);
  });
});
