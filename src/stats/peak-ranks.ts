/** Largest values kept. 24 to 64 gave the same on recorded series, 16 less. */
const KEPT = 32;

/** Values from the k-th largest on are tail: 2 % of all, but never fewer than six nor more than are kept. */
const TAIL_SHARE = 0.02;
const FEWEST = 6;

/** Most decades that a record adds to its rank, by how far it lies beyond the last one. */
const MOST_BEYOND = 2;

/** Values nearer than this part of themselves are one: rounding must not decide on ranks. */
const TIE = 1e-9;

/** At so many values history is halved, so that what was rare a year ago may be rare again. */
const MEMORY = 65_536;

/** State of {@link PeakRanks}. */
export interface PeakRanksSnapshot {
  readonly peaks: readonly number[];
  readonly count: number;
}

/**
 * How rare a value is among all before it, by its rank and not by a law: one of a hundred, 2 decades; a record after a
 * thousand, 3, and up to two more for how far it lies beyond the last record, in widths of the tail. 0 within the body
 * of the distribution, whatever its shape. One-sided: large is rare.
 *
 * 32 numbers; a comparison a value, and an insertion where it belongs to the largest.
 */
export class PeakRanks {
  /** Largest first. An array, since a typed one of this length costs as much again for its header. */
  #peaks: number[];
  #count: number;
  /** Smallest of the peaks once there are as many as are kept: what is not above it is neither rare nor kept. */
  #least: number;

  constructor(snapshot?: PeakRanksSnapshot) {
    this.#peaks = snapshot?.peaks.slice() ?? [];
    this.#count = snapshot?.count ?? 0;
    this.#least = this.#peaks.length < KEPT ? Number.NEGATIVE_INFINITY : (this.#peaks[KEPT - 1] as number);
  }

  /** Rarity of a value in decades, from 0; takes it in afterwards. */
  take(x: number): number {
    const before = this.#count++;
    if (this.#count >= MEMORY) this.#forget();
    if (x <= this.#least) return 0;
    const rarity = this.#rarity(x, before);
    this.#insert(x);
    return rarity;
  }

  snapshot(): PeakRanksSnapshot {
    return { peaks: this.#peaks.slice(), count: this.#count };
  }

  #rarity(x: number, count: number): number {
    const peaks = this.#peaks;
    const size = peaks.length;
    if (size < FEWEST) return 0;
    const last = Math.min(size - 1, Math.max(FEWEST - 1, Math.floor(TAIL_SHARE * count)));
    const start = peaks[last] as number;
    const tie = TIE * Math.abs(x);
    if (!(x > start + tie)) return 0;
    let rank = 0;
    while ((peaks[rank] as number) >= x - tie) rank++;
    const decades = Math.log10(count / (rank + 1));
    if (rank > 0) return decades;
    const record = peaks[0] as number;
    const width = record - start;
    return decades + (width > tie ? Math.min(MOST_BEYOND, (x - record) / width) : MOST_BEYOND);
  }

  #insert(x: number): void {
    const peaks = this.#peaks;
    if (peaks.length < KEPT) peaks.push(x);
    let at = peaks.length - 1;
    while (at > 0 && (peaks[at - 1] as number) < x) {
      peaks[at] = peaks[at - 1] as number;
      at--;
    }
    peaks[at] = x;
    if (peaks.length === KEPT) this.#least = peaks[KEPT - 1] as number;
  }

  #forget(): void {
    this.#count /= 2;
    this.#peaks = this.#peaks.filter((_, rank) => rank % 2 === 0);
    this.#least = Number.NEGATIVE_INFINITY;
  }
}
