/** Bytes held by all logs of one aggregator, kept up to date by the logs themselves. */
export interface ByteBudget {
  used: number;
  /** Whether closed buckets note which of them were put or changed, for a store; from the first moment that there is one. */
  noting?: boolean;
}

/** Words of an index entry: start as a multiple of the step, offset of the bytes. */
const ENTRY = 2;
const FIRST_ENTRIES = 4;
const FIRST_BYTES = 128;
/** What is full grows to so many times what it holds. */
const GROWTH = 1.25;
/** A block of so many times what it holds gives memory back; far above `GROWTH`, so that the two do not take turns. */
const SPARSE = 3;

/** Closed buckets as a snapshot keeps them. */
export interface BucketLogSnapshot {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/**
 * Closed buckets of one series and period, encoded, one after the other in the order of their starts, with an index of 8
 * bytes each. Appending is O(1) amortised, reading O(log n); a bucket before the last one is changed by moving those
 * after it, of which there are few.
 */
export class BucketLog {
  readonly #budget: ByteBudget;
  /** All starts are whole multiples of it, milliseconds. */
  readonly #step: number;
  /** Start of the first bucket that ever came; those in the index are counted in steps from it. */
  #origin = 0;
  #index = new Int32Array(0);
  #count = 0;
  #block = new Uint8Array(0);
  #end = 0;

  constructor(budget: ByteBudget, step: number) {
    this.#budget = budget;
    this.#step = step;
  }

  get firstStart(): number | undefined {
    return this.#count === 0 ? undefined : this.#startAt(0);
  }

  get lastStart(): number | undefined {
    return this.#count === 0 ? undefined : this.#startAt(this.#count - 1);
  }

  /** Adds the bucket at `start`, or replaces it. */
  put(start: number, encoded: Uint8Array): void {
    if (this.#count === 0) this.#origin = start;
    const at = this.#lowerBound(start);
    const isKnown = at < this.#count && this.#startAt(at) === start;
    const offset = this.#offsetAt(at);
    const before = isKnown ? this.#offsetAt(at + 1) - offset : 0;
    this.#moveBytes(offset + before, encoded.length - before);
    this.#block.set(encoded, offset);
    if (!isKnown) this.#insertEntry(at, start, offset);
    for (let later = at + 1; later < this.#count; later++) {
      this.#index[later * ENTRY + 1] = (this.#index[later * ENTRY + 1] as number) + encoded.length - before;
    }
  }

  /** The encoded bucket at `start`; a view that the next change may overwrite. */
  get(start: number): Uint8Array | undefined {
    const at = this.#lowerBound(start);
    if (at === this.#count || this.#startAt(at) !== start) return undefined;
    return this.#block.subarray(this.#offsetAt(at), this.#offsetAt(at + 1));
  }

  /** Starts in `[from, to)`, ascending. */
  starts(from: number, to: number): number[] {
    const first = this.#lowerBound(from);
    return Array.from({ length: this.#lowerBound(to) - first }, (_, i) => this.#startAt(first + i));
  }

  /** Forgets buckets that start before `time`; returns how many. `compact` gives all memory back at once. */
  evictBefore(time: number, compact = false): number {
    const count = this.#lowerBound(time);
    if (count === 0) return 0;
    const offset = this.#offsetAt(count);
    this.#block.copyWithin(0, offset, this.#end);
    this.#index.copyWithin(0, count * ENTRY, this.#count * ENTRY);
    this.#end -= offset;
    this.#count -= count;
    for (let at = 0; at < this.#count; at++) {
      this.#index[at * ENTRY + 1] = (this.#index[at * ENTRY + 1] as number) - offset;
    }
    if (compact || this.#end * SPARSE < this.#block.length) this.#resize(this.#end, this.#count);
    return count;
  }

  /** Gives its bytes back to the budget; the log must not be used afterwards. */
  release(): void {
    this.#budget.used -= this.#block.length + this.#index.byteLength;
  }

  snapshot(): BucketLogSnapshot {
    return {
      starts: Float64Array.from({ length: this.#count }, (_, at) => this.#startAt(at)),
      lengths: Uint32Array.from({ length: this.#count }, (_, at) => this.#offsetAt(at + 1) - this.#offsetAt(at)),
      bytes: this.#block.slice(0, this.#end),
    };
  }

  static restore(snapshot: BucketLogSnapshot, budget: ByteBudget, step: number): BucketLog {
    const log = new BucketLog(budget, step);
    const { starts, lengths, bytes } = snapshot;
    if (starts.length === 0) return log;
    log.#origin = starts[0] as number;
    log.#resize(bytes.length, starts.length);
    log.#block.set(bytes);
    log.#end = bytes.length;
    log.#count = starts.length;
    let offset = 0;
    for (const [at, start] of starts.entries()) {
      log.#index[at * ENTRY] = (start - log.#origin) / step;
      log.#index[at * ENTRY + 1] = offset;
      offset += lengths[at] as number;
    }
    return log;
  }

  #startAt(at: number): number {
    return this.#origin + (this.#index[at * ENTRY] as number) * this.#step;
  }

  #offsetAt(at: number): number {
    return at === this.#count ? this.#end : (this.#index[at * ENTRY + 1] as number);
  }

  /** Moves all bytes from `offset` on by `by`, and the end with them. */
  #moveBytes(offset: number, by: number): void {
    const end = this.#end + by;
    if (end > this.#block.length) this.#resize(Math.max(FIRST_BYTES, end * GROWTH), this.#index.length / ENTRY);
    this.#block.copyWithin(offset + by, offset, this.#end);
    this.#end = end;
  }

  #insertEntry(at: number, start: number, offset: number): void {
    const full = this.#index.length / ENTRY;
    if (this.#count === full) this.#resize(this.#block.length, Math.max(FIRST_ENTRIES, full * GROWTH));
    this.#index.copyWithin((at + 1) * ENTRY, at * ENTRY, this.#count * ENTRY);
    this.#index[at * ENTRY] = (start - this.#origin) / this.#step;
    this.#index[at * ENTRY + 1] = offset;
    this.#count++;
  }

  #resize(bytes: number, entries: number): void {
    const block = new Uint8Array(Math.ceil(bytes));
    block.set(this.#block.subarray(0, this.#end));
    const index = new Int32Array(Math.ceil(entries) * ENTRY);
    index.set(this.#index.subarray(0, this.#count * ENTRY));
    this.#budget.used += block.length - this.#block.length + index.byteLength - this.#index.byteLength;
    this.#block = block;
    this.#index = index;
  }

  /** Index of the first bucket that starts at `start` or later. */
  #lowerBound(start: number): number {
    // Nearly every call asks for the newest bucket or the place behind it.
    if (this.#count === 0 || this.#startAt(this.#count - 1) < start) return this.#count;
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startAt(middle) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
