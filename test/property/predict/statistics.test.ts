import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianOf, sortedQuantile, weightedMiddle } from '../../../src/stats/order.ts';
import { type QuantileDistribution, QuantileTracker, quantileGrid } from '../../../src/stats/quantile-tracker.ts';
import { RecursiveLeastSquares } from '../../../src/stats/recursive-least-squares.ts';
import { RunningMedian } from '../../../src/stats/running-median.ts';

/** The median by its definition: as many values below as above. */
function plainMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] as number) + upper) / 2;
}

const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 }));

describe('the running median', () => {
  it('is after every value the median of the last ones', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (values, window) => {
          const running = new RunningMedian(window);
          const state = new Float64Array(3 + running.size);
          expect(running.median(state, 3)).toBeUndefined();
          values.forEach((v, i) => {
            running.add(state, 3, v);
            expect(running.median(state, 3)).toBeCloseTo(
              plainMedian(values.slice(Math.max(0, i + 1 - window), i + 1)),
              6,
            );
          });
        },
      ),
    );
  });
});

describe('order statistics', () => {
  it('the middle of equal weights is, narrowed, the median, and whole the mean', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        const middle = (share: number): number =>
          weightedMiddle(Float64Array.from(values), new Float64Array(values.length).fill(1), share);
        expect(middle(1e-9)).toBeCloseTo(plainMedian(values), 6);
        expect(middle(1)).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 6);
        expect(medianOf(values)).toBeCloseTo(plainMedian(values), 6);
      }),
    );
  });

  it('whole weights count as so many copies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 9 }),
        (pairs) => {
          // Each copy four times, so that a quarter of them is whole: the mean of the middle half by its definition.
          const copies = pairs.flatMap(([v, n]) => new Array<number>(4 * n).fill(v)).sort((a, b) => a - b);
          fc.pre(copies.length > 0);
          const half = copies.slice(copies.length / 4, (3 * copies.length) / 4);
          const values = Float64Array.from(pairs, ([v]) => v);
          const weights = Float64Array.from(pairs, ([, n]) => n);
          expect(weightedMiddle(values, weights, 0.5)).toBeCloseTo(half.reduce((a, b) => a + b) / half.length, 5);
        },
      ),
    );
  });

  it('quantiles lie between the least and the greatest and rise', () => {
    // Type 7 of 1 2 4 8: position 3p; .5 lies halfway between 2 and 4, .9 at 2.7.
    expect([0, 0.5, 0.9, 1].map((p) => sortedQuantile([1, 2, 4, 8], p))).toEqual([1, 3, 4 + 0.7000000000000002 * 4, 8]);
  });
});

/** A tracker with its state, beginning at an odd place. */
function tracking(sigma: number): { observe(value: number): void; distribution(): QuantileDistribution } {
  const tracker = new QuantileTracker(quantileGrid(0.9), sigma);
  const state = new Float32Array(5 + tracker.size);
  tracker.start(state, 5);
  return {
    observe: (value) => tracker.observe(state, 5, value),
    distribution: () => tracker.distribution(state, 5),
  };
}

describe('the quantile tracker', () => {
  it('gives a share above that falls with the value and inverts the quantile', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 200 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (values, p) => {
          const tracker = tracking(1);
          for (const v of values) tracker.observe(v);
          const distribution = tracker.distribution();
          const at = distribution.quantile(p);
          const width = distribution.quantile(0.95) - distribution.quantile(0.05);
          expect(distribution.above(at - 1e-6 * width - 1e-9)).toBeGreaterThanOrEqual(1 - p - 1e-3);
          expect(distribution.above(at + 1e-6 * width + 1e-9)).toBeLessThanOrEqual(1 - p + 1e-3);
          expect(distribution.above(at - 1)).toBeGreaterThanOrEqual(distribution.above(at + 1));
          expect(distribution.above(Number.NEGATIVE_INFINITY)).toBe(1);
          expect(distribution.above(Number.POSITIVE_INFINITY)).toBe(0);
        },
      ),
    );
  });

  it('starts as the normal distribution that it was given', () => {
    const distribution = tracking(2).distribution();
    // 1.644854 and 2.575829 are the normal quantiles at .95 and .995.
    expect(distribution.quantile(0.95)).toBeCloseTo(2 * 1.644854, 5);
    expect(distribution.quantile(0.005)).toBeCloseTo(-2 * 2.575829, 5);
    expect(distribution.above(2 * 1.644854)).toBeCloseTo(0.05, 6);
    expect(distribution.above(0)).toBeCloseTo(0.5, 12);
  });

  it('finds the quantiles of what it is given, however skewed', () => {
    // Exponential values by inversion of an even sequence; the quantile at p is −ln(1 − p).
    const tracker = tracking(1);
    for (let i = 0; i < 20_000; i++) tracker.observe(-Math.log(1 - ((i * 0.6180339887498949) % 1)));
    const distribution = tracker.distribution();
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      expect(Math.abs(distribution.quantile(p) + Math.log(1 - p))).toBeLessThan(0.2);
    }
  });
});

describe('recursive least squares', () => {
  const regression = new RecursiveLeastSquares(2);
  const begin = (): Float32Array => {
    const state = new Float32Array(4 + regression.size);
    regression.start(state, 4);
    return state;
  };

  it('finds the coefficients of an exact relation', () => {
    const state = begin();
    for (let i = 0; i < 3000; i++) {
      const x = Float32Array.of(Math.sin(i), Math.cos(3 * i));
      regression.learn(state, 4, x, 0, 2 * (x[0] as number) - (x[1] as number));
    }
    expect(regression.count(state, 4)).toBe(3000);
    expect(regression.predict(state, 4, Float32Array.of(1, 0), 0)).toBeCloseTo(2, 3);
    expect(regression.predict(state, 4, Float32Array.of(0, 1), 0)).toBeCloseTo(-1, 3);
  });

  it('is after every observation the weighted least squares of all of them', () => {
    // Independent: the normal equations of min Σ λ^(n−i) (y − x·b)² + λ^n · 100 |b|², solved by Cramer's rule.
    const state = begin();
    let [xx, xz, zz, xy, zy] = [100, 0, 100, 0, 0];
    for (let i = 1; i <= 400; i++) {
      const x = Float32Array.of(Math.sin(i), Math.cos(2 * i));
      const [a, b] = [x[0] as number, x[1] as number];
      // So regular that no error is ever clipped.
      const y = 0.3 * a + 0.5 * b + 0.01 * (i % 2 === 0 ? 1 : -1);
      regression.learn(state, 4, x, 0, y);
      [xx, xz, zz, xy, zy] = [xx, xz, zz, xy, zy].map((v) => 0.997 * v) as [number, number, number, number, number];
      [xx, xz, zz, xy, zy] = [xx + a * a, xz + a * b, zz + b * b, xy + a * y, zy + b * y];
      if (i !== 1) continue;
      const determinant = xx * zz - xz * xz;
      expect(state[4]).toBeCloseTo((xy * zz - zy * xz) / determinant, 6);
      expect(state[5]).toBeCloseTo((zy * xx - xy * xz) / determinant, 6);
    }
    const determinant = xx * zz - xz * xz;
    expect(Math.abs((state[4] as number) - (xy * zz - zy * xz) / determinant)).toBeLessThan(0.01);
    expect(Math.abs((state[5] as number) - (zy * xx - xy * xz) / determinant)).toBeLessThan(0.01);
  });

  it('survives inputs that never vary', () => {
    const state = begin();
    for (let i = 0; i < 50_000; i++) regression.learn(state, 4, Float32Array.of(0, 1), 0, 3);
    expect(regression.predict(state, 4, Float32Array.of(0, 1), 0)).toBeCloseTo(3, 3);
    expect(state.every(Number.isFinite)).toBe(true);
  });
});
