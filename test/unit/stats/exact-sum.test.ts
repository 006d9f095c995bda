import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';
import { ExactSum } from '../../../src/stats/exact-sum.ts';

function sumOf(...numbers: number[]): ExactSum {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum;
}

describe('ExactSum', () => {
  it('keeps what plain addition loses', () => {
    // 0.1 is a little above one tenth: ten of them are exactly 1 + 5.55e-17, nearest to 1. A plain loop gives 1 − 1.1e-16.
    expect(sumOf(...Array.from({ length: 10 }, () => 0.1)).value).toBe(1);
    // Neumaier 1974's example, on which Kahan's own algorithm gives 0.
    expect(sumOf(1, 1e100, 1, -1e100).value).toBe(2);
    // Three magnitudes, more than two doubles can hold.
    expect(sumOf(1e300, 1, 1e-300, -1e300, -1).value).toBe(1e-300);
  });

  it('rounds a tie by what lies below it', () => {
    // 1 + 2^-53 lies midway between 1 and the next double, 1 + 2^-52; ties go to even, that is 1.
    expect(sumOf(1, 2 ** -53).value).toBe(1);
    expect(sumOf(1, 2 ** -53, 2 ** -200).value).toBe(1 + 2 ** -52);
    expect(sumOf(1, 2 ** -53, -(2 ** -200)).value).toBe(1);
  });

  it('stays at the largest double beyond the range and comes back from there', () => {
    const max = Number.MAX_VALUE;
    expect(sumOf(max, max).value).toBe(max);
    expect(sumOf(-max, -max, -max).value).toBe(-max);
    expect(sumOf(max, max, -max, -max, 3).value).toBe(3);
    expect(sumOf(max, max, -max).value).toBe(max);
  });

  it('is 0 when empty and after clear', () => {
    const sum = sumOf(1e300, 1, 1e-300);
    sum.clear();
    expect(sum.value).toBe(0);
    expect(new ExactSum().value).toBe(0);
    sum.add(2);
    expect(sum.value).toBe(2);
  });

  it('merges with itself to twice the sum', () => {
    const sum = sumOf(1e300, 1, 1e-300);
    sum.merge(sum);
    for (const number of [-2e300, -2]) sum.add(number);
    expect(sum.value).toBe(2e-300);
  });

  it('refuses bytes that no sum writes', () => {
    const damaged = expect.objectContaining({ code: 'ERR_INVALID_SNAPSHOT' });
    const read = (write: (writer: ByteWriter) => void) => {
      const writer = new ByteWriter();
      write(writer);
      return () => ExactSum.readFrom(new ByteReader('sum', writer.toBytes()));
    };
    expect(read((w) => w.varint(2))).toThrow(damaged); // one term announced, none there
    expect(read((w) => w.varint(2 ** 40))).toThrow(damaged);
    for (const term of [Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE]) {
      const bytes = (writer: ByteWriter) => {
        writer.varint(2);
        writer.float64(term);
      };
      expect(read(bytes)).toThrow(damaged);
    }
  });
});

describe('a sum beyond 2^1000', () => {
  it('lets the smallest double decide a tie: it used to be lost when the sum was scaled down', () => {
    // (2^53 + 1) · 2^960 lies halfway between two doubles; the one below is even. Anything above zero decides for the other.
    const tie = 2 ** 53 * 2 ** 960;
    const sum = new ExactSum();
    for (const term of [tie, 2 ** 960]) sum.add(term);
    expect(sum.value).toBe(tie);
    sum.add(Number.MIN_VALUE);
    expect(sum.value).toBe((2 ** 53 + 2) * 2 ** 960);
  });
});
