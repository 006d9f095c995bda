import { AnalyticsError } from '../errors.ts';
import { doubleOf, highWord, lowWord } from './bit-double.ts';

/** Where a new writer starts; most encoded sketches fit. */
const INITIAL_CAPACITY = 128;

/** A varint of a safe integer has at most this many bytes: ⌈53 / 7⌉. */
const MAX_VARINT_BYTES = 8;

/**
 * Builds a byte string piece by piece, growing as needed. All numbers are little-endian; `ByteReader` reads them back
 * in the same order. Amortised constant cost a piece.
 */
export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** One byte, 0..255. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number in 0..2⁵³ − 1 in base 128, lowest digits first (LEB128): one byte below 128, at most eight. */
  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of either sign, |value| < 2⁵²; small magnitudes take few bytes (zigzag). */
  signedVarint(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A whole number in 0..2⁵³ − 1 in `bytes` bytes, which must hold it. */
  whole(value: number, bytes: number): void {
    this.#reserve(bytes);
    let rest = value;
    for (let i = 0; i < bytes; i++) {
      this.#bytes[this.#length++] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
    }
  }

  /** A double as it is, eight bytes. */
  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** The first `bytes` bytes of a double, from the one with the sign on; 0 to 8. The others must be zero. */
  float64Head(value: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) {
      const word = i < 4 ? highWord(value) : lowWord(value);
      this.byte((word >>> (8 * (3 - (i & 3)))) & 0xff);
    }
  }

  /** Bytes as they are, behind their number. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** UTF-8 behind its number of bytes. Lone surrogates become U+FFFD. */
  string(value: string): void {
    this.bytes(new TextEncoder().encode(value));
  }

  /** A copy of what was written, exactly as long as it needs to be. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Forgets what was written and keeps the room, to write the next. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/**
 * Reads what a `ByteWriter` wrote. Never reads past the end and never trusts a length before comparing it with what is
 * left, so damaged input costs an error and not memory.
 */
export class ByteReader {
  readonly #subject: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  /** @param subject what the bytes should be, named in errors: `'quantile sketch'` */
  constructor(subject: string, bytes: Uint8Array) {
    this.#subject = subject;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position;
  }

  /** All bytes, for a loop that reads them itself from `position` on and then skips what it has read. */
  get view(): DataView {
    return this.#view;
  }

  /** Passes over `bytes` bytes. */
  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** One byte, 0..255. */
  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** A whole number in 0..2⁵³ − 1. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (Number.isSafeInteger(value)) return value;
        break;
      }
      scale *= 0x80;
    }
    throw this.invalid('numbers below 2^53');
  }

  /** A whole number of either sign. */
  signedVarint(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A whole number in `bytes` bytes, at most 7. From 2⁵³ on it is rounded: the caller checks the range. */
  whole(bytes: number): number {
    const start = this.#take(bytes);
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 0x100 + this.#view.getUint8(start + i);
    return value;
  }

  /** A double, whatever its bits say: the caller checks for NaN and infinities. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A double of which the first `bytes` bytes were written. */
  float64Head(bytes: number): number {
    if (bytes > 8) throw this.invalid('doubles of at most 8 bytes', `${bytes}`);
    const start = this.#take(bytes);
    if (bytes === 8) return this.#view.getFloat64(start);
    let high = 0;
    let low = 0;
    for (let i = 0; i < bytes; i++) {
      const byte = this.#view.getUint8(start + i) << (8 * (3 - (i & 3)));
      if (i < 4) high |= byte;
      else low |= byte;
    }
    return doubleOf(high, low);
  }

  /** Bytes behind their number: a view of the input, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** UTF-8 behind its number of bytes. */
  string(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** Says that everything was read. @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where bytes are left */
  end(): void {
    if (this.remaining > 0) throw this.invalid('at their end', `${this.remaining} bytes more`);
  }

  /** The error for bytes that break `rule`; throw it where a decoded value cannot be. */
  invalid(rule: string, found?: string): AnalyticsError {
    const got = found === undefined ? '' : `, got ${found}`;
    return new AnalyticsError(
      'ERR_INVALID_SNAPSHOT',
      `${this.#subject} bytes must be ${rule}${got} at byte ${this.#position}`,
    );
  }

  #take(length: number): number {
    if (length > this.remaining) throw this.invalid(`${length} more`, `${this.remaining}`);
    const start = this.#position;
    this.#position += length;
    return start;
  }
}
