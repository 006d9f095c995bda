import { binKey, OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { NO_SKETCH, SketchSlab } from '../stats/sketch-slab.ts';
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
/** The sketch of all samples that do not wait. */
const SKETCH = 4;
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
  /** Sketches of rows, and of others who gather what rows have. */
  readonly sketches: SketchSlab = new SketchSlab();
  readonly #doubles: Float64Array[] = [];
  /** The same memory as words. */
  readonly #words: Uint32Array[] = [];
  readonly #free: number[] = [];
  readonly #scratch = new SketchContents();
  #rows = 0;

  /** Memory held, in bytes. */
  get byteLength(): number {
    let bytes = this.sketches.byteLength;
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

  /**
   * Adds one sample: a finite number at a time in epoch milliseconds. Returns whether the row is full; it must be settled
   * then before another is added.
   */
  add(row: number, timestamp: number, given: number, failed: boolean): boolean {
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
    return waiting + 1 === MAX_WAITING;
  }

  /** Puts the samples that wait into the sketch of the row and, unless that is `NO_SKETCH`, into another. */
  settle(row: number, also: number): void {
    this.#addWaiting(row, this.#sketchOf(row), also);
    this.#doublesOf(row)[startOf(row) + WAITING] = 0;
  }

  /** Adds to `sketch` what a row holds in its own sketch, without the samples that wait. */
  gatherSettled(row: number, sketch: number): void {
    const own = this.#field(row, SKETCH);
    if (own === NO_SKETCH) return;
    const contents = new SketchContents();
    this.sketches.read(own, contents);
    this.sketches.merge(sketch, contents);
  }

  /** Adds to `sketch` the samples of a row that wait; they go on waiting. */
  gatherWaiting(row: number, sketch: number): void {
    this.#addWaiting(row, sketch, NO_SKETCH);
  }

  /** Adds samples that were summarised elsewhere. */
  merge(row: number, contents: SketchContents, { last, lastAt, failures }: EncodedSeries): void {
    this.sketches.merge(this.#sketchOf(row), contents);
    const doubles = this.#doublesOf(row);
    const start = startOf(row);
    doubles[start + FAILURES] = (doubles[start + FAILURES] as number) + failures;
    const known = doubles[start + LAST_AT] as number;
    if (lastAt < known || (lastAt === known && last <= (doubles[start + LAST] as number))) return;
    doubles[start + LAST_AT] = lastAt;
    doubles[start + LAST] = last;
  }

  /** Gives a row back. */
  free(row: number): void {
    const sketch = this.#field(row, SKETCH);
    if (sketch !== NO_SKETCH) this.sketches.release(sketch);
    this.#free.push(row);
  }

  /** Samples in a row. */
  count(row: number): number {
    const sketch = this.#field(row, SKETCH);
    return this.#field(row, WAITING) + (sketch === NO_SKETCH ? 0 : this.sketches.count(sketch));
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
      return;
    }
    this.sketches.read(sketch, contents);
    if (this.#field(row, WAITING) === 0) return;
    this.#readWaiting(row, this.#scratch);
    contents.add(this.#scratch);
  }

  #addWaiting(row: number, sketch: number, also: number): void {
    const block = row >> BLOCK_BITS;
    const doubles = this.#doubles[block] as Float64Array;
    const first = startOf(row) + VALUES;
    const end = first + this.#field(row, WAITING);
    this.sketches.add(sketch, also, doubles, this.#words[block] as Uint32Array, first, end);
  }

  #sketchOf(row: number): number {
    const known = this.#field(row, SKETCH);
    if (known !== NO_SKETCH) return known;
    const sketch = this.sketches.take();
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
      const next = binKey(value, OCTAVE_BITS);
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
