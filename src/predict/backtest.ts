import { inSlices, SystemClock, stopwatch } from '../clock.ts';
import { AnalyticsError, numberOption, objectOption } from '../errors.ts';
import type { Work } from '../stats/work.ts';
import { finiteValues, modelsOption, seasonOption } from './forecast-series.ts';
import { forecastWork, type Interval } from './forecast-work.ts';
import { levelOption } from './horizon-and-level.ts';
import { MODEL_NAMES, type ModelChoice, modelName, type SeriesModelName } from './model-pool.ts';
import type { HolidayCalendar } from './prophet.ts';

/** What every model is held against. */
const REFERENCE: SeriesModelName = 'seasonal-naive';
/** A first origin has at least so many seasons behind it, and this share of all values. */
const FIRST_SEASONS = 2;
const FIRST_SHARE = 1 / 3;

/** Options of {@link backtest}. */
export interface BacktestOptions {
  /** How many values each forecast is of. */
  readonly steps: number;
  /** Names, or forecasters of your own. Default: all names. `seasonal-naive` is always added, for comparison. */
  readonly models?: readonly ModelChoice[] | undefined;
  /** Forecasts a model, at most; fewer where the values do not reach. Default 10. */
  readonly origins?: number | undefined;
  /** Steps between two origins. Default `steps`, so that every value is forecast once. */
  readonly spacing?: number | undefined;
  /** Length of a season in steps, 1 for none; `auto` looks for one in the values before the first origin. Default `auto`. */
  readonly seasonLength?: number | 'auto' | undefined;
  /** Of the intervals, in (0, 1). Default 0.95. */
  readonly level?: number | undefined;
  /** Special days, for the model `prophet`. */
  readonly holidays?: HolidayCalendar | undefined;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each forecast. */
  readonly onProgress?: ((progress: BacktestProgress) => void) | undefined;
}

/** How far a backtest is. */
export interface BacktestProgress {
  /** Forecasts made, and to be made in all. */
  readonly done: number;
  readonly total: number;
  /** Name of the model that made the last one. */
  readonly model: string;
}

/** How one model did, over all origins and steps. */
export interface BacktestScore {
  readonly model: string;
  /** Mean absolute error, in the unit of the values. */
  readonly mae: number;
  /** The same over that of `seasonal-naive` from the same origins; `undefined` where that made no error. */
  readonly relative: number | undefined;
  /**
   * The same over the mean absolute change from season to season before the origin (Hyndman & Koehler, 2006), mean over
   * the origins; `undefined` where nothing ever changed.
   */
  readonly mase: number | undefined;
  /** Pinball loss, mean over both ends of the interval and the middle, in the unit of the values. Smaller is better. */
  readonly pinball: number;
  /** Share of the values inside their interval, 0..1; should be `level`. */
  readonly coverage: number;
  /** Time that a forecast took, interval included, milliseconds, mean. */
  readonly milliseconds: number;
}

/** What {@link backtest} gives. */
export interface BacktestReport {
  readonly steps: number;
  readonly level: number;
  /** Steps of the season that was given or found; left out where there is none. */
  readonly seasonLength?: number | undefined;
  /** How many values each forecast knew, ascending. */
  readonly origins: readonly number[];
  /** In order of their mean absolute error, the best first. */
  readonly scores: readonly BacktestScore[];
}

/**
 * Measures how well models would have forecast a series: from each of several points of its past every model forecasts
 * what followed, knowing only what came before. Runs in slices of a few milliseconds, between which the event loop turns.
 *
 * The origins share one series, and mostly one stretch of it, so differences of a few percent between models are chance.
 *
 * @param values oldest first, all finite
 * @throws AnalyticsError `ERR_INVALID_OPTION` for an option out of range, `ERR_INVALID_VALUE` for values that are not
 * finite or too few for one origin; the reason of the signal where it fires
 * @example
 * const values = Array.from({ length: 240 }, (_, i) => 100 + 30 * Math.sin((i * Math.PI) / 12) + (i % 5));
 * const { scores } = await backtest(values, { steps: 24, models: ['auto', 'linear'] });
 * scores.map(({ model }) => model); // [ 'auto', 'seasonal-naive', 'linear' ]
 */
export async function backtest(values: ArrayLike<number>, options: BacktestOptions): Promise<BacktestReport> {
  return inSlices(backtestWork(values, objectOption('options', options)), new SystemClock(), options.signal);
}

function* backtestWork(given: ArrayLike<number>, options: BacktestOptions): Work<BacktestReport> {
  const { seasonLength = 'auto', holidays, onProgress } = options;
  const steps = numberOption('steps', options.steps, { min: 1, whole: true });
  const most = numberOption('origins', options.origins ?? 10, { min: 1, whole: true });
  const spacing = numberOption('spacing', options.spacing ?? steps, { min: 1, whole: true });
  const level = levelOption(options.level ?? 0.95);
  const asked = modelsOption(options.models ?? MODEL_NAMES);
  const models = asked.includes(REFERENCE) ? asked : [...asked, REFERENCE];
  const values = finiteValues(given);
  const last = values.length - steps;
  const fewest = Math.max(2, Math.ceil(FIRST_SHARE * values.length));
  if (last < fewest) {
    const needed = Math.max(steps + 2, Math.ceil(steps / (1 - FIRST_SHARE)));
    const rule = `at least ${needed} to backtest ${steps} steps, got ${values.length}`;
    throw new AnalyticsError('ERR_INVALID_VALUE', `values must be ${rule}`);
  }
  const earliest = Math.max(fewest, last - (most - 1) * spacing);
  const season = yield* seasonOption(seasonLength, values.subarray(0, earliest));
  const first = Math.min(last, Math.max(earliest, FIRST_SEASONS * season));
  const origins: number[] = [];
  for (let end = last; end >= first && origins.length < most; end -= spacing) origins.unshift(end);

  const scores: BacktestScore[] = [];
  let done = 0;
  for (const choice of models) {
    const tally = new Tally(modelName(choice), level);
    for (const end of origins) {
      const task = { values: values.slice(0, end), steps, level, season, models: [choice], holidays };
      const forecast = yield* tally.timed(forecastWork(task));
      tally.add(values, end, season, forecast);
      done++;
      onProgress?.({ done, total: origins.length * models.length, model: tally.model });
      yield;
    }
    scores.push(tally.score());
  }
  const reference = (scores.find(({ model }) => model === REFERENCE) as BacktestScore).mae;
  const relative = scores.map((score) => ({ ...score, relative: reference === 0 ? undefined : score.mae / reference }));
  relative.sort((a, b) => a.mae - b.mae);
  const report = { steps, level, origins, scores: relative };
  return season > 1 ? { ...report, seasonLength: season } : report;
}

/** Sums over the forecasts of one model. */
class Tally {
  readonly model: string;
  readonly #level: number;
  #forecasts = 0;
  #values = 0;
  #error = 0;
  #scaled = 0;
  #scalable = 0;
  #pinball = 0;
  #inside = 0;
  #milliseconds = 0;

  constructor(model: string, level: number) {
    this.model = model;
    this.#level = level;
  }

  /** The same work, the time of its steps counted, not that of the pauses between them. */
  *timed<T>(work: Work<T>): Work<T> {
    while (true) {
      const elapsed = stopwatch();
      const { done, value } = work.next();
      this.#milliseconds += elapsed();
      if (done === true) return value;
      yield;
    }
  }

  add(values: Float64Array, end: number, season: number, { mean, lower, upper }: Interval): void {
    const tail = (1 - this.#level) / 2;
    let error = 0;
    mean.forEach((expected, i) => {
      const value = values[end + i] as number;
      const [low, high] = [lower[i] as number, upper[i] as number];
      error += Math.abs(value - expected);
      this.#pinball += (loss(value - low, tail) + loss(value - expected, 0.5) + loss(value - high, 1 - tail)) / 3;
      if (value >= low && value <= high) this.#inside++;
    });
    this.#forecasts++;
    this.#values += mean.length;
    this.#error += error;
    const change = seasonalChange(values, end, season);
    if (!(change > 0)) return;
    this.#scalable++;
    this.#scaled += error / mean.length / change;
  }

  score(): BacktestScore {
    return {
      model: this.model,
      mae: this.#error / this.#values,
      relative: undefined,
      mase: this.#scalable === 0 ? undefined : this.#scaled / this.#scalable,
      pinball: this.#pinball / this.#values,
      coverage: this.#inside / this.#values,
      milliseconds: this.#milliseconds / this.#forecasts,
    };
  }
}

/** Pinball loss of a quantile that is `above` too low. */
function loss(above: number, quantile: number): number {
  return above >= 0 ? quantile * above : (quantile - 1) * above;
}

/** Mean absolute change over one season among the first `end` values; over one step where there is no whole season. */
function seasonalChange(values: Float64Array, end: number, season: number): number {
  const lag = end > season ? season : 1;
  let sum = 0;
  for (let i = lag; i < end; i++) sum += Math.abs((values[i] as number) - (values[i - lag] as number));
  return sum / (end - lag);
}
