import { AnalyticsError, choiceOption, numberOption, show } from '../errors.ts';
import { combine } from './combination.ts';
import { backtestEnds, type ErrorBand, errorBand } from './error-band.ts';
import { cycleMean, drift, flatMedian, line, naive, seasonalNaive, seasonMedian } from './history-baselines.ts';
import type { HistoryModel, HistoryModelFactory } from './history-model.ts';
import { levelOption } from './horizon-and-level.ts';
import { LagRidge, lagRidge } from './lag-ridge.ts';
import { detectSeason } from './season.ts';
import { theta } from './theta.ts';
import { IDENTITY, rootTransform } from './transform.ts';

/** The models that {@link forecastSeries} knows by name. */
export type SeriesModelName = 'auto' | 'linear' | 'naive' | 'seasonal-naive' | 'drift' | 'theta' | 'lag-ridge';

const MODELS: Readonly<Record<Exclude<SeriesModelName, 'auto'>, HistoryModelFactory>> = {
  linear: line,
  naive,
  'seasonal-naive': seasonalNaive,
  drift,
  theta,
  'lag-ridge': lagRidge,
};
const MODEL_NAMES: readonly SeriesModelName[] = ['auto', ...(Object.keys(MODELS) as (keyof typeof MODELS)[])];

/** Errors of past forecasts understate those to come: the models have seen what they forecast, or nearly. */
const INFLATION = 1.15;
/** At most this much is added where the combination did worse than the regression that its band is made from. */
const MOST_EXTRA = 2;
/** A forecast stays within the seen range widened by this share of it, and by what a line through it would cover. */
const MARGIN = 0.5;
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
  /** `auto` combines several models by how they did on the last stretches of the history. Default `auto`. */
  readonly model?: SeriesModelName | undefined;
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
  /** Name of the model that made it. */
  readonly model: string;
  /** Steps of the season that was given or found; left out where there is none. */
  readonly seasonLength?: number | undefined;
}

/**
 * Forecasts the continuation of evenly spaced values, for hours to days ahead: a few weeks of hourly values take some
 * milliseconds. For single samples as they come use `Predictor`.
 *
 * @param values oldest first, at least one, all finite; two seasons or more make a season usable
 * @throws AnalyticsError `ERR_INVALID_OPTION` for an option out of range, `ERR_INVALID_VALUE` for no or non-finite values
 * @example
 * const day = [3, 2, 2, 4, 9, 14, 15, 12];
 * forecastSeries([...day, ...day, ...day, ...day], { steps: 3, seasonLength: 8, model: 'seasonal-naive' }).mean; // 3, 2, 2
 */
export function forecastSeries(values: ArrayLike<number>, options: ForecastSeriesOptions): SeriesForecast {
  const { seasonLength = 'auto' } = options;
  const steps = numberOption('steps', options.steps, { min: 1, max: MOST_STEPS, whole: true });
  const model = choiceOption('model', options.model ?? 'auto', MODEL_NAMES);
  const level = levelOption(options.level ?? 0.95);
  if (seasonLength !== 'auto') numberOption('seasonLength', seasonLength, { min: 1, whole: true });
  const { scaled, unit } = scale(values);
  const season = seasonLength === 'auto' ? detectSeason(scaled) : seasonLength;
  const { mean, lower, upper } = bounded(
    model === 'auto' ? combined(scaled, steps, level, season) : single(MODELS[model], scaled, steps, level, season),
    scaled,
  );
  const grow = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value * unit));
  const forecast = { mean: mean.map(grow), lower: lower.map(grow), upper: upper.map(grow), level, model };
  return season > 1 ? { ...forecast, seasonLength: season } : forecast;
}

interface Interval {
  readonly mean: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** The values in a unit, a power of two, in which none exceeds 2: so nothing overflows, and nothing is rounded. */
function scale(values: ArrayLike<number>): { readonly scaled: Float64Array; readonly unit: number } {
  if (values.length === 0)
    throw new AnalyticsError('ERR_INVALID_VALUE', 'values must hold at least one number, got none');
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new AnalyticsError('ERR_INVALID_VALUE', `values must be finite numbers, got ${show(value)} at ${i}`);
    }
    largest = Math.max(largest, Math.abs(value));
  }
  const unit = largest === 0 ? 1 : 2 ** Math.max(-1022, Math.min(1023, Math.floor(Math.log2(largest))));
  return { scaled: Float64Array.from(values, (value) => value / unit), unit };
}

/** One model, with an interval from its errors at earlier ends of the history. */
function single(
  factory: HistoryModelFactory,
  values: Float64Array,
  steps: number,
  level: number,
  season: number,
): Interval {
  const model = factory(values, season);
  const errors = backtestEnds(values.length, firstEnd(values.length, season), steps, season).map((end) =>
    errorsOf(model, values, end, steps),
  );
  const mean = model.forecast(values.length, steps);
  return around(mean, errorBand(errors, steps, level, INFLATION));
}

/** The combination of models, with an interval from the errors of the regression among them. */
function combined(values: Float64Array, steps: number, level: number, season: number): Interval {
  const root = rootTransform(values);
  const regression = new LagRidge(values, season, root);
  const members: HistoryModel[] = [regression];
  const others =
    season > 1 ? [seasonalNaive, cycleMean, seasonMedian, flatMedian, theta] : [naive, drift, flatMedian, theta];
  for (const factory of root === IDENTITY ? others : [lagRidge, ...others]) members.push(factory(values, season));
  const { mean, error, memberErrors } = combine(members, values, steps, firstEnd(values.length, season));

  const x = values.map(root.apply);
  const coefficients = regression.fit(values.length);
  const first = coefficients === undefined ? firstEnd(values.length, season) : regression.firstEnd;
  const errors = backtestEnds(values.length, first, steps, season).map((end) => {
    const forecast = regression.transformed(coefficients, end, Math.min(steps, values.length - end));
    return forecast.map((value, i) => (x[end + i] as number) - value);
  });
  const extra = Math.sqrt(error / (memberErrors[0] as number));
  const inflation = INFLATION * (extra > 1 ? Math.min(MOST_EXTRA, extra) : 1);
  const { lower, upper } = around(
    mean.map((value) => root.apply(Math.max(value, root === IDENTITY ? value : 0))),
    errorBand(errors, steps, level, inflation),
  );
  return { mean, lower: lower.map(root.invert), upper: upper.map(root.invert) };
}

/** Values needed before a backtest means anything: two seasons, or a third of a short history. */
function firstEnd(length: number, season: number): number {
  return Math.max(2, Math.min(2 * season, Math.floor(length / 3)));
}

function errorsOf(model: HistoryModel, values: Float64Array, end: number, steps: number): Float64Array {
  const forecast = model.forecast(end, Math.min(steps, values.length - end));
  return forecast.map((value, i) => (values[end + i] as number) - value);
}

function around(mean: Float64Array, band: ErrorBand): Interval {
  return {
    mean,
    lower: mean.map((value, i) => value + (band.below[i] as number)),
    upper: mean.map((value, i) => value + (band.above[i] as number)),
  };
}

/** Keeps mean and interval near the seen range, above 0 where nothing was ever below, and in order. */
function bounded(forecast: Interval, values: Float64Array): Interval {
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const highest = values.reduce((a, b) => Math.max(a, b));
  const range = highest - lowest;
  const clamp = (value: number, step: number): number => {
    const margin = range * (MARGIN + (step + 1) / values.length);
    const floor = lowest >= 0 ? Math.max(0, lowest - margin) : lowest - margin;
    return Math.max(floor, Math.min(highest + margin, value));
  };
  const last = values[values.length - 1] as number;
  const mean = forecast.mean.map((value, i) => clamp(Number.isFinite(value) ? value : last, i));
  return {
    mean,
    lower: forecast.lower.map((value, i) => Math.min(mean[i] as number, clamp(value, i))),
    upper: forecast.upper.map((value, i) => Math.max(mean[i] as number, clamp(value, i))),
  };
}
