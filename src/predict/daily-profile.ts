const DAY_MS = 86_400_000;
/** Five minutes each: finer costs memory, coarser costs accuracy (48 buckets: 5 % worse at 5m). */
const MOST_BUCKETS = 288;
/** A profile of fewer is no profile: a step of more than three hours has none. */
const FEWEST_BUCKETS = 8;
/** The newest day's share once seven days are known; .5 is worse, smaller follows changes of habit too slowly. */
export const NEWEST_DAY_WEIGHT = 0.15;
/** Days that the count of a bucket goes up to. */
const MOST_DAYS = 255;
const FIRST_SIZE = 16;

const BUCKET = 0;
const SUM = 1;
const COUNT = 2;
const FIRST = 3;
const SCALARS = 4;

/** Serialised {@link DailyProfile}. */
export interface DailyProfileSnapshot {
  readonly buckets: number;
  readonly scalars: Float64Array;
  readonly means: Float64Array;
  readonly days: Uint8Array;
}

/**
 * What a series usually does at each time of day: up to 288 buckets of the day, each an exponential average over days
 * of that bucket's mean. It goes by timestamps, so a gap only leaves its buckets as they were. A day is 24 hours of
 * UTC; a change to summer time shows as an hour's shift that is relearned within days.
 *
 * Memory grows with the part of a day that was seen, up to 2.6 kB.
 */
export class DailyProfile {
  readonly #buckets: number;
  readonly #newestWeight: number;
  /** Newest bucket since the epoch, sum and count of its values, and the bucket that `means` starts with. */
  readonly #scalars: Float64Array;
  /** By bucket of the day, counted from the first one seen; NaN where none was finished. */
  #means: Float64Array;
  #days: Uint8Array;

  /**
   * @param source the series' sampling step in milliseconds, since no bucket should be shorter; or what `snapshot()`
   * gave, to go on from there
   * @param newestWeight share of the newest day in the long run; 1 keeps only the last day
   */
  constructor(source: number | DailyProfileSnapshot, newestWeight: number) {
    this.#newestWeight = newestWeight;
    if (typeof source !== 'number') {
      this.#buckets = source.buckets;
      this.#scalars = source.scalars.slice();
      this.#means = source.means.slice();
      this.#days = source.days.slice();
      return;
    }
    this.#buckets = Math.min(MOST_BUCKETS, Math.floor(DAY_MS / source));
    this.#scalars = new Float64Array(SCALARS).fill(Number.NaN);
    this.#means = new Float64Array(0);
    this.#days = new Uint8Array(0);
  }

  /** Takes in one value. */
  observe(timestamp: number, value: number): void {
    if (this.#buckets < FEWEST_BUCKETS) return;
    const s = this.#scalars;
    const bucket = Math.floor((timestamp * this.#buckets) / DAY_MS);
    if (bucket !== s[BUCKET]) {
      if (!Number.isNaN(s[BUCKET])) this.#finish();
      s[BUCKET] = bucket;
      s[SUM] = 0;
      s[COUNT] = 0;
    }
    s[SUM] = (s[SUM] as number) + value;
    s[COUNT] = (s[COUNT] as number) + 1;
  }

  /** The usual value at this time of day, linear between the centres of two buckets; NaN where either is unknown. */
  at(timestamp: number): number {
    if (this.#means.length === 0) return Number.NaN;
    const position = (timestamp * this.#buckets) / DAY_MS - 0.5;
    const before = Math.floor(position);
    const mean = this.#mean(before);
    return mean + (position - before) * (this.#mean(before + 1) - mean);
  }

  /** Copy of the state. */
  snapshot(): DailyProfileSnapshot {
    return {
      buckets: this.#buckets,
      scalars: this.#scalars.slice(),
      means: this.#means.slice(),
      days: this.#days.slice(),
    };
  }

  #mean(bucket: number): number {
    const slot = this.#slot(bucket);
    return slot < this.#means.length ? (this.#means[slot] as number) : Number.NaN;
  }

  #slot(bucket: number): number {
    const slot = (bucket - (this.#scalars[FIRST] as number)) % this.#buckets;
    return slot < 0 ? slot + this.#buckets : slot;
  }

  #finish(): void {
    const s = this.#scalars;
    const mean = (s[SUM] as number) / (s[COUNT] as number);
    if (this.#means.length === 0) s[FIRST] = s[BUCKET] as number;
    const slot = this.#slot(s[BUCKET] as number);
    if (slot >= this.#means.length) this.#grow(slot + 1);
    const days = this.#days[slot] as number;
    const weight = Math.max(this.#newestWeight, 1 / (days + 1));
    const old = this.#means[slot] as number;
    this.#means[slot] = days === 0 ? mean : old + weight * (mean - old);
    this.#days[slot] = Math.min(MOST_DAYS, days + 1);
  }

  #grow(needed: number): void {
    let size = Math.max(FIRST_SIZE, this.#means.length);
    while (size < needed) size *= 2;
    const means = new Float64Array(Math.min(size, this.#buckets)).fill(Number.NaN);
    const days = new Uint8Array(means.length);
    means.set(this.#means);
    days.set(this.#days);
    this.#means = means;
    this.#days = days;
  }
}
