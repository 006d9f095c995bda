import { AnalyticsError, show } from '../errors.ts';

/** What a fitted forecaster expects: one number a step, and an interval where it knows one. */
export interface ForecasterOutput {
  /** Expected values. */
  readonly mean: ArrayLike<number>;
  /** Ends of the interval; left out by a forecaster that knows none, and then made from how it erred in the past. */
  readonly lower?: ArrayLike<number> | undefined;
  readonly upper?: ArrayLike<number> | undefined;
}

/** A forecaster that has seen its history: only such a one can forecast. */
export interface FittedForecaster {
  /**
   * Forecasts what follows the last value that was fitted. Asking changes nothing.
   *
   * @param steps how many values, at least 1
   * @param level of the interval, in (0, 1)
   */
  forecast(steps: number, level: number): ForecasterOutput;
}

/**
 * A model of evenly spaced values, of the library or of your own. {@link forecastSeries} and {@link backtest} take it
 * wherever they take a name, so a backtest can choose it, combine it with others, or reject it. The suite in the entry
 * `testing` says whether it keeps the contract.
 *
 * @example
 * const lastWeek: Forecaster = {
 *   name: 'last-week',
 *   fit: (values, { seasonLength }) => ({
 *     forecast: (steps) => {
 *       const week = Math.min(values.length, 7 * seasonLength);
 *       return { mean: Array.from({ length: steps }, (_, i) => values[values.length - week + (i % week)] ?? 0) };
 *     },
 *   }),
 * };
 * forecastSeries([1, 2, 3, 1, 2, 3], { steps: 2, seasonLength: 3, model: lastWeek }).model; // 'last-week'
 */
export interface Forecaster {
  /** Under this name it appears in results; not one of the library's own. */
  readonly name: string;
  /**
   * Learns from a history, which it must not change. Deterministic: the same values give the same forecasts.
   *
   * @param values oldest first, at least one, all finite
   * @param season `seasonLength` in steps, 1 for none; it may be longer than the history
   */
  fit(values: Float64Array, season: { readonly seasonLength: number }): FittedForecaster;
}

/**
 * What a forecaster gave, checked: users' code may give anything.
 *
 * @throws AnalyticsError `ERR_INVALID_VALUE` naming the forecaster
 */
export function checkedOutput(
  name: string,
  output: ForecasterOutput,
  steps: number,
): { readonly mean: Float64Array; readonly lower?: Float64Array; readonly upper?: Float64Array } {
  const { mean, lower, upper } = output;
  const known = checkedNumbers(name, 'mean', mean, steps);
  if (lower === undefined || upper === undefined) return { mean: known };
  return {
    mean: known,
    lower: checkedNumbers(name, 'lower', lower, steps),
    upper: checkedNumbers(name, 'upper', upper, steps),
  };
}

function checkedNumbers(name: string, field: string, numbers: ArrayLike<number>, steps: number): Float64Array {
  const found = Float64Array.from(numbers ?? []);
  if (found.length === steps && found.every(Number.isFinite)) return found;
  const got = found.length === steps ? show(found.find((value) => !Number.isFinite(value))) : `${found.length} of them`;
  throw new AnalyticsError(
    'ERR_INVALID_VALUE',
    `${field} of forecaster ${name} must be ${steps} finite numbers, got ${got}`,
  );
}
