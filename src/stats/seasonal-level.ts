const DAY_MS = 86_400_000;

/** A quarter of an hour each: shorter ones learn from too few values. */
const MOST_SLOTS = 96;

/** With fewer values a day than this there is no shape of a day. */
const FEWEST_SLOTS = 8;

/** Share of the newest value in the level, and of the newest day in a slot's offset: a week for a changed habit. */
const LEVEL_RATE = 0.02;
const DAY_SHARE = 0.3;

/** As in {@link RobustLevel}. */
const CLIP = 4;
const SCALE_RATE = 0.005;
const SD_OVER_MEAN_ABSOLUTE = Math.sqrt(Math.PI / 2);

/** Days of watching before the time of day may count, and the errors, against the plain level's, that win and lose it. */
const PROBATION_MS = 2 * DAY_MS;
const WINS_BELOW = 0.7;
const LOSES_ABOVE = 0.9;

/** State of a {@link SeasonalLevel}. */
export interface SeasonalLevelSnapshot {
  readonly offsets: Float64Array;
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
 * A robust level with a habit for each quarter of an hour of the day, and the judgement whether there is such a habit:
 * it is `confirmed` once it has erred clearly less than a plain level over about a day, after two days of watching.
 * A day is 24 hours of UTC.
 *
 * Additive seasonal smoothing (Winters 1960) with Huber's clip. 96 numbers; O(1) a value.
 */
export class SeasonalLevel {
  readonly #offsets: Float64Array;
  readonly #born: number;
  #level: number;
  /** A level without habits, to compare with. */
  #plain: number;
  #meanAbsolute: number;
  #count: number;
  /** Mean absolute errors, its own and the plain level's, over about a day. */
  #error: number;
  #plainError: number;
  #confirmed: boolean;

  constructor(snapshot: SeasonalLevelSnapshot) {
    this.#offsets = snapshot.offsets.slice();
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
   * Begins at `timestamp` with a level and no habit; `undefined` where values come too seldom to have one.
   *
   * @param step between values, milliseconds
   */
  static begin(timestamp: number, step: number, level: number): SeasonalLevel | undefined {
    const slots = Math.min(MOST_SLOTS, Math.floor(DAY_MS / step));
    if (slots < FEWEST_SLOTS) return undefined;
    return new SeasonalLevel({
      offsets: new Float64Array(slots),
      born: timestamp,
      level,
      plain: level,
      meanAbsolute: 0,
      count: 0,
      error: 0,
      plainError: 0,
      confirmed: false,
    });
  }

  /** Whether the time of day explains the values clearly better than a plain level does. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Standard deviation of the residuals, if they are normal. */
  get scale(): number {
    return SD_OVER_MEAN_ABSOLUTE * this.#meanAbsolute;
  }

  /** Usual value at this time of day. */
  at(timestamp: number): number {
    return this.#level + (this.#offsets[this.#slot(timestamp)] as number);
  }

  /**
   * Takes a value.
   *
   * @param step between values, milliseconds
   */
  learn(timestamp: number, value: number, step: number): void {
    this.#count++;
    const residual = value - this.at(timestamp);
    const clip = this.#meanAbsolute > 0 ? CLIP * this.scale : Number.MAX_VALUE;
    const absolute = Math.min(Math.abs(residual), clip);
    const plainResidual = value - this.#plain;
    const plainAbsolute = Math.min(Math.abs(plainResidual), clip);
    this.#plain += LEVEL_RATE * Math.sign(plainResidual) * plainAbsolute;
    this.#contest(timestamp, absolute, plainAbsolute, step / DAY_MS);
    this.#meanAbsolute += Math.max(SCALE_RATE, 1 / this.#count) * (absolute - this.#meanAbsolute);
    const slot = this.#slot(timestamp);
    const valuesInSlot = Math.max(1, DAY_MS / (this.#offsets.length * step));
    this.#level += LEVEL_RATE * Math.sign(residual) * absolute;
    this.#offsets[slot] = (this.#offsets[slot] as number) + (DAY_SHARE / valuesInSlot) * Math.sign(residual) * absolute;
  }

  /** Goes on from another level, as seen at `timestamp`. */
  rebase(timestamp: number, value: number): void {
    this.#level += value - this.at(timestamp);
    this.#plain = value;
  }

  snapshot(): SeasonalLevelSnapshot {
    return {
      offsets: this.#offsets.slice(),
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

  #slot(timestamp: number): number {
    const day = timestamp / DAY_MS;
    return Math.floor((day - Math.floor(day)) * this.#offsets.length);
  }

  #contest(timestamp: number, error: number, plainError: number, rate: number): void {
    // The first day is learned from; only what is foretold from then on counts.
    if (timestamp - this.#born < DAY_MS) return;
    this.#error += rate * (error - this.#error);
    this.#plainError += rate * (plainError - this.#plainError);
    const limit = this.#confirmed ? LOSES_ABOVE : WINS_BELOW;
    this.#confirmed = timestamp - this.#born >= PROBATION_MS && this.#error < limit * this.#plainError;
  }
}
