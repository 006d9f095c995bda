import { significantBytes } from './bit-double.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/**
 * Terms of this size and above are summed apart, scaled down, so that no partial sum overflows: 2⁵³ terms below it stay
 * below 2⁹⁵³.
 */
const HUGE = 2 ** 900;
/** Exact on every double from `HUGE` up, whose last bits then still lie far above the subnormals. */
const HUGE_SCALE = 2 ** -600;
const SMALLEST_NORMAL = 2 ** -1022;
/** Below this a scaled-down sum can be scaled up again and take part in one exact sum with the ordinary terms. */
const SCALED_LIMIT = 2 ** 400;
/** No ordinary partial sum reaches this: 2⁵³ terms below `HUGE`, with room. */
const PARTIAL_LIMIT = 2 ** 960;
/** Non-overlapping doubles that cover all bits of the range: ⌈2098 / 53⌉, with room. */
const MAX_TERMS = 48;
/** Splits a double into two halves of 26 bits (Veltkamp 1968; Dekker 1971): 2²⁷ + 1. */
const SPLITTER = 2 ** 27 + 1;
/** Splits a count below 2⁵³ into halves that multiply 26 bits exactly. */
const COUNT_HALF = 2 ** 26;
/** In place of the lengths of the terms where there are more than two, or huge ones. */
const LONG_FORM = 0xff;

/**
 * The sum of finite doubles, exact until it is read, so that neither order nor grouping changes one bit of it: shuffled,
 * merged and restored sums are equal, not nearly equal. Exact for up to 2⁵³ terms in all.
 *
 * Two doubles carry the sum and its rounding error; only what does not fit into them, which takes data over more than
 * 106 binary digits, goes to a list of at most some forty non-overlapping doubles. `add` costs two error-free additions
 * (Knuth, The Art of Computer Programming 2, 4.2.2) and allocates only when that list grows.
 *
 * Source: Shewchuk 1997, Adaptive Precision Floating-Point Arithmetic, https://doi.org/10.1007/PL00009321 (GROW-EXPANSION).
 */
export class ExactSum {
  #high = 0;
  #low = 0;
  #rest: number[] | undefined;
  #huge: ExactSum | undefined;

  /** The double nearest to the sum; ±`Number.MAX_VALUE` where it lies beyond the doubles. */
  get value(): number {
    const parts = this.#parts();
    if (this.#huge === undefined) return round(parts);
    const huge = this.#huge.#parts();
    if (Math.abs(round(huge)) < SCALED_LIMIT) {
      for (const part of huge) grow(parts, part / HUGE_SCALE);
      return round(parts);
    }
    for (const part of parts.reverse()) {
      const scaled = part * HUGE_SCALE;
      const isExact = Math.abs(scaled) >= SMALLEST_NORMAL;
      grow(huge, isExact ? scaled : Math.sign(part) * SMALLEST_NORMAL);
      // What is too small to be scaled only decides a tie, and of it the largest part decides alone.
      if (!isExact) break;
    }
    const sum = round(huge) / HUGE_SCALE;
    return Math.min(Math.max(sum, -Number.MAX_VALUE), Number.MAX_VALUE);
  }

  /** Adds a finite number. */
  add(value: number): void {
    if (Math.abs(value) < HUGE) this.#add(value);
    else this.#hugeSum().#add(value * HUGE_SCALE);
  }

  /** Adds a finite number `count` times, exactly; `count` is a whole number in 1..2⁵³ − 1. */
  addTimes(value: number, count: number): void {
    const isHuge = Math.abs(value) >= HUGE;
    const sum = isHuge ? this.#hugeSum() : this;
    const factor = isHuge ? value * HUGE_SCALE : value;
    const spread = SPLITTER * factor;
    const head = spread - (spread - factor);
    const tail = factor - head;
    const low = count % COUNT_HALF;
    const high = count - low;
    sum.#add(head * low);
    sum.#add(tail * low);
    sum.#add(head * high);
    sum.#add(tail * high);
  }

  /** Adds all that `other` has summed. */
  merge(other: ExactSum): void {
    const huge = other.#huge;
    if (huge === undefined && other.#rest === undefined) {
      const low = other.#low;
      this.#add(other.#high);
      this.#add(low);
      return;
    }
    for (const part of other.#parts()) this.#add(part);
    if (huge !== undefined) this.#hugeSum().merge(huge);
  }

  /** Back to 0. */
  clear(): void {
    this.#high = 0;
    this.#low = 0;
    this.#rest = undefined;
    this.#huge = undefined;
  }

  /**
   * Appends the exact sum: one byte with the lengths of up to two terms, then these without the zero bytes at their ends:
   * some 12 bytes as a rule. What does not fit into two terms is written at full length.
   */
  writeTo(writer: ByteWriter): void {
    const terms = canonical(this.#parts());
    const huge = this.#huge === undefined ? [] : canonical(this.#huge.#parts());
    if (terms.length <= 2 && huge.length === 0) {
      const [first = 0, second = 0] = terms;
      writer.byte(significantBytes(first) | (significantBytes(second) << 4));
      for (const term of terms) writer.float64Head(term, significantBytes(term));
      return;
    }
    writer.byte(LONG_FORM);
    writer.varint(terms.length);
    writer.varint(huge.length);
    for (const term of terms) writer.float64(term);
    for (const term of huge) writer.float64(term);
  }

  /**
   * Adds what `writeTo` wrote.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are no sum; a part of them may have been added
   */
  mergeFrom(reader: ByteReader): void {
    const lengths = reader.byte();
    if (lengths !== LONG_FORM) {
      this.#mergeTerm(reader, reader.float64Head(lengths & 0xf));
      this.#mergeTerm(reader, reader.float64Head(lengths >> 4));
      return;
    }
    const terms = reader.varint();
    const huge = reader.varint();
    if (terms > MAX_TERMS || huge > MAX_TERMS) throw reader.invalid(`a sum of at most ${MAX_TERMS} terms`);
    for (let i = 0; i < terms; i++) this.#mergeTerm(reader, reader.float64());
    for (let i = 0; i < huge; i++) this.#hugeSum().#mergeTerm(reader, reader.float64());
  }

  #mergeTerm(reader: ByteReader, term: number): void {
    if (!(Math.abs(term) < PARTIAL_LIMIT)) throw reader.invalid('a sum of ordinary terms', `${term}`);
    this.#add(term);
  }

  #hugeSum(): ExactSum {
    this.#huge ??= new ExactSum();
    return this.#huge;
  }

  #add(value: number): void {
    const high = this.#high;
    const sum = high + value;
    const taken = sum - high;
    const error = high - (sum - taken) + (value - taken);
    this.#high = sum;
    if (error === 0) return;

    const low = this.#low;
    const lowSum = low + error;
    const lowTaken = lowSum - low;
    const rest = low - (lowSum - lowTaken) + (error - lowTaken);
    this.#low = lowSum;
    if (rest === 0) return;

    this.#rest ??= [];
    grow(this.#rest, rest);
  }

  /** The ordinary terms as non-overlapping doubles, smallest first; a copy. */
  #parts(): number[] {
    const parts = this.#rest === undefined ? [] : [...this.#rest];
    grow(parts, this.#low);
    grow(parts, this.#high);
    return parts;
  }
}

/** Adds `value` to non-overlapping `parts`, smallest first, in place and without loss; zeros are left out. */
function grow(parts: number[], value: number): void {
  let carry = value;
  let kept = 0;
  for (const part of parts) {
    const sum = carry + part;
    const taken = sum - carry;
    const error = carry - (sum - taken) + (part - taken);
    if (error !== 0) parts[kept++] = error;
    carry = sum;
  }
  parts.length = kept;
  if (carry !== 0) parts.push(carry);
}

/** The double nearest to the sum of non-overlapping `parts`, ties to even. */
function round(parts: readonly number[]): number {
  let index = parts.length - 1;
  let high = parts[index] ?? 0;
  while (--index >= 0) {
    const part = parts[index] as number;
    const sum = high + part;
    const error = part - (sum - high);
    high = sum;
    if (error === 0) continue;
    // A tie went to even although what lies below says which side is nearer.
    const below = parts[index - 1] ?? 0;
    const nudged = high + error * 2;
    if (error < 0 === below < 0 && below !== 0 && nudged - high === error * 2) high = nudged;
    break;
  }
  return high;
}

/** The one way to write the sum of `parts`: its nearest double, then the nearest double to what is left, and so on. */
function canonical(parts: number[]): number[] {
  const terms: number[] = [];
  while (parts.length > 0) {
    const term = round(parts);
    terms.push(term);
    grow(parts, -term);
  }
  return terms;
}
