import { AnalyticsError, numberOption, show } from '../errors.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { ExactSum } from './exact-sum.ts';
import { binKey, binValue, MAX_OCTAVE_BITS } from './log-linear-bins.ts';
import { SketchContents } from './sketch-contents.ts';
import { readContents, writeContents } from './sketch-encoding.ts';
import { SketchPages } from './sketch-pages.ts';

/** Options of a `QuantileSketch`. */
export interface QuantileSketchOptions {
  /**
   * Largest relative error of a quantile, 0.0001 to 0.5; default 0.01. Bins double with each halving. Sketches merge only
   * with sketches of the same bins.
   */
  readonly relativeAccuracy?: number | undefined;
}

const FINEST_ACCURACY = 0.0001;
const FORMAT_VERSION = 1;
const SUBJECT = 'quantile sketch';
/** Heap that a sketch holds besides its arrays, measured on Node 20: the objects, their boxed doubles, array headers. */
const FIXED_BYTES = 510;

/**
 * A summary of numbers that answers any quantile within a fixed relative error, however many numbers came, and
 * that merges without loss: the merge of two sketches equals, byte for byte, the sketch of both inputs in any order.
 * Memory follows the octaves that occur, 256 bytes for each: 2 to 4 kB for latencies, 1.8 MB where all of them do.
 *
 * Takes every finite double: negative, zero, subnormal, up to ±1.79e308. Each octave is cut into 2ᵏ bins of equal width,
 * whose number is read from the bits of the double, and a bin answers with the harmonic mean of its borders, which is
 * off by at most 1 / (2ᵏ⁺¹ + 1) of any value inside: 0.78 % for the default k = 6. Count, min, max and the sum are
 * exact; counts up to 2⁵³. Not for data in which absolute differences around a large offset matter (epoch timestamps).
 *
 * `add` costs a few nanoseconds and allocates only when a value enters a range not seen before.
 *
 * Source: Masson, Rim, Lee 2019, DDSketch, https://arxiv.org/abs/1908.10693, with the linear bins in each octave of
 * HdrHistogram, https://hdrhistogram.org, in place of logarithms.
 *
 * @example
 * const sketch = new QuantileSketch();
 * for (const ms of [12, 15, 11, 240, 14]) sketch.add(ms);
 * sketch.quantile(1); // 240
 */
export class QuantileSketch {
  readonly #octaveBits: number;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  readonly #sum: ExactSum;
  readonly #pages: SketchPages;

  constructor(options: QuantileSketchOptions = {}) {
    const { relativeAccuracy = 0.01 } = options;
    numberOption('relativeAccuracy', relativeAccuracy, { min: FINEST_ACCURACY, max: 0.5 });
    this.#octaveBits = Math.ceil(Math.log2(1 / (2 * relativeAccuracy)));
    this.#sum = new ExactSum();
    this.#pages = new SketchPages();
  }

  /** Numbers added. */
  get count(): number {
    return this.#count;
  }

  /** Their exact sum, rounded once, whatever their order; 0 when empty, ±`Number.MAX_VALUE` beyond the doubles. */
  get sum(): number {
    return this.#sum.value;
  }

  /** Smallest, exactly; `undefined` when empty. */
  get min(): number | undefined {
    return this.#count === 0 ? undefined : this.#min;
  }

  /** Largest, exactly; `undefined` when empty. */
  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  /** Memory held, in bytes, estimated. */
  get byteLength(): number {
    return FIXED_BYTES + this.#pages.byteLength;
  }

  /**
   * Adds `value` `count` times.
   *
   * @throws AnalyticsError `ERR_INVALID_VALUE` unless `value` is finite and `count` a whole number of at least 1
   */
  add(value: number, count = 1): void {
    if (!Number.isFinite(value)) throw invalidValue('value', 'a finite number', value);
    const plain = value + 0; // −0 becomes 0
    if (count === 1) this.#sum.add(plain);
    else if (Number.isSafeInteger(count) && count > 0) this.#sum.addTimes(plain, count);
    else throw invalidValue('count', 'a whole number of at least 1', count);
    this.#count += count;
    if (plain < this.#min) this.#min = plain;
    if (plain > this.#max) this.#max = plain;
    this.#pages.add(binKey(plain, this.#octaveBits), count);
  }

  /**
   * Adds all that `other` holds, without loss.
   *
   * @throws AnalyticsError `ERR_INVALID_VALUE` where `other` was made with another accuracy
   */
  merge(other: QuantileSketch): void {
    if (other.#octaveBits !== this.#octaveBits) {
      throw new AnalyticsError(
        'ERR_INVALID_VALUE',
        `merged sketch must have ${2 ** this.#octaveBits} bins an octave, got ${2 ** other.#octaveBits}`,
      );
    }
    if (other.#count === 0) return;
    this.#sum.merge(other.#sum);
    this.#count += other.#count;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#pages.merge(other.#pages);
  }

  /**
   * Adds all that `contents` hold, which must be of bins of the same accuracy.
   *
   * @internal
   */
  mergeContents(contents: SketchContents): void {
    if (contents.length === 0) return;
    this.#sum.merge(contents.sum);
    this.#count += contents.count;
    this.#min = Math.min(this.#min, contents.min);
    this.#max = Math.max(this.#max, contents.max);
    this.#pages.mergeContents(contents);
  }

  /**
   * Writes all that the sketch holds into `contents`, in place of what they held.
   *
   * @internal
   */
  readContents(contents: SketchContents): void {
    contents.clear();
    contents.min = this.#min;
    contents.max = this.#max;
    contents.sum.merge(this.#sum);
    this.#pages.appendTo(contents);
  }

  /**
   * The value of rank ⌊q · (count − 1)⌋ in ascending order, counted from 0 (the lower nearest rank, as DDSketch has it,
   * without interpolation), within the relative accuracy and inside `[min, max]`; the first and the last rank exactly.
   *
   * @param q 0..1
   * @returns `undefined` when empty
   * @throws AnalyticsError `ERR_INVALID_VALUE` unless `q` is a number from 0 to 1
   */
  quantile(q: number): number | undefined {
    return this.quantiles([q])?.[0];
  }

  /**
   * What `quantile` gives for each of `qs`, in their order; for the price of one where they ascend.
   *
   * @param qs each 0..1
   * @returns `undefined` when empty
   * @throws AnalyticsError `ERR_INVALID_VALUE` unless each is a number from 0 to 1
   * @example
   * const sketch = new QuantileSketch();
   * for (let ms = 1; ms <= 5; ms++) sketch.add(ms);
   * sketch.quantiles([0, 1]); // [1, 5]
   */
  quantiles(qs: readonly number[]): number[] | undefined {
    for (const q of qs) if (!(q >= 0 && q <= 1)) throw invalidValue('q', 'a number from 0 to 1', q);
    if (this.#count === 0) return undefined;
    const last = this.#count - 1;
    const ranks = qs.map((q) => Math.floor(q * last));
    return this.#pages.keysAt(ranks).map((key, i) => {
      if (ranks[i] === 0) return this.#min;
      if (ranks[i] === last) return this.#max;
      return Math.min(Math.max(binValue(key, this.#octaveBits), this.#min), this.#max);
    });
  }

  /** Empties the sketch and keeps its memory, for the next numbers of the same kind. */
  clear(): void {
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    this.#sum.clear();
    this.#pages.clear();
  }

  /** All of it, compactly: some 30 bytes and about one for each bin. Equal contents give equal bytes. */
  toBytes(): Uint8Array {
    const writer = new ByteWriter();
    this.writeTo(writer);
    return writer.toBytes();
  }

  /**
   * Reads what `toBytes` gave.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are damaged, cut, or of another version
   */
  static fromBytes(bytes: Uint8Array): QuantileSketch {
    const reader = new ByteReader(SUBJECT, bytes);
    const sketch = QuantileSketch.readFrom(reader);
    reader.end();
    return sketch;
  }

  /**
   * Appends the sketch to a larger message: version, k, contents.
   *
   * @internal
   */
  writeTo(writer: ByteWriter): void {
    const contents = new SketchContents();
    this.readContents(contents);
    writer.byte(FORMAT_VERSION);
    writer.byte(this.#octaveBits);
    writeContents(writer, contents, this.#octaveBits);
  }

  /**
   * Reads one sketch from a larger message.
   *
   * @internal
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are damaged, cut, or of another version
   */
  static readFrom(reader: ByteReader): QuantileSketch {
    const octaveBits = readHeader(reader);
    const sketch = new QuantileSketch({ relativeAccuracy: Math.max(FINEST_ACCURACY, 2 ** -(octaveBits + 1)) });
    sketch.#mergeBody(reader, new SketchContents());
    return sketch;
  }

  /**
   * Adds what `writeTo` wrote, all of it or, where it cannot be read, nothing.
   *
   * @internal
   *
   * @param scratch what the bytes are read into first; give the same to many calls to save its allocation
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are damaged, cut, of another version or accuracy
   */
  mergeFrom(reader: ByteReader, scratch: SketchContents = new SketchContents()): void {
    const octaveBits = readHeader(reader);
    if (octaveBits !== this.#octaveBits) {
      throw reader.invalid(`of ${2 ** this.#octaveBits} bins an octave`, `${2 ** octaveBits}`);
    }
    this.#mergeBody(reader, scratch);
  }

  #mergeBody(reader: ByteReader, scratch: SketchContents): void {
    readContents(reader, scratch, this.#octaveBits);
    this.mergeContents(scratch);
  }
}

/** Reads version and k. */
function readHeader(reader: ByteReader): number {
  const version = reader.byte();
  if (version !== FORMAT_VERSION) throw reader.invalid(`of version ${FORMAT_VERSION}`, `${version}`);
  const octaveBits = reader.byte();
  if (octaveBits > MAX_OCTAVE_BITS) throw reader.invalid('of a known accuracy', `${octaveBits}`);
  return octaveBits;
}

function invalidValue(subject: string, rule: string, value: unknown): AnalyticsError {
  return new AnalyticsError('ERR_INVALID_VALUE', `${subject} must be ${rule}, got ${show(value)}`);
}
