import { describe, expect, it } from 'vitest';
import { AnalyticsError, backtest, type Forecaster, forecaster, forecastSeries } from '../../../src/index.ts';
import { MODEL_NAMES } from '../../../src/predict/model-pool.ts';
import { describeForecaster } from '../../../src/testing/describe-forecaster.ts';

/** Without an interval of its own. */
const lastWeek: Forecaster = {
  name: 'last-week',
  fit: (values, { seasonLength }) => ({
    forecast: (steps) => {
      const week = Math.min(values.length, 7 * seasonLength);
      return { mean: Array.from({ length: steps }, (_, i) => values[values.length - week + (i % week)] as number) };
    },
  }),
};

describeForecaster(() => lastWeek, { describe, it });
// The names are the library's; under another they are like anybody's.
for (const name of MODEL_NAMES.filter((model) => model !== 'auto')) {
  describeForecaster(() => ({ ...forecaster(name), name: `my ${name}` }), { describe, it });
}

const hours = Array.from(
  { length: 24 * 21 },
  (_, i) => 50 + 30 * Math.sin((2 * Math.PI * i) / 24) + 4 * Math.sin(i * i),
);

describe('the suite for forecasters', () => {
  /** Titles of the tests that fail for it. */
  async function failing(broken: Forecaster): Promise<string[]> {
    const found: string[] = [];
    const tests: { readonly title: string; readonly body: () => void | Promise<void> }[] = [];
    describeForecaster(() => broken, {
      describe: (_, body) => body(),
      it: (title, body) => tests.push({ title, body }),
    });
    for (const { title, body } of tests) {
      try {
        await body();
      } catch {
        found.push(title);
      }
    }
    return found;
  }
  const good = lastWeek.fit;
  it.each<[string, Forecaster['fit']]>([
    ['gives as many finite numbers as it was asked for', (v, s) => ({ forecast: () => good(v, s).forecast(3, 0.9) })],
    ['does not change the values', (v, s) => good(v.fill(1), s)],
    ['continues a constant', (v) => ({ forecast: (steps) => ({ mean: new Array(steps).fill((v[0] ?? 0) + 1) }) })],
    [
      'has its mean inside its interval, which is wider for a higher level',
      (v, s) => ({
        forecast: (steps, level) => {
          const { mean } = good(v, s).forecast(steps, level);
          return { mean, lower: Array.from(mean, (m) => m - 1 / level), upper: Array.from(mean, (m) => m + 1 / level) };
        },
      }),
    ],
  ])('a forecaster fails where it should: %s', async (title, fit) => {
    expect(await failing({ name: 'broken', fit })).toContain(title);
  });
});

describe('forecasters of the user', () => {
  it('are chosen where they are right and the others are not', () => {
    const wanted = hours.slice(0, 24).map((_, i) => 1000 + i);
    const oracle: Forecaster = {
      name: 'oracle',
      fit: (values) => ({
        forecast: (steps) => ({ mean: Array.from({ length: steps }, (_, i) => truth(values.length + i)) }),
      }),
    };
    const truth = (i: number): number =>
      i >= hours.length ? (wanted[i - hours.length] as number) : (hours[i] as number);
    const { mean, model } = forecastSeries(hours, { steps: 4, seasonLength: 24, models: ['naive', 'linear', oracle] });
    expect(model).toBe('auto');
    // Kept near the seen range: 84 and half of it on top, not 1000.
    expect(mean[0]).toBeGreaterThan(84);
  });

  it('have no pull where one goes astray among three that were as good', () => {
    const astray: Forecaster = {
      name: 'astray',
      fit: (values, season) =>
        values.length < hours.length
          ? lastWeek.fit(values, season)
          : { forecast: (steps) => ({ mean: new Array<number>(steps).fill(120) }) },
    };
    const twin: Forecaster = { ...lastWeek, name: 'twin' };
    const { mean } = forecastSeries(hours, { steps: 4, seasonLength: 24, models: [lastWeek, astray, twin] });
    hours.slice(-7 * 24, -7 * 24 + 4).forEach((value, i) => {
      expect(mean[i]).toBeCloseTo(value, 9);
    });
  });

  it('give their own interval where they know one', () => {
    const known: Forecaster = {
      name: 'known',
      fit: () => ({ forecast: (steps) => ({ mean: fill(steps, 50), lower: fill(steps, 40), upper: fill(steps, 70) }) }),
    };
    const fill = (steps: number, value: number): number[] => new Array<number>(steps).fill(value);
    const { lower, upper } = forecastSeries(hours, { steps: 2, model: known });
    expect([...lower, ...upper]).toEqual([40, 40, 70, 70]);
  });

  it('are refused where they have a name of the library, or none, and where they give nonsense', () => {
    const code = (model: unknown): string | undefined => {
      try {
        forecastSeries(hours, { steps: 2, model: model as Forecaster });
      } catch (error) {
        return error instanceof AnalyticsError ? `${error.code} ${error.message}` : String(error);
      }
      return undefined;
    };
    expect(code({ ...lastWeek, name: 'naive' })).toContain('ERR_INVALID_OPTION');
    expect(code({ ...lastWeek, name: '' })).toContain('ERR_INVALID_OPTION');
    expect(code(5)).toContain('ERR_INVALID_OPTION');
    const short: Forecaster = { name: 'short', fit: () => ({ forecast: () => ({ mean: [1] }) }) };
    expect(code(short)).toBe('ERR_INVALID_VALUE mean of forecaster short must be 2 finite numbers, got 1 of them');
  });
});

describe('backtest', () => {
  // A season of 4 that repeats exactly, then one value off by 8 in the last season.
  const values = [...new Array(10).fill([1, 2, 3, 4]).flat(), 1, 2, 11, 4];

  it('gives the errors of the seasonal naive model by hand', async () => {
    const { scores, origins, seasonLength } = await backtest(values, {
      steps: 4,
      seasonLength: 4,
      models: ['seasonal-naive'],
      origins: 2,
    });
    expect(origins).toEqual([36, 40]);
    expect(seasonLength).toBe(4);
    // Of 8 forecast values one is 8 off: 8 / 8 = 1. Before, nothing ever changed from season to season: no MASE.
    expect(scores[0]).toMatchObject({ model: 'seasonal-naive', mae: 1, relative: 1, mase: undefined, coverage: 7 / 8 });
    // The interval has no width, so each of the three quantiles loses p · 8: (.025 + .5 + .975) · 8 / 3 over 8 values.
    expect(scores[0]?.pinball).toBeCloseTo(((0.025 + 0.5 + 0.975) * 8) / 3 / 8, 12);
  });

  it('adds the seasonal naive model, sorts by error and counts the progress', async () => {
    const seen: number[] = [];
    const report = await backtest(hours, {
      steps: 24,
      models: ['linear', 'lag-ridge'],
      origins: 3,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(report.scores.map(({ model }) => model)).toContain('seasonal-naive');
    expect(report.scores[0]?.model).toBe('lag-ridge');
    expect(report.scores.at(-1)?.model).toBe('linear');
    expect(seen).toHaveLength(9);
    expect(seen.at(-1)).toBe(1);
    expect(report.scores.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
  });

  it('stops when its signal fires, before and while it works', async () => {
    const stop = new AbortController();
    const running = backtest(hours, {
      steps: 12,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await expect(backtest(hours, { steps: 12, signal: stop.signal })).rejects.toThrow('enough');
  });

  it('says what it needs', async () => {
    await expect(backtest([1, 2, 3], { steps: 3 })).rejects.toThrow(
      'values must be at least 5 to backtest 3 steps, got 3',
    );
    await expect(backtest(hours, { steps: 2, models: ['naive', 'naive'] })).rejects.toThrow(
      'option models must be a list of different models, got "naive"',
    );
  });
});
