import { PeakRanks, type PeakRanksSnapshot } from '../stats/peak-ranks.ts';
import { slotOf } from '../stats/slot-means.ts';
import { TwoSidedRanks, type TwoSidedRanksSnapshot } from '../stats/two-sided-ranks.ts';
import { family } from './rarity-norm.ts';

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

/** Rate of the energy of deviations from the habit of the day, and the most that one counts, squared. */
const ENERGY_RATE = 0.1;
const MOST_ENERGY = 30;

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
  readonly energy: number;
  readonly ranks: readonly [
    held: TwoSidedRanksSnapshot,
    week: PeakRanksSnapshot,
    yesterday: PeakRanksSnapshot,
    habit: TwoSidedRanksSnapshot,
    energy: PeakRanksSnapshot,
  ];
}

/**
 * Novelty against the same time before: the last value in this half hour of the week (within it, the value just
 * before), the mean of this hour of the week, yesterday's value, the habit of the day.
 */
export class SeasonNovelty {
  readonly #held: Float64Array;
  readonly #means: Float64Array;
  readonly #counts: Uint32Array;
  readonly #squares: Float64Array;
  /** Number, and sum of squares, of the residuals of all hours. */
  #residuals: number;
  #allSquares: number;
  #average: number;
  readonly #yesterday: Float64Array;
  #slot: number;
  #value: number;
  #energy: number;
  readonly #heldRanks: TwoSidedRanks;
  readonly #weekRanks: PeakRanks;
  readonly #yesterdayRanks: PeakRanks;
  readonly #habitRanks: TwoSidedRanks;
  readonly #energyRanks: PeakRanks;

  constructor(snapshot?: SeasonNoveltySnapshot) {
    this.#held = snapshot?.held.slice() ?? new Float64Array(WEEK_HALF_HOURS).fill(Number.NaN);
    this.#means = snapshot?.means.slice() ?? new Float64Array(WEEK_HOURS);
    this.#counts = snapshot?.counts.slice() ?? new Uint32Array(WEEK_HOURS);
    this.#squares = snapshot?.squares.slice() ?? new Float64Array(WEEK_HOURS);
    [this.#residuals, this.#allSquares, this.#average] = snapshot?.week ?? [0, 0, 0];
    this.#yesterday = snapshot?.yesterday.slice() ?? new Float64Array(DAY_SLOTS).fill(Number.NaN);
    this.#slot = snapshot?.slot ?? -1;
    this.#value = snapshot?.value ?? 0;
    this.#energy = snapshot?.energy ?? 0;
    const [held, week, yesterday, habit, energy] = snapshot?.ranks ?? [];
    this.#heldRanks = new TwoSidedRanks(held);
    this.#weekRanks = new PeakRanks(week);
    this.#yesterdayRanks = new PeakRanks(yesterday);
    this.#habitRanks = new TwoSidedRanks(habit);
    this.#energyRanks = new PeakRanks(energy);
  }

  /**
   * Rarity in decades.
   *
   * @param localTime milliseconds, such that days begin at midnight where the users are
   * @param z the value in standard deviations of all before it
   * @param habit deviation from the habit of the day in its scales
   */
  take(localTime: number, value: number, z: number, habit: number): number {
    const held = this.#fromHeld(slotOf(localTime, WEEK_MS, WEEK_HALF_HOURS), z);
    const mean = this.#fromMean(slotOf(localTime, WEEK_MS, WEEK_HOURS), z);
    const yesterday = this.#fromYesterday(slotOf(localTime, DAY_MS, DAY_SLOTS), value);
    this.#energy += ENERGY_RATE * (Math.min(MOST_ENERGY, habit * habit) - this.#energy);
    return family(held, mean, yesterday, this.#habitRanks.take(habit), this.#energyRanks.take(this.#energy));
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
      energy: this.#energy,
      ranks: [
        this.#heldRanks.snapshot(),
        this.#weekRanks.snapshot(),
        this.#yesterdayRanks.snapshot(),
        this.#habitRanks.snapshot(),
        this.#energyRanks.snapshot(),
      ],
    };
  }

  #fromHeld(slot: number, z: number): number {
    const before = this.#held[slot] as number;
    this.#held[slot] = z;
    return Number.isNaN(before) ? 0 : this.#heldRanks.take(z - before);
  }

  #fromMean(slot: number, z: number): number {
    const count = (this.#counts[slot] as number) + 1;
    const residual = z - (this.#means[slot] as number);
    this.#counts[slot] = count;
    this.#means[slot] = (this.#means[slot] as number) + residual / count;
    if (count === 1) return 0;
    const squares = this.#squares[slot] as number;
    const overall = Math.sqrt(this.#allSquares / Math.max(1, this.#residuals));
    // Half the hour's own and half that of all, since an hour has few values.
    const scale = 0.5 * overall + 0.5 * (count > 2 ? Math.sqrt(squares / (count - 2)) : overall);
    const deviation = scale > 0 ? residual / scale : 0;
    this.#residuals++;
    this.#allSquares += residual * residual;
    this.#squares[slot] = squares + residual * (z - (this.#means[slot] as number));
    this.#average += WEEK_RATE * (deviation - this.#average);
    return this.#weekRanks.take(Math.abs(this.#average));
  }

  #fromYesterday(slot: number, value: number): number {
    // What the slot held a day ago is needed until the slot is over.
    if (slot !== this.#slot && this.#slot >= 0) this.#yesterday[this.#slot] = this.#value;
    this.#slot = slot;
    this.#value = value;
    const before = this.#yesterday[slot] as number;
    return Number.isNaN(before) ? 0 : this.#yesterdayRanks.take(Math.abs(value - before));
  }
}
