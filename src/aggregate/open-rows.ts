import { ENTRY, LineBlocks, startOf } from '../stats/line-blocks.ts';
import { binKey, OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { NO_SKETCH, SketchSlab } from '../stats/sketch-slab.ts';
import type { EncodedSeries } from './series-encoding.ts';

/** Fields of a row: time and value of the newest sample, samples that wait, how many of all were failures. */
const LAST_AT = 0;
const LAST = 1;
const WAITING = 2;
const FAILURES = 3;
/** The sketch of all samples that do not wait. */
const SKETCH = 4;
/** The samples that wait for the sketch. */
const VALUES = 5;
const MAX_WAITING: number = ENTRY - VALUES;

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
  readonly #rows = new LineBlocks();
  readonly #scratch = new SketchContents();

  /** Memory held, in bytes. */
  get byteLength(): number {
    return this.sketches.byteLength + this.#rows.byteLength;
  }

  /** An empty row, to be given back with `free`. */
  open(): number {
    const row = this.#rows.take();
    const doubles = this.#rows.doublesOf(row);
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
    const doubles = this.#rows.doublesOf(row);
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
    this.#rows.doublesOf(row)[startOf(row) + WAITING] = 0;
  }

  /** Adds to `sketch` what a row holds in its own sketch, without the samples that wait. */
  gatherSettled(row: number, sketch: number): void {
    const own = this.#rows.field(row, SKETCH);
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
    const doubles = this.#rows.doublesOf(row);
    const start = startOf(row);
    doubles[start + FAILURES] = (doubles[start + FAILURES] as number) + failures;
    const known = doubles[start + LAST_AT] as number;
    if (lastAt < known || (lastAt === known && last <= (doubles[start + LAST] as number))) return;
    doubles[start + LAST_AT] = lastAt;
    doubles[start + LAST] = last;
  }

  /** Gives a row back. */
  free(row: number): void {
    const sketch = this.#rows.field(row, SKETCH);
    if (sketch !== NO_SKETCH) this.sketches.release(sketch);
    this.#rows.release(row);
  }

  /** Samples in a row. */
  count(row: number): number {
    const sketch = this.#rows.field(row, SKETCH);
    return this.#rows.field(row, WAITING) + (sketch === NO_SKETCH ? 0 : this.sketches.count(sketch));
  }

  /** Samples that were failures. */
  failures(row: number): number {
    return this.#rows.field(row, FAILURES);
  }

  /** Value of the newest sample. */
  last(row: number): number {
    return this.#rows.field(row, LAST);
  }

  /** Time of the newest sample, epoch milliseconds; −∞ where there is none. */
  lastAt(row: number): number {
    return this.#rows.field(row, LAST_AT);
  }

  /** Puts the distribution of a row into `contents`, in place of what was there. */
  read(row: number, contents: SketchContents): void {
    const sketch = this.#rows.field(row, SKETCH);
    if (sketch === NO_SKETCH) {
      this.#readWaiting(row, contents);
      return;
    }
    this.sketches.read(sketch, contents);
    if (this.#rows.field(row, WAITING) === 0) return;
    this.#readWaiting(row, this.#scratch);
    contents.add(this.#scratch);
  }

  #addWaiting(row: number, sketch: number, also: number): void {
    const first = startOf(row) + VALUES;
    const end = first + this.#rows.field(row, WAITING);
    this.sketches.add(sketch, also, this.#rows.doublesOf(row), this.#rows.wordsOf(row), first, end);
  }

  #sketchOf(row: number): number {
    const known = this.#rows.field(row, SKETCH);
    if (known !== NO_SKETCH) return known;
    const sketch = this.sketches.take();
    this.#rows.doublesOf(row)[startOf(row) + SKETCH] = sketch;
    return sketch;
  }

  #readWaiting(row: number, contents: SketchContents): void {
    contents.clear();
    const first = startOf(row) + VALUES;
    const values = this.#rows
      .doublesOf(row)
      .slice(first, first + this.#rows.field(row, WAITING))
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
}
