/** Bytes held by all logs of one aggregator, kept up to date by the logs themselves. */
export interface ByteBudget {
  used: number;
}

/** Index entry: start, offset and length as numbers in JavaScript arrays. */
const INDEX_BYTES = 24;
const FIRST_CAPACITY = 128;
/** A full block grows to so many times what it holds. */
const GROWTH = 1.5;
/** A block of so many times what it holds gives memory back; far above `GROWTH`, so that the two do not take turns. */
const SPARSE = 3;

/** Closed buckets as a snapshot keeps them. */
export interface BucketLogSnapshot {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/**
 * Closed buckets of one series and period, encoded, in one growing block of bytes with an index sorted by start.
 * Appending in order is O(1) amortised, reading O(log n); replacing leaves a hole, and holes are squeezed out when the
 * block is full.
 */
export class BucketLog {
  readonly #budget: ByteBudget;
  readonly #starts: number[] = [];
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  #block = new Uint8Array(0);
  #end = 0;
  #live = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get firstStart(): number | undefined {
    return this.#starts[0];
  }

  get lastStart(): number | undefined {
    return this.#starts.at(-1);
  }

  /** Adds the bucket at `start`, or replaces it. */
  put(start: number, encoded: Uint8Array): void {
    const offset = this.#append(encoded);
    const index = this.#lowerBound(start);
    if (this.#starts[index] === start) {
      this.#live -= this.#lengths[index] as number;
      this.#offsets[index] = offset;
      this.#lengths[index] = encoded.length;
    } else {
      this.#starts.splice(index, 0, start);
      this.#offsets.splice(index, 0, offset);
      this.#lengths.splice(index, 0, encoded.length);
      this.#budget.used += INDEX_BYTES;
    }
    this.#live += encoded.length;
  }

  /** The encoded bucket at `start`; a view that the next change may overwrite. */
  get(start: number): Uint8Array | undefined {
    const index = this.#lowerBound(start);
    if (this.#starts[index] !== start) return undefined;
    const offset = this.#offsets[index] as number;
    return this.#block.subarray(offset, offset + (this.#lengths[index] as number));
  }

  /** Starts in `[from, to)`, ascending. */
  starts(from: number, to: number): number[] {
    return this.#starts.slice(this.#lowerBound(from), this.#lowerBound(to));
  }

  /** Forgets buckets that start before `time`; returns how many. `compact` gives all memory back at once. */
  evictBefore(time: number, compact = false): number {
    const count = this.#lowerBound(time);
    if (count === 0) return 0;
    for (const length of this.#lengths.slice(0, count)) this.#live -= length;
    this.#starts.splice(0, count);
    this.#offsets.splice(0, count);
    this.#lengths.splice(0, count);
    this.#budget.used -= count * INDEX_BYTES;
    if (compact || this.#live * SPARSE < this.#block.length) this.#resize(this.#live);
    return count;
  }

  /** Gives its bytes back to the budget; the log must not be used afterwards. */
  release(): void {
    this.#budget.used -= this.#block.length + this.#starts.length * INDEX_BYTES;
  }

  snapshot(): BucketLogSnapshot {
    this.#resize(this.#live);
    return {
      starts: Float64Array.from(this.#starts),
      lengths: Uint32Array.from(this.#lengths),
      bytes: this.#block.slice(0, this.#end),
    };
  }

  static restore(snapshot: BucketLogSnapshot, budget: ByteBudget): BucketLog {
    const log = new BucketLog(budget);
    let offset = 0;
    for (const [index, start] of snapshot.starts.entries()) {
      const length = snapshot.lengths[index] as number;
      log.put(start, snapshot.bytes.subarray(offset, offset + length));
      offset += length;
    }
    return log;
  }

  #append(encoded: Uint8Array): number {
    const needed = this.#end + encoded.length;
    if (needed > this.#block.length) this.#resize(Math.max(FIRST_CAPACITY, (this.#live + encoded.length) * GROWTH));
    const offset = this.#end;
    this.#block.set(encoded, offset);
    this.#end += encoded.length;
    return offset;
  }

  /** Moves the live buckets, without the holes, into a block of `capacity` bytes. */
  #resize(capacity: number): void {
    const block = new Uint8Array(Math.ceil(capacity));
    let end = 0;
    for (const [index, offset] of this.#offsets.entries()) {
      const length = this.#lengths[index] as number;
      block.set(this.#block.subarray(offset, offset + length), end);
      this.#offsets[index] = end;
      end += length;
    }
    this.#budget.used += block.length - this.#block.length;
    this.#block = block;
    this.#end = end;
  }

  #lowerBound(start: number): number {
    const starts = this.#starts;
    // Nearly every call asks for the newest bucket or the place behind it.
    const last = starts.length - 1;
    if (last < 0 || (starts[last] as number) < start) return starts.length;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
