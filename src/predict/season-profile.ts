import type { SeriesState, StateLayout } from './series-state.ts';

/** A season of fewer buckets has no shape: with a step of more than three hours there is no course of the day. */
const FEWEST_BUCKETS = 8;

const BUCKETS = 0;
const BUCKET = 1;
const FIRST_BUCKET = 2;
const SUM = 3;
const COUNT = 4;
const DOUBLES = 5;

/** What a profile is of. */
export interface ProfileShape {
  /** Of the season, milliseconds. */
  readonly periodMs: number;
  /** Buckets of a season, at most; no bucket is shorter than a sampling step. */
  readonly buckets: number;
  /** Share of the newest season in the long run; 1 keeps only the last one. */
  readonly newestWeight: number;
}

/** The course of the day. Five minutes a bucket: coarser costs accuracy (48 buckets: 5 % worse 5 minutes ahead). */
export const DAY_PROFILE: ProfileShape = { periodMs: 86_400_000, buckets: 288, newestWeight: 0.15 };

/**
 * What a series usually does at each time of a season: in each bucket an exponential average over seasons of that
 * bucket's mean. It goes by timestamps, so a gap only leaves its buckets as they were. A day is 24 hours of UTC; a
 * change to summer time shows as an hour's shift that is relearned within days.
 *
 * Values are kept in single precision: give them as distances from something near.
 */
export class SeasonProfile {
  readonly #shape: ProfileShape;
  readonly #doubles: number;
  readonly #means: number;

  constructor(layout: StateLayout, shape: ProfileShape) {
    this.#shape = shape;
    this.#doubles = layout.doubles(DOUBLES);
    this.#means = layout.floats(shape.buckets);
  }

  /** Begins with nothing known; `stepMs` is the series' sampling step. */
  start({ doubles, floats }: SeriesState, stepMs: number): void {
    const { periodMs, buckets } = this.#shape;
    doubles[this.#doubles + BUCKETS] = Math.min(buckets, Math.floor(periodMs / stepMs));
    doubles[this.#doubles + FIRST_BUCKET] = Number.NaN;
    floats.fill(Number.NaN, this.#means, this.#means + buckets);
  }

  /** Takes in one value. */
  observe(state: SeriesState, timestamp: number, value: number): void {
    const d = state.doubles;
    const at = this.#doubles;
    const buckets = d[at + BUCKETS] as number;
    if (buckets < FEWEST_BUCKETS) return;
    const bucket = Math.floor((timestamp * buckets) / this.#shape.periodMs);
    if (bucket !== d[at + BUCKET] || d[at + COUNT] === 0) {
      if ((d[at + COUNT] as number) > 0) this.#finish(state);
      d[at + BUCKET] = bucket;
      d[at + SUM] = 0;
      d[at + COUNT] = 0;
    }
    d[at + SUM] = (d[at + SUM] as number) + value;
    d[at + COUNT] = (d[at + COUNT] as number) + 1;
  }

  /** The usual value at this time of the season, linear between two buckets' centres; NaN where either is unknown. */
  at(state: SeriesState, timestamp: number): number {
    const buckets = state.doubles[this.#doubles + BUCKETS] as number;
    const position = (timestamp * buckets) / this.#shape.periodMs - 0.5;
    const before = Math.floor(position);
    const first = this.#means + slotOf(before, buckets);
    const second = first + 1 === this.#means + buckets ? this.#means : first + 1;
    const mean = state.floats[first] as number;
    return mean + (position - before) * ((state.floats[second] as number) - mean);
  }

  /** The usual value in the bucket of this time; NaN where it is unknown. */
  mean({ doubles, floats }: SeriesState, timestamp: number): number {
    const buckets = doubles[this.#doubles + BUCKETS] as number;
    if (buckets < FEWEST_BUCKETS) return Number.NaN;
    const bucket = Math.floor((timestamp * buckets) / this.#shape.periodMs);
    return floats[this.#means + slotOf(bucket, buckets)] as number;
  }

  #finish({ doubles: d, floats }: SeriesState): void {
    const at = this.#doubles;
    const buckets = d[at + BUCKETS] as number;
    const bucket = d[at + BUCKET] as number;
    if (Number.isNaN(d[at + FIRST_BUCKET])) d[at + FIRST_BUCKET] = bucket;
    const mean = (d[at + SUM] as number) / (d[at + COUNT] as number);
    const place = this.#means + slotOf(bucket, buckets);
    const old = floats[place] as number;
    const seasons = Math.floor((bucket - (d[at + FIRST_BUCKET] as number)) / buckets);
    const weight = Math.max(this.#shape.newestWeight, 1 / (seasons + 1));
    floats[place] = Number.isNaN(old) ? mean : old + weight * (mean - old);
  }
}

/** Slot of a bucket in its season; without `%`, which is slow for what is not a small integer. */
function slotOf(bucket: number, buckets: number): number {
  return bucket - buckets * Math.floor(bucket / buckets);
}
