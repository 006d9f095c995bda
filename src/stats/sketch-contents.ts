import { ExactSum } from './exact-sum.ts';
import { binValue, OCTAVE_BITS } from './log-linear-bins.ts';

/** Bins that a new one has room for: those of a minute of some sixty latencies. */
const INITIAL_CAPACITY = 64;

/**
 * What a quantile sketch holds, laid out flat: the form in which sketches, shared arrays of bins and bytes exchange it.
 * Made to be used again and again; a pass through it allocates only while it grows.
 *
 * Whoever fills it keeps what its readers believe: keys ascend, each comes once and has a count of at least 1, `min` lies
 * in the bin of the first key and `max` in that of the last, and −0 is 0.
 */
export class SketchContents {
  /** Bin keys as `binKey` gives them, ascending; only the first `length` count. Another array once it has grown. */
  keys: Int32Array = new Int32Array(INITIAL_CAPACITY);
  /** Numbers in the bin of the same place. */
  counts: Float64Array = new Float64Array(INITIAL_CAPACITY);
  /** Bins. */
  length = 0;
  /** Numbers in all bins. */
  count = 0;
  /** Smallest number; +Infinity when empty. */
  min: number = Number.POSITIVE_INFINITY;
  /** Largest number; −Infinity when empty. */
  max: number = Number.NEGATIVE_INFINITY;
  /** Sum of all numbers. */
  readonly sum: ExactSum = new ExactSum();

  /** Appends a bin, whose key must be above all before it. `min`, `max` and `sum` are the caller's to set. */
  push(key: number, count: number): void {
    if (this.length === this.keys.length) this.reserve(this.length + 1);
    this.keys[this.length] = key;
    this.counts[this.length] = count;
    this.length++;
    this.count += count;
  }

  /** Adds all that `other` holds, which stays as it is. Linear in the bins of both. */
  add(other: SketchContents): void {
    this.sum.merge(other.sum);
    this.count += other.count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    // From the highest bin down: what is written then never lies before what is still to be read.
    let from = this.length - 1;
    let others = other.length - 1;
    let to = this.length + other.length;
    this.reserve(to);
    const { keys, counts } = this;
    while (others >= 0) {
      const key = other.keys[others] as number;
      to--;
      while (from >= 0 && (keys[from] as number) > key) {
        keys[to] = keys[from] as number;
        counts[to--] = counts[from--] as number;
      }
      keys[to] = key;
      counts[to] = other.counts[others--] as number;
      if (from < 0 || keys[from] !== key) continue;
      counts[to] = (counts[to] as number) + (counts[from--] as number);
    }
    const end = this.length + other.length;
    keys.copyWithin(from + 1, to, end);
    counts.copyWithin(from + 1, to, end);
    this.length = from + 1 + end - to;
  }

  /**
   * What `QuantileSketch.quantiles` gives for each of `qs`, which must ascend; in one pass, for contents that are not
   * empty and of the default accuracy.
   */
  quantiles(qs: readonly number[]): number[] {
    const { keys, counts, min, max } = this;
    const last = this.count - 1;
    let bin = 0;
    let seen = counts[0] as number;
    return qs.map((q) => {
      const rank = Math.floor(q * last);
      if (rank === 0) return min;
      if (rank === last) return max;
      while (seen <= rank) seen += counts[++bin] as number;
      return Math.min(Math.max(binValue(keys[bin] as number, OCTAVE_BITS), min), max);
    });
  }

  /** Makes room for `bins` bins in all, and for more if it has to grow. */
  reserve(bins: number): void {
    if (bins <= this.keys.length) return;
    const capacity = Math.max(bins, 2 * this.keys.length);
    const keys = new Int32Array(capacity);
    keys.set(this.keys);
    this.keys = keys;
    const counts = new Float64Array(capacity);
    counts.set(this.counts);
    this.counts = counts;
  }

  /** Empties it and keeps its memory. */
  clear(): void {
    this.length = 0;
    this.count = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.sum.clear();
  }
}
