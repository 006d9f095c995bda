import { inSlices, SystemClock } from '../clock.ts';
import { AnalyticsError, invalidOption, numberOption, objectOption, show } from '../errors.ts';
import { finish, type Work } from '../stats/work.ts';
import { forecastWork } from './forecast-work.ts';
import type { Forecaster } from './forecaster.ts';
import { levelOption } from './horizon-and-level.ts';
import { type ModelChoice, modelName, modelOption, type SeriesModelName } from './model-pool.ts';
import type { HolidayCalendar } from './prophet.ts';
import { detectSeason } from './season.ts';

/** A longer forecast is a mistake of units. */
const MOST_STEPS = 100_000;

/** Options of {@link forecastSeries}. */
export interface ForecastSeriesOptions {
  /** How many values to forecast. */
  readonly steps: number;
  /** Length of a season in steps, 1 for none; `auto` looks for one that clocks and calendars make. Default `auto`. */
  readonly seasonLength?: number | 'auto' | undefined;
  /** Of the interval, in (0, 1). Default 0.95. */
  readonly level?: number | undefined;
  /**
   * A name, or a {@link Forecaster} of your own. `auto` combines several models by how they did on the last stretches of
   * the history. Default `auto`.
   */
  readonly model?: ModelChoice | undefined;
  /**
   * Models to combine by backtest instead of the library's pool; with `'auto'` among them, beside it. Leave `model` out.
   */
  readonly models?: readonly ModelChoice[] | undefined;
  /** Special days, for the model `prophet`. */
  readonly holidays?: HolidayCalendar | undefined;
}

/** What {@link forecastSeries} gives: for each step the mean and an interval that should hold the value. */
export interface SeriesForecast {
  /** Expected values. */
  readonly mean: Float64Array;
  /** Lower ends of the intervals. */
  readonly lower: Float64Array;
  /** Upper ends of the intervals. */
  readonly upper: Float64Array;
  /** Of the interval. */
  readonly level: number;
  /** Name of the model that made it; `auto` where several were combined. */
  readonly model: string;
  /** Steps of the season that was given or found; left out where there is none. */
  readonly seasonLength?: number | undefined;
}

/**
 * Forecasts the continuation of evenly spaced values, for hours to days ahead: a few weeks of hourly values take some
 * milliseconds. For single samples as they come use `Predictor`; in a process that serves requests
 * {@link forecastSeriesAsync}.
 *
 * @param values oldest first, at least one, all finite; two seasons or more make a season usable
 * @throws AnalyticsError `ERR_INVALID_OPTION` for an option out of range, `ERR_INVALID_VALUE` for no or non-finite values
 * @example
 * const day = [3, 2, 2, 4, 9, 14, 15, 12];
 * forecastSeries([...day, ...day, ...day, ...day], { steps: 3, seasonLength: 8, model: 'seasonal-naive' }).mean; // 3, 2, 2
 */
export function forecastSeries(values: ArrayLike<number>, options: ForecastSeriesOptions): SeriesForecast {
  return finish(seriesForecast(values, options));
}

/**
 * {@link forecastSeries} in slices of a few milliseconds, between which the event loop turns. A {@link Forecaster} of
 * your own is not cut: each of its fits is one slice.
 *
 * @throws as `forecastSeries`, and the reason of the signal where it fires
 */
export async function forecastSeriesAsync(
  values: ArrayLike<number>,
  options: ForecastSeriesOptions & { readonly signal?: AbortSignal | undefined },
): Promise<SeriesForecast> {
  return inSlices(seriesForecast(values, options), new SystemClock(), options.signal);
}

/**
 * A model of the library as a {@link Forecaster}: to wrap it in one of your own, or to fit once what is asked for often.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` for an unknown name
 * @example
 * const { mean } = forecaster('drift').fit(Float64Array.of(1, 2, 3), { seasonLength: 1 }).forecast(2, 0.9);
 * Array.from(mean); // [ 4, 5 ]
 */
export function forecaster(
  model: SeriesModelName,
  options: { readonly holidays?: HolidayCalendar | undefined } = {},
): Forecaster {
  modelOption('model', model);
  const { holidays } = objectOption('options', options);
  return {
    name: model,
    fit: (values, { seasonLength }) => {
      const history = finiteValues(values);
      return { forecast: (steps, level) => forecastSeries(history, { steps, level, model, seasonLength, holidays }) };
    },
  };
}

function* seriesForecast(values: ArrayLike<number>, options: ForecastSeriesOptions): Work<SeriesForecast> {
  const { seasonLength = 'auto', model, models, holidays } = objectOption('options', options);
  const steps = numberOption('steps', options.steps, { min: 1, max: MOST_STEPS, whole: true });
  const choices = models === undefined ? [modelOption('model', model ?? 'auto')] : modelsOption(models);
  if (models !== undefined && model !== undefined)
    throw invalidOption('model', 'left out where models are given', model);
  if (holidays !== undefined && typeof holidays !== 'function') {
    throw invalidOption('holidays', 'a function of the step', holidays);
  }
  const level = levelOption(options.level ?? 0.95);
  const numbers = finiteValues(values);
  const season = yield* seasonOption(seasonLength, numbers);
  const [only, ...others] = choices as [ModelChoice, ...ModelChoice[]];
  const task = { values: numbers, steps, level, season, models: choices, holidays };
  const forecast = { ...(yield* forecastWork(task)), level, model: others.length === 0 ? modelName(only) : 'auto' };
  return season > 1 ? { ...forecast, seasonLength: season } : forecast;
}

/**
 * Models to combine or to compare, at least one, each once.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 */
export function modelsOption(models: readonly ModelChoice[]): readonly ModelChoice[] {
  if (!Array.isArray(models) || models.length === 0) throw invalidOption('models', 'a list of at least one', models);
  const names = models.map((choice) => modelName(modelOption('models', choice)));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw invalidOption('models', 'a list of different models', twice);
  return models;
}

/**
 * The season that was given, or the one that is found.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 */
export function* seasonOption(seasonLength: number | 'auto', values: Float64Array): Work<number> {
  if (seasonLength !== 'auto') return numberOption('seasonLength', seasonLength, { min: 1, whole: true });
  return yield* detectSeason(values);
}

/**
 * A copy of the values.
 *
 * @throws AnalyticsError `ERR_INVALID_VALUE` where there are none or one is not a finite number
 */
export function finiteValues(values: ArrayLike<number>): Float64Array {
  if (typeof values !== 'object' || values === null || !(values.length > 0)) {
    const got = typeof values === 'object' && values !== null ? 'none' : show(values);
    throw new AnalyticsError('ERR_INVALID_VALUE', `values must hold at least one number, got ${got}`);
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new AnalyticsError('ERR_INVALID_VALUE', `values must be finite numbers, got ${show(value)} at ${i}`);
    }
  }
  return Float64Array.from(values);
}
