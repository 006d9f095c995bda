/** What is read of a block of buckets, which `StoredBlock` describes. */
export type TakeBucket = (id: number, level: number, start: number, encoded: Uint8Array) => void;

const MINUTE_MS = 60_000;

/**
 * Reads the buckets of a block one after the other; `encoded` is a view of it. It checks nothing: a checksum has said that
 * the bytes are those that were written.
 */
export function readBlock(bytes: Uint8Array, take: TakeBucket): void {
  eachBucket(bytes, (id, level, start, _, from, to) => take(id, level, start, bytes.subarray(from, to)));
}

/** The buckets of some blocks that are longer than a minute, in the same order, as one block. */
export function longerBuckets(blocks: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const bytes of blocks) {
    eachBucket(bytes, (_id, level, _start, headFrom, _from, to) => {
      if (level === 0) return;
      parts.push(bytes.subarray(headFrom, to));
      size += to - headFrom;
    });
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Calls `take` with where each bucket is: its head from `headFrom` on, itself in `[from, to)`. */
function eachBucket(
  bytes: Uint8Array,
  take: (id: number, level: number, start: number, headFrom: number, from: number, to: number) => void,
): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const headFrom = at;
    const id = varint();
    const level = bytes[at++] as number;
    const zigzag = varint();
    const start = (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2) * MINUTE_MS;
    const length = varint();
    take(id, level, start, headFrom, at, at + length);
    at += length;
  }
}

/** Buckets of one service or series as columns, oldest first. */
export interface BucketColumns {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Puts buckets, by their starts, into columns. */
export function bytesOfBuckets(byStart: ReadonlyMap<number, Uint8Array>): BucketColumns {
  // Nearly always they came in order, and are many: a pack is made anew each time that it grows.
  const inOrder = isAscending(byStart.keys()) ? byStart : new Map([...byStart].sort(([a], [b]) => a - b));
  const lengths = new Uint32Array(inOrder.size);
  let i = 0;
  let total = 0;
  for (const { length } of inOrder.values()) {
    lengths[i++] = length;
    total += length;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const encoded of inOrder.values()) {
    bytes.set(encoded, at);
    at += encoded.length;
  }
  return { starts: Float64Array.from(inOrder.keys()), lengths, bytes };
}

function isAscending(values: Iterable<number>): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < last) return false;
    last = value;
  }
  return true;
}
