import { BinPages, PAGE_BITS } from './bin-pages.ts';
import { ExactSum } from './exact-sum.ts';
import { ENTRY, LineBlocks, startOf } from './line-blocks.ts';
import { octaveKey } from './log-linear-bins.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import { SketchContents } from './sketch-contents.ts';

/** Fields of a sketch: sum as two doubles, smallest, largest, how many. */
const SUM_HIGH = 0;
const SUM_LOW = 1;
const MIN = 2;
const MAX = 3;
const COUNT = 4;
/** Sixteen words: the page of each octave, at the octave modulo 16. */
const DIRECTORY = 8;
const SLOTS = 16;
const SLOT_MASK: number = SLOTS - 1;
/** A word of the directory: the page above, the octave and 1 below; 0 is free. */
const TAG_BITS = 11;
const TAG_MASK: number = (1 << TAG_BITS) - 1;
const MAX_PAGES: number = 2 ** (32 - TAG_BITS);

/** Index of the word with sign and exponent of a double: 1 on little-endian machines. */
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
/** Bits of that word that do not choose a bin. */
const FINE_BITS: number = 20 - PAGE_BITS;
const BIN_MASK: number = (1 << PAGE_BITS) - 1;
const EXPONENT_BIAS = 1023;
/**
 * From here on numbers are kept beside, so that sums neither overflow nor reach 2⁹⁰⁰, from which on `ExactSum` keeps terms
 * apart: 2⁵³ of them stay below. Octaves beyond 2047 have the sign bit set.
 */
const HUGE_EXPONENT = 847;
const HUGE_OCTAVE: number = HUGE_EXPONENT + EXPONENT_BIAS;

/** No sketch at all. */
export const NO_SKETCH = -1;

/**
 * Many quantile sketches of the default accuracy in shared typed arrays, for numbers that come in small batches: what a
 * batch touches lies close together, and nothing is allocated in the steady state. A sketch takes 128 bytes, and 128 more
 * for each octave of its numbers.
 *
 * Takes every finite number, with the promises of `QuantileSketch`. What the arrays cannot hold (negative numbers, huge
 * ones, octaves sixteen apart, sums of over 106 bits) is kept beside them, and `read` merges the two.
 */
export class SketchSlab {
  readonly #blocks = new LineBlocks();
  readonly #pages = new BinPages(MAX_PAGES);
  /** Sketches of what pages cannot hold. */
  readonly #beside = new Map<number, QuantileSketch>();
  /** What two doubles cannot hold of a sum. */
  readonly #rests = new Map<number, ExactSum>();
  readonly #scratch = new SketchContents();

  /** Memory held, in bytes. */
  get byteLength(): number {
    let bytes = this.#pages.byteLength + this.#blocks.byteLength;
    for (const sketch of this.#beside.values()) bytes += sketch.byteLength;
    return bytes;
  }

  /** Number of an empty sketch, to be given back with `release`. */
  take(): number {
    const sketch = this.#blocks.take();
    const doubles = this.#blocks.doublesOf(sketch);
    const start = startOf(sketch);
    doubles.fill(0, start, start + ENTRY);
    doubles[start + MIN] = Number.POSITIVE_INFINITY;
    doubles[start + MAX] = Number.NEGATIVE_INFINITY;
    return sketch;
  }

  /** Gives a sketch back. */
  release(sketch: number): void {
    const words = this.#blocks.wordsOf(sketch);
    const directory = directoryOf(sketch);
    for (let slot = directory; slot < directory + SLOTS; slot++) {
      const page = (words[slot] as number) >>> TAG_BITS;
      if (page > 0) this.#pages.release(page);
    }
    this.#beside.delete(sketch);
    this.#rests.delete(sketch);
    this.#blocks.release(sketch);
  }

  /** Numbers added to a sketch. */
  count(sketch: number): number {
    return this.#blocks.field(sketch, COUNT) + (this.#beside.get(sketch)?.count ?? 0);
  }

  /**
   * Adds `values[from]` up to `values[to − 1]`, finite and none of them −0, to one sketch and, unless that is `NO_SKETCH`,
   * to another.
   *
   * @param bits the memory of `values` as words
   */
  add(sketch: number, also: number, values: Float64Array, bits: Uint32Array, from: number, to: number): void {
    this.#put(sketch, values, bits, from, to);
    if (also !== NO_SKETCH) this.#put(also, values, bits, from, to);
  }

  /** Adds all that `contents` hold, of the default accuracy. */
  merge(sketch: number, contents: SketchContents): void {
    this.#besideOf(sketch).mergeContents(contents);
  }

  /** Puts all that a sketch holds into `contents`, in place of what was there. */
  read(sketch: number, contents: SketchContents): void {
    contents.clear();
    this.#readPages(sketch, contents);
    contents.sum.add(this.#blocks.field(sketch, SUM_HIGH));
    contents.sum.add(this.#blocks.field(sketch, SUM_LOW));
    const rest = this.#rests.get(sketch);
    if (rest !== undefined) contents.sum.merge(rest);
    contents.min = this.#blocks.field(sketch, MIN);
    contents.max = this.#blocks.field(sketch, MAX);
    const beside = this.#beside.get(sketch);
    if (beside === undefined) return;
    beside.readContents(this.#scratch);
    contents.add(this.#scratch);
  }

  #put(sketch: number, values: Float64Array, bits: Uint32Array, from: number, to: number): void {
    const doubles = this.#blocks.doublesOf(sketch);
    const words = this.#blocks.wordsOf(sketch);
    const start = startOf(sketch);
    const directory = directoryOf(sketch);
    let high = doubles[start + SUM_HIGH] as number;
    let low = doubles[start + SUM_LOW] as number;
    let min = doubles[start + MIN] as number;
    let max = doubles[start + MAX] as number;
    let count = doubles[start + COUNT] as number;
    for (let at = from; at < to; at++) {
      const value = values[at] as number;
      const key = (bits[2 * at + HIGH_WORD] as number) >>> FINE_BITS;
      const octave = key >>> PAGE_BITS;
      const entry = words[directory + (octave & SLOT_MASK)] as number;
      // The page of octave 0 is zero's alone: the subnormals are in it as well, but have keys of their own.
      const isKnown = (entry & TAG_MASK) === octave + 1 && (octave > 0 || value === 0);
      const page = isKnown ? entry >>> TAG_BITS : this.#newPage(words, directory, octave, value);
      if (page === 0) {
        this.#besideOf(sketch).add(value);
        continue;
      }
      this.#pages.add(page, key & BIN_MASK);
      // Two error-free additions, as in `ExactSum`.
      const sum = high + value;
      const taken = sum - high;
      const error = high - (sum - taken) + (value - taken);
      high = sum;
      const lowSum = low + error;
      const lowTaken = lowSum - low;
      const rest = low - (lowSum - lowTaken) + (error - lowTaken);
      low = lowSum;
      if (rest !== 0) this.#addRest(sketch, rest);
      if (value < min) min = value;
      if (value > max) max = value;
      count++;
    }
    doubles[start + SUM_HIGH] = high;
    doubles[start + SUM_LOW] = low;
    doubles[start + MIN] = min;
    doubles[start + MAX] = max;
    doubles[start + COUNT] = count;
  }

  /** Adds what two doubles cannot hold of a sum. */
  #addRest(sketch: number, rest: number): void {
    let sum = this.#rests.get(sketch);
    if (sum === undefined) {
      sum = new ExactSum();
      this.#rests.set(sketch, sum);
    }
    sum.add(rest);
  }

  #readPages(sketch: number, contents: SketchContents): void {
    const words = this.#blocks.wordsOf(sketch);
    const directory = directoryOf(sketch);
    const entries: number[] = [];
    for (let slot = directory; slot < directory + SLOTS; slot++) {
      const entry = words[slot] as number;
      if (entry !== 0) entries.push(entry);
    }
    for (const entry of entries.sort(byOctave)) {
      const octave = (entry & TAG_MASK) - 1;
      this.#pages.appendTo(contents, entry >>> TAG_BITS, octave === 0 ? 0 : octaveKey(octave));
    }
  }

  /** A page for an octave that has none; 0 where pages cannot hold it. Zero, which is in no octave, has one too. */
  #newPage(words: Uint32Array, directory: number, octave: number, value: number): number {
    if (octave >= HUGE_OCTAVE || (octave === 0 && value !== 0)) return 0;
    const slot = directory + (octave & SLOT_MASK);
    if (words[slot] !== 0) return 0;
    const page = this.#pages.take();
    if (page > 0) words[slot] = (page << TAG_BITS) | (octave + 1);
    return page;
  }

  #besideOf(sketch: number): QuantileSketch {
    let beside = this.#beside.get(sketch);
    if (beside === undefined) {
      beside = new QuantileSketch();
      this.#beside.set(sketch, beside);
    }
    return beside;
  }
}

/** Index of the first word of a sketch's directory. */
function directoryOf(sketch: number): number {
  return 2 * (startOf(sketch) + DIRECTORY);
}

function byOctave(a: number, b: number): number {
  return (a & TAG_MASK) - (b & TAG_MASK);
}
