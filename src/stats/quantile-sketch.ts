import { AnalyticsError, numberOption, show } from '../errors.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { ExactSum } from './exact-sum.ts';
import { binKey, binValue, MAX_OCTAVE_BITS } from './log-linear-bins.ts';

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
/** A quarter of an octave at the default accuracy, and 64 bytes: V8 keeps typed arrays up to that size inside the heap. */
const PAGE_BITS = 4;
const PAGE_BINS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_BINS - 1;
/** Pairs of page number and place in a new directory; a power of two. */
const INITIAL_DIRECTORY = 4;
const MAX_UINT32 = 0xffffffff;
/** Heap that a sketch holds besides its two arrays, measured on Node 20: the objects, their boxed doubles, array headers. */
const FIXED_BYTES = 480;

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
  /** Pages of bins, in order of arrival; `Uint32Array` until one bin counts further than that. */
  #bins: Uint32Array | Float64Array = new Uint32Array(PAGE_BINS);
  #pages = 0;
  /** Open-addressed table of pairs: page number, place in `#bins` counted from 1. 0 is free. */
  #directory = emptyDirectory(INITIAL_DIRECTORY);

  constructor(options: QuantileSketchOptions = {}) {
    const { relativeAccuracy = 0.01 } = options;
    numberOption('relativeAccuracy', relativeAccuracy, { min: FINEST_ACCURACY, max: 0.5 });
    this.#octaveBits = Math.ceil(Math.log2(1 / (2 * relativeAccuracy)));
    this.#sum = new ExactSum();
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
    return FIXED_BYTES + this.#bins.byteLength + this.#directory.length * 8;
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
    this.#addToBin(binKey(plain, this.#octaveBits), count);
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
    const directory = other.#directory;
    for (let i = 0; i < directory.length; i += 2) {
      const place = directory[i + 1] as number;
      if (place > 0) this.#addPage(directory[i] as number, other.#bins, (place - 1) << PAGE_BITS);
    }
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
    if (!(q >= 0 && q <= 1)) throw invalidValue('q', 'a number from 0 to 1', q);
    if (this.#count === 0) return undefined;
    const rank = Math.floor(q * (this.#count - 1));
    if (rank === 0) return this.#min;
    if (rank === this.#count - 1) return this.#max;
    let seen = 0;
    for (const { page, start } of this.#sortedPages()) {
      for (let bin = 0; bin < PAGE_BINS; bin++) {
        seen += this.#bins[start + bin] as number;
        if (seen <= rank) continue;
        const value = binValue(page * PAGE_BINS + bin, this.#octaveBits);
        return Math.min(Math.max(value, this.#min), this.#max);
      }
    }
    return this.#max;
  }

  /** Empties the sketch and keeps its memory, for the next numbers of the same kind. */
  clear(): void {
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    this.#sum.clear();
    this.#bins.fill(0);
  }

  /** All of it, compactly: some 30 bytes and one or two for each bin. Equal contents give equal bytes. */
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
   * Appends the sketch to a larger message: version, k, number of bins; sum, min, max; then for each bin, ascending, the
   * distance from the one before it and, flagged in its lowest bit, its count where that is not 1.
   *
   * @internal
   */
  writeTo(writer: ByteWriter): void {
    const pages = this.#sortedPages();
    let bins = 0;
    for (const count of this.#bins) if (count > 0) bins++;
    writer.byte(FORMAT_VERSION);
    writer.byte(this.#octaveBits);
    writer.varint(bins);
    if (bins === 0) return;
    this.#sum.writeTo(writer);
    writer.float64(this.#min);
    writer.float64(this.#max);
    let previous = binKey(this.#min, this.#octaveBits) - 1;
    for (const { page, start } of pages) {
      for (let bin = 0; bin < PAGE_BINS; bin++) {
        const count = this.#bins[start + bin] as number;
        if (count === 0) continue;
        const key = page * PAGE_BINS + bin;
        writer.varint((key - previous - 1) * 2 + (count > 1 ? 1 : 0));
        if (count > 1) writer.varint(count);
        previous = key;
      }
    }
  }

  /**
   * Reads one sketch from a larger message.
   *
   * @internal
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are damaged, cut, or of another version
   */
  static readFrom(reader: ByteReader): QuantileSketch {
    const version = reader.byte();
    if (version !== FORMAT_VERSION) throw reader.invalid(`of version ${FORMAT_VERSION}`, `${version}`);
    const octaveBits = reader.byte();
    if (octaveBits > MAX_OCTAVE_BITS) throw reader.invalid('of a known accuracy', `${octaveBits}`);
    const sketch = new QuantileSketch({ relativeAccuracy: Math.max(FINEST_ACCURACY, 2 ** -(octaveBits + 1)) });
    const bins = reader.varint();
    if (bins > 0) sketch.#readBins(reader, bins);
    return sketch;
  }

  #readBins(reader: ByteReader, bins: number): void {
    this.#sum.merge(ExactSum.readFrom(reader));
    this.#min = reader.float64();
    this.#max = reader.float64();
    const inOrder = Number.isFinite(this.#min) && Number.isFinite(this.#max) && this.#min <= this.#max;
    if (!inOrder) throw reader.invalid('of finite min and max in order', `${this.#min} and ${this.#max}`);
    const last = binKey(this.#max, this.#octaveBits);
    let key = binKey(this.#min, this.#octaveBits) - 1;
    for (let i = 0; i < bins; i++) {
      const step = reader.varint();
      key += Math.floor(step / 2) + 1;
      if (key > last) throw reader.invalid('of bins from min to max');
      const count = step % 2 === 0 ? 1 : reader.varint();
      this.#count += count;
      if (count === 0 || !Number.isSafeInteger(this.#count))
        throw reader.invalid('of counts from 1 to 2^53', `${count}`);
      this.#addToBin(key, count);
    }
    if (key !== last) throw reader.invalid('of bins from min to max');
  }

  #addToBin(key: number, count: number): void {
    const index = this.#pageStart(key >> PAGE_BITS) + (key & PAGE_MASK);
    const total = (this.#bins[index] as number) + count;
    if (total > MAX_UINT32) this.#bins = Float64Array.from(this.#bins);
    this.#bins[index] = total;
  }

  #addPage(page: number, from: Uint32Array | Float64Array, fromStart: number): void {
    const start = this.#pageStart(page);
    for (let bin = 0; bin < PAGE_BINS; bin++) {
      const total = (this.#bins[start + bin] as number) + (from[fromStart + bin] as number);
      if (total > MAX_UINT32) this.#bins = Float64Array.from(this.#bins);
      this.#bins[start + bin] = total;
    }
  }

  /** Where a page lies in `#bins`; makes it if there is none. Neighbouring pages never collide in the directory. */
  #pageStart(page: number): number {
    const directory = this.#directory;
    const mask = directory.length - 2;
    let i = (page << 1) & mask;
    while (true) {
      const place = directory[i + 1] as number;
      if (place === 0) return this.#newPage(page);
      if (directory[i] === page) return (place - 1) << PAGE_BITS;
      i = (i + 2) & mask;
    }
  }

  #newPage(page: number): number {
    const start = this.#pages << PAGE_BITS;
    if (start === this.#bins.length) {
      // A quarter as much again: most sketches stop growing soon.
      const pages = this.#pages + Math.ceil(this.#pages / 4);
      const Bins = this.#bins instanceof Uint32Array ? Uint32Array : Float64Array;
      const grown = new Bins(pages << PAGE_BITS);
      grown.set(this.#bins);
      this.#bins = grown;
    }
    this.#pages++;
    if (this.#pages * 8 > this.#directory.length * 3) {
      const old = this.#directory;
      this.#directory = emptyDirectory(old.length);
      for (let i = 0; i < old.length; i += 2) {
        const place = old[i + 1] as number;
        if (place > 0) enter(this.#directory, old[i] as number, place);
      }
    }
    enter(this.#directory, page, this.#pages);
    return start;
  }

  #sortedPages(): { readonly page: number; readonly start: number }[] {
    const directory = this.#directory;
    const pages: { readonly page: number; readonly start: number }[] = [];
    for (let i = 0; i < directory.length; i += 2) {
      const place = directory[i + 1] as number;
      if (place > 0) pages.push({ page: directory[i] as number, start: (place - 1) << PAGE_BITS });
    }
    return pages.sort((a, b) => a.page - b.page);
  }
}

/** A plain array: for the few pairs of a small sketch it takes a third of what a typed array would. */
function emptyDirectory(pairs: number): number[] {
  return new Array<number>(2 * pairs).fill(0);
}

/** Puts a page into a directory that has room for it. */
function enter(directory: number[], page: number, place: number): void {
  const mask = directory.length - 2;
  let i = (page << 1) & mask;
  while (directory[i + 1] !== 0) i = (i + 2) & mask;
  directory[i] = page;
  directory[i + 1] = place;
}

function invalidValue(subject: string, rule: string, value: unknown): AnalyticsError {
  return new AnalyticsError('ERR_INVALID_VALUE', `${subject} must be ${rule}, got ${show(value)}`);
}
