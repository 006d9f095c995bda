import { JumpNovelty, type JumpNoveltySnapshot } from './jump-novelty.ts';
import { LevelNovelty, type LevelNoveltySnapshot } from './level-novelty.ts';
import { SeasonNovelty, type SeasonNoveltySnapshot } from './season-novelty.ts';
import { ValueNovelty, type ValueNoveltySnapshot } from './value-novelty.ts';

/** Standard deviations beyond which a value counts as so many: one wild value must not outgrow all others. */
const MOST_DEVIATION = 20;

/** Values that the mean and the deviation rest on at first, and the most that they remember. */
const FIRST = 10;
const MEMORY = 65_536;

/** From 1,000 values on, each tenfold history costs this part of the decade that ranks gain by it. */
const BUDGET = 0.6;
const BUDGET_FROM = 1000;

/** A third of the novelty is that of the last two or three values, by the mean of fourth powers. */
const CARRIED = 0.3;
const CARRY_RATE = 0.6;

/** The trace of what was novel falls by two decades within 3 % of the history, or within 100 to 1,000 values. */
const TRACE_DECADES = 2;
const TRACE_SHARE = 0.03;
const TRACE_LEAST = 100;
const TRACE_MOST = 1000;
/** Decades by which the next novelty must exceed the trace of the last. */
const TRACE_MARGIN = 0.3;

/** State of {@link Novelty}. */
export interface NoveltySnapshot {
  readonly moments: readonly [count: number, mean: number, squares: number];
  readonly value: ValueNoveltySnapshot;
  readonly jump: JumpNoveltySnapshot;
  readonly level: LevelNoveltySnapshot;
  readonly season: SeasonNoveltySnapshot | undefined;
  readonly carried: number;
  readonly trace: number;
  readonly decades: number;
  readonly isNews: boolean;
}

/**
 * How new a sample is: in decades, about the logarithm of how many samples one has to wait for the like of it. Four
 * families look at the value, at jumps, at the level and at the season; each gives the rank of what it sees among all
 * that it saw (see {@link RankTable}), and they add up as cubes, so that several that agree count for more than one.
 *
 * What is new is news once: a trace of it stays, and only what exceeds the trace is news again.
 *
 * Needs no scale, no law and no tuning; but what happened before, however bad, is not new. Some 13 kB, half a
 * microsecond a sample.
 */
export class Novelty {
  #count = 0;
  #mean = 0;
  #squares = 0;
  readonly #value: ValueNovelty;
  readonly #jump: JumpNovelty;
  readonly #level: LevelNovelty;
  /** Not before there is some of a day to compare with, so that short-lived series stay small. */
  #season: SeasonNovelty | undefined;
  #carried = 0;
  #trace = 0;
  #decades = 0;
  #standardised = 0;
  #isNews: boolean;

  constructor(snapshot?: NoveltySnapshot) {
    [this.#count, this.#mean, this.#squares] = snapshot?.moments ?? [0, 0, 0];
    this.#value = new ValueNovelty(snapshot?.value);
    this.#jump = new JumpNovelty(snapshot?.jump);
    this.#level = new LevelNovelty(snapshot?.level);
    this.#season = snapshot?.season && new SeasonNovelty(snapshot.season);
    this.#carried = snapshot?.carried ?? 0;
    this.#trace = snapshot?.trace ?? 0;
    this.#decades = snapshot?.decades ?? 0;
    this.#isNews = snapshot?.isNews ?? false;
  }

  /** Novelty of the last sample. */
  get decades(): number {
    return this.#decades;
  }

  /** The last sample in standard deviations of all before it. */
  get standardised(): number {
    return this.#standardised;
  }

  /** Whether the last sample was newer than what came shortly before it. */
  get isNews(): boolean {
    return this.#isNews;
  }

  /**
   * Takes a sample.
   *
   * @param localTime milliseconds in which days begin at the users' midnight; `NaN` while it is too early for seasons
   * @param afterGap whether samples are missing before it
   */
  take(value: number, localTime: number, afterGap: boolean): void {
    const z = this.#standardise(value);
    this.#standardised = z;
    if (this.#count <= FIRST) return;
    const a = this.#value.take(z);
    const b = this.#jump.take(value, z, afterGap);
    const c = this.#level.take(z);
    let d = 0;
    if (!Number.isNaN(localTime)) {
      this.#season ??= new SeasonNovelty();
      d = this.#season.take(localTime, value, z);
    }
    let together = 0;
    if (a > 0 || b > 0 || c > 0 || d > 0) {
      const budget = BUDGET * Math.max(0, Math.log10(this.#count / BUDGET_FROM));
      together = Math.max(0, Math.cbrt(a * a * a + b * b * b + c * c * c + d * d * d) - budget);
    }
    const square = together * together;
    this.#carried += CARRY_RATE * (square * square - this.#carried);
    this.#decades = (1 - CARRIED) * together + CARRIED * Math.sqrt(Math.sqrt(this.#carried));
    const fall = TRACE_DECADES / Math.max(TRACE_LEAST, Math.min(TRACE_MOST, TRACE_SHARE * this.#count));
    this.#trace = Math.max(0, this.#trace - fall);
    this.#isNews = this.#decades > this.#trace;
    if (this.#isNews) this.#trace = this.#decades + TRACE_MARGIN;
  }

  snapshot(): NoveltySnapshot {
    return {
      moments: [this.#count, this.#mean, this.#squares],
      value: this.#value.snapshot(),
      jump: this.#jump.snapshot(),
      level: this.#level.snapshot(),
      season: this.#season?.snapshot(),
      carried: this.#carried,
      trace: this.#trace,
      decades: this.#decades,
      isNews: this.#isNews,
    };
  }

  /** The value in standard deviations of all before it (Welford 1962), which then include it. */
  #standardise(value: number): number {
    const deviation = this.#count > 1 ? Math.sqrt(this.#squares / (this.#count - 1)) : 0;
    const difference = value - this.#mean;
    const z = deviation > 0 && this.#count >= FIRST ? difference / deviation : 0;
    this.#count++;
    this.#mean += difference / this.#count;
    this.#squares += difference * (value - this.#mean);
    if (this.#count > MEMORY) {
      this.#squares *= (MEMORY - 1) / this.#count;
      this.#count = MEMORY;
    }
    return Math.max(-MOST_DEVIATION, Math.min(MOST_DEVIATION, z));
  }
}
