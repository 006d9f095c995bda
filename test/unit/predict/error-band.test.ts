import { describe, expect, it } from 'vitest';
import { errorBand, inflation } from '../../../src/predict/error-band.ts';

describe('the band from past errors', () => {
  it('takes half of each side from the mean of both', () => {
    // Quartiles of −2 0 2 4 are −.5 and 2.5, their mean distance is 1.5: (.5 + 1.5) / 2 below, (2.5 + 1.5) / 2 above.
    const errors = [-2, 0, 2, 4].map((error) => Float64Array.of(error));
    const { below, above } = errorBand(errors, 1, 0.5, 10);
    expect(below[0]).toBeCloseTo(-10, 12);
    expect(above[0]).toBeCloseTo(20, 12);
  });

  it('has no width where nothing was ever missed', () => {
    const { below, above } = errorBand([Float64Array.of(0, 0), Float64Array.of(0, 0)], 2, 0.95, 1.2);
    expect([...below, ...above].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it('is wider the fewer seasons it was made from', () => {
    // 1.05 √(1 + 4 / (seasons + 1)), the seasons from the first end to the last; of twelve steps without a season, three.
    expect(inflation([100], 24, 48)).toBeCloseTo(1.05 * Math.sqrt(5), 12);
    expect(inflation([100, 172], 24, 48)).toBeCloseTo(1.05 * Math.sqrt(2), 12);
    expect(inflation([10, 12, 19], 1, 12)).toBeCloseTo(1.05 * Math.sqrt(2), 12);
  });
});
