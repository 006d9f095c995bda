import { describe, expect, it } from 'vitest';
import { Aggregator, type AggregatorInput, type AggregatorOptions, type Period } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** A whole UTC day. */
const T0 = Date.UTC(2026, 0, 1);
const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];

function aggregator(options?: AggregatorOptions) {
  const it = new Aggregator(options);
  const add = (timestamp: number, fields: Partial<AggregatorInput<'performance'>> = {}): void =>
    it.add('performance', { serviceId: 'shop', operation: 'read', duration: 10, success: true, ...fields, timestamp });
  const starts = (period: Period): number[] => it.getAggregations('shop', { period }).map(({ timestamp }) => timestamp);
  return { it, add, starts };
}

describe('1,250 records with 25 failures in one minute', () => {
  const { it: all, add } = aggregator();
  for (let i = 0; i < 1250; i++) add(T0 + i * 48, { success: i % 50 !== 0, duration: 1 + (i % 100) });
  const closed = all.advance(T0 + MINUTE + 5 * SECOND);

  it('are exactly that', () => {
    expect(closed).toHaveLength(1);
    expect(closed[0]).toMatchObject({
      timestamp: T0,
      serviceId: 'shop',
      period: '1m',
      eventCount: 1250,
      errorCount: 25,
      errorRate: 0.02,
      successRate: 0.98,
      throughput: 1250 / 60, // 20.83
      complete: true,
    });
  });

  it('have the quantiles of their durations within 1 %, and the exact mean', () => {
    // 1, 2, … 100 each twelve or thirteen times; the last half hundred are 1 … 50. Sum 12 × 5050 + 1275 = 61,875.
    expect(closed[0]?.avgLatency).toBe(61_875 / 1250);
    for (const [quantile, exact] of [
      [closed[0]?.p50Latency, 49],
      [closed[0]?.p95Latency, 95],
      [closed[0]?.p99Latency, 99],
    ]) {
      expect(Math.abs((quantile as number) - (exact as number))).toBeLessThanOrEqual(1 + 0.01 * (exact as number));
    }
  });
});

describe('a bucket', () => {
  it('holds its start and not its end', () => {
    const { it: all, add, starts } = aggregator();
    for (const at of [0, MINUTE - 1, MINUTE]) add(T0 + at);
    expect(starts('1m')).toEqual([T0, T0 + MINUTE]);
    expect(all.getAggregations('shop', { period: '1m' }).map(({ eventCount }) => eventCount)).toEqual([2, 1]);
  });

  it('is aligned to UTC before 1970 too', () => {
    const { add, starts } = aggregator();
    add(-1); // 1969-12-31T23:59:59.999Z
    add(0);
    expect(PERIODS.map(starts)).toEqual([
      [-MINUTE, 0],
      [-5 * MINUTE, 0],
      [-15 * MINUTE, 0],
      [-HOUR, 0],
      [-DAY, 0],
    ]);
  });

  it('closes when the watermark reaches its end, not a millisecond earlier', () => {
    const { it: all, add } = aggregator({ latenessMs: 5000 });
    add(T0);
    add(T0 + MINUTE + 4999);
    expect(all.takeClosed()).toEqual([]);
    add(T0 + MINUTE + 5000);
    expect(all.takeClosed().map(({ timestamp, period }) => [timestamp, period])).toEqual([[T0, '1m']]);
  });

  it('closes once, shorter periods first, and all of them at the end of a day', () => {
    const { it: all, add } = aggregator();
    add(T0 + DAY - 1);
    const closed = all.advance(T0 + DAY + 5 * SECOND);
    expect(closed.map(({ period }) => period)).toEqual(PERIODS);
    expect(closed.map(({ id }) => id)).toEqual([...new Set(closed.map(({ id }) => id))]);
    expect(all.advance(T0 + 2 * DAY)).toEqual([]);
  });

  it('that is open counts the seconds that have passed, at least one', () => {
    const { it: all, add } = aggregator();
    add(T0);
    expect(all.getAggregations('shop')[0]).toMatchObject({ throughput: 1, complete: false });
    add(T0 + 20 * SECOND);
    expect(all.getAggregations('shop')[0]?.throughput).toBe(2 / 20);
  });

  it('without durations has no quantiles, and without records no rates: undefined, never 0', () => {
    const all = new Aggregator();
    all.add('event', { serviceId: 'shop', eventType: 'login', timestamp: T0 });
    all.add('metrics', { serviceId: 'idle', cpuUsage: 10, timestamp: T0 });
    const nothing = { avgLatency: undefined, p50Latency: undefined, p95Latency: undefined, p99Latency: undefined };
    expect(all.getAggregations('shop')[0]).toMatchObject({ ...nothing, eventCount: 1, errorRate: 0, successRate: 1 });
    expect(all.getAggregations('idle')[0]).toMatchObject({
      ...nothing,
      eventCount: 0,
      errorRate: undefined,
      successRate: undefined,
      throughput: 0,
    });
  });
});

describe('what counts', () => {
  const record = { serviceId: 'shop', timestamp: T0 };
  const counts = (fill: (all: Aggregator) => void): unknown => {
    const all = new Aggregator();
    fill(all);
    const bucket = all.getAggregations('shop')[0];
    return [bucket?.eventCount, bucket?.errorCount];
  };

  it.each<[unknown, unknown, [number, number]]>([
    ['no metadata', undefined, [1, 0]],
    ['error: true', { error: true }, [1, 1]],
    ['an error text', { error: 'timeout' }, [1, 1]],
    ['an empty error text', { error: '' }, [1, 0]],
    ['error: false', { error: false }, [1, 0]],
    ['error: 1', { error: 1 }, [1, 0]],
    ['error: {}', { error: {} }, [1, 0]],
  ])('an event with %s', (_, metadata, expected) => {
    const event = { ...record, eventType: 'e', metadata: metadata as Record<string, unknown> };
    expect(counts((all) => all.add('event', event))).toEqual(expected);
  });

  it('performance records and behaviours, failed or not', () => {
    const performance = { ...record, operation: 'read', duration: 1 };
    const behavior = { ...record, userId: 'ada', action: 'play' };
    for (const success of [true, false]) {
      const expected = [1, success ? 0 : 1];
      expect(counts((all) => all.add('performance', { ...performance, success }))).toEqual(expected);
      expect(counts((all) => all.add('behavior', { ...behavior, success }))).toEqual(expected);
    }
  });

  it('not snapshots, custom metrics and business values', () => {
    const fill = (all: Aggregator): void => {
      all.add('metrics', { ...record, cpuUsage: 1, errorRate: 1 });
      all.add('metric', { ...record, metricName: 'm', value: 1 });
      all.add('business', { ...record, metricType: 'revenue', value: 1 });
    };
    expect(counts(fill)).toEqual([0, 0]);
  });
});

describe('latency', () => {
  it('of a service that only sends snapshots is that of its latency samples', () => {
    const all = new Aggregator();
    for (const [i, latency] of [10, 30, 20].entries()) {
      all.add('metrics', { serviceId: 'shop', latency, timestamp: T0 + i * SECOND });
    }
    const [minute] = all.advance(T0 + 2 * MINUTE);
    expect(minute?.avgLatency).toBe(20);
    expect(Math.abs((minute?.p50Latency as number) / 20 - 1)).toBeLessThanOrEqual(0.01);
  });

  it('of a service with performance records is that of their durations only', () => {
    const { it: all, add } = aggregator();
    all.add('metrics', { serviceId: 'shop', latency: 900, timestamp: T0 });
    add(T0, { duration: 10 });
    expect(all.getAggregations('shop')[0]?.avgLatency).toBe(10);
  });
});

describe('getAggregations without options', () => {
  it('gives for each period the newest closed bucket, or the open one where none has closed', () => {
    const { it: all, add } = aggregator();
    expect(all.getAggregations('shop')).toEqual([]);
    for (let minute = 0; minute <= 6; minute++) add(T0 + minute * MINUTE + 10 * SECOND);
    expect(
      all.getAggregations('shop').map(({ period, timestamp, eventCount, complete }) => ({
        period,
        minute: (timestamp - T0) / MINUTE,
        eventCount,
        complete,
      })),
    ).toEqual([
      { period: '1m', minute: 5, eventCount: 1, complete: true },
      { period: '5m', minute: 0, eventCount: 5, complete: true },
      { period: '15m', minute: 0, eventCount: 7, complete: false },
      { period: '1h', minute: 0, eventCount: 7, complete: false },
      { period: '1d', minute: 0, eventCount: 7, complete: false },
    ]);
  });
});

describe('late records', () => {
  it('land in every bucket of their time, open or closed, and are counted', () => {
    const { it: all, add } = aggregator();
    add(T0 + 10 * SECOND);
    add(T0 + 7 * MINUTE);
    expect(all.stats().late).toBe(0);
    add(T0 + 20 * SECOND, { success: false, duration: 50 });
    add(T0 + 3 * MINUTE);
    expect(all.stats()).toMatchObject({ late: 2, dropped: 0 });
    expect(all.getAggregations('shop', { period: '1m', to: T0 + MINUTE })[0]).toMatchObject({
      eventCount: 2,
      errorCount: 1,
      avgLatency: 30,
      complete: true,
    });
    const counts = PERIODS.map((period) => all.getAggregations('shop', { period }).map((b) => b.eventCount));
    expect(counts).toEqual([[2, 1, 1], [3, 1], [4], [4], [4]]);
  });

  it('are not so while they are within the allowed lateness', () => {
    const { it: all, add } = aggregator({ latenessMs: 5000 });
    add(T0 + 30 * SECOND);
    add(T0 + 25 * SECOND);
    expect(all.stats().late).toBe(0);
    add(T0 + 25 * SECOND - 1);
    expect(all.stats().late).toBe(1);
  });

  it('whose time is no longer kept are dropped and counted', () => {
    const { it: all, add } = aggregator({ retentionMs: HOUR });
    add(T0);
    add(T0 + 3 * HOUR);
    add(T0);
    expect(all.stats()).toMatchObject({ late: 1, dropped: 1 });
  });
});

describe('only live services', () => {
  it('are closed by the clock', () => {
    const all = new Aggregator();
    const record = { operation: 'read', duration: 1, success: true, timestamp: T0 };
    all.add('performance', { ...record, serviceId: 'live' }, true);
    all.add('performance', { ...record, serviceId: 'replayed' }, false);
    const live = all.advance(T0 + HOUR, { liveOnly: true });
    expect([...new Set(live.map(({ serviceId }) => serviceId))]).toEqual(['live']);
    expect([...new Set(all.advance(T0 + HOUR).map(({ serviceId }) => serviceId))]).toEqual(['replayed']);
  });
});
