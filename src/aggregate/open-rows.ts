import { PAGE_BITS } from '../stats/bin-pages.ts';
import { binKey } from '../stats/log-linear-bins.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { SketchSlab } from '../stats/sketch-slab.ts';
import type { EncodedSeries } from './series-encoding.ts';

/** Doubles of a row: 128 bytes, two cache lines. */
const ROW_BITS = 4;
const ROW: number = 1 << ROW_BITS;
/** Memory grows by blocks of 64 kB, so nothing that exists is ever moved. */
const BLOCK_BITS = 9;
const BLOCK_MASK: number = (1 << BLOCK_BITS) - 1;

/** Fields of a row: time and value of the newest sample, samples that wait, how many of all were failures. */
const LAST_AT = 0;
const LAST = 1;
const WAITING = 2;
const FAILURES = 3;
/** The sketch of all samples that do not wait; −1 while there are none. */
const SKETCH = 4;
const NO_SKETCH = -1;
/** The samples that wait for the sketch. */
const VALUES = 5;
const MAX_WAITING: number = ROW - VALUES;

/**
 * The samples of all open minutes, a row for each series and minute. A sample is only written into its row; every
 * eleventh puts all that wait into a sketch, so that a record touches two cache lines that lie side by side, and not a
 * sketch each time. A row of fewer samples has none.
 *
 * A row takes 128 bytes, and 128 more with a sketch and for each octave of its samples. In the steady state nothing is
 * allocated.
 */
export class OpenRows {
  readonly #sketches = new SketchSlab();
  readonly #doubles: Float64Array[] = [];
  /** The same memory as words. */
  readonly #words: Uint32Array[] = [];
  readonly #free: number[] = [];
  #rows = 0;

  /** Memory held, in bytes. */
  get byteLength(): number {
    let bytes = this.#sketches.byteLength;
    for (const doubles of this.#doubles) bytes += doubles.byteLength;
    return bytes;
  }

  /** An empty row, to be given back with `free`. */
  open(): number {
    const row = this.#free.pop() ?? this.#newRow();
    const doubles = this.#doublesOf(row);
    const start = startOf(row);
    doubles[start + LAST_AT] = Number.NEGATIVE_INFINITY;
    doubles[start + LAST] = 0;
    doubles[start + WAITING] = 0;
    doubles[start + FAILURES] = 0;
    doubles[start + SKETCH] = NO_SKETCH;
    return row;
  }

  /** Adds one sample: a finite number at a time in epoch milliseconds. */
  add(row: number, timestamp: number, given: number, failed: boolean): void {
    const doubles = this.#doublesOf(row);
    const start = startOf(row);
    // 0 for -0, which compares equal: else which of them is last would depend on the order.
    const value = given + 0;
    const lastAt = doubles[start + LAST_AT] as number;
    // Of samples of one instant the largest is the last, whatever order they came in.
    if (timestamp > lastAt || (timestamp === lastAt && value > (doubles[start + LAST] as number))) {
      doubles[start + LAST_AT] = timestamp;
      doubles[start + LAST] = value;
    }
    if (failed) doubles[start + FAILURES] = (doubles[start + FAILURES] as number) + 1;
    const waiting = doubles[start + WAITING] as number;
    doubles[start + VALUES + waiting] = value;
    doubles[start + WAITING] = waiting + 1;
    if (waiting + 1 === MAX_WAITING) this.#settle(row);
  }

  /** Adds samples that were summarised elsewhere. */
  merge(row: number, contents: SketchContents, { last, lastAt, failures }: EncodedSeries): void {
    this.#sketches.merge(this.#sketchOf(row), contents);
    const doubles = this.#doublesOf(row);
    const start = startOf(row);
    doubles[start + FAILURES] = (doubles[start + FAILURES] as number) + failures;
    const known = doubles[start + LAST_AT] as number;
    if (lastAt < known || (lastAt === known && last <= (doubles[start + LAST] as number))) return;
    doubles[start + LAST_AT] = lastAt;
    doubles[start + LAST] = last;
  }

  /** A new row with the samples of `row`. */
  copy(row: number): number {
    const contents = new SketchContents();
    this.read(row, contents);
    const copied = this.open();
    this.merge(copied, contents, { last: this.last(row), lastAt: this.lastAt(row), failures: this.failures(row) });
    return copied;
  }

  /** Gives a row back. */
  free(row: number): void {
    const sketch = this.#field(row, SKETCH);
    if (sketch !== NO_SKETCH) this.#sketches.release(sketch);
    this.#free.push(row);
  }

  /** Samples in a row. */
  count(row: number): number {
    const sketch = this.#field(row, SKETCH);
    return this.#field(row, WAITING) + (sketch === NO_SKETCH ? 0 : this.#sketches.count(sketch));
  }

  /** Samples that were failures. */
  failures(row: number): number {
    return this.#field(row, FAILURES);
  }

  /** Value of the newest sample. */
  last(row: number): number {
    return this.#field(row, LAST);
  }

  /** Time of the newest sample, epoch milliseconds; −∞ where there is none. */
  lastAt(row: number): number {
    return this.#field(row, LAST_AT);
  }

  /** Puts the distribution of a row into `contents`, in place of what was there. */
  read(row: number, contents: SketchContents): void {
    const sketch = this.#field(row, SKETCH);
    if (sketch === NO_SKETCH) {
      this.#readWaiting(row, contents);
    } else {
      this.#settle(row);
      this.#sketches.read(sketch, contents);
    }
  }

  /** Puts the samples that wait into the sketch. */
  #settle(row: number): void {
    const block = row >> BLOCK_BITS;
    const doubles = this.#doubles[block] as Float64Array;
    const start = startOf(row);
    const first = start + VALUES;
    const end = first + (doubles[start + WAITING] as number);
    this.#sketches.add(this.#sketchOf(row), doubles, this.#words[block] as Uint32Array, first, end);
    doubles[start + WAITING] = 0;
  }

  #sketchOf(row: number): number {
    const known = this.#field(row, SKETCH);
    if (known !== NO_SKETCH) return known;
    const sketch = this.#sketches.take();
    this.#doublesOf(row)[startOf(row) + SKETCH] = sketch;
    return sketch;
  }

  #readWaiting(row: number, contents: SketchContents): void {
    contents.clear();
    const first = startOf(row) + VALUES;
    const values = this.#doublesOf(row)
      .slice(first, first + this.#field(row, WAITING))
      .sort();
    let key = Number.NaN;
    let count = 0;
    for (const value of values) {
      const next = binKey(value, PAGE_BITS);
      if (next !== key && count > 0) contents.push(key, count);
      count = next === key ? count + 1 : 1;
      key = next;
      contents.sum.add(value);
    }
    if (count === 0) return;
    contents.push(key, count);
    contents.min = values[0] as number;
    contents.max = values.at(-1) as number;
  }

  #newRow(): number {
    const row = this.#rows++;
    if (row >> BLOCK_BITS === this.#doubles.length) {
      const doubles = new Float64Array(ROW << BLOCK_BITS);
      this.#doubles.push(doubles);
      this.#words.push(new Uint32Array(doubles.buffer));
    }
    return row;
  }

  #doublesOf(row: number): Float64Array {
    return this.#doubles[row >> BLOCK_BITS] as Float64Array;
  }

  #field(row: number, field: number): number {
    return this.#doublesOf(row)[startOf(row) + field] as number;
  }
}

function startOf(row: number): number {
  return (row & BLOCK_MASK) << ROW_BITS;
}
