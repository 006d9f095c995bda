import { RidgeSystem } from '../stats/ridge-system.ts';
import type { HistoryModelFactory } from './history-model.ts';

/**
 * Names the holiday, or other special day, that a step falls on; `undefined` for an ordinary one. Step 0 is the first
 * value; those from the number of values on are the ones to be forecast.
 */
export type HolidayCalendar = (step: number) => string | undefined;

/** Places where the trend may bend, evenly over this share of the history: Prophet's own defaults. */
const CHANGE_POINTS = 25;
const CHANGE_RANGE = 0.8;
/** Scales of the priors, in units of the range of the values and of the whole history: Prophet's own defaults. */
const TREND_PRIOR = 5;
const CHANGE_PRIOR = 0.05;
const SEASON_PRIOR = 10;
/** Sine and cosine pairs of a season, and of seven of them (the week of days): Prophet's own for day and week. */
const SEASON_ORDER = 4;
const CYCLE_ORDER = 3;
const CYCLE = 7;
/** Times that a season must fit into the history. */
const SEASON_CYCLES = 2;
/** Rounds of reweighting for the bends; after ten they move by less than a thousandth. */
const ROUNDS = 10;
/** A bend smaller than this is none; keeps the weights finite. */
const LEAST_BEND = 1e-6;
/** Share of each sum of squares that is added to it, so that inputs that say the same share their coefficient. */
const RIDGE = 1e-9;
/** Learned from the newest values only. */
const MOST_VALUES = 5000;

/**
 * Prophet-style regression: a trend that is linear between change points, seasons as Fourier series, holidays as effects
 * of their own. For long histories with bends and calendar effects; it does not look at the last values in particular,
 * so for the next hours others are better. O(n p²) for p ≈ 40 inputs.
 *
 * Source: Taylor & Letham, Forecasting at scale, The American Statistician 72 (2018), with additive seasons: the most
 * probable coefficients under normal noise and its priors. The Laplace prior of the bends is met by reweighted ridge
 * regressions (Hunter & Li, Variable selection using MM algorithms, Annals of Statistics 33 (2005)).
 */
export function prophet(holidays?: HolidayCalendar): HistoryModelFactory {
  return (values, season) => ({
    refits: true,
    *learn(end) {
      const from = Math.max(0, end - MOST_VALUES);
      const history = values.subarray(from, end);
      const least = history.reduce((a, b) => Math.min(a, b));
      const unit = history.reduce((a, b) => Math.max(a, b)) - least || 1;
      const inputs = new Inputs(from, end, season, holidays);
      const system = new RidgeSystem(inputs.count);
      let total = 0;
      for (let t = from; t < end; t++) {
        const y = ((values[t] as number) - least) / unit;
        system.add(inputs.at(t), y);
        total += y * y;
        yield;
      }
      const priors = inputs.priors();
      let coefficients = system.solve(RIDGE, priors);
      for (let round = 0; round < ROUNDS; round++) {
        const noise = system.residual(coefficients, total) / history.length;
        for (let i = 2; i < 2 + inputs.bends; i++) {
          priors[i] = 1 / (CHANGE_PRIOR * Math.max(LEAST_BEND, Math.abs(coefficients[i] as number)));
        }
        coefficients = system.solve(
          RIDGE,
          priors.map((prior) => prior * noise),
        );
        yield;
      }
      return (at, steps) =>
        Float64Array.from({ length: steps }, (_, i) => least + unit * inputs.dot(at + i, coefficients));
    },
  });
}

/** What the regression looks at: 1, the time, bends, sines and cosines, holidays. */
class Inputs {
  readonly count: number;
  readonly bends: number;
  readonly #from: number;
  readonly #span: number;
  readonly #waves: readonly number[];
  readonly #names: readonly string[];
  readonly #holidays: HolidayCalendar | undefined;
  readonly #row: Float64Array;

  constructor(from: number, end: number, season: number, holidays: HolidayCalendar | undefined) {
    const length = end - from;
    this.#from = from;
    this.#span = Math.max(1, length - 1);
    this.bends = Math.max(0, Math.min(CHANGE_POINTS, Math.floor(CHANGE_RANGE * length) - 1));
    this.#waves = [
      ...waves(season, SEASON_ORDER, length),
      ...waves(CYCLE * season, CYCLE_ORDER, season > 1 ? length : 0),
    ];
    this.#holidays = holidays;
    const names = new Set<string>();
    for (let t = from; holidays !== undefined && t < end; t++) {
      const name = holidays(t);
      if (name !== undefined) names.add(name);
    }
    this.#names = [...names];
    this.count = 2 + this.bends + 2 * this.#waves.length + this.#names.length;
    this.#row = new Float64Array(this.count);
  }

  /** Inverse squares of the prior scales; those of the bends are set later. */
  priors(): Float64Array {
    const priors = new Float64Array(this.count).fill(1 / SEASON_PRIOR ** 2);
    priors.fill(1 / TREND_PRIOR ** 2, 0, 2);
    return priors.fill(1 / CHANGE_PRIOR ** 2, 2, 2 + this.bends);
  }

  /** The inputs at a step; the same array every time. */
  at(step: number): Float64Array {
    const row = this.#row;
    const time = (step - this.#from) / this.#span;
    let i = 0;
    row[i++] = 1;
    row[i++] = time;
    for (let bend = 1; bend <= this.bends; bend++) {
      row[i++] = Math.max(0, time - (CHANGE_RANGE * bend) / this.bends);
    }
    for (const length of this.#waves) {
      const angle = (2 * Math.PI * step) / length;
      row[i++] = Math.sin(angle);
      row[i++] = Math.cos(angle);
    }
    const today = this.#names.length === 0 ? undefined : this.#holidays?.(step);
    for (const name of this.#names) row[i++] = name === today ? 1 : 0;
    return row;
  }

  dot(step: number, coefficients: Float64Array): number {
    const row = this.at(step);
    return coefficients.reduce((sum, c, i) => sum + c * (row[i] as number), 0);
  }
}

/** Lengths of the sines of a season's Fourier series; none where the history is too short for it. */
function waves(season: number, order: number, length: number): number[] {
  if (season === 1 || length < SEASON_CYCLES * season) return [];
  return Array.from({ length: Math.min(order, season >> 1) }, (_, k) => season / (k + 1));
}
