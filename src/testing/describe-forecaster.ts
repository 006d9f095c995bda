import assert from 'node:assert/strict';
import { backtest, type Forecaster, type ForecasterOutput, forecastSeries } from '../index.ts';

/** `describe` and `it` of the test runner in use: vitest, jest, mocha and node:test all have them. */
export interface TestRunner {
  /** Declares a group of tests. */
  describe(title: string, body: () => void): unknown;
  /** Declares a test, which fails where its body throws or rejects. */
  it(title: string, body: () => void | Promise<void>): unknown;
}

/** Options of {@link describeForecaster}. */
export interface DescribeForecasterOptions {
  /** Season that the histories have and that the forecaster is told, in steps. Default 12. */
  readonly seasonLength?: number | undefined;
  /** Fewest values that it is to be tried with; it must answer from there on. Default 1. */
  readonly fewestValues?: number | undefined;
  /** Share of the size of the values by which a result may differ where rounding is all that differs. Default 1e-6. */
  readonly tolerance?: number | undefined;
}

const STEPS = 10;
const LEVELS = [0.5, 0.8, 0.95];

/**
 * Declares the tests that every {@link Forecaster} must pass: it answers with as many finite numbers as it was asked
 * for, from the first value on and whatever the values are; it continues a constant; it has its interval in order and
 * wider for a higher level; it changes nothing that it was given, and gives the same again; it can be chosen by backtest.
 *
 * It asks nothing of accuracy: `backtest` says how good it is on series of your own.
 *
 * @param create makes the forecaster, anew for each test
 * @example
 * import { describe, it } from 'node:test';
 * describeForecaster(() => lastWeek, { describe, it });
 */
export function describeForecaster(
  create: () => Forecaster,
  { describe, it }: TestRunner,
  { seasonLength = 12, fewestValues = 1, tolerance = 1e-6 }: DescribeForecasterOptions = {},
): void {
  const run = (values: Float64Array, steps = STEPS, level = 0.9): ForecasterOutput =>
    create().fit(values, { seasonLength }).forecast(steps, level);
  const wave = (length: number): Float64Array =>
    Float64Array.from({ length }, (_, i) => {
      return 50 + 20 * Math.sin((2 * Math.PI * i) / seasonLength) + 3 * Math.sin(i * i);
    });
  const whole = Math.max(fewestValues, 10 * seasonLength);

  describe(`the forecaster ${create().name}`, () => {
    it('has a name', () => {
      assert.equal(typeof create().name, 'string');
      assert.notEqual(create().name, '');
      assert.equal(create().name, create().name);
    });

    it('gives as many finite numbers as it was asked for', () => {
      for (const steps of [1, 2, seasonLength, 3 * seasonLength + 1]) finite(run(wave(whole), steps), steps);
    });

    it('answers from the fewest values on', () => {
      for (const more of [0, 1, 2, 3, 5, seasonLength - 1, seasonLength, seasonLength + 1, 2 * seasonLength]) {
        finite(run(wave(fewestValues + more)), STEPS);
      }
    });

    it('stays finite whatever the values are', () => {
      const odd = [
        (i: number) => (i % 2 === 0 ? 1e150 : -1e150),
        (i: number) => (i === 3 ? 1e100 : 0),
        (i: number) => (i < whole / 2 ? 0 : 1e9),
        (i: number) => (i % 5 === 0 ? 1e-300 : 0),
        () => -7,
      ];
      for (const value of odd) finite(run(Float64Array.from({ length: whole }, (_, i) => value(i))), STEPS);
    });

    it('continues a constant', () => {
      for (const value of [0, 42, -3.5]) {
        for (const expected of Array.from(run(new Float64Array(whole).fill(value)).mean)) {
          near(expected, value, tolerance * Math.max(1, Math.abs(value)));
        }
      }
    });

    it('has its mean inside its interval, which is wider for a higher level', () => {
      const widths = LEVELS.map((level) => {
        const output = run(wave(whole), STEPS, level);
        const { mean, lower, upper } = output;
        assert.equal(lower === undefined, upper === undefined, 'an interval has both ends or none');
        if (lower === undefined || upper === undefined) return 0;
        for (let i = 0; i < STEPS; i++) {
          assert.ok(
            (lower[i] as number) <= (mean[i] as number),
            `lower is above the mean at step ${i}, level ${level}`,
          );
          assert.ok(
            (mean[i] as number) <= (upper[i] as number),
            `upper is below the mean at step ${i}, level ${level}`,
          );
        }
        return Array.from(upper).reduce((sum, value, i) => sum + value - (lower[i] as number), 0);
      });
      for (let i = 1; i < widths.length; i++) {
        assert.ok((widths[i - 1] as number) <= (widths[i] as number), `level ${LEVELS[i]} has a narrower interval`);
      }
    });

    it('does not change the values', () => {
      const values = wave(whole);
      run(values);
      assert.deepEqual(values, wave(whole));
    });

    it('gives the same again, asked twice or fitted twice', () => {
      const fitted = create().fit(wave(whole), { seasonLength });
      const first = plain(fitted.forecast(STEPS, 0.9));
      fitted.forecast(3, 0.5);
      assert.deepEqual(plain(fitted.forecast(STEPS, 0.9)), first);
      assert.deepEqual(plain(run(wave(whole))), first);
    });

    it('keeps two fits apart', () => {
      const forecaster = create();
      const one = forecaster.fit(wave(whole), { seasonLength });
      const before = plain(one.forecast(STEPS, 0.9));
      forecaster.fit(new Float64Array(whole).fill(7), { seasonLength }).forecast(STEPS, 0.9);
      assert.deepEqual(plain(one.forecast(STEPS, 0.9)), before);
    });

    it('scales with the values', () => {
      const plainMean = Array.from(run(wave(whole)).mean);
      const scaled = run(wave(whole).map((value) => value * 1024)).mean;
      plainMean.forEach((value, i) => {
        near((scaled[i] as number) / 1024, value, tolerance * 100);
      });
    });

    it('forecasts a longer horizon as a continuation of a shorter one', () => {
      const short = Array.from(run(wave(whole), STEPS).mean);
      const long = run(wave(whole), 2 * STEPS).mean;
      short.forEach((value, i) => {
        near(long[i] as number, value, tolerance * 100);
      });
    });

    it('can be chosen, combined and measured by backtest', async () => {
      const model = create();
      const values = wave(whole);
      assert.equal(forecastSeries(values, { steps: STEPS, seasonLength, model }).model, model.name);
      finite(forecastSeries(values, { steps: STEPS, seasonLength, models: ['auto', model] }), STEPS);
      const { scores } = await backtest(values, { steps: seasonLength, seasonLength, models: [model], origins: 2 });
      const score = scores.find((one) => one.model === model.name);
      assert.ok(score !== undefined && Number.isFinite(score.mae));
    });
  });
}

function finite({ mean, lower = mean, upper = mean }: ForecasterOutput, steps: number): void {
  for (const [name, numbers] of Object.entries({ mean, lower, upper })) {
    assert.equal(numbers.length, steps, `${name} must hold ${steps} numbers, got ${numbers.length}`);
    for (let i = 0; i < steps; i++) assert.ok(Number.isFinite(numbers[i]), `${name} is ${numbers[i]} at step ${i}`);
  }
}

function near(found: number, wanted: number, distance: number): void {
  assert.ok(Math.abs(found - wanted) <= distance, `expected ${wanted} within ${distance}, got ${found}`);
}

function plain({ mean, lower, upper }: ForecasterOutput): Record<string, readonly number[]> {
  return { mean: Array.from(mean), lower: Array.from(lower ?? []), upper: Array.from(upper ?? []) };
}
