import { RidgeSystem } from '../stats/ridge-system.ts';
import type { Work } from '../stats/work.ts';
import type { FittedHistory, HistoryModel, HistoryModelFactory } from './history-model.ts';
import { logTransform, type Transform } from './transform.ts';

/** The last steps that the regression looks at. */
const RECENT_LAGS = 8;
/** And as many around one season ago, to both sides. */
const SEASON_LAGS = 2;
/** Older seasons that it looks at: the one before, one week of days and two. */
const OLDER_SEASONS = [2, 7, 14];
/** Days of a week: where it can be seen, so can the steps around one week ago, and the day before that. */
const CYCLE = 7;
/** Seasons and values that must be left to learn from beyond the oldest value looked at. */
const SPARE_SEASONS = 3;
const SPARE_VALUES = 60;
/** Penalty in proportion to each input's sum of squares; .1 and .3 were tried on M4 Hourly. */
const PENALTY = 0.3;
/** Rows for each input below which the regression is not believed. */
const ROWS_PER_INPUT = 3;
/** Rows learned between two places where the work may be interrupted. */
const ROWS_AT_ONCE = 64;

/** Ridge regression on lags of the logarithm; see {@link LagRidge}. */
export const lagRidge: HistoryModelFactory = (values, season) => new LagRidge(values, season, logTransform(values));

/**
 * Linear regression of the change over one season on recent such changes and on older seasons, on a transformed scale,
 * forecasting step by step on its own forecasts. Strong on anything with a daily course; without a season it is an
 * autoregression of the changes. O(n p²) for p = 17 inputs, once, whatever the number of origins.
 *
 * Before there are enough rows it repeats the last season.
 */
export class LagRidge implements HistoryModel {
  readonly #season: number;
  readonly #transform: Transform;
  readonly #x: Float64Array;
  /** Each input is the value at one lag less that at another. */
  readonly #near: Int32Array;
  readonly #far: Int32Array;
  readonly #system: RidgeSystem;
  /** First value that a row can be made for. */
  readonly #first: number;
  readonly #row: Float64Array;

  constructor(values: Float64Array, season: number, transform: Transform) {
    this.#season = season;
    this.#transform = transform;
    this.#x = values.map(transform.apply);
    const recent = Array.from({ length: RECENT_LAGS }, (_, i) => i + 1);
    const around = Array.from({ length: 2 * SEASON_LAGS + 1 }, (_, i) => season + i - SEASON_LAGS);
    const lags = season === 1 ? recent : [...new Set([...recent, ...around.filter((lag) => lag > 0)])];
    const reaches = (lag: number): boolean => season > 1 && values.length > lag + SPARE_SEASONS * season + SPARE_VALUES;
    const week = CYCLE * season;
    const older = OLDER_SEASONS.map((k) => [k * season, season] as const);
    const aroundWeek = [
      [week - 1, season - 1],
      [week + 1, season + 1],
      [week + season, 2 * season],
    ] as const;
    const pairs = [
      ...lags.map((lag) => [lag, lag + season] as const),
      ...older.filter(([lag]) => reaches(lag)),
      ...(reaches(week + season) ? aroundWeek : []),
    ];
    this.#near = Int32Array.from(pairs, ([near]) => near);
    this.#far = Int32Array.from(pairs, ([, far]) => far);
    const inputs = pairs.length + 1;
    this.#system = new RidgeSystem(inputs);
    this.#first = Math.max(...pairs.flat());
    this.#row = new Float64Array(inputs);
  }

  *learn(end: number): Work<FittedHistory> {
    const coefficients = yield* this.fit(end);
    return (at, steps) => this.transformed(coefficients, at, steps).map(this.#transform.invert);
  }

  /** Coefficients learned from the first `end` values; `undefined` where they are too few. */
  *fit(end: number): Work<Float64Array | undefined> {
    for (let t = this.#first + this.#system.rows; t < end; t++) {
      this.#describe(this.#x, t);
      this.#system.add(this.#row, (this.#x[t] as number) - (this.#x[t - this.#season] as number));
      if (t % ROWS_AT_ONCE === 0) yield;
    }
    return this.#system.rows < ROWS_PER_INPUT * this.#row.length ? undefined : this.#system.solve(PENALTY);
  }

  /** Forecast after the first `end` values with given coefficients, on the transformed scale. */
  transformed(coefficients: Float64Array | undefined, end: number, steps: number): Float64Array {
    const from = Math.max(0, end - this.#first);
    const known = end - from;
    const x = new Float64Array(known + steps);
    x.set(this.#x.subarray(from, end));
    for (let t = known; t < known + steps; t++) {
      const season = known < this.#season ? 1 : this.#season;
      let value = x[t - season] as number;
      if (coefficients !== undefined && end >= this.#first) {
        this.#describe(x, t);
        for (let i = 0; i < this.#row.length; i++) value += (coefficients[i] as number) * (this.#row[i] as number);
      }
      x[t] = value;
    }
    return x.slice(known);
  }

  /** First end from which `transformed` has all the values that it looks at. */
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
