import { type BucketColumns, bytesOfBuckets } from '../store/block.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Width of the buckets of each level, milliseconds. */
const WIDTHS: readonly number[] = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, DAY_MS];

/**
 * Time that a pack covers, for each level: 30 to 72 buckets, some 2 to 9 kB, of which a page of the database has two and
 * more. Larger ones would be fewer, but are written anew more often while they grow; smaller ones make opening slow, which
 * costs some ten microseconds a pack.
 */
export const PACK_MS: readonly number[] = [30 * MINUTE_MS, 6 * HOUR_MS, 12 * HOUR_MS, 3 * DAY_MS, 32 * DAY_MS];

/** Numbers of services and series stay below it, so that a number and a place in time make one key. */
export const ID_SPAN: number = 2 ** 32;

/** Buckets by their starts. */
export type Buckets = Map<number, Uint8Array>;

/** Which pack of its level a bucket is in. */
export function packAt(level: number, start: number): number {
  return Math.floor(start / (PACK_MS[level] as number));
}

/** Key of a pack: ascending with time, then with the number. */
export function packKey(level: number, start: number, id: number): number {
  return packAt(level, start) * ID_SPAN + id;
}

/**
 * Buckets of one service or series and one pack, as bytes: their number, their starts in steps from the one before, their
 * lengths, all as varints; then they themselves.
 */
export function encodePack(buckets: Buckets, level: number): Uint8Array {
  const { starts, lengths, bytes } = bytesOfBuckets(buckets);
  const head: number[] = [];
  const varint = (value: number): void => {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) head.push((rest % 0x80) | 0x80);
    head.push(rest);
  };
  varint(starts.length);
  let previous = packAt(level, starts[0] ?? 0) * (PACK_MS[level] as number);
  for (const start of starts) {
    varint((start - previous) / (WIDTHS[level] as number));
    previous = start;
  }
  for (const length of lengths) varint(length);
  const pack = new Uint8Array(head.length + bytes.length);
  pack.set(head);
  pack.set(bytes, head.length);
  return pack;
}

/**
 * Reads what `encodePack` gave.
 *
 * @param place as `packAt` of its buckets
 */
export function decodePack(pack: Uint8Array, level: number, place: number): BucketColumns {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = pack[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const count = varint();
  const starts = new Float64Array(count);
  const lengths = new Uint32Array(count);
  let start = place * (PACK_MS[level] as number);
  for (let i = 0; i < count; i++) {
    start += varint() * (WIDTHS[level] as number);
    starts[i] = start;
  }
  for (let i = 0; i < count; i++) lengths[i] = varint();
  return { starts, lengths, bytes: pack.subarray(at) };
}

/** Buckets in columns, by their starts; views. */
export function bucketsOf({ starts, lengths, bytes }: BucketColumns, into: Buckets = new Map()): Buckets {
  let at = 0;
  for (const [i, start] of starts.entries()) {
    const length = lengths[i] as number;
    into.set(start, bytes.subarray(at, at + length));
    at += length;
  }
  return into;
}
