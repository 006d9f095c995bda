import { OCTAVE_BITS } from './log-linear-bins.ts';
import type { SketchContents } from './sketch-contents.ts';

/** Bins of a page as a power of two: one octave at the default accuracy. */
export const PAGE_BITS: number = OCTAVE_BITS;
const PAGE_BINS: number = 1 << PAGE_BITS;
/** Pages of a block, 64 kB. Memory grows by blocks, so nothing that exists is ever moved. */
const BLOCK_BITS = 9;
const BLOCK_PAGES = 1 << BLOCK_BITS;
const BLOCK_MASK = BLOCK_PAGES - 1;
/** What a bin counts by itself. */
const CARRY: number = 2 ** 16;

/**
 * Pages of 64 counters in shared arrays, 128 bytes each, to be taken and given back. Counters have 16 bits, which halves
 * the memory that the ones in use compete for; what they count beyond that is kept apart, and only looked at by readers.
 */
export class BinPages {
  readonly #maxPages: number;
  readonly #blocks: Uint16Array[] = [];
  readonly #free: number[] = [];
  /** Multiples of 2¹⁶ that counters passed, by page and bin. */
  readonly #carries = new Map<number, number>();
  #pages = 1;

  /** @param maxPages beyond it `take` answers 0 */
  constructor(maxPages: number) {
    this.#maxPages = maxPages;
  }

  /** Memory held, in bytes. */
  get byteLength(): number {
    return this.#blocks.length * BLOCK_PAGES * PAGE_BINS * Uint16Array.BYTES_PER_ELEMENT;
  }

  /** Number of a page whose counters are 0; from 1, or 0 where there is none left. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#pages === this.#maxPages) return 0;
    const page = this.#pages++;
    if (page >> BLOCK_BITS === this.#blocks.length) this.#blocks.push(new Uint16Array(BLOCK_PAGES << PAGE_BITS));
    return page;
  }

  /** Gives a page back. */
  release(page: number): void {
    const start = (page & BLOCK_MASK) << PAGE_BITS;
    this.#blockOf(page).fill(0, start, start + PAGE_BINS);
    if (this.#carries.size > 0) {
      for (let bin = 0; bin < PAGE_BINS; bin++) this.#carries.delete(page * PAGE_BINS + bin);
    }
    this.#free.push(page);
  }

  /** Counts one in bin 0..63 of a page. */
  add(page: number, bin: number): void {
    const block = this.#blockOf(page);
    const at = ((page & BLOCK_MASK) << PAGE_BITS) + bin;
    const count = (block[at] as number) + 1;
    // Wraps around to 0 by itself.
    block[at] = count;
    if (count === CARRY) this.#carry(page * PAGE_BINS + bin);
  }

  /** Appends the bins of a page in which something was counted; `firstKey` is the key of the first bin. */
  appendTo(contents: SketchContents, page: number, firstKey: number): void {
    const block = this.#blockOf(page);
    const start = (page & BLOCK_MASK) << PAGE_BITS;
    const hasCarries = this.#carries.size > 0;
    for (let bin = 0; bin < PAGE_BINS; bin++) {
      let count = block[start + bin] as number;
      if (hasCarries) count += CARRY * (this.#carries.get(page * PAGE_BINS + bin) ?? 0);
      if (count > 0) contents.push(firstKey + bin, count);
    }
  }

  #blockOf(page: number): Uint16Array {
    return this.#blocks[page >> BLOCK_BITS] as Uint16Array;
  }

  #carry(key: number): void {
    this.#carries.set(key, (this.#carries.get(key) ?? 0) + 1);
  }
}
