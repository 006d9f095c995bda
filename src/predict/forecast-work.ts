import type { Work } from '../stats/work.ts';
import { analogues } from './analogues.ts';
import { combine } from './combination.ts';
import { backtestEnds, type ErrorBand, errorBand, inflation } from './error-band.ts';
import { checkedOutput } from './forecaster.ts';
import { cycleNaive, drift, flatMedian, naive, seasonalNaive } from './history-baselines.ts';
import type { HistoryModel, HistoryModelFactory, ScaledModelFactory } from './history-model.ts';
import { LagRidge } from './lag-ridge.ts';
import { type ModelChoice, modelFactory, modelName } from './model-pool.ts';
import type { HolidayCalendar } from './prophet.ts';
import { cycleMean, movedCycleMean, movedSeasonMedian, newSeasonMedian } from './season-courses.ts';
import { theta } from './theta.ts';
import { IDENTITY, logTransform, onScale, rootTransform } from './transform.ts';

/** A forecast stays within the seen range widened by this share of it, and by what a line through it would cover. */
const MARGIN = 0.5;

/** What `auto` combines beside the regressions on lags. */
const SEASONAL_POOL: readonly HistoryModelFactory[] = [seasonalNaive, cycleNaive, cycleMean, naive, flatMedian, theta];
/** And, of them, these on the logarithm: what moves a course by a share. */
const MOVED_POOL: readonly ScaledModelFactory[] = [movedCycleMean, movedSeasonMedian, newSeasonMedian, analogues];
const PLAIN_POOL: readonly HistoryModelFactory[] = [naive, drift, flatMedian, theta];

/** What to forecast, all of it checked. */
export interface ForecastTask {
  /** Oldest first, at least one, all finite. */
  readonly values: Float64Array;
  readonly steps: number;
  readonly level: number;
  /** Steps of a season, 1 for none. */
  readonly season: number;
  /** `auto` alone or among others is the pool of the library. */
  readonly models: readonly ModelChoice[];
  readonly holidays: HolidayCalendar | undefined;
}

/** Mean and interval for each step. */
export interface Interval {
  readonly mean: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Forecasts with one model, or with several that a backtest combines. Yields often. */
export function* forecastWork(task: ForecastTask): Work<Interval> {
  const { models } = task;
  const unit = unitOf(task.values);
  const values = task.values.map((value) => value / unit);
  const [only] = models;
  let found: Interval;
  if (models.length === 1 && only !== undefined && only !== 'auto') {
    found = ownInterval(task, unit) ?? (yield* single(modelFactory(only, unit, task.holidays), values, task));
  } else {
    const own = models.filter((choice) => choice !== 'auto').map((choice) => modelFactory(choice, unit, task.holidays));
    found = yield* combined(values, task, own);
  }
  const grow = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value * unit));
  const { mean, lower, upper } = bounded(found, values);
  return { mean: mean.map(grow), lower: lower.map(grow), upper: upper.map(grow) };
}

/** A power of two by which no value exceeds 2 when divided: so nothing overflows, and nothing is rounded. */
function unitOf(values: Float64Array): number {
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return largest === 0 ? 1 : 2 ** Math.max(-1022, Math.min(1023, Math.floor(Math.log2(largest))));
}

/** The interval of a forecaster of the user's that knows one. */
function ownInterval(
  { models: [model], values, steps, level, season }: ForecastTask,
  unit: number,
): Interval | undefined {
  if (model === undefined || typeof model === 'string') return undefined;
  const fitted = model.fit(values.slice(), { seasonLength: season });
  const { mean, lower, upper } = checkedOutput(modelName(model), fitted.forecast(steps, level), steps);
  if (lower === undefined || upper === undefined) return undefined;
  const shrink = (value: number): number => value / unit;
  return { mean: mean.map(shrink), lower: lower.map(shrink), upper: upper.map(shrink) };
}

/** One model, with an interval from its errors at earlier ends of the history. */
function* single(
  factory: HistoryModelFactory,
  values: Float64Array,
  { steps, level, season }: ForecastTask,
): Work<Interval> {
  const model = factory(values, season);
  const ends = backtestEnds(values.length, firstEnd(values.length, season), steps, season);
  const errors: Float64Array[] = [];
  if (model.refits) for (const end of ends) errors.push(errorsOf(values, yield* model.learn(end), end, steps));
  const fitted = yield* model.learn(values.length);
  if (!model.refits) {
    for (const end of ends) {
      errors.push(errorsOf(values, fitted, end, steps));
      yield;
    }
  }
  return around(fitted(values.length, steps), errorBand(errors, steps, level, inflation(ends, season, steps)));
}

/**
 * A combination of models, with an interval on the scale of the root, where they are most alike. It is made from what the
 * mix missed in its backtest, and from the errors at many more earlier ends of the regression in the library's pool,
 * which costs little and errs about as far; without it of the mix.
 */
function* combined(
  values: Float64Array,
  { steps, level, season, models }: ForecastTask,
  own: readonly HistoryModelFactory[],
): Work<Interval> {
  const root = rootTransform(values);
  const regression = models.includes('auto') ? new LagRidge(onScale(values, root), season) : undefined;
  const members: HistoryModel[] = [];
  if (regression !== undefined) {
    members.push(regression);
    yield;
    members.push(...(yield* pool(values, season)));
  }
  for (const factory of own) members.push(factory(values, season));
  const first = firstEnd(values.length, season);
  const mix = yield* combine(members, values, steps, first);

  const toRoot = (value: number): number => root.apply(root === IDENTITY ? value : Math.max(0, value));
  const fitted = yield* (members[0] as HistoryModel).learn(values.length);
  const from = regression === undefined ? first : Math.max(first, Math.min(regression.firstEnd, values.length - 1));
  const errors: Float64Array[] = [];
  const ends = backtestEnds(values.length, from, steps, season);
  for (const end of ends) {
    const length = Math.min(steps, values.length - end);
    const forecast = regression === undefined ? yield* mix.forecast(end, length) : fitted(end, length);
    errors.push(forecast.map((value, i) => root.apply(values[end + i] as number) - toRoot(value)));
    yield;
  }
  for (const { from: end, mean: expected } of mix.past) {
    errors.push(expected.map((value, i) => root.apply(values[end + i] as number) - toRoot(value)));
  }
  const mean = yield* mix.forecast(values.length, steps);
  yield;
  const band = errorBand(errors, steps, level, inflation(ends, season, steps));
  yield;
  const { lower, upper } = around(mean.map(toRoot), band);
  return { mean, lower: lower.map(root.invert), upper: upper.map(root.invert) };
}

/** The members of the library's pool beside the regression on the root. */
function* pool(values: Float64Array, season: number): Work<HistoryModel[]> {
  const logged = onScale(values, logTransform(values));
  const members = logged.scale === IDENTITY ? [] : [new LagRidge(logged, season) as HistoryModel];
  yield;
  for (const factory of season > 1 ? SEASONAL_POOL : PLAIN_POOL) members.push(factory(values, season));
  for (const factory of season > 1 ? MOVED_POOL : []) members.push(factory(logged, season));
  return members;
}

/** Values needed before a backtest means anything: two seasons, or a third of a short history. */
function firstEnd(length: number, season: number): number {
  return Math.max(2, Math.min(2 * season, Math.floor(length / 3)));
}

function errorsOf(
  values: Float64Array,
  fitted: (at: number, steps: number) => Float64Array,
  end: number,
  steps: number,
): Float64Array {
  return fitted(end, Math.min(steps, values.length - end)).map((value, i) => (values[end + i] as number) - value);
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
