import { describe, expect, it } from 'vitest';
import { type Aggregation, ManualClock, type Period, Service } from '../../../src/index.ts';
import { runProgram } from './spawned.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 2, 29);
const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];

/** A steady service with a little noise, recorded each second by a clock that jumps `after` so many seconds. */
function live(seconds: number, jump: { readonly after: number; readonly by: number }) {
  const clock = new ManualClock(T0);
  const service = new Service({ clock, serviceId: 'shop' });
  const heard: string[] = [];
  const closed: Aggregation[] = [];
  for (const event of ['anomaly', 'error', 'health'] as const) service.on(event, () => heard.push(event));
  service.on('aggregation', (bucket) => closed.push(bucket));
  for (let second = 0; second < seconds; second++) {
    if (second === jump.after) clock.set(clock.now() + jump.by);
    clock.advance(SECOND);
    // A fixed noise: the golden ratio spreads evenly.
    const noise = (second * 0.618_033_988_749_894_9) % 1;
    service.recordMetrics({ cpuUsage: 30 + 4 * noise, latency: 20 + 6 * noise, errorRate: 0 });
    service.recordPerformanceMetric({ operation: 'read', duration: 10 + 5 * noise, success: true });
  }
  void service.flush();
  const buckets = PERIODS.flatMap((period) => service.getAggregations('shop', { period }));
  return { service, heard, closed, buckets };
}

describe('a clock that jumps', () => {
  it.each([
    ['an hour back', -HOUR],
    ['a day ahead', DAY],
    ['a day back', -DAY],
    ['an hour ahead', HOUR],
  ])('%s makes no negative windows, no anomalies, and loses nothing', (_, by) => {
    const seconds = 1800;
    const { service, heard, closed, buckets } = live(seconds, { after: 930, by });
    expect(heard).toEqual([]);
    for (const { throughput, eventCount } of [...buckets, ...closed]) {
      expect(throughput).toBeGreaterThanOrEqual(0);
      expect(throughput).toBeLessThanOrEqual(2);
      expect(eventCount).toBeGreaterThanOrEqual(0);
    }
    for (const period of PERIODS) {
      const counts = buckets.filter((bucket) => bucket.period === period).map(({ eventCount }) => eventCount);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(seconds);
    }
    expect(new Set(closed.map(({ id }) => id)).size).toBe(closed.length);
    expect(service.stats()).toMatchObject({ accepted: 2 * seconds, rejected: {}, dropped: 0, errors: 0 });
  });

  it('counts what it records twice in the past as late, not as new', () => {
    // Records of the second half are stamped with the hour before: 900 seconds of two records each.
    expect(live(1800, { after: 900, by: -HOUR }).service.stats().late).toBe(1800);
  });
});

describe('local time', () => {
  it('is nowhere: over a change to summer time all buckets are as in UTC', async () => {
    const program = `
      import { Aggregator } from './analytics.mjs';
      const all = new Aggregator();
      // 2026-03-29 01:00 UTC: clocks in Berlin go from 02:00 to 03:00.
      for (let minute = 0; minute < 180; minute++) {
        const timestamp = new Date(2026, 2, 29, 1, 0, 0).getTime() + minute * 60_000;
        all.add('event', { serviceId: 'shop', eventType: 'e', timestamp: new Date(timestamp) });
      }
      console.log(new Date(2026, 2, 29).getTimezoneOffset(), JSON.stringify(
        all.getAggregations('shop', { period: '1h' }).map(({ timestamp, eventCount }) => [timestamp, eventCount]),
      ));`;
    const midnight = Date.UTC(2026, 2, 29);
    const hours = [0, 1, 2].map((hour) => [midnight + hour * HOUR, 60]);
    expect(await runProgram(program, { TZ: 'Europe/Berlin' })).toBe(`-60 ${JSON.stringify(hours)}\n`);
  });
});

describe('minutes', () => {
  it('of five thousand live services that close in one tick are all told', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock });
    const closed = new Set<string>();
    service.on('aggregation', ({ id }) => closed.add(id));
    for (let i = 0; i < 5000; i++) {
      service.recordPerformanceMetric({ serviceId: `s${i}`, operation: 'read', duration: 1, success: true });
    }
    void service.flush();
    clock.advance(MINUTE + 5 * SECOND);
    expect(closed.size).toBe(5000);
    expect(service.stats().dropped).toBe(0);
    expect(service.anomalyDetector.size).toBe(Math.min(10_000, 3 * 5000));
  });
});
