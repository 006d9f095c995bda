import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { significantBytes } from '../../../src/stats/bit-double.ts';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';

const piece = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('signedVarint' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }) }),
  fc.record({ kind: fc.constant('float64' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
);

describe('ByteReader', () => {
  it('reads back whatever a ByteWriter wrote, in the same order', () => {
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const writer = new ByteWriter();
        for (const { kind, value } of pieces) (writer[kind] as (value: unknown) => void).call(writer, value);
        const reader = new ByteReader('test', writer.toBytes());
        for (const { kind, value } of pieces) expect(reader[kind]()).toEqual(value);
        reader.end();
      }),
    );
  });

  it('reads whole numbers and heads of doubles back from as few bytes as hold them', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.double({ noNaN: true }), (whole, double) => {
        const bytes = Math.ceil(whole.toString(2).length / 8);
        const writer = new ByteWriter();
        writer.whole(whole, bytes);
        writer.float64Head(double, significantBytes(double));
        const reader = new ByteReader('test', writer.toBytes());
        expect(reader.whole(bytes)).toBe(whole);
        // A zero has no bytes, and so no sign.
        expect(reader.float64Head(significantBytes(double))).toBe(double + 0);
        reader.end();
      }),
    );
  });
});
