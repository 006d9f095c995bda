import { PeakRanks, type PeakRanksSnapshot } from '../stats/peak-ranks.ts';
import { family } from './rarity-norm.ts';

/** Bins of the histogram over the real line, narrow in the middle. */
const BINS = 64;

/** Keeps a value on the border of two bins on one side of it, whatever the rounding. */
const BORDER = 1e-9;

/** At so many values the histogram is halved. */
const MEMORY = 65_536;

/** State of {@link ValueNovelty}. */
export interface ValueNoveltySnapshot {
  readonly lowest: number;
  readonly highest: number;
  readonly histogram: Float64Array;
  readonly count: number;
  readonly range: PeakRanksSnapshot;
  readonly rare: PeakRanksSnapshot;
}

/** Novelty of the value itself: outside the range of all before, or where hardly any was. */
export class ValueNovelty {
  #lowest: number;
  #highest: number;
  readonly #histogram: Float64Array;
  #count: number;
  readonly #range: PeakRanks;
  readonly #rare: PeakRanks;

  constructor(snapshot?: ValueNoveltySnapshot) {
    this.#lowest = snapshot?.lowest ?? Number.POSITIVE_INFINITY;
    this.#highest = snapshot?.highest ?? Number.NEGATIVE_INFINITY;
    this.#histogram = snapshot?.histogram.slice() ?? new Float64Array(BINS);
    this.#count = snapshot?.count ?? 0;
    this.#range = new PeakRanks(snapshot?.range);
    this.#rare = new PeakRanks(snapshot?.rare);
  }

  /**
   * Rarity in decades.
   *
   * @param z the value in standard deviations of all before it
   */
  take(value: number, z: number): number {
    return family(this.#range.take(this.#beyond(value)), this.#rare.take(this.#rareness(z)), 0, 0, 0);
  }

  snapshot(): ValueNoveltySnapshot {
    return {
      lowest: this.#lowest,
      highest: this.#highest,
      histogram: this.#histogram.slice(),
      count: this.#count,
      range: this.#range.snapshot(),
      rare: this.#rare.snapshot(),
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
