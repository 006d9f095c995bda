/** Doubles of an entry: 128 bytes, two cache lines. */
const ENTRY_BITS = 4;
export const ENTRY: number = 1 << ENTRY_BITS;
/** Memory grows by blocks of 64 kB, so nothing that exists is ever moved. */
const BLOCK_BITS = 9;
const BLOCK_MASK: number = (1 << BLOCK_BITS) - 1;

/**
 * Entries of sixteen doubles in shared typed arrays, to be taken and given back; what is in them is their user's. Taking
 * one costs nothing but, once in 512, a new block; nothing else is ever allocated.
 */
export class LineBlocks {
  readonly #doubles: Float64Array[] = [];
  /** The same memory as words. */
  readonly #words: Uint32Array[] = [];
  readonly #free: number[] = [];
  #entries = 0;

  /** Memory held, in bytes. */
  get byteLength(): number {
    return this.#doubles.length * (ENTRY << BLOCK_BITS) * Float64Array.BYTES_PER_ELEMENT;
  }

  /** Number of an entry, in which its last user may have left something. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const entry = this.#entries++;
    if (entry >> BLOCK_BITS === this.#doubles.length) {
      const doubles = new Float64Array(ENTRY << BLOCK_BITS);
      this.#doubles.push(doubles);
      this.#words.push(new Uint32Array(doubles.buffer));
    }
    return entry;
  }

  /** Gives an entry back. */
  release(entry: number): void {
    this.#free.push(entry);
  }

  /** The block that holds an entry, from index `startOf(entry)` on. */
  doublesOf(entry: number): Float64Array {
    return this.#doubles[entry >> BLOCK_BITS] as Float64Array;
  }

  /** The same block as words, two for each double. */
  wordsOf(entry: number): Uint32Array {
    return this.#words[entry >> BLOCK_BITS] as Uint32Array;
  }

  /** One double of an entry, 0..15. */
  field(entry: number, field: number): number {
    return this.doublesOf(entry)[startOf(entry) + field] as number;
  }
}

/** Index of the first double of an entry in its block. */
export function startOf(entry: number): number {
  return (entry & BLOCK_MASK) << ENTRY_BITS;
}
