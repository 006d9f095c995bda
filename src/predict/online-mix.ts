import { RecursiveLeastSquares } from '../stats/recursive-least-squares.ts';
import type { HorizonTrack } from './horizon-track.ts';
import type { OnlineModel } from './online-model.ts';
import { DAY_PROFILE, type ProfileShape, SeasonProfile } from './season-profile.ts';
import type { SeriesState, StateLayout } from './series-state.ts';

/** In sampling steps. */
const HALF_LIVES = [1, 3, 10, 40] as const;
const STEP_WEIGHTS = HALF_LIVES.map((halfLife) => 1 - 2 ** (-1 / halfLife));

/** By how many steps an average trails a straight line, once it has settled. */
const LAGS = STEP_WEIGHTS.map((weight) => 1 / weight - 1);
/** The two averages whose distance tells the trend. */
const FAST = 2;
const SLOW = 3;

/** How days of the week differ from the course of the day: slots of two hours, the newest week weighing two fifths. */
const WEEK_PROFILE: ProfileShape = { periodMs: 7 * 86_400_000, buckets: 84, newestWeight: 0.4 };

/** Inputs of the regression, by their place in the notes: distances from the newest value, in usual changes. */
const DAY_CHANGE = 4;
const DAY_NOW = 5;
const LAGGED = 6;
const WEEK_CHANGE = 7;
const FEATURES = 8;
/** After them in the notes: the regression's forecast, and the trend's. */
const REGRESSION = FEATURES;
const TREND = FEATURES + 1;
const NOTES = FEATURES + 2;

const EXPERTS = 9;
/** Experts that are believed before there are outcomes: all but the trend, which is wild on noise, and the week's. */
const FIRST_EXPERTS = 7;

/** Outcomes before the regression is believed. */
const REGRESSION_WARM_UP = 20;
/** Largest change that the regression may forecast, in usual changes. */
const REGRESSION_CLIP = 4;
/** Features and outcomes beyond this many usual changes carry no more information, only damage. */
const NORMALISED_CLIP = 100;
/** Losses are means over about the last 200 outcomes. */
const LOSS_WEIGHT = 0.005;

const ANCHOR = 0;
const PREVIOUS = 1;
const BEFORE = 2;
const TIME = 3;
const STEP = 4;
const AGE = 5;
const LAST = 6;
const AVERAGES = 7;
const DOUBLES = AVERAGES + HALF_LIVES.length;

/**
 * The default model: nine simple forecasts, among them a straight line on, and a regression on averages and on the usual
 * course of day and week, weighted for each horizon by how well they did lately. Everything is updated in place with each
 * sample.
 *
 * Works for any series; where nothing can be predicted it comes down to the last value.
 *
 * Source of the mix: the weighted average forecaster with polynomial weights, Cesa-Bianchi & Lugosi, Prediction,
 * Learning, and Games (2006), section 2.1.
 */
export class OnlineMix implements OnlineModel {
  readonly notes: number = NOTES;
  readonly #at: number;
  readonly #day: SeasonProfile;
  readonly #week: SeasonProfile;
  readonly #mixes: readonly ExpertMix[];

  /** @param horizons how many are tracked */
  constructor(layout: StateLayout, horizons: number) {
    this.#at = layout.doubles(DOUBLES);
    this.#day = new SeasonProfile(layout, DAY_PROFILE);
    this.#week = new SeasonProfile(layout, WEEK_PROFILE);
    this.#mixes = Array.from({ length: horizons }, () => new ExpertMix(layout));
  }

  start(state: SeriesState, timestamp: number, value: number, stepMs: number): void {
    const { doubles } = state;
    doubles.fill(value, this.#at, this.#at + DOUBLES);
    doubles[this.#at + TIME] = timestamp - stepMs;
    doubles[this.#at + AGE] = -1;
    this.#day.start(state, stepMs);
    this.#week.start(state, stepMs);
    for (const mix of this.#mixes) mix.start(state.floats);
  }

  observe(state: SeriesState, timestamp: number, value: number, stepMs: number): void {
    const d = state.doubles;
    const at = this.#at;
    const steps = (timestamp - (d[at + TIME] as number)) / stepMs;
    d[at + BEFORE] = d[at + PREVIOUS] as number;
    d[at + PREVIOUS] = d[at + LAST] as number;
    d[at + LAST] = value;
    d[at + TIME] = timestamp;
    d[at + STEP] = stepMs;
    d[at + AGE] = (d[at + AGE] as number) + steps;
    const middle = medianOfThree(value, d[at + PREVIOUS] as number, d[at + BEFORE] as number);
    for (let k = 0; k < HALF_LIVES.length; k++) {
      const old = d[at + AVERAGES + k] as number;
      const weight = steps === 1 ? (STEP_WEIGHTS[k] as number) : 1 - 2 ** (-steps / (HALF_LIVES[k] as number));
      d[at + AVERAGES + k] = old + weight * ((k === 0 ? value : middle) - old);
    }
    const level = middle - (d[at + ANCHOR] as number);
    const usual = this.#day.at(state, timestamp);
    if (!Number.isNaN(usual)) this.#week.observe(state, timestamp, level - usual);
    this.#day.observe(state, timestamp, level);
  }

  predict(state: SeriesState, horizonMs: number, track: HorizonTrack, notes: Float32Array, at: number): number {
    const last = state.doubles[this.#at + LAST] as number;
    const scale = track.scale(state);
    if (scale === 0) {
      notes.fill(0, at, at + NOTES);
      return last;
    }
    this.#describe(state, horizonMs, track, notes, at);
    return last + scale * (this.#mixes[track.index] as ExpertMix).predict(state.floats, notes, at);
  }

  learn({ floats }: SeriesState, track: HorizonTrack, at: number, change: number): void {
    (this.#mixes[track.index] as ExpertMix).learn(floats, at, clip(change, NORMALISED_CLIP));
  }

  /** Writes the features: distances from the newest value, in units of the usual change. */
  #describe(state: SeriesState, horizonMs: number, track: HorizonTrack, notes: Float32Array, at: number): void {
    const d = state.doubles;
    const own = this.#at;
    const last = d[own + LAST] as number;
    const unit = 1 / track.scale(state);
    for (let k = 0; k < HALF_LIVES.length; k++) {
      notes[at + k] = clip(((d[own + AVERAGES + k] as number) - last) * unit, NORMALISED_CLIP);
    }
    const time = d[own + TIME] as number;
    const usualNow = this.#day.at(state, time);
    const change = this.#day.at(state, time + horizonMs) - usualNow;
    const known = !Number.isNaN(change);
    notes[at + DAY_CHANGE] = known ? clip(change * unit, NORMALISED_CLIP) : 0;
    notes[at + DAY_NOW] = known ? clip((usualNow + (d[own + ANCHOR] as number) - last) * unit, NORMALISED_CLIP) : 0;
    const lagged = track.lagged(state);
    notes[at + LAGGED] = Number.isNaN(lagged) ? 0 : clip((lagged - last) * unit, NORMALISED_CLIP);
    const week = this.#week.at(state, time + horizonMs) - this.#week.at(state, time);
    notes[at + WEEK_CHANGE] = Number.isNaN(week) ? 0 : clip(week * unit, NORMALISED_CLIP);
    notes[at + REGRESSION] = 0;
    notes[at + TREND] = clip(this.#slope(d) * (horizonMs / (d[own + STEP] as number)) * unit, NORMALISED_CLIP);
  }

  /**
   * Change a step, from two averages: on a straight line each trails it by its lag times the slope, and by
   * 1 − 2^(−age/half-life) of that while it is young, so that a line is known for one from its first samples on.
   */
  #slope(d: Float64Array): number {
    const age = d[this.#at + AGE] as number;
    if (age < 2) return 0;
    const distance = (d[this.#at + AVERAGES + FAST] as number) - (d[this.#at + AVERAGES + SLOW] as number);
    return distance / (lagAt(age, SLOW) - lagAt(age, FAST));
  }
}

/** Age, in half-lives, from which on an average is taken as settled: it lacks 1e-6 of its lag. */
const SETTLED = 20;

function lagAt(age: number, average: number): number {
  const lag = LAGS[average] as number;
  const halves = age / (HALF_LIVES[average] as number);
  return halves > SETTLED ? lag : lag * (1 - 2 ** -halves);
}

/** The experts of one horizon: the regression's coefficients, each expert's mean loss, the weights that follow. */
class ExpertMix {
  readonly #regression = new RecursiveLeastSquares(FEATURES);
  readonly #regressionAt: number;
  /** Number of outcomes, losses, weights. */
  readonly #at: number;

  constructor(layout: StateLayout) {
    this.#at = layout.floats(1 + 2 * EXPERTS);
    this.#regressionAt = layout.floats(this.#regression.size);
  }

  start(floats: Float32Array): void {
    this.#regression.start(floats, this.#regressionAt);
    floats.fill(1 / FIRST_EXPERTS, this.#at + 1 + EXPERTS, this.#at + 1 + EXPERTS + FIRST_EXPERTS);
  }

  predict(floats: Float32Array, notes: Float32Array, at: number): number {
    if (this.#regression.count(floats, this.#regressionAt) >= REGRESSION_WARM_UP) {
      notes[at + REGRESSION] = clip(this.#regression.predict(floats, this.#regressionAt, notes, at), REGRESSION_CLIP);
    }
    const weights = this.#at + 1 + EXPERTS;
    let change = 0;
    for (let i = 0; i < EXPERTS; i++) change += (floats[weights + i] as number) * expert(i, notes, at);
    return change;
  }

  learn(floats: Float32Array, at: number, change: number): void {
    const losses = this.#at + 1;
    const weights = losses + EXPERTS;
    const count = (floats[this.#at] as number) + 1;
    floats[this.#at] = count;
    const share = Math.max(LOSS_WEIGHT, 1 / count);
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < EXPERTS; i++) {
      const loss = floats[losses + i] as number;
      const now = loss + share * (Math.abs(expert(i, floats, at) - change) - loss);
      floats[losses + i] = now;
      least = Math.min(least, now);
    }
    let total = 0;
    for (let i = 0; i < EXPERTS; i++) {
      const loss = floats[losses + i] as number;
      const weight = loss === least ? 1 : preference(least / loss);
      floats[weights + i] = weight;
      total += weight;
    }
    for (let i = 0; i < EXPERTS; i++) floats[weights + i] = (floats[weights + i] as number) / total;
    this.#regression.learn(floats, this.#regressionAt, floats, at, change);
  }
}

/** Weight of an expert whose loss is the least one over `ratio`: the 16th power, so that 5 % more halves it. */
function preference(ratio: number): number {
  const squared = ratio * ratio;
  const fourth = squared * squared;
  const eighth = fourth * fourth;
  return eighth * eighth;
}

/** Change that an expert forecasts: none, back to an average, the regression's, along the day's course, back to it, on. */
function expert(index: number, notes: Float32Array, at: number): number {
  switch (index) {
    case 0:
      return 0;
    case 4:
      return notes[at + REGRESSION] as number;
    case 5:
      return (notes[at + DAY_CHANGE] as number) + (notes[at + 1] as number);
    case 6:
      return (notes[at + DAY_CHANGE] as number) + (notes[at + DAY_NOW] as number);
    case 7:
      return notes[at + TREND] as number;
    case 8:
      return (notes[at + DAY_CHANGE] as number) + (notes[at + WEEK_CHANGE] as number) + (notes[at + 1] as number);
    default:
      return notes[at + index] as number;
  }
}

function clip(value: number, limit: number): number {
  return value > limit ? limit : value < -limit ? -limit : value;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
