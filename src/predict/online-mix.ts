import {
  AVERAGE_NOTES,
  DAY_CHANGE,
  DAY_NOW,
  ExpertMix,
  HOUR_NOW,
  LAGGED,
  NOTES,
  REGRESSION,
  TODAY_LONG,
  TODAY_NOW,
  TREND,
  WEEK_CHANGE,
} from './expert-mix.ts';
import type { HorizonTrack } from './horizon-track.ts';
import { LevelShift } from './level-shift.ts';
import type { OnlineModel } from './online-model.ts';
import { DAY_PROFILE, type ProfileShape, SeasonProfile } from './season-profile.ts';
import type { SeriesState, StateLayout } from './series-state.ts';

/** Of the averages of the values, in sampling steps. */
const HALF_LIVES = [1, 3, 10, 40] as const;
const STEP_WEIGHTS = HALF_LIVES.map((halfLife) => 1 - 2 ** (-1 / halfLife));
/** Of the averages of the distances from the course of the day: how today differs, at this moment and all along. */
const TODAY_HALF_LIVES = [1, 40] as const;
const TODAY_WEIGHTS = TODAY_HALF_LIVES.map((halfLife) => 1 - 2 ** (-1 / halfLife));

/** By how many steps an average trails a straight line, once it has settled. */
const LAGS = STEP_WEIGHTS.map((weight) => 1 / weight - 1);
/** The two averages whose distance tells the trend. */
const FAST = 2;
const SLOW = 3;
/** Age, in half-lives, from which on an average counts as settled: it lacks 1e-6 of its lag. */
const SETTLED = 20;

/** How days of the week differ from the course of the day: slots of three hours, the newest week weighing two fifths. */
const WEEK_PROFILE: ProfileShape = { periodMs: 7 * 86_400_000, buckets: 56, newestWeight: 0.4 };

/**
 * What comes and goes with the hour, such as jobs that are started by the clock: how values differ from the slow average
 * in each five minutes of it. Of the values as they are, since a job may last for one sample.
 */
const HOUR_PROFILE: ProfileShape = { periodMs: 3_600_000, buckets: 12, newestWeight: 0.15 };

/** No note is larger, in usual changes; single precision holds its square. */
const LARGEST_NOTE = 1e15;

/**
 * Of the way from what the experts say to the median of the errors, which skewed ones have beside 0. Half of the way and
 * all of it gain less, on all sets of series together.
 */
const TO_MEDIAN = 0.75;

const ANCHOR = 0;
const LAST = 1;
const PREVIOUS = 2;
const BEFORE = 3;
const TIME = 4;
const AGE = 5;
/** Change a sampling step, as a line through the averages has it; per millisecond. */
const SLOPE = 6;
/** The usual value at this time of the day, less the anchor. */
const USUAL = 7;
/** What is usual at this time of the week beside that. */
const USUAL_OF_WEEK = 8;
const AVERAGES = 9;
const TODAY = AVERAGES + HALF_LIVES.length;
const DOUBLES = TODAY + TODAY_HALF_LIVES.length;

/**
 * The default model: thirteen simple forecasts, among them a straight line on, a regression on averages and on the usual
 * course of hour and day, and curves, mixed for each horizon as they did lately. Everything is updated in place with each sample.
 *
 * Works for any series; where nothing can be predicted it comes down to the last value.
 */
export class OnlineMix implements OnlineModel {
  readonly notes: number = NOTES;
  readonly toMedian: number = TO_MEDIAN;
  readonly #at: number;
  readonly #day: SeasonProfile;
  readonly #week: SeasonProfile;
  readonly #hour: SeasonProfile;
  readonly #shift: LevelShift;
  readonly #mixes: readonly ExpertMix[];
  #doubt = 0;

  /** @param horizons how many are tracked */
  constructor(layout: StateLayout, horizons: number) {
    this.#at = layout.doubles(DOUBLES);
    this.#day = new SeasonProfile(layout, DAY_PROFILE);
    this.#week = new SeasonProfile(layout, WEEK_PROFILE);
    this.#hour = new SeasonProfile(layout, HOUR_PROFILE);
    this.#shift = new LevelShift(layout);
    this.#mixes = Array.from({ length: horizons }, () => new ExpertMix(layout));
  }

  get doubt(): number {
    return this.#doubt;
  }

  start(state: SeriesState, timestamp: number, value: number, stepMs: number): void {
    const { doubles: d } = state;
    d.fill(value, this.#at, this.#at + TODAY);
    d[this.#at + TIME] = timestamp - stepMs;
    d[this.#at + AGE] = -1;
    d[this.#at + SLOPE] = 0;
    d[this.#at + USUAL] = Number.NaN;
    d[this.#at + USUAL_OF_WEEK] = Number.NaN;
    this.#day.start(state, stepMs);
    this.#week.start(state, stepMs);
    this.#hour.start(state, stepMs);
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
    d[at + AGE] = (d[at + AGE] as number) + steps;
    const middle = medianOfThree(value, d[at + PREVIOUS] as number, d[at + BEFORE] as number);
    const away = Math.abs(middle - (d[at + AVERAGES + SLOW] as number));
    if (this.#shift.observe(d, away, d[at + AGE] as number)) d.fill(middle, at + AVERAGES, at + TODAY);
    for (let k = 0; k < HALF_LIVES.length; k++) {
      const old = d[at + AVERAGES + k] as number;
      const weight = steps === 1 ? (STEP_WEIGHTS[k] as number) : 1 - 2 ** (-steps / (HALF_LIVES[k] as number));
      d[at + AVERAGES + k] = old + weight * ((k === 0 ? value : middle) - old);
    }
    d[at + SLOPE] = this.#slope(d) / stepMs;
    const level = middle - (d[at + ANCHOR] as number);
    const usual = this.#day.at(state, timestamp);
    d[at + USUAL] = usual;
    if (!Number.isNaN(usual)) {
      const distance = level - usual;
      d[at + USUAL_OF_WEEK] = this.#week.at(state, timestamp);
      this.#week.observe(state, timestamp, distance);
      for (let k = 0; k < TODAY_HALF_LIVES.length; k++) {
        const old = d[at + TODAY + k] as number;
        d[at + TODAY + k] = old + (TODAY_WEIGHTS[k] as number) * (distance - old);
      }
    }
    this.#day.observe(state, timestamp, level);
    this.#hour.observe(state, timestamp, value - (d[at + AVERAGES + SLOW] as number));
  }

  predict(state: SeriesState, horizonMs: number, track: HorizonTrack, notes: Float32Array, at: number): number {
    const last = state.doubles[this.#at + LAST] as number;
    const scale = track.scale(state);
    if (scale === 0) {
      notes.fill(0, at, at + NOTES);
      this.#doubt = 0;
      return last;
    }
    this.#describe(state, horizonMs, track, notes, at);
    const mix = this.#mixes[track.index] as ExpertMix;
    const change = mix.predict(state.floats, notes, at);
    this.#doubt = scale * mix.doubt;
    return last + scale * change;
  }

  learn({ floats }: SeriesState, track: HorizonTrack, at: number, change: number): void {
    (this.#mixes[track.index] as ExpertMix).learn(floats, at, change);
  }

  /** Writes the features: distances from the newest value, in units of the usual change. */
  #describe(state: SeriesState, horizonMs: number, track: HorizonTrack, notes: Float32Array, at: number): void {
    const d = state.doubles;
    const own = this.#at;
    const last = d[own + LAST] as number;
    const time = d[own + TIME] as number;
    const unit = 1 / track.scale(state);
    for (let k = 0; k < HALF_LIVES.length; k++) {
      notes[at + AVERAGE_NOTES + k] = bound(((d[own + AVERAGES + k] as number) - last) * unit);
    }
    const usual = d[own + USUAL] as number;
    const change = this.#day.at(state, time + horizonMs) - usual;
    if (Number.isNaN(change)) notes.fill(0, at + DAY_CHANGE, at + TODAY_LONG + 1);
    else {
      const toUsual = usual + (d[own + ANCHOR] as number) - last;
      notes[at + DAY_CHANGE] = bound(change * unit);
      notes[at + DAY_NOW] = bound(toUsual * unit);
      notes[at + TODAY_NOW] = bound((toUsual + (d[own + TODAY] as number)) * unit);
      notes[at + TODAY_LONG] = bound((toUsual + (d[own + TODAY + 1] as number)) * unit);
    }
    const lagged = track.lagged(state);
    notes[at + LAGGED] = Number.isNaN(lagged) ? 0 : bound((lagged - last) * unit);
    const ofHour = this.#hour.mean(state, time + horizonMs);
    const toHour = ofHour + (d[own + AVERAGES + SLOW] as number) - last;
    notes[at + HOUR_NOW] = Number.isNaN(toHour) ? 0 : bound(toHour * unit);
    const ofWeek = d[own + USUAL_OF_WEEK] as number;
    const week = Number.isNaN(ofWeek) ? ofWeek : this.#week.at(state, time + horizonMs) - ofWeek;
    notes[at + WEEK_CHANGE] = Number.isNaN(week) ? 0 : bound(week * unit);
    notes[at + TREND] = bound((d[own + SLOPE] as number) * horizonMs * unit);
    notes[at + REGRESSION] = 0;
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

function lagAt(age: number, average: number): number {
  const lag = LAGS[average] as number;
  const halfLives = age / (HALF_LIVES[average] as number);
  return halfLives > SETTLED ? lag : lag * (1 - 2 ** -halfLives);
}

function bound(note: number): number {
  return Math.max(-LARGEST_NOTE, Math.min(LARGEST_NOTE, note));
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
