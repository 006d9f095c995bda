import { AdditiveMedian } from '../stats/additive-median.ts';
import { RecursiveLeastSquares } from '../stats/recursive-least-squares.ts';
import type { StateLayout } from './series-state.ts';

/**
 * What is noted down of a moment, as distances from the newest value in units of the usual change: to the value one
 * horizon ago; to what is usual at that time of the hour; to four averages, half-lives of 1, 3, 10 and 40 steps; the
 * change of the day's course; to that course as it is, and as it is moved by how today differs at the moment and all along.
 */
export const LAGGED = 0;
export const HOUR_NOW = 1;
export const AVERAGE_NOTES = 2;
export const DAY_CHANGE = 6;
export const DAY_NOW = 7;
export const TODAY_NOW = 8;
export const TODAY_LONG = 9;
/** The first three are the curves' inputs, all ten the regression's. */
const CURVED = 3;
const FEATURES = 10;
/** The change of the week's course, along the trend, and by the regression. */
export const WEEK_CHANGE = 10;
export const TREND = 11;
export const REGRESSION = 12;
/** How many numbers that is. */
export const NOTES = 13;

const EXPERTS = 13;
/** Experts that are believed before there are outcomes: all but the trend, wild on noise, and those that need some history. */
const FIRST_EXPERTS = 7;

/** Outcomes before the regression is believed. */
const REGRESSION_WARM_UP = 20;
/** Largest change that the regression may forecast, in usual changes. */
const REGRESSION_CLIP = 4;
/** Features and outcomes beyond this many usual changes carry no more information, only damage. */
const MOST_LEARNED = 100;
/**
 * Share of the weights that is spread evenly over the first experts when it is asked how far apart they are: whoever was
 * best so far need not be from now on. Twice that, or none, changes nothing on recorded series; without, a jump would be
 * met with the certainty of before.
 */
const SHARED = 0.1;
/** Losses are means over about the last 200 outcomes. */
const LOSS_WEIGHT = 0.005;
/** An outcome's share in the regrets halves about every 230 outcomes, as in the regression. */
const REGRET_MEMORY = 0.997;
/** A miss of this many usual changes and more counts in full; below, in proportion, for which regrets are calmer. */
const FULL_MISS = 0.3;
/** Regrets are worth nothing while they are this small. */
const REGRET_FLOOR = 1e-3;
/** Outcomes before regrets have a say. */
const REGRET_WARM_UP = 50;

/**
 * The experts of one horizon and what is to be made of them. Half of the mix goes to whoever was best lately (weights fall
 * with a high power of the loss), half to the combination that would have been best (weights by regret, as their errors
 * cancel out); either alone is worse by half a percent.
 *
 * Sources: Cesa-Bianchi & Lugosi, Prediction, Learning, and Games (2006), sections 2.1 and 2.5 (polynomial weights,
 * gradients for losses); Gaillard, Stoltz & van Erven, A second-order bound with excess losses (2014), algorithm ML-Poly;
 * Herbster & Warmuth, Tracking the best expert, Machine Learning 32 (1998) (fixed share).
 */
export class ExpertMix {
  readonly #regression = new RecursiveLeastSquares(FEATURES);
  readonly #regressionAt: number;
  readonly #curves = new AdditiveMedian(CURVED);
  readonly #curvesAt: number;
  /** Number of outcomes, weights of the mix, losses, regrets, their squares. */
  readonly #at: number;
  #doubt = 0;
  /** What each expert said, for one call at a time. */
  readonly #said = new Float64Array(EXPERTS);
  /** Their weights by regret, likewise. */
  readonly #shares = new Float64Array(EXPERTS);

  constructor(layout: StateLayout) {
    this.#at = layout.floats(1 + 4 * EXPERTS);
    this.#regressionAt = layout.floats(this.#regression.size);
    this.#curvesAt = layout.floats(this.#curves.size);
  }

  /** How far apart the experts were at the last `predict`: weighted standard deviation, in usual changes. */
  get doubt(): number {
    return this.#doubt;
  }

  /** Begins a series. */
  start(floats: Float32Array): void {
    this.#regression.start(floats, this.#regressionAt);
    floats.fill(1 / FIRST_EXPERTS, this.#at + 1, this.#at + 1 + FIRST_EXPERTS);
  }

  /** The change to expect, from the notes at `at`, where the regression adds its own forecast. */
  predict(floats: Float32Array, notes: Float32Array, at: number): number {
    if (this.#regression.count(floats, this.#regressionAt) >= REGRESSION_WARM_UP) {
      const change = this.#regression.predict(floats, this.#regressionAt, notes, at);
      notes[at + REGRESSION] = Math.max(-REGRESSION_CLIP, Math.min(REGRESSION_CLIP, change));
    }
    const said = this.#listen(floats, notes, at);
    const weights = this.#at + 1;
    let change = 0;
    for (let i = 0; i < EXPERTS; i++) change += (floats[weights + i] as number) * (said[i] as number);
    let variance = 0;
    for (let i = 0; i < EXPERTS; i++) {
      const apart = (said[i] as number) - change;
      const shared = i < FIRST_EXPERTS ? SHARED / FIRST_EXPERTS : 0;
      variance += ((1 - SHARED) * (floats[weights + i] as number) + shared) * apart * apart;
    }
    this.#doubt = Math.sqrt(variance);
    return change;
  }

  /** Learns that what was noted at `at`, which it cuts to what can be learned from, led to `outcome`. */
  learn(floats: Float32Array, at: number, outcome: number): void {
    for (let i = at; i < at + NOTES; i++) floats[i] = cut(floats[i] as number);
    const change = cut(outcome);
    const said = this.#listen(floats, floats, at);
    const count = (floats[this.#at] as number) + 1;
    floats[this.#at] = count;
    this.#followLosses(floats, said, change, Math.max(LOSS_WEIGHT, 1 / count));
    this.#followRegrets(floats, said, change, count > REGRET_WARM_UP);
    this.#regression.learn(floats, this.#regressionAt, floats, at, change);
    this.#curves.correct(floats, this.#curvesAt, change - (said[CURVES_EXPERT] as number));
  }

  /** Makes the weights those that follow from the losses. */
  #followLosses(floats: Float32Array, said: Float64Array, change: number, share: number): void {
    const weights = this.#at + 1;
    const losses = weights + EXPERTS;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < EXPERTS; i++) {
      const loss = floats[losses + i] as number;
      const now = loss + share * (Math.abs((said[i] as number) - change) - loss);
      floats[losses + i] = now;
      if (now < least) least = now;
    }
    let total = 0;
    for (let i = 0; i < EXPERTS; i++) {
      const loss = floats[losses + i] as number;
      const weight = loss <= least ? 1 : preference(least / loss);
      floats[weights + i] = weight;
      total += weight;
    }
    for (let i = 0; i < EXPERTS; i++) floats[weights + i] = (floats[weights + i] as number) / total;
  }

  /** Updates the regrets; moves the weights half way to those that follow from them, if they `count`. */
  #followRegrets(floats: Float32Array, said: Float64Array, change: number, count: boolean): void {
    const weights = this.#at + 1;
    const regrets = weights + 2 * EXPERTS;
    const squares = regrets + EXPERTS;
    const shares = this.#shares;
    let mix = 0;
    let total = 0;
    for (let i = 0; i < EXPERTS; i++) {
      const weight = regretWeight(floats[regrets + i] as number, floats[squares + i] as number);
      mix += weight * (said[i] as number);
      total += weight;
    }
    mix = total > 0 ? mix / total : (said[REGRESSION_EXPERT] as number);
    const miss = Math.max(-1, Math.min(1, (mix - change) / FULL_MISS));
    total = 0;
    for (let i = 0; i < EXPERTS; i++) {
      const regret = miss * (mix - (said[i] as number));
      floats[regrets + i] = REGRET_MEMORY * (floats[regrets + i] as number) + regret;
      floats[squares + i] = REGRET_MEMORY * (floats[squares + i] as number) + regret * regret;
      const weight = regretWeight(floats[regrets + i] as number, floats[squares + i] as number);
      shares[i] = weight;
      total += weight;
    }
    if (!count || total === 0) return;
    const half = 0.5 / total;
    for (let i = 0; i < EXPERTS; i++) {
      floats[weights + i] = 0.5 * (floats[weights + i] as number) + half * (shares[i] as number);
    }
  }

  /** Changes that the experts forecast. */
  #listen(floats: Float32Array, notes: Float32Array, at: number): Float64Array {
    const said = this.#said;
    const dayChange = notes[at + DAY_CHANGE] as number;
    const toAverage = notes[at + AVERAGE_NOTES + 1] as number;
    said[0] = 0;
    said[1] = toAverage;
    said[2] = notes[at + AVERAGE_NOTES + 2] as number;
    said[3] = notes[at + AVERAGE_NOTES + 3] as number;
    said[REGRESSION_EXPERT] = notes[at + REGRESSION] as number;
    said[5] = dayChange + toAverage;
    said[6] = dayChange + (notes[at + DAY_NOW] as number);
    said[7] = dayChange + (notes[at + TODAY_NOW] as number);
    said[8] = dayChange + (notes[at + TODAY_LONG] as number);
    said[9] = dayChange + (notes[at + WEEK_CHANGE] as number) + toAverage;
    said[10] = notes[at + TREND] as number;
    said[11] = notes[at + HOUR_NOW] as number;
    said[CURVES_EXPERT] = this.#curves.predict(floats, this.#curvesAt, notes, at);
    return said;
  }
}

/** Places of the regression and of the curves among the experts. */
const REGRESSION_EXPERT = 4;
const CURVES_EXPERT = 12;

/** Weight of an expert whose loss is the least one over `ratio`: the 32nd power, so that 2 % more halves it. */
function preference(ratio: number): number {
  const second = ratio * ratio;
  const fourth = second * second;
  const eighth = fourth * fourth;
  const sixteenth = eighth * eighth;
  return sixteenth * sixteenth;
}

function cut(changes: number): number {
  return Math.max(-MOST_LEARNED, Math.min(MOST_LEARNED, changes));
}

function regretWeight(regret: number, squares: number): number {
  return regret > 0 ? regret / (REGRET_FLOOR + squares) : 0;
}
