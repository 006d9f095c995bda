import { AnalyticsError, numberOption } from '../errors.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { HASH_BITS, hashString } from './string-hash.ts';

const FORMAT_VERSION = 1;
const MIN_PRECISION = 4;
const MAX_PRECISION = 16;
const SPARSE = 0;
const DENSE = 1;
/** A hash takes eight bytes and a register one, so up to this share of the registers hashes take at most half as much. */
const SPARSE_SHARE = 1 / 16;

/**
 * How many different keys came, in bounded memory: exact up to 2^precision / 16 of them (256), whose hashes are kept;
 * beyond that within a standard error of 1.04 / √2^precision (1.6 %) from 2^precision bytes (4 kB). The merge of two
 * equals, byte for byte, the count of both streams. Keys cannot be taken out again.
 *
 * `add` hashes the key, then looks up one register, or, while hashes are kept, searches a sorted list of them.
 *
 * Source: Flajolet et al. 2007, HyperLogLog, https://doi.org/10.46298/dmtcs.3545; estimator: Ertl 2017, New cardinality
 * estimation algorithms for HyperLogLog sketches, https://arxiv.org/abs/1702.01284, algorithm 6, which needs no tables
 * of bias and no switch between ranges.
 *
 * @example
 * const users = new HyperLogLog();
 * for (const id of ['ada', 'grace', 'ada']) users.add(id);
 * users.estimate(); // 2
 */
export class HyperLogLog {
  readonly #precision: number;
  /** Hashes for each register: the first `precision` bits choose it, what is below this number gives the rank. */
  readonly #span: number;
  /** Different hashes, ascending, while they are few; then empty. */
  #hashes: number[] = [];
  /** For each group of hashes the longest run of leading zeros, plus one; once hashes are many. */
  #registers: Uint8Array | undefined;

  /** @param precision 4 to 16; each step up doubles the memory and divides the error by √2 */
  constructor(precision = 12) {
    this.#precision = numberOption('precision', precision, { min: MIN_PRECISION, max: MAX_PRECISION, whole: true });
    this.#span = 2 ** (HASH_BITS - precision);
  }

  /** Counts `key` unless it came before. */
  add(key: string): void {
    this.#addHash(hashString(key));
  }

  /**
   * Adds all keys that `other` has seen.
   *
   * @throws AnalyticsError `ERR_INVALID_VALUE` where `other` has another precision
   */
  merge(other: HyperLogLog): void {
    if (other.#precision !== this.#precision) {
      throw new AnalyticsError(
        'ERR_INVALID_VALUE',
        `merged distinct count must be of precision ${this.#precision}, got ${other.#precision}`,
      );
    }
    if (other.#registers === undefined) {
      for (const hash of other.#hashes) this.#addHash(hash);
      return;
    }
    const registers = this.#asRegisters();
    for (let i = 0; i < registers.length; i++) {
      registers[i] = Math.max(registers[i] as number, other.#registers[i] as number);
    }
  }

  /** Number of different keys, estimated; 0 when empty. Not a whole number once hashes are no longer kept. */
  estimate(): number {
    if (this.#registers === undefined) return this.#hashes.length;
    const registers = this.#registers.length;
    const maxRank = HASH_BITS - this.#precision + 1;
    const ranks = new Float64Array(maxRank + 1);
    for (const rank of this.#registers) ranks[rank] = (ranks[rank] as number) + 1;
    let z = registers * tau(1 - (ranks[maxRank] as number) / registers);
    for (let rank = maxRank - 1; rank >= 1; rank--) z = 0.5 * (z + (ranks[rank] as number));
    z += registers * sigma((ranks[0] as number) / registers);
    return registers ** 2 / (2 * Math.LN2 * z);
  }

  /** All of it: 4 bytes and about 8 for each hash that is kept, or one for each register. Equal sets give equal bytes. */
  toBytes(): Uint8Array {
    const writer = new ByteWriter();
    writer.byte(FORMAT_VERSION);
    writer.byte(this.#precision);
    if (this.#registers !== undefined) {
      writer.byte(DENSE);
      writer.bytes(this.#registers);
      return writer.toBytes();
    }
    writer.byte(SPARSE);
    writer.varint(this.#hashes.length);
    let next = 0;
    for (const hash of this.#hashes) {
      writer.varint(hash - next);
      next = hash + 1;
    }
    return writer.toBytes();
  }

  /**
   * Reads what `toBytes` gave.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are damaged, cut, or of another version
   */
  static fromBytes(bytes: Uint8Array): HyperLogLog {
    const reader = new ByteReader('distinct count', bytes);
    const version = reader.byte();
    if (version !== FORMAT_VERSION) throw reader.invalid(`of version ${FORMAT_VERSION}`, `${version}`);
    const precision = reader.byte();
    if (precision < MIN_PRECISION || precision > MAX_PRECISION) {
      throw reader.invalid(`of a precision from ${MIN_PRECISION} to ${MAX_PRECISION}`, `${precision}`);
    }
    const counter = new HyperLogLog(precision);
    const form = reader.byte();
    if (form === DENSE) counter.#readRegisters(reader);
    else if (form === SPARSE) counter.#readHashes(reader);
    else throw reader.invalid('of a known form', `${form}`);
    reader.end();
    return counter;
  }

  #readRegisters(reader: ByteReader): void {
    const registers = reader.bytes();
    const size = 2 ** this.#precision;
    if (registers.length !== size) throw reader.invalid(`of ${size} registers`, `${registers.length}`);
    const maxRank = HASH_BITS - this.#precision + 1;
    if (registers.some((rank) => rank > maxRank)) throw reader.invalid(`of registers up to ${maxRank}`);
    this.#registers = registers.slice();
  }

  #readHashes(reader: ByteReader): void {
    const length = reader.varint();
    if (length > this.#sparseLimit) throw reader.invalid(`of at most ${this.#sparseLimit} hashes`, `${length}`);
    let next = 0;
    for (let i = 0; i < length; i++) {
      const hash = next + reader.varint();
      if (hash >= 2 ** HASH_BITS) throw reader.invalid(`of hashes below 2^${HASH_BITS}`);
      this.#addHash(hash);
      next = hash + 1;
    }
  }

  get #sparseLimit(): number {
    return 2 ** this.#precision * SPARSE_SHARE;
  }

  #addHash(hash: number): void {
    if (this.#registers !== undefined) {
      this.#addToRegister(this.#registers, hash);
      return;
    }
    const place = lowerBound(this.#hashes, hash);
    if (this.#hashes[place] === hash) return;
    this.#hashes.splice(place, 0, hash);
    if (this.#hashes.length > this.#sparseLimit) this.#asRegisters();
  }

  #asRegisters(): Uint8Array {
    if (this.#registers !== undefined) return this.#registers;
    const registers = new Uint8Array(2 ** this.#precision);
    for (const hash of this.#hashes) this.#addToRegister(registers, hash);
    this.#registers = registers;
    this.#hashes = [];
    return registers;
  }

  #addToRegister(registers: Uint8Array, hash: number): void {
    const index = Math.floor(hash / this.#span);
    const rank = HASH_BITS - this.#precision - bitLength(hash - index * this.#span) + 1;
    if (rank > (registers[index] as number)) registers[index] = rank;
  }
}

/** Index of the first of the ascending `sorted` that is not below `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Binary digits of a whole number below 2⁵³; 0 for 0. */
function bitLength(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}

/** σ(x) = x + Σ x^(2^k) · 2^(k−1): what registers that are still empty contribute. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let weight = 1;
  let sum = x;
  for (let previous = Number.NaN; previous !== sum; weight *= 2) {
    power *= power;
    previous = sum;
    sum += power * weight;
  }
  return sum;
}

/** τ(x) = (1 − x − Σ (1 − x^(2^−k))² · 2^(−k)) / 3: what registers that can count no further contribute. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let weight = 1;
  let sum = 1 - x;
  for (let previous = Number.NaN; previous !== sum; ) {
    root = Math.sqrt(root);
    weight /= 2;
    previous = sum;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
