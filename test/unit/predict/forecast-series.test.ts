import { describe, expect, it } from 'vitest';
import { AnalyticsError } from '../../../src/errors.ts';
import { forecastSeries, forecastSeriesAsync } from '../../../src/predict/forecast-series.ts';
import { MODEL_NAMES } from '../../../src/predict/model-pool.ts';
import { describeSeriesModel } from './describe-series-model.ts';

for (const model of MODEL_NAMES) describeSeriesModel(model);

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof AnalyticsError ? error.code : String(error);
  }
  return undefined;
}

describe('forecastSeries', () => {
  it('refuses wrong options, naming them', () => {
    const wrong = [
      { steps: 0 },
      { steps: 1.5 },
      { steps: Number.NaN },
      { steps: 3, level: 1 },
      { steps: 3, level: 0 },
      { steps: 3, seasonLength: 0 },
      { steps: 3, seasonLength: 2.5 },
      { steps: 3, model: 'oracle' as never },
    ];
    for (const options of wrong) expect(codeOf(() => forecastSeries([1, 2, 3], options))).toBe('ERR_INVALID_OPTION');
    expect(() => forecastSeries([1], { steps: -1 })).toThrow(
      'option steps must be a whole number from 1 to 100000, got -1',
    );
  });

  it('refuses no values and values that are not finite', () => {
    for (const values of [[], [1, Number.NaN], [Number.POSITIVE_INFINITY], ['3' as unknown as number]]) {
      expect(codeOf(() => forecastSeries(values, { steps: 2 }))).toBe('ERR_INVALID_VALUE');
    }
  });

  it('finds the day in hourly values and uses it', () => {
    const day = (i: number): number => 50 + 40 * Math.sin((2 * Math.PI * i) / 24);
    const values = Array.from({ length: 24 * 14 }, (_, i) => day(i) + Math.sin(i * i));
    const forecast = forecastSeries(values, { steps: 24 });
    expect(forecast.seasonLength).toBe(24);
    for (let i = 0; i < 24; i++)
      expect(Math.abs((forecast.mean[i] as number) - day(values.length + i))).toBeLessThan(3);
  });

  it('leaves the season out where there is none', () => {
    expect(forecastSeries([5, 3, 8, 1, 9, 2, 7], { steps: 2 })).not.toHaveProperty('seasonLength');
  });

  it('forecasts the same from an array and from a typed array', () => {
    const values = [5, 3, 8, 1, 9, 2, 7, 4, 4, 6, 2, 8];
    expect(forecastSeries(Float32Array.from(values), { steps: 3 })).toEqual(forecastSeries(values, { steps: 3 }));
  });
});

describe('forecastSeriesAsync', () => {
  const hours = Array.from({ length: 24 * 30 }, (_, i) => 50 + 20 * Math.sin((i * Math.PI) / 12) + 5 * Math.sin(i * i));

  it.each(MODEL_NAMES)('gives what forecastSeries gives, by %s', async (model) => {
    const options = { steps: 24, model };
    expect(await forecastSeriesAsync(hours, options)).toEqual(forecastSeries(hours, options));
  });

  it('lets the event loop turn while it works', async () => {
    let turns = 0;
    let done = false;
    const forecast = forecastSeriesAsync(hours, { steps: 24, model: 'arima' }).finally(() => {
      done = true;
    });
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    await forecast;
    expect(turns).toBeGreaterThan(4);
  });

  it('rejects with the reason of its signal, before and while it works', async () => {
    const before = AbortSignal.abort(new Error('not today'));
    await expect(forecastSeriesAsync(hours, { steps: 24, signal: before })).rejects.toThrow('not today');
    const controller = new AbortController();
    const forecast = forecastSeriesAsync(hours, { steps: 24, model: 'arima', signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(forecast).rejects.toThrow('enough');
  });

  it('rejects wrong options and values by their codes', async () => {
    await expect(forecastSeriesAsync(hours, { steps: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
    await expect(forecastSeriesAsync([Number.NaN], { steps: 1 })).rejects.toMatchObject({ code: 'ERR_INVALID_VALUE' });
  });
});
