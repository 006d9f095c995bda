import { describe, expect, it } from 'vitest';
import { Aggregator, type AggregatorOptions } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);

const performance = (timestamp: number, serviceId = 'shop', operation = 'read') => ({
  ...{ serviceId, operation, timestamp },
  ...{ duration: 10, success: true },
});

describe('retention', () => {
  it('forgets closed buckets, and never before the longer bucket has been merged from them', () => {
    const all = new Aggregator({ retentionMs: HOUR });
    for (let at = T0; at <= T0 + DAY + HOUR; at += 10 * MINUTE) all.add('performance', performance(at));
    const day = all.getAggregations('shop', { period: '1d' })[0];
    expect(day).toMatchObject({ timestamp: T0, eventCount: 144, complete: true });
    const minutes = all.getAggregations('shop', { period: '1m' }).map(({ timestamp }) => timestamp);
    expect(minutes[0]).toBeGreaterThanOrEqual(T0 + DAY - HOUR);
  });

  it('forgets idle series with what is derived from them, and says so', () => {
    const all = new Aggregator({ retentionMs: HOUR });
    all.add('metric', { serviceId: 'shop', metricName: 'm', value: 1, labels: { a: 'b' }, timestamp: T0 });
    all.add('business', {
      ...{ serviceId: 'shop', metricType: 'revenue', dimension: 'eu' },
      ...{ value: 1, timestamp: T0 },
    });
    all.add('performance', performance(T0));
    expect(all.stats().series).toBe(3);
    for (let at = T0; at <= T0 + 3 * HOUR; at += 10 * MINUTE) {
      all.add('event', { serviceId: 'shop', eventType: 'e', timestamp: at });
    }
    expect(all.stats().series).toBe(0);
    const { series, serviceIds } = all.takeEvicted();
    expect(serviceIds).toEqual([]);
    expect(series.map(({ metricName, labels }) => [metricName, labels])).toEqual([
      ['m', { a: 'b' }],
      ['business.revenue', { dimension: 'eu' }],
      ['operation_duration', { operation: 'read' }],
      ['business.revenue', undefined],
      ['operation_rate', undefined],
      ['operation_error_rate', undefined],
      ['operation_latency_p95', undefined],
    ]);
    expect(all.takeEvicted()).toEqual({ series: [], serviceIds: [] });
  });

  it('forgets idle services', () => {
    const all = new Aggregator({ retentionMs: HOUR });
    all.add('performance', performance(T0, 'gone'));
    const before = all.stats().bytes;
    for (let at = T0; at <= T0 + 3 * HOUR; at += 10 * MINUTE) all.add('performance', performance(at, 'stays'));
    expect(all.serviceIds).toEqual(['stays']);
    expect(all.takeEvicted().serviceIds).toEqual(['gone']);
    expect(all.getAggregations('gone')).toEqual([]);
    expect(before).toBeGreaterThan(0);
  });
});

describe('maxBytes', () => {
  const options: AggregatorOptions = { maxBytes: 2 ** 20 };
  const all = new Aggregator(options);
  for (let i = 0; i < 12 * 60; i++) {
    for (let series = 0; series < 40; series++) {
      const record = { serviceId: 'shop', metricName: 'm', labels: { series: `${series}` } };
      all.add('metric', { ...record, value: i + series, timestamp: T0 + i * MINUTE });
      all.add('metric', { ...record, value: i * series, timestamp: T0 + i * MINUTE + SECOND });
    }
  }
  const end = T0 + 12 * HOUR;

  it('holds, by giving up the oldest minutes and keeping what is longer', () => {
    expect(all.stats().bytes).toBeLessThan(2 ** 20 + 100_000);
    expect(all.stats().dropped).toBeGreaterThan(0);
    const minutes = all.getAggregations('shop', { period: '1m' });
    expect(minutes.length).toBeLessThan(12 * 60);
    expect(all.getAggregations('shop', { period: '1h' })).toHaveLength(12);
    expect(all.getSeries('shop', 'm', { period: '1h' }).map(({ count }) => count)).toEqual(Array(12).fill(4800));
  });

  it('does not give up more than it has to', () => {
    expect(all.stats().bytes).toBeGreaterThan(2 ** 19);
  });

  it('leaves no bucket that holds late records only', () => {
    const first = all.getAggregations('shop', { period: '1m' })[0]?.timestamp as number;
    expect(first).toBeGreaterThan(T0 + MINUTE);
    const { dropped } = all.stats();
    const late = { serviceId: 'shop', metricName: 'm', labels: { series: '1' }, value: 1, timestamp: T0 + MINUTE };
    all.add('metric', late);
    expect(all.getSeries('shop', 'm', { from: T0, to: T0 + 2 * MINUTE })).toEqual([]);
    expect(all.getSeries('shop', 'm', { period: '1h' })[0]?.count).toBe(4801);
    expect(all.stats().dropped).toBe(dropped);
    expect(all.newestTimestamp()).toBeLessThan(end);
  });
});

describe('beyond maxSeries', () => {
  const maxSeries = 100;
  const total = 5000;

  it('label sets go to one overflow series of their metric, totals stay exact, and the cause is named', () => {
    const all = new Aggregator({ maxSeries, samples: true });
    for (let i = 0; i < total; i++) {
      const labels = { user: `user-${i}`, region: i % 2 ? 'eu' : 'us' };
      all.add('metric', { serviceId: 'shop', metricName: 'm', value: i, labels, timestamp: T0 + i });
    }
    const [bucket] = all.getSeries('shop', 'm');
    expect(bucket).toMatchObject({ count: total, sum: (total * (total - 1)) / 2, min: 0, max: total - 1 });
    expect(all.stats()).toMatchObject({
      overflow: [{ metric: 'm', label: 'user', count: total - maxSeries }],
      series: maxSeries + 1,
      maxSeries,
      dropped: 0,
    });
    all.advance(T0 + HOUR);
    const watched = new Set(all.takeSamples().map(({ series }) => JSON.stringify(series.labels)));
    expect(watched.size).toBe(maxSeries);
  });

  it('metrics go to one overflow series of their service', () => {
    const all = new Aggregator({ maxSeries });
    for (let i = 0; i < total; i++) {
      all.add('metric', { serviceId: 'shop', metricName: `m${i}`, value: 1, timestamp: T0 });
    }
    expect(all.getSeries('shop', '__overflow__')[0]).toMatchObject({ count: total - maxSeries });
    expect(all.stats().overflow).toEqual([{ metric: '__overflow__', label: 'metricName', count: total - maxSeries }]);
  });

  it('operations go to one overflow series, and their service counts them all', () => {
    const all = new Aggregator({ maxSeries });
    for (let i = 0; i < total; i++) all.add('performance', performance(T0, 'shop', `op${i}`));
    expect(all.getSeries('shop', 'operation_duration')[0]).toMatchObject({ count: total, sum: 10 * total });
    expect(all.getAggregations('shop')[0]).toMatchObject({ eventCount: total, avgLatency: 10 });
    expect(all.stats().overflow).toEqual([
      { metric: 'operation_duration', label: 'operation', count: total - maxSeries },
    ]);
  });

  it('services go to one overflow service', () => {
    const all = new Aggregator({ maxSeries });
    for (let i = 0; i < total; i++) {
      all.add('event', { serviceId: `s${i}`, eventType: 'e', timestamp: T0 });
    }
    expect(all.serviceIds).toHaveLength(maxSeries + 1);
    expect(all.getAggregations('__overflow__')[0]).toMatchObject({ eventCount: total - maxSeries });
    expect(all.stats().overflow).toEqual([{ metric: '__overflow__', label: 'serviceId', count: total - maxSeries }]);
  });
});

describe('options', () => {
  it.each<[keyof AggregatorOptions, unknown]>([
    ['latenessMs', -1],
    ['latenessMs', '5s'],
    ['latenessMs', Number.NaN],
    ['latenessMs', DAY + 1],
    ['retentionMs', HOUR - 1],
    ['retentionMs', null],
    ['maxSeries', 0],
    ['maxSeries', 1.5],
    ['maxSeries', Number.POSITIVE_INFINITY],
    ['maxBytes', 1000],
    ['maxBytes', {}],
    ['resolutionMs', 0],
    ['resolutionMs', MINUTE + 1],
    ['samples', 'yes'],
  ])('%s: %s are refused by name', (option, value) => {
    expect(() => new Aggregator({ [option]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringMatching(`^option ${option} must be .+, got .+`) as string,
      }),
    );
  });

  it.each([null, 5, 'fast'])('that are %j are refused', (options) => {
    const expected = expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/^option options must be an object, got /) as string,
    });
    const all = new Aggregator();
    expect(() => new Aggregator(options as never)).toThrow(expected);
    expect(() => all.advance(T0, options as never)).toThrow(expected);
    expect(() => Aggregator.restore(all.snapshot(), options as never)).toThrow(expected);
  });
});
