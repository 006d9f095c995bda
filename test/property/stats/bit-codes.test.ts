import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitWriter, CodeReader } from '../../../src/stats/bit-codes.ts';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';

const number = fc.oneof(
  fc.nat({ max: 20 }),
  fc.nat({ max: 100_000 }),
  fc.maxSafeNat().map((n) => Math.min(n, 2 ** 53 - 2)),
  fc.constantFrom(2 ** 53 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
);

describe('CodeReader', () => {
  it('reads back whatever a BitWriter wrote, of any order, and stops behind its last byte', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, fc.nat({ max: 12 }))), (codes) => {
        const writer = new ByteWriter();
        writer.byte(7);
        const bits = new BitWriter(writer);
        for (const [value, order] of codes) bits.code(value, order);
        bits.end();
        const bytes = writer.toBytes();
        const reader = new CodeReader(new ByteReader('test', bytes), 1);
        for (const [value, order] of codes) expect(reader.code(order)).toBe(value);
        expect(reader.position).toBe(bytes.length);
      }),
    );
  });
});
