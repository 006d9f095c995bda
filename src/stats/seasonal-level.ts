import { slotOf } from './slot-means.ts';

const DAY_MS = 86_400_000;

/** With fewer values a period than this it has no shape. */
const FEWEST_SLOTS = 8;

/** Share of the newest value in the level, and of the newest period in a slot's offset: a week for a changed habit. */
const LEVEL_RATE = 0.02;
const PERIOD_SHARE = 0.3;

/** As in {@link RobustLevel}; and what moves a level beyond the clip: an outlier is hardly a habit. */
const CLIP = 4;
const BEYOND_CLIP = 0.1;
const SCALE_RATE = 0.005;
const SD_OVER_MEAN_ABSOLUTE = Math.sqrt(Math.PI / 2);

/** Of the errors, over about a day: what wins against the plain level's, and what loses. */
const WINS_BELOW = 0.7;
const LOSES_ABOVE = 0.9;

/** What a {@link SeasonalLevel} is a habit of. */
export interface Season {
  /** Milliseconds. */
  readonly period: number;
  /** Slots of one period, at most. */
  readonly slots: number;
  /** How long it is watched before it may count, milliseconds. */
  readonly probation: number;
}

/** A habit for each quarter of an hour of the day: shorter ones learn from too few values. */
export const DAY: Season = { period: DAY_MS, slots: 96, probation: 2 * DAY_MS };

/** A habit for each hour of the week; the second week has to be as the first. */
export const WEEK: Season = { period: 7 * DAY_MS, slots: 168, probation: 9 * DAY_MS };

/** State of a {@link SeasonalLevel}. */
export interface SeasonalLevelSnapshot {
  readonly offsets: Float64Array;
  readonly counts: Uint32Array;
  readonly born: number;
  readonly level: number;
  readonly plain: number;
  readonly meanAbsolute: number;
  readonly count: number;
  readonly error: number;
  readonly plainError: number;
  readonly confirmed: boolean;
}

/**
 * A robust level with a habit for each slot of a season, and the judgement whether there is such a habit: it is
 * `confirmed` once it has erred clearly less than a plain level over about a day, after its probation.
 *
 * All times are milliseconds in which the season begins at a multiple of its period; for a day of 24 hours that begins
 * at midnight these are local ones.
 *
 * Additive seasonal smoothing (Winters 1960) with Huber's clip. Two numbers a slot; O(1) a value.
 */
export class SeasonalLevel {
  readonly #season: Season;
  readonly #offsets: Float64Array;
  /** Values that each slot has seen. */
  readonly #counts: Uint32Array;
  readonly #born: number;
  #level = 0;
  /** A level without habits, to compare with. */
  #plain = 0;
  #meanAbsolute = 0;
  #count = 0;
  /** Mean absolute errors, its own and the plain level's, over about a day. */
  #error = 0;
  #plainError = 0;
  #confirmed: boolean;
  /** The time asked for last, and its slot. */
  #time: number = Number.NaN;
  #slotAtTime = 0;

  constructor(season: Season, snapshot: SeasonalLevelSnapshot) {
    this.#season = season;
    this.#offsets = snapshot.offsets.slice();
    this.#counts = snapshot.counts.slice();
    this.#born = snapshot.born;
    this.#level = snapshot.level;
    this.#plain = snapshot.plain;
    this.#meanAbsolute = snapshot.meanAbsolute;
    this.#count = snapshot.count;
    this.#error = snapshot.error;
    this.#plainError = snapshot.plainError;
    this.#confirmed = snapshot.confirmed;
  }

  /**
   * Begins at `time` with a level and no habit; `undefined` where values come too seldom to have one.
   *
   * @param step between values, milliseconds
   */
  static begin(season: Season, time: number, step: number, level: number): SeasonalLevel | undefined {
    const slots = slotsFor(season, step);
    if (slots < FEWEST_SLOTS) return undefined;
    return new SeasonalLevel(season, {
      offsets: new Float64Array(slots),
      counts: new Uint32Array(slots),
      born: time,
      level,
      plain: level,
      meanAbsolute: 0,
      count: 0,
      error: 0,
      plainError: 0,
      confirmed: false,
    });
  }

  /** Milliseconds before a habit may be confirmed that is yet to begin; `undefined` where values come too seldom. */
  static probation(season: Season, step: number): number | undefined {
    return slotsFor(season, step) < FEWEST_SLOTS ? undefined : season.probation;
  }

  /** Milliseconds after `time` before it may be confirmed. */
  probationLeft(time: number): number {
    return Math.max(0, this.#season.probation - (time - this.#born));
  }

  /** Whether the time explains the values clearly better than a plain level does. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Mean absolute error over about a day, as a part of the plain level's. */
  get relativeError(): number {
    return this.#plainError > 0 ? this.#error / this.#plainError : 1;
  }

  /** Standard deviation of the residuals, if they are normal; 0 where all were 0. */
  get scale(): number {
    return SD_OVER_MEAN_ABSOLUTE * this.#meanAbsolute;
  }

  /** Usual value at this time; `NaN` where there was none yet. */
  at(time: number): number {
    const slot = this.#slot(time);
    return this.#counts[slot] === 0 ? Number.NaN : this.#level + (this.#offsets[slot] as number);
  }

  /**
   * Takes a value.
   *
   * @param step between values, milliseconds
   */
  learn(time: number, value: number, step: number): void {
    const slot = this.#slot(time);
    const seen = (this.#counts[slot] as number) + 1;
    this.#counts[slot] = seen;
    const plainResidual = value - this.#plain;
    const clip = this.#meanAbsolute > 0 ? CLIP * this.scale : Number.MAX_VALUE;
    const plainAbsolute = Math.min(Math.abs(plainResidual), clip);
    this.#plain += LEVEL_RATE * Math.sign(plainResidual) * plainAbsolute;
    if (seen === 1) {
      this.#offsets[slot] = value - this.#level;
      return;
    }
    this.#count++;
    const residual = value - this.#level - (this.#offsets[slot] as number);
    const absolute = Math.min(Math.abs(residual), clip);
    this.#contest(time, absolute, plainAbsolute, step / DAY_MS);
    this.#meanAbsolute += Math.max(SCALE_RATE, 1 / this.#count) * (absolute - this.#meanAbsolute);
    const change = (absolute < clip ? 1 : BEYOND_CLIP) * Math.sign(residual) * absolute;
    const valuesInSlot = Math.max(1, this.#season.period / (this.#offsets.length * step));
    this.#level += LEVEL_RATE * change;
    this.#offsets[slot] =
      (this.#offsets[slot] as number) + Math.max(PERIOD_SHARE / valuesInSlot, 1 / (seen + 1)) * change;
  }

  /** Goes on from another level, as seen at `time`. */
  rebase(time: number, value: number): void {
    const usual = this.at(time);
    if (!Number.isNaN(usual)) this.#level += value - usual;
    this.#plain = value;
  }

  snapshot(): SeasonalLevelSnapshot {
    return {
      offsets: this.#offsets.slice(),
      counts: this.#counts.slice(),
      born: this.#born,
      level: this.#level,
      plain: this.#plain,
      meanAbsolute: this.#meanAbsolute,
      count: this.#count,
      error: this.#error,
      plainError: this.#plainError,
      confirmed: this.#confirmed,
    };
  }

  /** A time is asked for twice, before and after its value came. */
  #slot(time: number): number {
    if (time !== this.#time) {
      this.#time = time;
      this.#slotAtTime = slotOf(time, this.#season.period, this.#offsets.length);
    }
    return this.#slotAtTime;
  }

  #contest(time: number, error: number, plainError: number, rate: number): void {
    // The first period is learned from; only what is foretold from then on counts.
    if (time - this.#born < this.#season.period) return;
    this.#error += rate * (error - this.#error);
    this.#plainError += rate * (plainError - this.#plainError);
    const limit = this.#confirmed ? LOSES_ABOVE : WINS_BELOW;
    this.#confirmed = time - this.#born >= this.#season.probation && this.#error < limit * this.#plainError;
  }
}

/** Slots of a period where values come every `step` milliseconds. */
function slotsFor(season: Season, step: number): number {
  return Math.min(season.slots, Math.floor(season.period / step));
}
