import { PeakRanks, type PeakRanksSnapshot } from './peak-ranks.ts';

/** State of {@link TwoSidedRanks}. */
export interface TwoSidedRanksSnapshot {
  readonly high: PeakRanksSnapshot;
  readonly low: PeakRanksSnapshot;
}

/** {@link PeakRanks} to both sides: a value is as rare as on its rarer side. For what may be skewed. */
export class TwoSidedRanks {
  readonly #high: PeakRanks;
  readonly #low: PeakRanks;

  constructor(snapshot?: TwoSidedRanksSnapshot) {
    this.#high = new PeakRanks(snapshot?.high);
    this.#low = new PeakRanks(snapshot?.low);
  }

  /** Rarity of a value in decades, from 0; takes it in afterwards. */
  take(x: number): number {
    return Math.max(this.#high.take(x), this.#low.take(-x));
  }

  snapshot(): TwoSidedRanksSnapshot {
    return { high: this.#high.snapshot(), low: this.#low.snapshot() };
  }
}
