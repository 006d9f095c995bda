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

  it('writes its terms without the zero bytes at their ends', () => {
    const bytes = (sum: ExactSum) => {
      const writer = new ByteWriter();
      sum.writeTo(writer);
      return [...writer.toBytes()];
    };
    expect(bytes(sumOf())).toEqual([0]);
    // 2 is 0x40 and seven zero bytes; 1.5 is 0x3ff8 and six.
    expect(bytes(sumOf(2))).toEqual([0x01, 0x40]);
    expect(bytes(sumOf(1.5))).toEqual([0x02, 0x3f, 0xf8]);
    // 2 + 2^-60 is no double: 2, then 2^-60, whose exponent is 1023 − 60 = 0x3c3.
    expect(bytes(sumOf(2, 2 ** -60))).toEqual([0x21, 0x40, 0x3c, 0x30]);
    // 1 + 2^-52 has a mantissa that ends in a one.
    expect(bytes(sumOf(1 + 2 ** -52))).toEqual([0x08, 0x3f, 0xf0, 0, 0, 0, 0, 0, 1]);
  });

  it('refuses bytes that no sum writes', () => {
    const damaged = expect.objectContaining({ code: 'ERR_INVALID_SNAPSHOT' });
    const read = (...bytes: number[]) => {
      const reader = new ByteReader('sum', Uint8Array.from(bytes));
      return () => new ExactSum().mergeFrom(reader);
    };
    expect(read()).toThrow(damaged);
    expect(read(0x02, 0x40)).toThrow(damaged); // two bytes announced, one there
    expect(read(0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0)).toThrow(damaged); // no double has nine
    expect(read(0x02, 0x7f, 0xf0)).toThrow(damaged); // infinity
    expect(read(0x02, 0x7f, 0xf8)).toThrow(damaged); // NaN
    expect(read(0x02, 0x7f, 0xe0)).toThrow(damaged); // 2^1023, which is written scaled down
    expect(read(0xff, 0x31, 0)).toThrow(damaged); // 49 terms
    expect(read(0xff, 0, 1, 0, 0)).toThrow(damaged); // a huge term cut
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
