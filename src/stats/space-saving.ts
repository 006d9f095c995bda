import { AnalyticsError, numberOption, restoring } from '../errors.ts';

/** One key of a top list. */
export interface TopEntry {
  readonly key: string;
  /** At least the true count. */
  readonly count: number;
  /** By how much `count` may be too high: `count − error` is at most the true count; 0 where it is exact. */
  readonly error: number;
}

/** State of a `SpaceSaving`; plain and structured-cloneable. */
export interface SpaceSavingSnapshot {
  readonly version: number;
  readonly capacity: number;
  readonly total: number;
  readonly entries: readonly TopEntry[];
}

interface MutableEntry {
  key: string;
  count: number;
  error: number;
}

const SNAPSHOT_VERSION = 1;

/**
 * The most frequent keys of a stream in bounded memory. While no more than `capacity` different keys came, counts are
 * exact; after that a count may be too high by its `error`, and every key that makes up more than 1 / `capacity` of the
 * total is listed for certain. Not for long flat distributions: where no key is that frequent, which ones are listed
 * says little.
 *
 * Adding a listed key costs a map look-up. A key that is not listed replaces the rarest entry, of equally rare ones the
 * first by place, so that the outcome hangs on the stream alone; finding it looks at all `capacity` entries at worst, at
 * one or two where many are equally rare, which they are when keys keep changing.
 *
 * Source: Metwally, Agrawal, El Abbadi 2005, Efficient Computation of Frequent and Top-k Elements in Data Streams,
 * https://doi.org/10.1007/978-3-540-30570-5_27; merge: Agarwal et al. 2013, Mergeable Summaries,
 * https://doi.org/10.1145/2500128.
 *
 * @example
 * const errors = new SpaceSaving();
 * for (const code of ['E_TIMEOUT', 'E_DNS', 'E_TIMEOUT']) errors.add(code);
 * errors.top(1); // [{ key: 'E_TIMEOUT', count: 2, error: 0 }]
 */
export class SpaceSaving {
  readonly #capacity: number;
  #entries: MutableEntry[] = [];
  readonly #byKey = new Map<string, MutableEntry>();
  #total = 0;
  /** No count is below it. */
  #floor = 0;
  /** All entries before this place count more than the floor; as counts only grow, they stay so. */
  #cursor = 0;

  /** @param capacity keys that are tracked, 1 to 65,536; memory grows with it, and so does the cost of an unlisted key */
  constructor(capacity = 64) {
    this.#capacity = numberOption('capacity', capacity, { min: 1, max: 65_536, whole: true });
  }

  /** Sum of all counts added, listed or not; exact. */
  get total(): number {
    return this.#total;
  }

  /** Counts `key`. @param count a positive number */
  add(key: string, count = 1): void {
    this.#total += count;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    if (this.#entries.length < this.#capacity) {
      this.#insert({ key, count, error: 0 });
      return;
    }
    const rarest = this.#rarest();
    this.#byKey.delete(rarest.key);
    this.#byKey.set(key, rarest);
    rarest.key = key;
    rarest.error = rarest.count;
    rarest.count += count;
  }

  /**
   * Adds all that `other` has counted; the same promises hold for both streams together. The order of the two does not
   * matter. Cost: sorting the entries of both.
   *
   * @throws AnalyticsError `ERR_INVALID_VALUE` where `other` has another capacity
   */
  merge(other: SpaceSaving): void {
    if (other.#capacity !== this.#capacity) {
      throw new AnalyticsError(
        'ERR_INVALID_VALUE',
        `merged top list must be of capacity ${this.#capacity}, got ${other.#capacity}`,
      );
    }
    const absentHere = this.#absentBound();
    const absentThere = other.#absentBound();
    const merged: MutableEntry[] = [];
    for (const { key, count, error } of this.#entries) {
      const theirs = other.#byKey.get(key);
      merged.push({
        key,
        count: count + (theirs?.count ?? absentThere),
        error: error + (theirs?.error ?? absentThere),
      });
    }
    for (const { key, count, error } of other.#entries) {
      if (!this.#byKey.has(key)) merged.push({ key, count: count + absentHere, error: error + absentHere });
    }
    this.#total += other.#total;
    this.#entries = [];
    this.#byKey.clear();
    this.#cursor = 0;
    for (const entry of merged.sort(byRank).slice(0, this.#capacity)) this.#insert(entry);
  }

  /** The `n` most frequent keys, most frequent first, equal counts in the order of their keys. */
  top(n: number): TopEntry[] {
    return this.#entries
      .map((entry) => ({ ...entry }))
      .sort(byRank)
      .slice(0, n);
  }

  /** State for `restore`, entries by place. */
  snapshot(): SpaceSavingSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      capacity: this.#capacity,
      total: this.#total,
      entries: this.#entries.map((entry) => ({ ...entry })),
    };
  }

  /**
   * Continues from a snapshot.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is of another version
   */
  static restore(snapshot: SpaceSavingSnapshot): SpaceSaving {
    return restoring('top list', snapshot, SNAPSHOT_VERSION, () => {
      const restored = new SpaceSaving(snapshot.capacity);
      restored.#total = snapshot.total;
      for (const { key, count, error } of snapshot.entries) restored.#insert({ key, count, error });
      return restored;
    });
  }

  #insert(entry: MutableEntry): void {
    this.#entries.push(entry);
    this.#byKey.set(entry.key, entry);
  }

  /** Of the entries with the lowest count the first by place; only for a full list. */
  #rarest(): MutableEntry {
    while (true) {
      for (; this.#cursor < this.#entries.length; this.#cursor++) {
        const entry = this.#entries[this.#cursor] as MutableEntry;
        if (entry.count <= this.#floor) return entry;
      }
      this.#floor = Math.min(...this.#entries.map((entry) => entry.count));
      this.#cursor = 0;
    }
  }

  /** What a key that is not listed may have counted at most. */
  #absentBound(): number {
    return this.#entries.length < this.#capacity ? 0 : this.#rarest().count;
  }
}

/** Most frequent first, then by key in code unit order. Keys of one list differ. */
function byRank(a: TopEntry, b: TopEntry): number {
  return b.count - a.count || (a.key < b.key ? -1 : 1);
}
