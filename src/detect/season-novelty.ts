import { RankTable, type RankTableSnapshot } from '../stats/rank-table.ts';
import { slotOf } from '../stats/slot-means.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Half hours of the week: what the last value in each was. */
const WEEK_HALF_HOURS = 336;
/** Hours of the week: what the mean of each is. */
const WEEK_HOURS = 168;
/** Five minutes of the day: what the last value in each was a day before. */
const DAY_SLOTS = 288;

/** Rate at which deviations from the hour's mean are averaged: an hour at five-minute steps is nothing, a day is. */
const WEEK_RATE = 0.03;

/** What is ranked: change since this half hour of last week, to both sides; week; yesterday. */
const HELD = 0;
const WEEK = 2;
const YESTERDAY = 3;
const STREAMS = 4;

/** State of {@link SeasonNovelty}. */
export interface SeasonNoveltySnapshot {
  readonly held: Float64Array;
  readonly means: Float64Array;
  readonly counts: Uint32Array;
  readonly squares: Float64Array;
  readonly week: readonly [residuals: number, allSquares: number, average: number];
  readonly yesterday: Float64Array;
  readonly slot: number;
  readonly value: number;
  readonly ranks: RankTableSnapshot;
}

/**
 * Novelty against the same time before: the last value in this half hour of the week (within it, the value just
 * before), the mean of this hour of the week, yesterday's value.
 */
export class SeasonNovelty {
  readonly #held: Float64Array;
  readonly #means: Float64Array;
  readonly #counts: Uint32Array;
  readonly #squares: Float64Array;
  /** Number, and sum of squares, of the residuals of all hours. */
  #residuals = 0;
  #allSquares = 0;
  #average = 0;
  readonly #yesterday: Float64Array;
  #slot = 0;
  #value = 0;
  readonly #ranks: RankTable;

  constructor(snapshot?: SeasonNoveltySnapshot) {
    this.#held = snapshot?.held.slice() ?? new Float64Array(WEEK_HALF_HOURS).fill(Number.NaN);
    this.#means = snapshot?.means.slice() ?? new Float64Array(WEEK_HOURS);
    this.#counts = snapshot?.counts.slice() ?? new Uint32Array(WEEK_HOURS);
    this.#squares = snapshot?.squares.slice() ?? new Float64Array(WEEK_HOURS);
    [this.#residuals, this.#allSquares, this.#average] = snapshot?.week ?? [0, 0, 0];
    this.#yesterday = snapshot?.yesterday.slice() ?? new Float64Array(DAY_SLOTS).fill(Number.NaN);
    this.#slot = snapshot?.slot ?? -1;
    this.#value = snapshot?.value ?? 0;
    this.#ranks = new RankTable(STREAMS, snapshot?.ranks);
  }

  /**
   * Rarity in decades.
   *
   * @param localTime milliseconds, such that days begin at midnight where the users are
   * @param z the value in standard deviations of all before it
   */
  take(localTime: number, value: number, z: number): number {
    const halfHour = slotOf(localTime, WEEK_MS, WEEK_HALF_HOURS);
    this.#lookAtHeld(halfHour, z);
    this.#lookAtMean(halfHour >> 1, z);
    this.#lookAtYesterday(slotOf(localTime, DAY_MS, DAY_SLOTS), value);
    return this.#ranks.take();
  }

  snapshot(): SeasonNoveltySnapshot {
    return {
      held: this.#held.slice(),
      means: this.#means.slice(),
      counts: this.#counts.slice(),
      squares: this.#squares.slice(),
      week: [this.#residuals, this.#allSquares, this.#average],
      yesterday: this.#yesterday.slice(),
      slot: this.#slot,
      value: this.#value,
      ranks: this.#ranks.snapshot(),
    };
  }

  #lookAtHeld(slot: number, z: number): void {
    const before = this.#held[slot] as number;
    this.#held[slot] = z;
    if (!Number.isNaN(before)) this.#ranks.showBoth(HELD, z - before);
  }

  #lookAtMean(slot: number, z: number): void {
    const count = (this.#counts[slot] as number) + 1;
    const residual = z - (this.#means[slot] as number);
    this.#counts[slot] = count;
    this.#means[slot] = (this.#means[slot] as number) + residual / count;
    if (count === 1) return;
    const squares = this.#squares[slot] as number;
    const overall = Math.sqrt(this.#allSquares / Math.max(1, this.#residuals));
    // Half the hour's own and half that of all, since an hour has few values.
    const scale = 0.5 * overall + 0.5 * (count > 2 ? Math.sqrt(squares / (count - 2)) : overall);
    const deviation = scale > 0 ? residual / scale : 0;
    this.#residuals++;
    this.#allSquares += residual * residual;
    this.#squares[slot] = squares + residual * (z - (this.#means[slot] as number));
    this.#average += WEEK_RATE * (deviation - this.#average);
    this.#ranks.show(WEEK, Math.abs(this.#average));
  }

  #lookAtYesterday(slot: number, value: number): void {
    // What the slot held a day ago is needed until the slot is over.
    if (slot !== this.#slot && this.#slot >= 0) this.#yesterday[this.#slot] = this.#value;
    this.#slot = slot;
    this.#value = value;
    const before = this.#yesterday[slot] as number;
    if (!Number.isNaN(before)) this.#ranks.show(YESTERDAY, Math.abs(value - before));
  }
}
