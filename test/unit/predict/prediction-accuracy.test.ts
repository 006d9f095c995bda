import { describe, expect, it } from 'vitest';
import { AnalyticsError } from '../../../src/errors.ts';
import { Predictor } from '../../../src/predict/predictor.ts';

const MINUTE = 60_000;

function feed(predictor: Predictor, values: readonly number[]): void {
  values.forEach((value, i) => {
    predictor.observe({ serviceId: 'api', metricName: 'm', timestamp: i * MINUTE, value });
  });
}

describe('the record of predictions', () => {
  it('is that of the forecasts whose moment has come: by hand for the last value on a line', () => {
    const predictor = new Predictor({ model: 'naive', horizons: ['5m', '1h'] });
    feed(
      predictor,
      Array.from({ length: 50 }, (_, i) => 1000 + 2 * i),
    );
    const accuracy = predictor.predictionAccuracy('api', 'm');
    // On a line of slope 2 the last value is 10 too low after five minutes, every time; 1 % of 1000 is within tolerance.
    // Nothing an hour ahead can have been compared after 50 minutes.
    expect(accuracy).toMatchObject({ model: 'naive', samples: 50, serviceId: 'api', metricName: 'm' });
    expect(accuracy?.horizons).toHaveLength(1);
    expect(accuracy?.horizons[0]).toMatchObject({
      timeHorizon: '5m',
      meanAbsoluteError: 10,
      lastValueError: 10,
      relativeError: 1,
      bias: 10,
      withinTolerance: 1,
      level: 0.9,
    });
    // Forecasts of the minutes 0, 2, …, 44.
    expect(accuracy?.horizons[0]?.scored).toBe(23);
  });

  it('goes with the predictions', () => {
    const predictor = new Predictor({ horizons: ['5m'] });
    feed(
      predictor,
      Array.from({ length: 300 }, (_, i) => 50 + 9 * Math.sin(i * i)),
    );
    const [prediction] = predictor.getPredictions('api');
    expect(prediction?.accuracy).toEqual(predictor.predictionAccuracy('api', 'm')?.horizons[0]);
    expect(prediction?.accuracy?.withinTolerance).toBe(prediction?.confidence);
    expect(prediction?.accuracy?.relativeError).toBeLessThan(0.9);
    expect(Math.abs((prediction?.accuracy?.coverage as number) - 0.9)).toBeLessThan(0.06);
  });

  it('of unknown and of young series is undefined', () => {
    const predictor = new Predictor();
    expect(predictor.predictionAccuracy('api', 'm')).toBeUndefined();
    feed(predictor, [1, 2, 3]);
    expect(predictor.predictionAccuracy('api', 'm')).toBeUndefined();
    expect(predictor.timeToThreshold('api', 'm', 5)).toBeUndefined();
  });
});

describe('options of timeToThreshold', () => {
  it('are refused when out of range, and unknown series have no time', () => {
    const predictor = new Predictor();
    const refused = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return error instanceof AnalyticsError ? error.message : error;
      }
    };
    expect(refused(() => predictor.timeToThreshold('api', 'm', Number.NaN))).toBe(
      'option threshold must be a finite number, got NaN',
    );
    expect(refused(() => predictor.timeToThreshold('api', 'm', 1, { level: 1 }))).toMatch('option level must be');
    expect(refused(() => predictor.timeToThreshold('api', 'm', 1, { direction: 'up' as 'above' }))).toBe(
      'option direction must be one of above, below, got "up"',
    );
    expect(refused(() => predictor.timeToThreshold('api', 'm', 1, 5 as never))).toMatch('option options must be');
    expect(predictor.timeToThreshold('api', 'm', 1)).toBeUndefined();
  });

  it('level: a surer range is wider; direction: below what lies above is passed', () => {
    const predictor = new Predictor();
    feed(
      predictor,
      Array.from({ length: 600 }, (_, i) => 20 + i / 20 + Math.sin(i * i)),
    );
    const usual = predictor.timeToThreshold('api', 'm', 60);
    const sure = predictor.timeToThreshold('api', 'm', 60, { level: 0.98 });
    expect(sure?.earliest as number).toBeLessThan(usual?.earliest as number);
    expect(sure?.latest as number).toBeGreaterThan(usual?.latest as number);
    expect(predictor.timeToThreshold('api', 'm', 60, { direction: 'below' })?.state).toBe('passed');
  });
});
