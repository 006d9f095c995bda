import { describe, expect, it } from 'vitest';
import { AnalyticsError } from '../../../src/errors.ts';
import { type SeriesId, seriesKey } from '../../../src/model/series-key.ts';
import { Predictor } from '../../../src/predict/predictor.ts';
import type { PredictorOptions } from '../../../src/predict/predictor-options.ts';

const MINUTE = 60_000;

function feed(predictor: Predictor, metricName: string, values: readonly number[], stepMs = MINUTE, from = 0): void {
  values.forEach((value, i) => {
    predictor.observe({ serviceId: 'api', metricName, timestamp: from + i * stepMs, value });
  });
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof AnalyticsError ? error.code : String(error);
  }
  return undefined;
}

const rising = Array.from({ length: 60 }, (_, i) => 20 + i);

describe('options of the predictor', () => {
  it('are refused when out of range, naming option, rule and value', () => {
    const wrong: PredictorOptions[] = [
      { minSamples: 1 },
      { minSamples: 2.5 },
      { historySize: 1 },
      { maxSeries: 0 },
      { level: 0 },
      { level: 1 },
      { level: Number.NaN },
      { horizons: [] },
      { horizons: ['5 minutes' as '5m'] },
      { horizons: [-1] },
      { horizons: ['999d'] },
      { horizons: '5m' as never },
      { model: 'prophet' as never },
    ];
    for (const options of wrong) expect(codeOf(() => new Predictor(options))).toBe('ERR_INVALID_OPTION');
    expect(() => new Predictor({ minSamples: 1 })).toThrow(
      'option minSamples must be a whole number of at least 2, got 1',
    );
    expect(codeOf(() => new Predictor().forecast('api', 'm', { horizon: 0 }))).toBe('ERR_INVALID_OPTION');
    expect(codeOf(() => new Predictor().forecast('api', 'm', { horizon: '5m', level: 2 }))).toBe('ERR_INVALID_OPTION');
  });

  it('minSamples: there is no forecast before, 20 by default', () => {
    const predictor = new Predictor();
    feed(predictor, 'm', rising.slice(0, 19));
    expect(predictor.forecast('api', 'm', { horizon: '5m' })).toBeUndefined();
    expect(predictor.learning).toBe(1);
    feed(predictor, 'm', [39], MINUTE, 19 * MINUTE);
    expect(predictor.forecast('api', 'm', { horizon: '5m' })).toBeDefined();
    expect(predictor.learning).toBe(0);
    const hasty = new Predictor({ minSamples: 2 });
    feed(hasty, 'm', [1, 2]);
    expect(hasty.forecast('api', 'm', { horizon: '5m' })).toBeDefined();
  });

  it('horizons: each gives a prediction, shortest first, whatever the order and form', () => {
    const predictor = new Predictor({ horizons: ['1h', 120_000, '30s', '2m'] });
    feed(predictor, 'm', rising);
    const predictions = predictor.predictionsFor({ serviceId: 'api', metricName: 'm' });
    expect(predictions.map((p) => p.timeHorizon)).toEqual(['30s', '2m', '1h']);
    expect(predictions.map((p) => p.targetTime - p.timestamp)).toEqual([30_000, 120_000, 3_600_000]);
  });

  it('level: of the intervals, unless a forecast asks for its own', () => {
    const predictor = new Predictor({ level: 0.8 });
    feed(
      predictor,
      'm',
      Array.from({ length: 300 }, (_, i) => 50 + 9 * Math.sin(i * i)),
    );
    const usual = predictor.forecast('api', 'm', { horizon: '5m' });
    const wide = predictor.forecast('api', 'm', { horizon: '5m', level: 0.99 });
    expect(usual?.level).toBe(0.8);
    expect(wide?.level).toBe(0.99);
    expect(wide?.upper).toBeGreaterThan(usual?.upper as number);
    expect(wide?.lower).toBeLessThan(usual?.lower as number);
    expect(wide?.mean).toBe(usual?.mean);
  });

  it('historySize: the line forgets what lies before', () => {
    const bent = [...new Array(100).fill(0), ...Array.from({ length: 50 }, (_, i) => i + 1)];
    const short = new Predictor({ model: 'linear', historySize: 50 });
    feed(short, 'm', bent);
    // The last 50 values lie on a line of slope 1 that ends at 50.
    expect(short.forecast('api', 'm', { horizon: '5m' })?.mean).toBeCloseTo(55, 9);
    const long = new Predictor({ model: 'linear', historySize: 150 });
    feed(long, 'm', bent);
    expect(long.forecast('api', 'm', { horizon: '5m' })?.mean).toBeLessThan(50);
  });

  it('maxSeries: further series are ignored', () => {
    const predictor = new Predictor({ maxSeries: 2 });
    for (const metric of ['a', 'b', 'c']) feed(predictor, metric, rising);
    expect(predictor.size).toBe(2);
    expect(predictor.forecast('api', 'c', { horizon: '5m' })).toBeUndefined();
    predictor.forget({ serviceId: 'api', metricName: 'a' });
    feed(predictor, 'c', rising);
    expect(predictor.forecast('api', 'c', { horizon: '5m' })).toBeDefined();
  });

  it('metrics: ignored ones are not followed, ranges hold', () => {
    const predictor = new Predictor({ metrics: { noise: { ignore: true }, depth: { min: -5, max: 80 } } });
    feed(predictor, 'noise', rising);
    feed(predictor, 'depth', rising);
    expect(predictor.size).toBe(1);
    expect(predictor.forecast('api', 'noise', { horizon: '5m' })).toBeUndefined();
    expect(predictor.forecast('api', 'depth', { horizon: '1h' })?.upper).toBeLessThanOrEqual(80);
  });
});

describe('samples', () => {
  it('that are not finite, or whose time is not, are skipped', () => {
    const clean = new Predictor();
    const dirty = new Predictor();
    feed(clean, 'm', rising);
    rising.forEach((value, i) => {
      const at = { serviceId: 'api', metricName: 'm', timestamp: i * MINUTE + 1 };
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, '7', undefined, null]) {
        dirty.observe({ ...at, timestamp: i * MINUTE - 1, value: bad as number });
      }
      dirty.observe({ ...at, timestamp: new Date(Number.NaN), value: 3 });
      dirty.observe({ ...at, timestamp: Number.NaN, value: 3 });
      dirty.observe({ ...at, timestamp: i * MINUTE, value });
    });
    expect(dirty.snapshot()).toEqual(clean.snapshot());
  });

  it('may carry a Date', () => {
    const predictor = new Predictor();
    rising.forEach((value, i) => {
      predictor.observe({ serviceId: 'api', metricName: 'm', timestamp: new Date(i * MINUTE), value });
    });
    expect(predictor.forecast('api', 'm', { horizon: '5m' })).toMatchObject({
      timestamp: 59 * MINUTE,
      targetTime: 64 * MINUTE,
      horizon: 5 * MINUTE,
    });
  });

  it('of different labels, services and strange names are different series', () => {
    const predictor = new Predictor({ model: 'naive' });
    const ids: readonly SeriesId[] = [
      { serviceId: 'a', metricName: 'm' },
      { serviceId: 'a', metricName: 'm', labels: { queue: 'mail' } },
      { serviceId: 'a', metricName: 'm', labels: { queue: 'sms' } },
      { serviceId: 'b', metricName: 'm' },
      { serviceId: '__proto__', metricName: 'constructor', labels: { toString: 'x' } },
    ];
    for (let i = 0; i < 30; i++) {
      ids.forEach((id, k) => {
        predictor.observe({ ...id, timestamp: i * MINUTE, value: k });
      });
    }
    expect(predictor.size).toBe(5);
    ids.forEach(({ serviceId, metricName, labels }, k) => {
      expect(predictor.forecast(serviceId, metricName, { horizon: '5m', labels })?.mean).toBe(k);
    });
  });
});

describe('forecasts', () => {
  it('of unknown series are undefined', () => {
    expect(new Predictor().forecast('api', 'm', { horizon: '5m' })).toBeUndefined();
    expect(new Predictor().predictionsFor({ serviceId: 'api', metricName: 'm' })).toEqual([]);
  });

  it('stay in the natural range of built-in metrics', () => {
    const predictor = new Predictor({ model: 'linear' });
    const steep = Array.from({ length: 40 }, (_, i) => i / 40);
    feed(
      predictor,
      'cpu_usage',
      steep.map((v) => 99 * v),
    );
    feed(predictor, 'error_rate', steep);
    feed(
      predictor,
      'latency',
      steep.map((v) => 100 * (1 - v)),
    );
    for (const [metric, min, max] of [
      ['cpu_usage', 0, 100],
      ['error_rate', 0, 1],
      ['latency', 0, Number.MAX_VALUE],
    ] as const) {
      const f = predictor.forecast('api', metric, { horizon: '1h' });
      for (const v of [f?.mean, f?.lower, f?.upper]) {
        expect(v).toBeGreaterThanOrEqual(min);
        expect(v).toBeLessThanOrEqual(max);
      }
    }
    expect(predictor.forecast('api', 'cpu_usage', { horizon: '1h' })?.mean).toBe(100);
    expect(predictor.forecast('api', 'latency', { horizon: '1h' })?.mean).toBe(0);
  });

  it('use the real sampling step: a line per second and a line per hour come out alike', () => {
    for (const stepMs of [1_000, 15_000, MINUTE, 3_600_000]) {
      const predictor = new Predictor({ model: 'linear', horizons: [10 * stepMs] });
      feed(predictor, 'm', rising, stepMs);
      expect(predictor.forecast('api', 'm', { horizon: 10 * stepMs })?.mean).toBeCloseTo(89, 9);
    }
  });

  it('answer for horizons shorter than a step, and for ones that nobody configured', () => {
    const predictor = new Predictor({ model: 'linear' });
    feed(predictor, 'm', rising, 3_600_000);
    const short = predictor.forecast('api', 'm', { horizon: '5m' });
    expect(short).toMatchObject({ horizon: 300_000, confidence: 1 });
    expect(short?.mean).toBeCloseTo(80, 9);
    const far = predictor.forecast('api', 'm', { horizon: '10h' });
    expect(far?.mean).toBeCloseTo(89, 9);
    expect(far?.confidence).toBeUndefined();
  });

  it('go by timestamps when samples come irregularly', () => {
    const predictor = new Predictor({ model: 'linear' });
    const gaps = [50, 70, 60, 20, 100, 60, 300, 61, 59];
    let seconds = 0;
    for (let i = 0; i < 90; i++) {
      seconds += gaps[i % gaps.length] as number;
      predictor.observe({ serviceId: 'api', metricName: 'm', timestamp: seconds * 1000, value: 3 * seconds - 1000 });
    }
    const f = predictor.forecast('api', 'm', { horizon: '5m' });
    expect(f?.mean).toBeCloseTo(3 * (seconds + 300) - 1000, 6);
    // A forecast is compared with the sample next to its moment, which lies up to a step beside it.
    expect(f?.confidence).toBeGreaterThan(0.95);
  });

  it('have a confidence that is the share of forecasts that came within tolerance', () => {
    // Stretches of three equal values, 10 and 110 in turn, so the median change from step to step is 0. The last value
    // is right over 6 steps always, over 3 never, and over 2 where no edge lies between: once in three.
    const predictor = new Predictor({ model: 'naive', horizons: ['2m', '3m', '6m'] });
    feed(
      predictor,
      'm',
      Array.from({ length: 600 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 10 : 110)),
    );
    const confidence = (horizon: '2m' | '3m' | '6m'): number =>
      predictor.forecast('api', 'm', { horizon })?.confidence as number;
    expect(confidence('2m')).toBeCloseTo(1 / 3, 1);
    expect(confidence('3m')).toBe(0);
    expect(confidence('6m')).toBe(1);
  });

  it('have no confidence before any was compared', () => {
    const predictor = new Predictor();
    feed(predictor, 'm', rising.slice(0, 30));
    expect(predictor.forecast('api', 'm', { horizon: '5m' })?.confidence).toBeDefined();
    expect(predictor.forecast('api', 'm', { horizon: '1h' })?.confidence).toBeUndefined();
  });
});

describe('predictions', () => {
  it('carry every field, and an id made of series, horizon and time', () => {
    const predictor = new Predictor();
    feed(predictor, 'cpu_usage', new Array(30).fill(41));
    const [first] = predictor.predictionsFor({ serviceId: 'api', metricName: 'cpu_usage' });
    expect(first).toEqual({
      id: `prediction:${seriesKey({ serviceId: 'api', metricName: 'cpu_usage' })}:5m:${29 * MINUTE}`,
      timestamp: 29 * MINUTE,
      predictionType: 'cpu_usage',
      serviceId: 'api',
      labels: undefined,
      predictedValue: 41,
      lower: 41,
      upper: 41,
      level: 0.9,
      confidence: 1,
      // Forecasts are issued every other minute and compared five minutes later: those of 0, 2, …, 24 by minute 29.
      accuracy: {
        timeHorizon: '5m',
        scored: 13,
        meanAbsoluteError: 0,
        lastValueError: 0,
        relativeError: undefined,
        bias: 0,
        coverage: 1,
        level: 0.9,
        withinTolerance: 1,
      },
      timeHorizon: '5m',
      targetTime: 34 * MINUTE,
      model: 'auto',
      samples: 30,
      recommendation: 'CPU usage stays near 41 % over the next 5 minutes; no action needed',
    });
  });

  it('come newest first, then the most pressing series, then by metric, shortest horizon first', () => {
    const predictor = new Predictor({ horizons: ['5m', '1h'] });
    feed(predictor, 'disk_usage', new Array(30).fill(99));
    feed(predictor, 'cpu_usage', new Array(30).fill(10));
    feed(predictor, 'memory_usage', new Array(30).fill(10));
    feed(predictor, 'latency', new Array(31).fill(10));
    const order = predictor.getPredictions('api').map((p) => `${p.predictionType} ${p.timeHorizon}`);
    expect(order).toEqual([
      'latency 5m',
      'latency 1h',
      'disk_usage 5m',
      'disk_usage 1h',
      'cpu_usage 5m',
      'cpu_usage 1h',
      'memory_usage 5m',
      'memory_usage 1h',
    ]);
    expect(predictor.getPredictions('api', 3).map((p) => p.predictionType)).toEqual([
      'latency',
      'latency',
      'disk_usage',
    ]);
    expect(predictor.getPredictions()).toHaveLength(8);
    expect(predictor.getPredictions('other')).toEqual([]);
    expect(predictor.getPredictions('api', 0)).toEqual([]);
  });

  it('leave out series that are still learning', () => {
    const predictor = new Predictor();
    feed(predictor, 'm', rising.slice(0, 10));
    expect(predictor.getPredictions()).toEqual([]);
    expect(predictor.size).toBe(1);
  });
});

describe('state', () => {
  it('forget: the series starts anew', () => {
    const predictor = new Predictor();
    feed(predictor, 'm', rising);
    predictor.forget({ serviceId: 'api', metricName: 'm' });
    predictor.forget({ serviceId: 'api', metricName: 'never seen' });
    expect([predictor.size, predictor.learning]).toEqual([0, 0]);
    feed(predictor, 'm', rising.slice(0, 5));
    expect([predictor.size, predictor.learning]).toEqual([1, 1]);
  });

  it('restoreSeries with undefined forgets', () => {
    const predictor = new Predictor();
    const series = { serviceId: 'api', metricName: 'm' };
    expect(predictor.snapshotSeries(series)).toBeUndefined();
    feed(predictor, 'm', rising);
    predictor.restoreSeries(series, undefined);
    expect([predictor.size, predictor.learning]).toEqual([0, 0]);
  });

  it('restore refuses another version', () => {
    const snapshot = new Predictor().snapshot();
    expect(codeOf(() => Predictor.restore({ ...snapshot, version: 2 as 3 }))).toBe('ERR_INVALID_SNAPSHOT');
    expect(codeOf(() => Predictor.restore(undefined as never))).toBe('ERR_INVALID_SNAPSHOT');
  });

  it('restore under other settings learns anew, so that a changed configuration is no reason to fail', () => {
    const predictor = new Predictor();
    feed(predictor, 'm', rising);
    const snapshot = predictor.snapshot();
    for (const options of [{ model: 'naive' }, { level: 0.8 }, { horizons: ['5m'] }] as const) {
      expect(Predictor.restore(snapshot, options).size).toBe(0);
    }
    expect(Predictor.restore(snapshot, { minSamples: 30, maxSeries: 5 }).size).toBe(1);
  });
});
