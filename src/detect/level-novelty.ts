import { RankTable, type RankTableSnapshot } from '../stats/rank-table.ts';

/** Values whose mean is compared with that of the longer past, and the rate at which that past is remembered. */
const RECENT = 60;
const PAST_RATE = 1 / 1500;

/** Values of the past that a comparison needs. */
const PAST_LEAST = 60;

/** Rate of the moving mean. */
const MEAN_RATE = 0.05;

/** What is ranked: the moving mean to both sides, the shift. */
const MEAN = 0;
const SHIFT = 2;
const STREAMS = 3;

/** State of {@link LevelNovelty}. */
export interface LevelNoveltySnapshot {
  readonly recent: Float64Array;
  readonly filled: number;
  readonly next: number;
  readonly sum: number;
  readonly past: readonly [count: number, mean: number, variance: number];
  readonly moving: number;
  readonly ranks: RankTableSnapshot;
}

/** Novelty of a lasting change: the mean of the last sixty values against the past, and a moving mean. */
export class LevelNovelty {
  /** Ring of the last values. */
  readonly #recent: Float64Array;
  #filled = 0;
  #next = 0;
  #sum = 0;
  #pastCount = 0;
  #pastMean = 0;
  #pastVariance = 0;
  #moving = 0;
  readonly #ranks: RankTable;

  constructor(snapshot?: LevelNoveltySnapshot) {
    this.#recent = snapshot?.recent.slice() ?? new Float64Array(RECENT);
    this.#filled = snapshot?.filled ?? 0;
    this.#next = snapshot?.next ?? 0;
    this.#sum = snapshot?.sum ?? 0;
    [this.#pastCount, this.#pastMean, this.#pastVariance] = snapshot?.past ?? [0, 0, 0];
    this.#moving = snapshot?.moving ?? 0;
    this.#ranks = new RankTable(STREAMS, snapshot?.ranks);
  }

  /** Rarity in decades. */
  take(z: number): number {
    this.#moving += MEAN_RATE * (z - this.#moving);
    this.#ranks.showBoth(MEAN, this.#moving);
    const recent = this.#recent;
    if (this.#filled === RECENT) this.#learnPast(recent[this.#next] as number);
    else this.#filled++;
    this.#sum += z - (recent[this.#next] as number);
    recent[this.#next] = z;
    this.#next++;
    if (this.#next === RECENT) {
      this.#next = 0;
      this.#recount();
    }
    if (this.#pastCount >= PAST_LEAST && this.#pastVariance > 0) {
      this.#ranks.show(SHIFT, Math.abs(this.#sum / RECENT - this.#pastMean) / Math.sqrt(this.#pastVariance));
    }
    return this.#ranks.take();
  }

  snapshot(): LevelNoveltySnapshot {
    return {
      recent: this.#recent.slice(),
      filled: this.#filled,
      next: this.#next,
      sum: this.#sum,
      past: [this.#pastCount, this.#pastMean, this.#pastVariance],
      moving: this.#moving,
      ranks: this.#ranks.snapshot(),
    };
  }

  /** Exponentially weighted mean and variance (Finch 2009), of equal weights while they are few. */
  #learnPast(z: number): void {
    this.#pastCount++;
    const rate = Math.max(PAST_RATE, 1 / this.#pastCount);
    const difference = z - this.#pastMean;
    this.#pastMean += rate * difference;
    this.#pastVariance = (1 - rate) * (this.#pastVariance + rate * difference * difference);
  }

  /** Sums afresh once a round, since adding and removing leaves a trace of rounding. */
  #recount(): void {
    let sum = 0;
    for (let i = 0; i < RECENT; i++) sum += this.#recent[i] as number;
    this.#sum = sum;
  }
}
