import { describe, expect, it } from 'vitest';
import { Aggregator, type BucketQuery, type Labels, type Period } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);

function metric(all: Aggregator, timestamp: number, value: number, labels?: Labels): void {
  all.add('metric', { serviceId: 'shop', metricName: 'm', value, labels, timestamp });
}

describe('getSeries', () => {
  it('gives what each minute held', () => {
    const all = new Aggregator();
    for (const [second, value] of [
      [0, 5],
      [10, -3],
      [5, 4],
      [70, 8],
    ] as const) {
      metric(all, T0 + second * SECOND, value);
    }
    expect(all.getSeries('shop', 'm')).toMatchObject([
      { timestamp: T0, period: '1m', count: 3, sum: 6, min: -3, max: 5, avg: 2, last: -3, complete: true },
      { timestamp: T0 + MINUTE, count: 1, sum: 8, min: 8, max: 8, avg: 8, last: 8, p50: 8, p99: 8, complete: false },
    ]);
  });

  it('covers all label sets, or the one that is named', () => {
    const all = new Aggregator();
    metric(all, T0, 1, { a: 'x' });
    metric(all, T0, 2, { a: 'y', b: 'z' });
    metric(all, T0, 4);
    const sums = (labels?: Labels): number[] => all.getSeries('shop', 'm', { labels }).map(({ sum }) => sum);
    expect([sums(), sums({ a: 'x' }), sums({ b: 'z', a: 'y' }), sums({}), sums({ a: 'z' })]).toEqual([
      [7],
      [1],
      [2],
      [4],
      [],
    ]);
  });

  it('reads from, to and limit as bucket starts, and takes dates', () => {
    const all = new Aggregator();
    for (let minute = 0; minute < 12; minute++) metric(all, T0 + minute * MINUTE, minute);
    const starts = (query: BucketQuery): number[] =>
      all.getSeries('shop', 'm', query).map(({ timestamp }) => (timestamp - T0) / MINUTE);
    expect(starts({ from: T0 + 2 * MINUTE, to: T0 + 4 * MINUTE })).toEqual([2, 3]);
    expect(starts({ from: new Date(T0 + 2 * MINUTE - 1), to: new Date(T0 + 4 * MINUTE + 1) })).toEqual([2, 3, 4]);
    expect(starts({ limit: 2 })).toEqual([10, 11]);
    expect(starts({ period: '5m' })).toEqual([0, 5, 10]);
    expect(starts({ period: '5m', from: T0 + 1 })).toEqual([5, 10]);
    expect(starts({ period: '5m', to: T0 + 10 * MINUTE })).toEqual([0, 5]);
    expect(starts({ from: T0 + 4 * MINUTE, to: T0 + 2 * MINUTE })).toEqual([]);
  });

  it('knows durations by operation, and business values by metric type and dimension', () => {
    const all = new Aggregator();
    const performance = { serviceId: 'shop', success: true, timestamp: T0 };
    all.add('performance', { ...performance, operation: 'read', duration: 10 });
    all.add('performance', { ...performance, operation: 'write', duration: 30 });
    const revenue = { serviceId: 'shop', metricType: 'revenue', timestamp: T0 };
    all.add('business', { ...revenue, value: 5, dimension: 'eu' });
    all.add('business', { ...revenue, value: 7, dimension: { plan: 'pro' } });
    const sum = (name: string, labels?: Labels): number | undefined => all.getSeries('shop', name, { labels })[0]?.sum;
    expect(sum('operation_duration')).toBe(40);
    expect(sum('operation_duration', { operation: 'write' })).toBe(30);
    expect(sum('business.revenue')).toBe(12);
    expect(sum('business.revenue', { dimension: 'eu' })).toBe(5);
    expect(sum('business.revenue', { plan: 'pro' })).toBe(7);
  });

  it('keeps the exact sum of numbers that floating point would lose', () => {
    const all = new Aggregator();
    for (const [i, value] of [1e17, 1, -1e17, 1].entries()) metric(all, T0 + i, value);
    expect(all.getSeries('shop', 'm')[0]?.sum).toBe(2);
  });

  it('does not tell 0 from -0, whichever came first', () => {
    for (const values of [
      [0, -0],
      [-0, 0],
    ]) {
      const all = new Aggregator();
      for (const value of values) metric(all, T0, value);
      expect(all.getSeries('shop', 'm')).toMatchObject([{ sum: 0, min: 0, max: 0, avg: 0, last: 0, p50: 0 }]);
    }
  });

  it('stays inside the range of its samples where their sum is beyond all doubles', () => {
    const all = new Aggregator();
    for (let i = 0; i < 3; i++) metric(all, T0 + i, 1e308);
    const bucket = all.getSeries('shop', 'm')[0];
    expect(bucket).toMatchObject({ count: 3, min: 1e308, max: 1e308, avg: 1e308 });
    expect(bucket?.sum).toBeGreaterThan(1e308);
  });
});

describe('samples for detector and predictor', () => {
  it('come at most once a second and series, as the mean of what came in', () => {
    const all = new Aggregator({ samples: true });
    for (const [ms, value] of [
      [0, 1],
      [400, 2],
      [999, 6],
      [1000, 10],
    ] as const) {
      metric(all, T0 + ms, value);
    }
    const series = { serviceId: 'shop', metricName: 'm' };
    expect(all.takeSamples()).toEqual([{ series, timestamp: T0, value: 3 }]);
    expect(all.waitingSamples()).toEqual([{ series, timestamp: T0 + 1000, value: 10 }]);
    expect(all.takeSamples()).toEqual([]);
  });

  it('follow the resolution that is asked for', () => {
    const all = new Aggregator({ samples: true, resolutionMs: 10_000 });
    for (let second = 0; second <= 20; second++) metric(all, T0 + second * SECOND, second);
    // means of 0 … 9 and of 10 … 19
    expect(all.takeSamples().map(({ value }) => value)).toEqual([4.5, 14.5]);
  });

  it('leave out what is older than what they have seen', () => {
    const all = new Aggregator({ samples: true });
    for (const second of [0, 5, 3, 6]) metric(all, T0 + second * SECOND, second);
    expect(all.takeSamples().map(({ value }) => value)).toEqual([0, 5]);
  });

  it('come once a closed minute for operations and business values', () => {
    const all = new Aggregator({ samples: true });
    for (let i = 0; i < 30; i++) {
      const performance = { serviceId: 'shop', operation: 'read', duration: 100, success: i % 10 !== 0 };
      all.add('performance', { ...performance, timestamp: T0 + i * SECOND });
      const business = { serviceId: 'shop', metricType: 'revenue', value: 2, dimension: i % 2 ? 'eu' : 'us' };
      all.add('business', { ...business, timestamp: T0 + i * SECOND });
    }
    expect(all.takeSamples()).toEqual([]);
    all.advance(T0 + MINUTE + 5 * SECOND);
    const samples = all.takeSamples().map(({ series, timestamp, value }) => [series.metricName, timestamp, value]);
    expect(samples.map(([name, timestamp]) => [name, timestamp])).toEqual([
      ['operation_rate', T0],
      ['operation_error_rate', T0],
      ['operation_latency_p95', T0],
      ['business.revenue', T0],
    ]);
    const values = samples.map(([, , value]) => value as number);
    // 30 in 60 seconds, 3 of 30 failed, 30 × 2
    expect([values[0], values[1], values[3]]).toEqual([0.5, 0.1, 60]);
    expect(Math.abs((values[2] as number) / 100 - 1)).toBeLessThanOrEqual(0.01);
    expect(all.getSeries('shop', 'operation_rate').map(({ avg, timestamp }) => [timestamp, avg])).toEqual([[T0, 0.5]]);
  });

  it('tell no rate of a minute in which a steady service was cut off, or came back', () => {
    const all = new Aggregator({ samples: true });
    const record = (second: number): void => {
      all.add('performance', {
        ...{ serviceId: 'shop', operation: 'read', duration: 10, success: true },
        timestamp: T0 + second * SECOND,
      });
    };
    for (let second = 0; second < 150; second++) record(second); // two minutes and a half,
    for (let second = 86_400 + 200; second < 86_400 + 400; second++) record(second); // then a day later
    all.advance(T0 + 2 * 86_400 * SECOND);
    const samples = all
      .takeSamples()
      .map(({ series, timestamp }) => `${series.metricName} ${(timestamp - T0) / MINUTE}`);
    const minutes = (name: string): string[] => samples.filter((sample) => sample.startsWith(`${name} `));
    expect(minutes('operation_error_rate')).toHaveLength(7);
    expect(minutes('operation_rate')).toEqual([
      'operation_rate 0',
      'operation_rate 1',
      'operation_rate 1444',
      'operation_rate 1445',
    ]);
  });

  it('tell the rate of every minute of a service that is heard once an hour', () => {
    const all = new Aggregator({ samples: true });
    for (let hour = 0; hour < 5; hour++) {
      all.add('business', { serviceId: 'shop', metricType: 'revenue', value: 5, timestamp: T0 + hour * 3600 * SECOND });
    }
    expect(all.takeSamples().map(({ value }) => value)).toEqual([5, 5, 5, 5]);
  });

  it('are not held for those who do not ask for them', () => {
    const all = new Aggregator();
    metric(all, T0, 1);
    metric(all, T0 + SECOND, 1);
    expect([all.takeSamples(), all.waitingSamples()]).toEqual([[], []]);
  });

  it('of 20,000 series that end in one second are all given out', () => {
    const all = new Aggregator({ samples: true, maxSeries: 20_000 });
    for (let i = 0; i < 20_000; i++) metric(all, T0 + (i % SECOND), i, { id: `${i}` });
    metric(all, T0 + SECOND, 0, { id: '0' });
    expect(all.takeSamples()).toHaveLength(20_000);
    expect(all.stats()).toMatchObject({ dropped: 0, series: 20_000 });
  });
});

describe('a query', () => {
  it.each<[string, unknown, string]>([
    ['period', '2m', 'option period must be one of 1m, 5m, 15m, 1h, 1d, got "2m"'],
    ['period', 'constructor', 'got "constructor"'],
    ['from', 'yesterday', 'option from must be epoch milliseconds or a valid Date, got "yesterday"'],
    ['from', Number.NaN, 'option from must be'],
    ['to', new Date(Number.NaN), 'option to must be'],
    ['to', null, 'option to must be'],
    ['limit', 0, 'option limit must be'],
    ['limit', '10', 'option limit must be'],
    ['limit', Number.NaN, 'option limit must be'],
    ['limit', 1.5, 'option limit must be'],
  ])('with a bad %s throws', (option, value, message) => {
    const all = new Aggregator();
    const query = { [option]: value } as { period?: Period };
    const expected = expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(message) as string,
    });
    expect(() => all.getSeries('shop', 'm', query)).toThrow(expected);
    expect(() => all.getAggregations('shop', query)).toThrow(expected);
  });

  it.each([[5], [null], ['queue'], [{ queue: 5 }]])('with the labels %j throws', (labels) => {
    expect(() => new Aggregator().getSeries('shop', 'm', { labels: labels as unknown as Labels })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringMatching(/^option labels must be an object of texts, got /) as string,
      }),
    );
  });

  it.each([null, 5, 'all'])('that is %j throws', (query) => {
    const all = new Aggregator();
    const expected = expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/^option query must be an object, got /) as string,
    });
    expect(() => all.getAggregations('shop', query as never)).toThrow(expected);
    expect(() => all.getSeries('shop', 'm', query as never)).toThrow(expected);
  });
});
