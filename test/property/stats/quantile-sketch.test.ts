import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnalyticsError } from '../../../src/errors.ts';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';
import { QuantileSketch } from '../../../src/stats/quantile-sketch.ts';
import { SketchContents } from '../../../src/stats/sketch-contents.ts';
import { readContents, writeContents } from '../../../src/stats/sketch-encoding.ts';

const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
const subnormal = fc.double({ min: -(2 ** -1020), max: 2 ** -1020, noNaN: true });
const value = fc.oneof(
  anyDouble,
  subnormal,
  fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** -1022, 1, 2, 1023.999),
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ min: 0.1, max: 1e5, noNaN: true }),
);
const values = fc.array(value, { maxLength: 120 });
const someValues = fc.array(value, { minLength: 1, maxLength: 120 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

function sketchOf(numbers: readonly number[], relativeAccuracy?: number): QuantileSketch {
  const sketch = new QuantileSketch({ relativeAccuracy });
  for (const number of numbers) sketch.add(number);
  return sketch;
}

/** The oracle: sort, then take the rank that the documentation names. */
function exactQuantile(numbers: readonly number[], q: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.floor(q * (sorted.length - 1))] as number;
}

const damaged = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_SNAPSHOT' });

describe('QuantileSketch', () => {
  for (const accuracy of [0.0001, 0.01, 0.1, 0.5]) {
    it(`answers every quantile of every finite data within ${accuracy}`, () => {
      fc.assert(
        fc.property(someValues, fraction, (numbers, q) => {
          const exact = exactQuantile(numbers, q);
          const answer = sketchOf(numbers, accuracy).quantile(q) as number;
          // Subnormals have no finer answer than their own last digit.
          const allowed = Math.max(accuracy * Math.abs(exact), Math.abs(exact) < 2 ** -1022 ? 5e-324 : 0);
          expect(Math.abs(answer - exact)).toBeLessThanOrEqual(allowed);
        }),
        { numRuns: 1000 },
      );
    });
  }

  it('knows count, min and max exactly, and the first and last quantile with them', () => {
    fc.assert(
      fc.property(someValues, (numbers) => {
        const sketch = sketchOf(numbers);
        const sorted = Float64Array.from(numbers, (number) => number + 0).sort();
        expect(sketch.count).toBe(numbers.length);
        expect([sketch.min, sketch.quantile(0)]).toEqual([sorted[0], sorted[0]]);
        expect([sketch.max, sketch.quantile(1)]).toEqual([sorted.at(-1), sorted.at(-1)]);
      }),
    );
  });

  it('never answers a higher quantile with a lower value', () => {
    fc.assert(
      fc.property(someValues, fraction, fraction, (numbers, a, b) => {
        const sketch = sketchOf(numbers);
        const low = sketch.quantile(Math.min(a, b)) as number;
        expect(low).toBeLessThanOrEqual(sketch.quantile(Math.max(a, b)) as number);
      }),
    );
  });

  it('mirrors its bins when all signs are turned', () => {
    fc.assert(
      fc.property(someValues, fraction, (numbers, q) => {
        // Rank r from below is rank count − 1 − r from above; take ranks that are whole so that floors agree.
        const last = numbers.length - 1;
        const rank = Math.floor(q * last);
        const at = (sketch: QuantileSketch, r: number) =>
          sketch.quantile(last === 0 ? 0 : Math.min(1, (r + 0.25) / last));
        const mirrored = sketchOf(numbers.map((number) => -number));
        expect((at(mirrored, last - rank) as number) + (at(sketchOf(numbers), rank) as number)).toBe(0);
      }),
    );
  });

  it('gives the same bytes whatever the order of the numbers', () => {
    fc.assert(
      fc.property(
        values.chain((numbers) =>
          fc.tuple(
            fc.constant(numbers),
            fc.shuffledSubarray(
              numbers.map((_, i) => i),
              { minLength: numbers.length },
            ),
          ),
        ),
        ([numbers, order]) => {
          const shuffled = order.map((i) => numbers[i] as number);
          expect(sketchOf(shuffled).toBytes()).toEqual(sketchOf(numbers).toBytes());
        },
      ),
      { numRuns: 500 },
    );
  });

  it('merges to the bytes of one sketch over both inputs, in either direction', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const both = sketchOf([...a, ...b]).toBytes();
        const ab = sketchOf(a);
        ab.merge(sketchOf(b));
        const ba = sketchOf(b);
        ba.merge(sketchOf(a));
        expect(ab.toBytes()).toEqual(both);
        expect(ba.toBytes()).toEqual(both);
      }),
      { numRuns: 500 },
    );
  });

  it('merges to the same bytes however the merges are grouped', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const left = sketchOf(a);
        left.merge(sketchOf(b));
        left.merge(sketchOf(c));
        const bc = sketchOf(b);
        bc.merge(sketchOf(c));
        const right = sketchOf(a);
        right.merge(bc);
        expect(left.toBytes()).toEqual(right.toBytes());
      }),
    );
  });

  it('behaves the same after a round trip through bytes', () => {
    fc.assert(
      fc.property(values, values, fraction, (before, after, q) => {
        const kept = sketchOf(before);
        const restored = QuantileSketch.fromBytes(kept.toBytes());
        expect([restored.count, restored.sum, restored.min, restored.max]).toEqual([
          kept.count,
          kept.sum,
          kept.min,
          kept.max,
        ]);
        for (const number of after) {
          kept.add(number);
          restored.add(number);
        }
        expect(restored.quantile(q)).toBe(kept.quantile(q));
        expect(restored.toBytes()).toEqual(kept.toBytes());
      }),
    );
  });

  it('counts a weighted value as often as it was added', () => {
    const weighted = fc.array(fc.tuple(value, fc.integer({ min: 1, max: 20 })), { maxLength: 20 });
    fc.assert(
      fc.property(weighted, (pairs) => {
        const sketch = new QuantileSketch();
        for (const [number, count] of pairs) sketch.add(number, count);
        const repeated = pairs.flatMap(([number, count]) => Array.from({ length: count }, () => number));
        expect(sketch.toBytes()).toEqual(sketchOf(repeated).toBytes());
      }),
    );
  });

  it('merges bytes as it merges the sketch that they were made from', () => {
    const scratch = new SketchContents();
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = sketchOf(a);
        merged.merge(sketchOf(b));
        const read = sketchOf(a);
        const reader = new ByteReader('sketch', sketchOf(b).toBytes());
        read.mergeFrom(reader, scratch);
        reader.end();
        expect(read.toBytes()).toEqual(merged.toBytes());
        expect([read.count, read.sum, read.min, read.max]).toEqual([merged.count, merged.sum, merged.min, merged.max]);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back any contents that went through bytes: all signs and sizes, counts to 2^53, every accuracy', () => {
    const count = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 46 }));
    const weighted = fc.array(fc.tuple(value, count), { maxLength: 120 });
    const scratch = new SketchContents();
    fc.assert(
      fc.property(weighted, fc.nat({ max: 13 }), (pairs, octaveBits) => {
        const relativeAccuracy = Math.max(0.0001, 2 ** -(octaveBits + 1));
        const sketch = new QuantileSketch({ relativeAccuracy });
        for (const [number, times] of pairs) sketch.add(number, times);
        const contents = new SketchContents();
        sketch.readContents(contents);
        const writer = new ByteWriter();
        writeContents(writer, contents, octaveBits);
        const reader = new ByteReader('sketch', writer.toBytes());
        readContents(reader, scratch, octaveBits);
        reader.end();
        const { length } = contents;
        expect([scratch.length, scratch.count, scratch.min, scratch.max, scratch.sum.value]).toEqual([
          length,
          contents.count,
          contents.min,
          contents.max,
          contents.sum.value,
        ]);
        expect(scratch.keys.subarray(0, length)).toEqual(contents.keys.subarray(0, length));
        expect(scratch.counts.subarray(0, length)).toEqual(contents.counts.subarray(0, length));
      }),
      { numRuns: 1000 },
    );
  });

  it('stays as it was where bytes to merge are cut at any place', () => {
    fc.assert(
      fc.property(values, someValues, (kept, cut) => {
        const sketch = sketchOf(kept);
        const before = sketch.toBytes();
        const bytes = sketchOf(cut).toBytes();
        for (let length = 0; length < bytes.length; length++) {
          const reader = new ByteReader('sketch', bytes.subarray(0, length));
          expect(() => sketch.mergeFrom(reader)).toThrow(damaged);
        }
        expect(sketch.toBytes()).toEqual(before);
      }),
    );
  });

  it('takes all of damaged bytes or nothing', () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 7 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(values, someValues, damage, (kept, sent, flips) => {
        const sketch = sketchOf(kept);
        const expected = sketchOf(kept);
        const bytes = sketchOf(sent).toBytes();
        for (const [at, bit] of flips) (bytes[at % bytes.length] as number) ^= 1 << bit;
        try {
          sketch.mergeFrom(new ByteReader('sketch', bytes));
          expected.merge(QuantileSketch.readFrom(new ByteReader('sketch', bytes)));
        } catch (error) {
          expect(error).toEqual(damaged);
        }
        expect(sketch.toBytes()).toEqual(expected.toBytes());
      }),
      { numRuns: 1000 },
    );
  });

  it('reads damaged bytes as a consistent sketch or refuses them with a code', () => {
    const damage = fc.array(fc.tuple(fc.nat({ max: 2000 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.oneof(
          values.map((v) => sketchOf(v).toBytes()),
          fc.uint8Array(),
        ),
        damage,
        (bytes, changes) => {
          const changed = bytes.slice();
          for (const [at, byte] of changes) if (changed.length > 0) changed[at % changed.length] = byte;
          try {
            const sketch = QuantileSketch.fromBytes(changed);
            const median = sketch.quantile(0.5);
            if (median !== undefined) expect(Number.isFinite(median) && Number.isFinite(sketch.sum)).toBe(true);
            expect(QuantileSketch.fromBytes(sketch.toBytes()).toBytes()).toEqual(sketch.toBytes());
          } catch (error) {
            if (!(error instanceof AnalyticsError)) throw error;
            expect(error.code).toBe('ERR_INVALID_SNAPSHOT');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
