import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QuantileSketch } from '../../../src/stats/quantile-sketch.ts';

interface Case {
  readonly name: string;
  readonly values: readonly number[];
  readonly quantiles: readonly { readonly q: number; readonly sorted: number; readonly ddsketch?: number }[];
}

// Written by scripts/golden/stats.mjs.
const cases: Case[] = JSON.parse(readFileSync(new URL('quantile-sketch.json', import.meta.url), 'utf8'));

describe('QuantileSketch', () => {
  for (const { name, values, quantiles } of cases) {
    const sketch = new QuantileSketch();
    for (const value of values) sketch.add(value);

    it(`${name}: is within 1 % of the sorted values`, () => {
      for (const { q, sorted } of quantiles) {
        const error = Math.abs((sketch.quantile(q) as number) - sorted);
        expect(error, `q ${q}`).toBeLessThanOrEqual(0.01 * Math.abs(sorted));
      }
    });

    it(`${name}: agrees with DDSketch as far as both promise`, () => {
      for (const { q, sorted, ddsketch } of quantiles) {
        if (ddsketch === undefined) continue;
        const difference = Math.abs((sketch.quantile(q) as number) - ddsketch);
        expect(difference, `q ${q}`).toBeLessThanOrEqual(0.02 * Math.abs(sorted) + Number.EPSILON);
      }
    });
  }
});

describe('the bytes of a QuantileSketch', () => {
  it('are version, k and 0 when empty', () => {
    expect([...new QuantileSketch().toBytes()]).toEqual([1, 6, 0]);
  });

  it('are these for one number', () => {
    const sketch = new QuantileSketch();
    sketch.add(1.5);
    expect([...sketch.toBytes()]).toEqual([
      ...[1, 6], // version, k
      1, // one bin
      0x40, // 1.5 = 1 + 32/64: 32 bins above that of 1, in zigzag 64
      0x11, // fields of one bit each, since a field without bits would send both numbers to the codes
      0b00_000000, // nothing passed over, none more than one; filled up
      0xf0, // nothing left of min, max is the same
      ...[0x02, 0x3f, 0xf8], // the sum: two bytes of 0x3ff8000000000000
    ]);
  });

  it('are these for three bins, one of them far from the others', () => {
    const sketch = new QuantileSketch();
    sketch.add(1, 3);
    sketch.add(1 + 1.5 / 64);
    sketch.add(4 + 2 / 64);
    // Bins above that of 1: 0, 1 and 2 · 64. Passed over: 0, 0, 126. More than one: 2, 0, 0.
    // Gaps in fields of b bits cost 3b and, beyond them, 4 for being slow and a code: 0: 12 + 15; 1: 3 + 4 + 13 = 20;
    // 2: 6 + 4 + 12 = 22; 3: 9 + 4 + 11 = 24 … so 1. Counts: 0: 12 + 5; 1: 3 + 4 + 3 = 10; 2: 6, none beyond; so 2.
    expect([...sketch.toBytes()]).toEqual([
      ...[1, 6],
      3, // bins
      0, // the first is that of 1
      0x21, // fields of 1 and 2 bits
      ...[0b0_10_0_00_1_0, 0b0_0000000], // 0 and 2; 0 and 0; a gap that is 1 at least, and 0
      ...[0b00000011, 0b11110_000], // 126 is 125 more than 1: 126 = 1111110 behind six zeros
      0x10, // nothing left of min, one byte of max
      0x20, // 4 + 2/64 lies in the middle of its bin: the highest of the 46 bits left, 2^45 = 0x2000_0000_0000
      ...[0x03, 0x40, 0x20, 0x1c], // the sum 8.0546875 = 8 · (1 + 7/1024) = 0x40201c0000000000
    ]);
  });
});
