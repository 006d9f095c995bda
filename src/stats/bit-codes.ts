import type { ByteReader, ByteWriter } from './bytes.ts';

/** Bits that are moved at once: with seven pending they still fit into 32. */
const MAX_BITS = 24;
/** Bits of a word of 32 that are left wherever in its first byte one starts. */
const SURE_BITS = 25;
/** Only numbers below this can have codes of so few bits. */
const MAX_SHORT = 2 ** MAX_BITS;
/** Codes of numbers up to 2⁵³ − 2 have at most so many zeros before their first one. */
const MAX_ZEROS = 52;

/**
 * Writes numbers of any number of bits, highest bit first.
 *
 * Those that have no bound are Exp-Golomb codes: of order k, ⌊n / 2ᵏ⌋ + 1 in Elias' gamma code (as many zeros as it has
 * binary digits after the first, then its digits), then the last k digits of n. That takes twice the logarithm.
 *
 * Source: Teuhola 1978, A compression method for clustered bit-vectors, https://doi.org/10.1016/0020-0190(78)90024-8;
 * Elias 1975 for the gamma code, https://doi.org/10.1109/TIT.1975.1055349.
 */
export class BitWriter {
  readonly #writer: ByteWriter;
  /** Bits that do not fill a byte yet, and how many they are. */
  #pending = 0;
  #pendingBits = 0;

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  /** A whole number below 2ᵇ in b bits, 24 at most. */
  bits(value: number, bits: number): void {
    const pending = (this.#pending << bits) | value;
    let left = this.#pendingBits + bits;
    while (left >= 8) {
      left -= 8;
      this.#writer.byte((pending >>> left) & 0xff);
    }
    this.#pending = pending & 0x7f;
    this.#pendingBits = left;
  }

  /** A whole number in 0..2⁵³ − 2 as a code of order 0 to 24. */
  code(value: number, order: number): void {
    const scale = 1 << order;
    if (value < MAX_SHORT) {
      const bits = codeLength(value, order);
      if (bits <= MAX_BITS) {
        this.bits(value + scale, bits);
        return;
      }
    }
    const gamma = Math.floor(value / scale) + 1;
    const zeros = binaryDigits(gamma) - 1;
    this.#wide(0, zeros);
    this.#wide(gamma, zeros + 1);
    this.bits(value % scale, order);
  }

  /** Fills the last byte with zeros; what comes next starts a new one. */
  end(): void {
    if (this.#pendingBits > 0) this.bits(0, 8 - this.#pendingBits);
  }

  #wide(value: number, bits: number): void {
    let left = bits;
    while (left > MAX_BITS) {
      left -= MAX_BITS;
      this.bits(Math.floor(value / 2 ** left) % 2 ** MAX_BITS, MAX_BITS);
    }
    this.bits(value % (1 << left), left);
  }
}

/** Bits of the code of a whole number below 2³¹ − 1. */
export function codeLength(value: number, order: number): number {
  return 63 - 2 * Math.clz32((value >> order) + 1) + order;
}

/** Reads codes that a `BitWriter` wrote, from `start` on; the reader's own position stays where it is. */
export class CodeReader {
  readonly #reader: ByteReader;
  readonly #view: DataView;
  /** Kept, because asking the view for its length takes longer than reading a word. */
  readonly #end: number;
  #at = 0;
  /** Bits of the byte at `#at` that were read. */
  #skip = 0;

  /** @param start a position in the reader's bytes */
  constructor(reader: ByteReader, start: number) {
    this.#reader = reader;
    this.#view = reader.view;
    this.#end = reader.view.byteLength;
    this.#at = start;
  }

  /** Where the next byte begins of which nothing was read; it may lie behind the end. */
  get position(): number {
    return this.#skip === 0 ? this.#at : this.#at + 1;
  }

  /**
   * The next number.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where there is no code of a number below 2⁵³ − 1
   */
  code(order: number): number {
    const at = this.#at;
    const word = at + 4 <= this.#end ? this.#view.getUint32(at) : lastWord(this.#view, at);
    const window = word << this.#skip;
    const bits = 2 * Math.clz32(window) + 1 + order;
    if (bits > SURE_BITS) return this.#longCode(order);
    const skip = this.#skip + bits;
    this.#at = at + (skip >> 3);
    this.#skip = skip & 7;
    return (window >>> (32 - bits)) - (1 << order);
  }

  #longCode(order: number): number {
    let zeros = 0;
    while (zeros <= MAX_ZEROS && this.#digit() === 0) zeros++;
    let gamma = 1;
    for (let i = 0; i < zeros; i++) gamma = 2 * gamma + this.#digit();
    let value = gamma - 1;
    for (let i = 0; i < order; i++) value = 2 * value + this.#digit();
    if (zeros > MAX_ZEROS || !Number.isSafeInteger(value + 1)) throw this.#reader.invalid('of numbers below 2^53');
    return value;
  }

  #digit(): number {
    if (this.#at >= this.#end) throw this.#reader.invalid('longer');
    const digit = (this.#view.getUint8(this.#at) >> (7 - this.#skip)) & 1;
    this.#skip = (this.#skip + 1) & 7;
    if (this.#skip === 0) this.#at++;
    return digit;
  }
}

/** Four bytes from `at` on, where fewer than four are left: as if zeros followed. */
export function lastWord(view: DataView, at: number): number {
  const end = view.byteLength;
  let word = 0;
  for (let i = at; i < at + 4; i++) word = (word << 8) | (i < end ? view.getUint8(i) : 0);
  return word;
}

/** Binary digits of a whole number in 1..2⁵³. */
function binaryDigits(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));
}
