import { RecursiveLeastSquares } from '../stats/recursive-least-squares.ts';
import { DailyProfile, type DailyProfileSnapshot, NEWEST_DAY_WEIGHT } from './daily-profile.ts';
import type { HorizonView, OnlineModel } from './online-model.ts';

/** In sampling steps. */
const HALF_LIVES = [1, 3, 10, 40] as const;
const STEP_WEIGHTS = HALF_LIVES.map((halfLife) => 1 - 2 ** (-1 / halfLife));

/** By how many steps an average trails a straight line, once it has settled. */
const LAGS = STEP_WEIGHTS.map((weight) => 1 / weight - 1);
/** The two averages whose distance tells the trend. */
const FAST = 2;
const SLOW = 3;

const FEATURES = 7;
const EXPERTS = 8;
/** Where the regression's forecast lies in the notes, after the features, and the trend's. */
const REGRESSION = FEATURES;
const TREND = FEATURES + 1;
const NOTES = FEATURES + 2;
/** Experts that are believed before there are outcomes: all but the trend, which is wild on noise. */
const FIRST_EXPERTS = 7;

/** Outcomes before the regression is believed. */
const REGRESSION_WARM_UP = 20;
/** Largest change that the regression may forecast, in usual changes. */
const REGRESSION_CLIP = 4;
/** Features and outcomes beyond this many usual changes carry no more information, only damage. */
const NORMALISED_CLIP = 100;
/** How sharply the mix prefers the experts with the smallest loss; tuned on 157 series. */
const SHARPNESS = 20;
/** An expert whose loss exceeds the least by more than this multiple of it would weigh less than 1e-17. */
const HOPELESS = 2;
/** Losses are means over about the last 200 outcomes. */
const LOSS_WEIGHT = 0.005;

const LAST = 0;
const PREVIOUS = 1;
const BEFORE = 2;
const TIME = 3;
const STEP = 4;
const AGE = 5;
const AVERAGES = 6;
const SCALARS = AVERAGES + HALF_LIVES.length;

/** Serialised {@link OnlineMix}. */
export interface OnlineMixSnapshot {
  readonly scalars: Float64Array;
  readonly profile: DailyProfileSnapshot | undefined;
  readonly experts: readonly (ExpertMixSnapshot | undefined)[];
}

/**
 * The default model: eight simple forecasts, among them a straight line on, and a regression on averages and on the usual
 * course of the day, weighted for each horizon by how well they did lately. Everything is updated in place with each sample.
 *
 * Works for any series; where nothing can be predicted it comes down to the last value. Holds up to 6 kB for three
 * horizons; an update costs about two microseconds.
 *
 * Source of the mix: the exponentially weighted average forecaster, Cesa-Bianchi & Lugosi, Prediction, Learning, and
 * Games (2006), section 2.1.
 */
export class OnlineMix implements OnlineModel {
  readonly notes: number = NOTES;
  /** Newest value, the two before, the newest time, the step, the age in steps, the averages. */
  readonly #scalars: Float64Array;
  readonly #experts: (ExpertMix | undefined)[];
  #profile: DailyProfile | undefined;

  /** @param snapshot what `snapshot()` gave, to go on from there */
  constructor(snapshot?: OnlineMixSnapshot) {
    this.#scalars = snapshot?.scalars.slice() ?? new Float64Array(SCALARS).fill(Number.NaN);
    this.#profile = snapshot?.profile === undefined ? undefined : new DailyProfile(snapshot.profile, NEWEST_DAY_WEIGHT);
    this.#experts = (snapshot?.experts ?? []).map((e) => (e === undefined ? undefined : new ExpertMix(e)));
  }

  observe(timestamp: number, value: number, stepMs: number): void {
    const s = this.#scalars;
    const first = Number.isNaN(s[TIME]);
    const steps = first ? 1 : (timestamp - (s[TIME] as number)) / stepMs;
    s[BEFORE] = first ? value : (s[PREVIOUS] as number);
    s[PREVIOUS] = first ? value : (s[LAST] as number);
    s[LAST] = value;
    s[TIME] = timestamp;
    s[STEP] = stepMs;
    s[AGE] = first ? 0 : (s[AGE] as number) + steps;
    const middle = medianOfThree(value, s[PREVIOUS] as number, s[BEFORE] as number);
    for (let k = 0; k < HALF_LIVES.length; k++) {
      const old = first ? value : (s[AVERAGES + k] as number);
      const weight = steps === 1 ? (STEP_WEIGHTS[k] as number) : 1 - 2 ** (-steps / (HALF_LIVES[k] as number));
      s[AVERAGES + k] = old + weight * ((k === 0 ? value : middle) - old);
    }
    this.#profile ??= new DailyProfile(stepMs, NEWEST_DAY_WEIGHT);
    this.#profile.observe(timestamp, middle);
  }

  predict(horizonMs: number, horizon: HorizonView, notes: Float64Array, offset: number): number {
    const last = this.#scalars[LAST] as number;
    if (horizon.scale === 0) {
      notes.fill(0, offset, offset + NOTES);
      return last;
    }
    this.#describe(horizonMs, horizon, notes, offset);
    const experts = this.#experts[horizon.index];
    const change = experts === undefined ? equalMix(notes, offset) : experts.predict(notes, offset);
    return last + horizon.scale * change;
  }

  learn(horizon: HorizonView, notes: Float64Array, offset: number, change: number): void {
    this.#experts[horizon.index] ??= new ExpertMix();
    this.#experts[horizon.index]?.learn(notes, offset, clip(change, NORMALISED_CLIP));
  }

  snapshot(): OnlineMixSnapshot {
    return {
      scalars: this.#scalars.slice(),
      profile: this.#profile?.snapshot(),
      experts: Array.from(this.#experts, (e) => e?.snapshot()),
    };
  }

  /** Writes the features: distances from the newest value, in units of the usual change. */
  #describe(horizonMs: number, horizon: HorizonView, notes: Float64Array, offset: number): void {
    const s = this.#scalars;
    const last = s[LAST] as number;
    const unit = 1 / horizon.scale;
    for (let k = 0; k < HALF_LIVES.length; k++) {
      notes[offset + k] = clip(((s[AVERAGES + k] as number) - last) * unit, NORMALISED_CLIP);
    }
    const time = s[TIME] as number;
    const usualNow = this.#profile?.at(time) ?? Number.NaN;
    const usualThen = this.#profile?.at(time + horizonMs) ?? Number.NaN;
    const known = !Number.isNaN(usualNow) && !Number.isNaN(usualThen);
    notes[offset + 4] = known ? clip((usualThen - usualNow) * unit, NORMALISED_CLIP) : 0;
    notes[offset + 5] = known ? clip((usualNow - last) * unit, NORMALISED_CLIP) : 0;
    notes[offset + 6] = horizon.lagged === undefined ? 0 : clip((horizon.lagged - last) * unit, NORMALISED_CLIP);
    notes[offset + REGRESSION] = 0;
    notes[offset + TREND] = clip(this.#slope() * (horizonMs / (s[STEP] as number)) * unit, NORMALISED_CLIP);
  }

  /**
   * Change a step, from two averages: on a straight line each trails it by its lag times the slope, and by
   * 1 − 2^(−age/half-life) of that while it is young, so that a line is known for one from its first samples on.
   */
  #slope(): number {
    const s = this.#scalars;
    const age = s[AGE] as number;
    if (age < 2) return 0;
    const distance = (s[AVERAGES + FAST] as number) - (s[AVERAGES + SLOW] as number);
    return distance / (lagAt(age, SLOW) - lagAt(age, FAST));
  }
}

function lagAt(age: number, average: number): number {
  return (LAGS[average] as number) * (1 - 2 ** (-age / (HALF_LIVES[average] as number)));
}

/** Serialised {@link ExpertMix}. */
interface ExpertMixSnapshot {
  readonly regression: Float64Array;
  readonly state: Float64Array;
}

/** The experts of one horizon: the regression's coefficients, each expert's mean loss, the weights that follow. */
class ExpertMix {
  readonly #regression: RecursiveLeastSquares;
  /** Losses, weights, number of outcomes. */
  readonly #state: Float64Array;

  constructor(snapshot?: ExpertMixSnapshot) {
    this.#regression = new RecursiveLeastSquares(FEATURES, snapshot?.regression);
    this.#state = snapshot?.state.slice() ?? new Float64Array(2 * EXPERTS + 1);
  }

  predict(notes: Float64Array, offset: number): number {
    if (this.#regression.count >= REGRESSION_WARM_UP) {
      notes[offset + REGRESSION] = clip(this.#regression.predict(notes, offset), REGRESSION_CLIP);
    }
    let change = 0;
    for (let i = 0; i < EXPERTS; i++) change += (this.#state[EXPERTS + i] as number) * expert(i, notes, offset);
    return change;
  }

  learn(notes: Float64Array, offset: number, change: number): void {
    const s = this.#state;
    const count = (s[2 * EXPERTS] as number) + 1;
    s[2 * EXPERTS] = count;
    const weight = Math.max(LOSS_WEIGHT, 1 / count);
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < EXPERTS; i++) {
      const loss = s[i] as number;
      s[i] = loss + weight * (Math.abs(expert(i, notes, offset) - change) - loss);
      least = Math.min(least, s[i] as number);
    }
    let total = 0;
    for (let i = 0; i < EXPERTS; i++) {
      const excess = (s[i] as number) - least;
      s[EXPERTS + i] = excess === 0 ? 1 : excess > HOPELESS * least ? 0 : Math.exp((-SHARPNESS * excess) / least);
      total += s[EXPERTS + i] as number;
    }
    for (let i = 0; i < EXPERTS; i++) s[EXPERTS + i] = (s[EXPERTS + i] as number) / total;
    this.#regression.learn(notes, change, offset);
  }

  snapshot(): ExpertMixSnapshot {
    return { regression: this.#regression.snapshot(), state: this.#state.slice() };
  }
}

/** Change that an expert forecasts: none, back to an average, the regression's, along the day's course, back to it, on. */
function expert(index: number, notes: Float64Array, offset: number): number {
  switch (index) {
    case 0:
      return 0;
    case 4:
      return notes[offset + REGRESSION] as number;
    case 5:
      return (notes[offset + 4] as number) + (notes[offset + 1] as number);
    case 6:
      return (notes[offset + 4] as number) + (notes[offset + 5] as number);
    case 7:
      return notes[offset + TREND] as number;
    default:
      return notes[offset + index] as number;
  }
}

function equalMix(notes: Float64Array, offset: number): number {
  let change = 0;
  for (let i = 0; i < FIRST_EXPERTS; i++) change += expert(i, notes, offset) / FIRST_EXPERTS;
  return change;
}

function clip(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
