import { RankTable, type RankTableSnapshot } from '../stats/rank-table.ts';

/** Bins of the histogram over the real line, narrow in the middle. */
const BINS = 64;

/** Keeps a value on the border of two bins on one side of it, whatever the rounding. */
const BORDER = 1e-9;

/** What is ranked: how far beyond the range, how rare. */
const RANGE = 0;
const RARE = 1;
const STREAMS = 2;

/** At so many values the histogram is halved. */
const MEMORY = 65_536;

/** State of {@link ValueNovelty}. */
export interface ValueNoveltySnapshot {
  readonly lowest: number;
  readonly highest: number;
  readonly histogram: Float64Array;
  readonly count: number;
  readonly ranks: RankTableSnapshot;
}

/** Novelty of the value itself: outside the range of all before, or where hardly any was. */
export class ValueNovelty {
  #lowest: number;
  #highest: number;
  readonly #histogram: Float64Array;
  #count: number;
  readonly #ranks: RankTable;

  constructor(snapshot?: ValueNoveltySnapshot) {
    this.#lowest = snapshot?.lowest ?? Number.POSITIVE_INFINITY;
    this.#highest = snapshot?.highest ?? Number.NEGATIVE_INFINITY;
    this.#histogram = snapshot?.histogram.slice() ?? new Float64Array(BINS);
    this.#count = snapshot?.count ?? 0;
    this.#ranks = new RankTable(STREAMS, snapshot?.ranks);
  }

  /**
   * Rarity in decades.
   *
   * @param z the value in standard deviations of all before it
   */
  take(value: number, z: number): number {
    this.#ranks.show(RANGE, this.#beyond(value));
    this.#ranks.show(RARE, this.#rareness(z));
    return this.#ranks.take();
  }

  snapshot(): ValueNoveltySnapshot {
    return {
      lowest: this.#lowest,
      highest: this.#highest,
      histogram: this.#histogram.slice(),
      count: this.#count,
      ranks: this.#ranks.snapshot(),
    };
  }

  /** How far beyond the range of all before, in widths of it. */
  #beyond(value: number): number {
    const width = this.#highest - this.#lowest;
    const beyond = Math.max(0, value - this.#highest, this.#lowest - value);
    if (value < this.#lowest) this.#lowest = value;
    if (value > this.#highest) this.#highest = value;
    return width > 0 ? beyond / width : 0;
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
