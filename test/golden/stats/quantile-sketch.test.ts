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
