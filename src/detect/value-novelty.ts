import { RankTable, type RankTableSnapshot } from '../stats/rank-table.ts';

/** Bins of the histogram over the real line, narrow in the middle. */
const BINS = 64;

/** A bin begins a little earlier, so that a value on its border lies on one side of it, whatever the rounding. */
const EARLIER = 1e-9;

/** Where bins begin; the first has no beginning. As many in equal angles: the arc tangent of twice the value is uniform. */
const BORDERS: Float64Array = Float64Array.from({ length: BINS }, (_, bin) =>
  bin === 0 ? Number.NEGATIVE_INFINITY : Math.tan(((bin - EARLIER) / BINS - 0.5) * Math.PI) / 2,
);

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
    const bin = binOf(z);
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

/** The bin that begins last of those that begin at the value or below it, by halving. */
function binOf(z: number): number {
  let bin = 0;
  for (let half = BINS >> 1; half > 0; half >>= 1) {
    if (z >= (BORDERS[bin + half] as number)) bin += half;
  }
  return bin;
}
