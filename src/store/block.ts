/** What is read of a block of buckets, which `StoredBlock` describes. */
export type TakeBucket = (id: number, level: number, start: number, encoded: Uint8Array) => void;

const MINUTE_MS = 60_000;

/**
 * Reads the buckets of a block one after the other; `encoded` is a view of it. It checks nothing: a checksum has said that
 * the bytes are those that were written.
 */
export function readBlock(bytes: Uint8Array, take: TakeBucket): void {
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
    const id = varint();
    const level = bytes[at++] as number;
    const zigzag = varint();
    const start = (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2) * MINUTE_MS;
    const length = varint();
    take(id, level, start, bytes.subarray(at, at + length));
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
  const all = [...byStart].sort(([a], [b]) => a - b);
  const bytes = new Uint8Array(all.reduce((sum, [, encoded]) => sum + encoded.length, 0));
  let at = 0;
  for (const [, encoded] of all) {
    bytes.set(encoded, at);
    at += encoded.length;
  }
  return {
    starts: Float64Array.from(all, ([start]) => start),
    lengths: Uint32Array.from(all, ([, encoded]) => encoded.length),
    bytes,
  };
}
