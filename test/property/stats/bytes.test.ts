import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
});
