import { RidgeSystem } from '../stats/ridge-system.ts';
import type { Work } from '../stats/work.ts';
import { CYCLE } from './history-baselines.ts';
import type { FittedHistory, HistoryModel, HistoryModelFactory } from './history-model.ts';
import { logTransform, onScale, type ScaledSeries, type Transform } from './transform.ts';

/** The last steps that the regression looks at. */
const RECENT_LAGS = 8;
/** And as many around one season ago, to both sides. */
const SEASON_LAGS = 2;
/** Older seasons that it looks at: the one before, one week of days and two. */
const OLDER_SEASONS = [2, 7, 14];
/** Seasons and values that must be left to learn from beyond the oldest value looked at. */
const SPARE_SEASONS = 3;
const SPARE_VALUES = 60;
/** Penalty in proportion to each input's sum of squares; from .1 to .5 on M4 Hourly it makes hardly a difference. */
const PENALTY = 0.2;
/** Rows for each input below which the regression is not believed. */
const ROWS_PER_INPUT = 2;
/**
 * With a season, an input farther out than so many times its root mean square counts as that far only: what follows a
 * spike is not what was learned from small changes, and the last season is there to fall back on.
 */
const FARTHEST = 6;
/** Rows learned between two places where the work may be interrupted. */
const ROWS_AT_ONCE = 64;

/** What was learned from some of the rows. */
interface Fit {
  readonly coefficients: Float64Array;
  /** How far out each input may be. */
  readonly limits: Float64Array;
}

/** Ridge regression on lags of the logarithm; see {@link LagRidge}. */
export const lagRidge: HistoryModelFactory = (values, season) =>
  new LagRidge(onScale(values, logTransform(values)), season);

/**
 * Linear regression of the change over one season on recent such changes, on how the last season and the same time of
 * older ones went on from their counterpart of the newest value, and on the distance from it; on a transformed scale,
 * forecasting step by step on its own forecasts. Strong on anything with a daily course; without a season it is an
 * autoregression of the changes. O(n p²) for p = 32 inputs, once, whatever the number of origins.
 *
 * Before there are enough rows it repeats the last season.
 */
export class LagRidge implements HistoryModel {
  readonly #season: number;
  readonly #scale: Transform;
  readonly #x: Float64Array;
  /** Each input is the value at one lag less that at another. */
  readonly #near: Int32Array;
  readonly #far: Int32Array;
  readonly #system: RidgeSystem;
  /** First value that a row can be made for. */
  readonly #first: number;
  readonly #row: Float64Array;

  constructor({ x, scale }: ScaledSeries, season: number) {
    this.#season = season;
    this.#scale = scale;
    this.#x = x;
    const pairs = inputPairs(season, x.length);
    this.#near = Int32Array.from(pairs, ([near]) => near);
    this.#far = Int32Array.from(pairs, ([, far]) => far);
    const inputs = pairs.length + 1;
    this.#system = new RidgeSystem(inputs);
    this.#first = Math.max(...pairs.flat());
    this.#row = new Float64Array(inputs);
  }

  *learn(end: number): Work<FittedHistory> {
    const fit = yield* this.#fit(end);
    return (at, steps) => this.#forecast(fit, at, steps).map(this.#scale.invert);
  }

  *#fit(end: number): Work<Fit | undefined> {
    for (let t = this.#first + this.#system.rows; t < end; t++) {
      this.#describe(this.#x, t);
      this.#system.add(this.#row, (this.#x[t] as number) - (this.#x[t - this.#season] as number));
      if (t % ROWS_AT_ONCE === 0) yield;
    }
    if (this.#system.rows < ROWS_PER_INPUT * this.#row.length) return undefined;
    const farthest = this.#season === 1 ? Number.POSITIVE_INFINITY : FARTHEST;
    const limits = this.#system.rootMeanSquares().map((size) => (size === 0 ? 0 : farthest * size));
    return { coefficients: this.#system.solve(PENALTY), limits };
  }

  /** Forecast after the first `end` values, on the transformed scale. */
  #forecast(fit: Fit | undefined, end: number, steps: number): Float64Array {
    const from = Math.max(0, end - this.#first);
    const known = end - from;
    const x = new Float64Array(known + steps);
    x.set(this.#x.subarray(from, end));
    for (let t = known; t < known + steps; t++) {
      const season = known < this.#season ? 1 : this.#season;
      const change = fit === undefined || end < this.#first ? 0 : this.#change(fit, x, t);
      x[t] = (x[t - season] as number) + change;
    }
    return x.slice(known);
  }

  /** Change over a season that is expected at a place of which all earlier values are known. */
  #change({ coefficients, limits }: Fit, x: Float64Array, t: number): number {
    this.#describe(x, t);
    let sum = 0;
    for (let i = 0; i < this.#row.length; i++) {
      const limit = limits[i] as number;
      sum += (coefficients[i] as number) * Math.max(-limit, Math.min(limit, this.#row[i] as number));
    }
    return sum;
  }

  /** First end from which it has all the values that it looks at. */
  get firstEnd(): number {
    return this.#first;
  }

  #describe(x: Float64Array, t: number): void {
    const row = this.#row;
    const last = this.#near.length;
    for (let i = 0; i < last; i++) {
      row[i] = (x[t - (this.#near[i] as number)] as number) - (x[t - (this.#far[i] as number)] as number);
    }
    row[last] = 1;
  }
}

/** What the regression looks at: pairs of lags, of which the values at the second are taken off those at the first. */
function inputPairs(season: number, length: number): readonly (readonly [number, number])[] {
  const recent = Array.from({ length: RECENT_LAGS }, (_, i) => i + 1);
  if (season === 1) return recent.map((lag) => [lag, lag + 1] as const);
  const reaches = (lag: number): boolean => length > lag + SPARE_SEASONS * season + SPARE_VALUES;
  const around = Array.from({ length: 2 * SEASON_LAGS + 1 }, (_, i) => season + i - SEASON_LAGS);
  const lags = [...new Set([...recent, ...around.filter((lag) => lag > 0)])];
  const newest = season + 1;
  const course = [...around, season + SEASON_LAGS + 1].filter((lag) => lag > 0 && lag !== newest);
  const older = OLDER_SEASONS.map((k) => k * season).filter(reaches);
  const week = CYCLE * season;
  const aroundWeek = [
    [week - 1, season - 1],
    [week + 1, season + 1],
    [week + season, 2 * season],
  ] as const;
  return [
    ...lags.map((lag) => [lag, lag + season] as const),
    ...course.map((lag) => [lag, newest] as const),
    [season, 1],
    ...older.flatMap(
      (lag) =>
        [
          [lag, season],
          [lag, lag + 1],
          [lag, 1],
        ] as const,
    ),
    ...(reaches(week + season) ? aroundWeek : []),
  ];
}
