import { BitWriter, CodeReader, codeLength, lastWord } from './bit-codes.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { binKey, binRemainder, valueInBin } from './log-linear-bins.ts';
import type { SketchContents } from './sketch-contents.ts';

/** Two fields and the bits before them in their first byte must fit into 32. */
const MAX_FIELD_BITS = 12;
/** What a number beyond its field costs in time, in bits that may be spent to avoid it; tuned on log-normal latencies. */
const BEYOND_PENALTY = 4;
/** Larger than any field: what a count above it costs more does not matter to the choice of one. */
const BEYOND_FIELDS = 2 ** 30;
/** In place of the length of what is left of max. */
const SAME_AS_MIN = 0xf;
const MANTISSA_BITS = 52;
/** A gap and a count take at least one each. */
const MIN_BITS_PER_BIN = 2;

/**
 * Appends contents, compactly: 60 to 70 bytes for a minute of 60 latencies, some 11 bits a bin for a day of them. Equal
 * contents give equal bytes. In this order:
 *
 * - number of bins, as a varint; nothing more where there is none;
 * - key of the first bin less that of the value 1, as a signed varint;
 * - a byte: bits of a field for gaps, and in its upper half those of a field for counts;
 * - the two fields of each bin: how many bins were passed over since the one before, and its count less 1. A field that
 *   is all ones, or has no bits, says that the number is as large at least;
 * - from the next byte on, by how much each of these numbers is larger, in Exp-Golomb codes of an order one below the
 *   bits of the field;
 * - from the next byte on, a byte: bytes that follow for what the bin of min leaves open of it, and in its upper half
 *   those for max, or 15 where max is min; then these bytes, lowest first, without those of zeros at the mantissa's end;
 * - the sum, as `ExactSum` writes it.
 *
 * Fields of one width can be read without waiting for the one before, which is what makes reading fast (Zukowski, Héman,
 * Nes, Boncz 2006, Super-Scalar RAM-CPU Cache Compression, https://doi.org/10.1109/ICDE.2006.150).
 */
export function writeContents(writer: ByteWriter, contents: SketchContents, octaveBits: number): void {
  const { keys, length, min, max } = contents;
  writer.varint(length);
  if (length === 0) return;
  writer.signedVarint((keys[0] as number) - binKey(1, octaveBits));
  writeBins(writer, contents);

  const minBytes = remainderBytes(min, octaveBits);
  const maxBytes = remainderBytes(max, octaveBits);
  writer.byte(minBytes | ((max === min ? SAME_AS_MIN : maxBytes) << 4));
  writeRemainder(writer, min, minBytes, octaveBits);
  if (max > min) writeRemainder(writer, max, maxBytes, octaveBits);
  contents.sum.writeTo(writer);
}

function writeBins(writer: ByteWriter, contents: SketchContents): void {
  const { keys, counts, length } = contents;
  const gaps = new Int32Array(length);
  const more = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    gaps[i] = i === 0 ? 0 : (keys[i] as number) - (keys[i - 1] as number) - 1;
    more[i] = Math.min((counts[i] as number) - 1, BEYOND_FIELDS);
  }
  const gapBits = fieldBits(gaps);
  const countBits = fieldBits(more);
  const gapLimit = (1 << gapBits) - 1;
  const countLimit = (1 << countBits) - 1;
  writer.byte(gapBits | (countBits << 4));
  const bits = new BitWriter(writer);
  for (let i = 0; i < length; i++) {
    const gap = Math.min(gaps[i] as number, gapLimit);
    bits.bits((gap << countBits) | Math.min(more[i] as number, countLimit), gapBits + countBits);
  }
  bits.end();
  for (let i = 0; i < length; i++) {
    const gap = gaps[i] as number;
    if (gap >= gapLimit) bits.code(gap - gapLimit, orderBeyond(gapBits));
    const beyond = (counts[i] as number) - 1 - countLimit;
    if (beyond >= 0) bits.code(beyond, orderBeyond(countBits));
  }
  bits.end();
}

/**
 * Reads what `writeContents` wrote, in place of what `contents` held. A few nanoseconds a bin; memory up to 48 times the
 * bytes that are there to read.
 *
 * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where the bytes are damaged or cut; `contents` is then good for nothing
 * but to be read or cleared again
 */
export function readContents(reader: ByteReader, contents: SketchContents, octaveBits: number): void {
  contents.clear();
  const length = reader.varint();
  if (length === 0) return;
  const highest = binKey(Number.MAX_VALUE, octaveBits);
  const isPossible = length * MIN_BITS_PER_BIN <= reader.remaining * 8 && length <= 2 * highest + 1;
  if (!isPossible) throw reader.invalid('as long as their bins', `${length} bins`);
  const first = reader.signedVarint() + binKey(1, octaveBits);
  if (Math.abs(first) > highest) throw reader.invalid('of finite numbers');
  contents.reserve(length);
  readBins(reader, contents, length, first);

  const bytes = reader.byte();
  const minRemainder = readRemainder(reader, bytes & 0xf, octaveBits);
  const isSame = bytes >> 4 === SAME_AS_MIN;
  const maxRemainder = isSame ? minRemainder : readRemainder(reader, bytes >> 4, octaveBits);
  const { keys } = contents;
  const last = keys[length - 1] as number;
  const min = valueInBin(first, minRemainder, octaveBits);
  const max = valueInBin(last, maxRemainder, octaveBits);
  const areBins = keys[0] === first && last <= highest;
  const areTheirs = areBins && binKey(min, octaveBits) === first && binKey(max, octaveBits) === last;
  if (!areTheirs || min > max || (isSame && min < max)) throw reader.invalid('of min and max in their bins');
  contents.min = min;
  contents.max = max;
  contents.sum.mergeFrom(reader);
}

function readBins(reader: ByteReader, contents: SketchContents, length: number, first: number): void {
  const widths = reader.byte();
  const gapBits = widths & 0xf;
  const countBits = widths >> 4;
  if (gapBits > MAX_FIELD_BITS || countBits > MAX_FIELD_BITS) throw reader.invalid('of narrower fields');
  const bits = gapBits + countBits;
  const gapLimit = (1 << gapBits) - 1;
  const countLimit = (1 << countBits) - 1;
  const gapOrder = orderBeyond(gapBits);
  const countOrder = orderBeyond(countBits);
  const start = reader.position;
  reader.skip((length * bits + 7) >> 3);
  const codes = new CodeReader(reader, reader.position);

  const { view } = reader;
  // Kept, because asking the view for its length takes longer than reading a word.
  const end = view.byteLength;
  const { keys, counts } = contents;
  let next = first;
  let total = 0;
  let bit = 0;
  for (let i = 0; i < length; i++) {
    const at = start + (bit >> 3);
    const word = at + 4 <= end ? view.getUint32(at) : lastWord(view, at);
    // In two shifts, since one by 32 would be none.
    const fields = ((word << (bit & 7)) >>> 1) >>> (31 - bits);
    bit += bits;
    let gap = fields >> countBits;
    let count = fields & countLimit;
    if (gap === gapLimit || count === countLimit) {
      if (gap === gapLimit) gap += codes.code(gapOrder);
      if (count === countLimit) count += codes.code(countOrder);
    }
    next += gap;
    keys[i] = next++;
    total += ++count;
    counts[i] = count;
  }
  reader.skip(codes.position - reader.position);
  if (next - 1 !== keys[length - 1] || !Number.isSafeInteger(total)) throw reader.invalid('of counts below 2^53');
  contents.length = length;
  contents.count = total;
}

/** Bits of the field that stores `values` best, with a penalty on those beyond it. */
function fieldBits(values: Int32Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let bits = 0; bits <= MAX_FIELD_BITS; bits++) {
    const limit = (1 << bits) - 1;
    const order = orderBeyond(bits);
    let cost = values.length * bits;
    // Wider fields cost more than that, whatever they leave beyond them.
    if (cost >= least) break;
    for (const value of values) if (value >= limit) cost += BEYOND_PENALTY + codeLength(value - limit, order);
    if (cost < least) {
      least = cost;
      best = bits;
    }
  }
  return best;
}

function orderBeyond(bits: number): number {
  return Math.max(0, bits - 1);
}

function remainderBytesIn(octaveBits: number): number {
  return (MANTISSA_BITS - octaveBits + 7) >> 3;
}

/** Bytes of what the bin leaves open of a value, without zero bytes at the end of the mantissa. */
function remainderBytes(value: number, octaveBits: number): number {
  let rest = binRemainder(value, octaveBits);
  if (rest === 0) return 0;
  let bytes = remainderBytesIn(octaveBits);
  for (; rest % 0x100 === 0; rest /= 0x100) bytes--;
  return bytes;
}

function writeRemainder(writer: ByteWriter, value: number, bytes: number, octaveBits: number): void {
  let rest = binRemainder(value, octaveBits);
  for (let i = bytes; i < remainderBytesIn(octaveBits); i++) rest /= 0x100;
  writer.whole(rest, bytes);
}

function readRemainder(reader: ByteReader, bytes: number, octaveBits: number): number {
  const all = remainderBytesIn(octaveBits);
  let remainder = bytes > all ? Number.NaN : reader.whole(bytes);
  for (let i = bytes; i < all; i++) remainder *= 0x100;
  if (!(remainder < 2 ** (MANTISSA_BITS - octaveBits))) throw reader.invalid('of min and max in their bins');
  return remainder;
}
