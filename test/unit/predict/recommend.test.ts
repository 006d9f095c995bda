import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../../src/model/forecast.ts';
import { metricDefinition } from '../../../src/model/metric-kind.ts';
import type { ThresholdTime } from '../../../src/model/threshold-time.ts';
import { recommend } from '../../../src/predict/recommend.ts';
import { thresholdText } from '../../../src/predict/threshold-text.ts';

/** A forecast that is even between mean − half and mean + half. */
function uniform(mean: number, half: number): Forecast {
  return {
    timestamp: 0,
    targetTime: 900_000,
    horizon: 900_000,
    mean,
    lower: mean - half,
    upper: mean + half,
    level: 0.9,
    confidence: undefined,
    model: 'test',
    samples: 100,
    probabilityAbove: (t) => Math.max(0, Math.min(1, (mean + half - t) / (2 * half))),
  };
}

const advise = (metric: string, now: number, forecast: Forecast): string =>
  recommend(metric, metricDefinition(metric), now, forecast, '15m').text;

describe('recommendations name number, horizon and action', () => {
  const cases: readonly (readonly [string, number, Forecast, string])[] = [
    ['cpu_usage', 41, uniform(41, 5), 'CPU usage stays near 41 % over the next 15 minutes; no action needed'],
    ['cpu_usage', 41, uniform(60, 5), 'CPU usage goes to about 60 % over the next 15 minutes; no action needed'],
    [
      'cpu_usage',
      70,
      uniform(84, 10),
      'CPU usage is likely to rise above 80 % within the next 15 minutes (84 % expected, probability 70 %): add capacity or shed load now',
    ],
    [
      'cpu_usage',
      70,
      uniform(76, 10),
      'CPU usage may rise above 80 % within the next 15 minutes (76 % expected, probability 30 %): prepare to add capacity',
    ],
    [
      'cpu_usage',
      92,
      uniform(95, 4),
      'CPU usage is likely to stay above 80 % within the next 15 minutes (95 % expected, probability 100 %): add capacity or shed load now',
    ],
    [
      'error_rate',
      0.02,
      uniform(0.0615, 0.02),
      'error rate is likely to rise above 5 % within the next 15 minutes (6.15 % expected, probability 79 %): check the latest deployment and the dependencies now',
    ],
    [
      'request_rate',
      100,
      uniform(160, 20),
      'request rate is likely to rise above 150/s within the next 15 minutes (160/s expected, probability 75 %): add instances before the load arrives',
    ],
    [
      'latency',
      200,
      uniform(290, 25),
      'latency may rise above 300 ms within the next 15 minutes (290 ms expected, probability 30 %): watch the dependencies',
    ],
    [
      'cache_hit_rate',
      0.9,
      uniform(0.6, 0.1),
      'cache hit rate is likely to fall below 72 % within the next 15 minutes (60 % expected, probability 100 %): protect what stands behind the cache and check evictions now',
    ],
  ];
  for (const [metric, now, forecast, text] of cases) {
    it(text.slice(0, 60), () => expect(advise(metric, now, forecast)).toBe(text));
  }

  it('memory and disk have their own thresholds', () => {
    expect(advise('memory_usage', 80, uniform(88, 2))).toContain('above 85 %');
    expect(advise('disk_usage', 80, uniform(95, 2))).toContain('above 90 %');
  });

  it('other metrics are watched for steep changes, in the direction that their definition names', () => {
    const fallen = uniform(40, 5);
    expect(recommend('orders', { unit: 'EUR' }, 100, fallen, '1h').text).toBe(
      'orders is likely to fall below 50 EUR within the next hour (40 EUR expected, probability 100 %): find out what pulls it down',
    );
    expect(recommend('orders', { direction: 'above' }, 100, fallen, '1h').text).toBe(
      'orders goes to about 40 over the next hour; no action needed',
    );
    expect(recommend('depth', {}, -100, uniform(-40, 5), '1h').text).toContain('likely to rise above -50');
  });

  it('nothing is said to rise by half from 0', () => {
    expect(advise('request_rate', 0, uniform(1, 0.5))).toContain('no action needed');
    expect(advise('anything', 0, uniform(1, 0.5))).toContain('no action needed');
  });
});

describe('what fills up', () => {
  const outlook: ThresholdTime = {
    serviceId: 'db',
    metricName: 'disk_usage',
    timestamp: 0,
    threshold: 90,
    direction: 'above',
    value: 70,
    state: 'ahead',
    level: 0.8,
    earliest: 9 * 86_400_000,
    expected: 11 * 86_400_000,
    latest: 15 * 86_400_000,
    sight: 40 * 86_400_000,
    text: 'disk usage passes 90 % in 11 days (80 %: 9 to 15 days)',
  };
  const advice = (time: ThresholdTime, forecast: Forecast): string =>
    recommend('disk_usage', metricDefinition('disk_usage'), 70, forecast, '1h', time).text;

  it('is said with its day, number and action where the next hour is quiet', () => {
    expect(advice(outlook, uniform(70, 1))).toBe(
      'disk usage passes 90 % in 11 days (80 %: 9 to 15 days); 70 % expected in one hour: plan to free disk space',
    );
  });

  it('is not said where it is out of sight, nor instead of what is likely within the hour', () => {
    expect(advice({ ...outlook, state: 'not in sight', expected: undefined }, uniform(70, 1))).toContain(
      'no action needed',
    );
    expect(advice(outlook, uniform(95, 4))).toContain('likely to rise above 90 % within the next hour');
  });
});

describe('a threshold time in words', () => {
  const time = {
    serviceId: 'db',
    metricName: 'queue_depth',
    timestamp: 0,
    threshold: 500,
    direction: 'above',
    value: 100,
    state: 'ahead',
    level: 0.8,
    sight: 3 * 3_600_000,
  } as const;
  const minutes = (n: number): number => n * 60_000;

  it('uses the unit that fits', () => {
    const say = (earliest?: number, expected?: number, latest?: number): string =>
      thresholdText({ ...time, earliest, expected, latest }, 'jobs');
    expect(say(minutes(10), minutes(30), minutes(55))).toBe(
      'queue depth passes 500 jobs in 30 minutes (80 %: 10 to 55 minutes)',
    );
    expect(say(minutes(55), minutes(180), minutes(300))).toBe(
      'queue depth passes 500 jobs in 3 hours (80 %: 55 minutes to 5 hours)',
    );
    expect(say(minutes(55), minutes(180))).toBe('queue depth passes 500 jobs in 3 hours (80 %: from 55 minutes on)');
    expect(say(minutes(55))).toBe('queue depth may pass 500 jobs in 55 minutes or later');
    expect(say()).toBe('nothing says that queue depth passes 500 jobs within 3 hours');
  });
});

describe('urgency', () => {
  it('is the probability of what is warned of, halved for metrics without a rule', () => {
    expect(recommend('cpu_usage', metricDefinition('cpu_usage'), 70, uniform(84, 10), '5m').urgency).toBeCloseTo(0.7);
    expect(recommend('custom', {}, 100, uniform(150, 10), '5m').urgency).toBeCloseTo(0.25);
  });
});
