import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';
import { ExactSum } from '../../../src/stats/exact-sum.ts';

const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Magnitudes on both sides of every internal limit, so that sums cancel, tie and overflow. */
const power = fc
  .tuple(
    fc.constantFrom(1, -1, 1.5, -1.25),
    fc.constantFrom(-1074, -1022, -60, -53, 0, 53, 54, 106, 899, 900, 960, 1023),
  )
  .map(([factor, exponent]) => factor * 2 ** exponent);
const values = fc.array(fc.oneof(anyDouble, power, fc.integer()), { maxLength: 40 });

const bits = new DataView(new ArrayBuffer(8));

/** A finite double as a whole number of 2^−1074. */
function units(value: number): bigint {
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const mantissa = word & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

/** The double nearest to `total` · 2^−1074, found in whole numbers; the largest double beyond the range. */
function nearest(total: bigint): number {
  const magnitude = total < 0n ? -total : total;
  const shift = Math.max(0, magnitude.toString(2).length - 64);
  const head = magnitude >> BigInt(shift);
  const sticky = head << BigInt(shift) === magnitude ? 0n : 1n;
  // 64 digits, the last of which says whether anything follows: `Number` rounds them as it would round all of them.
  const value = Math.min(Number(head | sticky) * 2 ** (shift - 1074), Number.MAX_VALUE);
  return total < 0n ? -value : value;
}

function sumOf(numbers: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum;
}

function bytesOf(sum: ExactSum): Uint8Array {
  const writer = new ByteWriter();
  sum.writeTo(writer);
  return writer.toBytes();
}

describe('ExactSum', () => {
  it('is the double nearest to the sum in whole numbers', () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const exact = numbers.reduce((total, number) => total + units(number), 0n);
        expect(sumOf(numbers).value).toBe(nearest(exact));
      }),
      { numRuns: 2000 },
    );
  });

  it('adds a number many times as exactly as once', () => {
    const counts = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(anyDouble, power), counts), { maxLength: 6 }), (terms) => {
        const sum = new ExactSum();
        let exact = 0n;
        for (const [number, count] of terms) {
          sum.addTimes(number, count);
          exact += units(number) * BigInt(count);
        }
        expect(sum.value).toBe(nearest(exact));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same bytes whatever the order and the grouping', () => {
    fc.assert(
      fc.property(
        values,
        fc.nat(),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (numbers, cut, keys) => {
          const shuffled = numbers
            .map((number) => ({ number, key: keys.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ number }) => number);
          const at = cut % (numbers.length + 1);
          const merged = sumOf(shuffled.slice(0, at));
          merged.merge(sumOf(shuffled.slice(at)));
          expect(bytesOf(merged)).toEqual(bytesOf(sumOf(numbers)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('goes on exactly after a round trip through bytes', () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const restored = new ExactSum();
        const reader = new ByteReader('sum', bytesOf(sumOf(before)));
        restored.mergeFrom(reader);
        reader.end();
        for (const number of after) restored.add(number);
        expect(bytesOf(restored)).toEqual(bytesOf(sumOf([...before, ...after])));
      }),
    );
  });
});
