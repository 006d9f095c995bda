import { RankTable, type RankTableSnapshot } from '../stats/rank-table.ts';

/** Bins of the histogram over the real line, narrow in the middle. */
const BINS = 64;

/** Keeps a value on the border of two bins on one side of it, whatever the rounding. */
const BORDER = 1e-9;

/** At so many values the histogram is halved. */
const MEMORY = 65_536;

/** State of {@link ValueNovelty}. */
export interface ValueNoveltySnapshot {
  readonly histogram: Float64Array;
  readonly count: number;
  readonly ranks: RankTableSnapshot;
}

/** Novelty of the value itself: where hardly any was before. */
export class ValueNovelty {
  readonly #histogram: Float64Array;
  #count = 0;
  readonly #ranks: RankTable;

  constructor(snapshot?: ValueNoveltySnapshot) {
    this.#histogram = snapshot?.histogram.slice() ?? new Float64Array(BINS);
    this.#count = snapshot?.count ?? 0;
    this.#ranks = new RankTable(1, snapshot?.ranks);
  }

  /**
   * Rarity in decades.
   *
   * @param z the value in standard deviations of all before it
   */
  take(z: number): number {
    this.#ranks.show(0, this.#rareness(z));
    return this.#ranks.take();
  }

  snapshot(): ValueNoveltySnapshot {
    return {
      histogram: this.#histogram.slice(),
      count: this.#count,
      ranks: this.#ranks.snapshot(),
    };
  }

  /** Bits of surprise at the bin that the value falls into. */
  #rareness(z: number): number {
    const bin = Math.min(BINS - 1, Math.floor((Math.atan(2 * z) / Math.PI + 0.5) * BINS + BORDER));
    const before = this.#histogram[bin] as number;
    const bits = -Math.log2((before + 1) / (this.#count + BINS));
    this.#histogram[bin] = before + 1;
    this.#count++;
    if (this.#count >= MEMORY) {
      this.#count /= 2;
      for (let i = 0; i < BINS; i++) this.#histogram[i] = (this.#histogram[i] as number) / 2;
    }
    return bits;
  }
}
