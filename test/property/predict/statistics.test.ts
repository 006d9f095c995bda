import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianOf, sortedQuantile, weightedMedian } from '../../../src/stats/order.ts';
import { QuantileTracker, quantileGrid } from '../../../src/stats/quantile-tracker.ts';
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
          expect(running.median).toBeUndefined();
          values.forEach((v, i) => {
            running.add(v);
            expect(running.median).toBeCloseTo(plainMedian(values.slice(Math.max(0, i + 1 - window), i + 1)), 6);
          });
        },
      ),
    );
  });
});

describe('order statistics', () => {
  it('the weighted median of equal weights is the median', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        const weights = new Float64Array(values.length).fill(1);
        expect(weightedMedian(Float64Array.from(values), weights)).toBeCloseTo(plainMedian(values), 6);
        expect(medianOf(values)).toBeCloseTo(plainMedian(values), 6);
      }),
    );
  });

  it('whole weights count as so many copies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 9 }),
        (pairs) => {
          const copies = pairs.flatMap(([v, n]) => new Array<number>(n).fill(v));
          fc.pre(copies.length > 0);
          const values = Float64Array.from(pairs, ([v]) => v);
          const weights = Float64Array.from(pairs, ([, n]) => n);
          const median = weightedMedian(values, weights);
          const below = copies.filter((v) => v < median).length;
          const above = copies.filter((v) => v > median).length;
          expect(Math.max(below, above)).toBeLessThanOrEqual(copies.length / 2);
        },
      ),
    );
  });

  it('quantiles lie between the least and the greatest and rise', () => {
    // Type 7 of 1 2 4 8: position 3p; .5 lies halfway between 2 and 4, .9 at 2.7.
    expect([0, 0.5, 0.9, 1].map((p) => sortedQuantile([1, 2, 4, 8], p))).toEqual([1, 3, 4 + 0.7000000000000002 * 4, 8]);
  });
});

describe('the quantile tracker', () => {
  it('gives a share above that falls with the value and inverts the quantile', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 200 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (values, p) => {
          const tracker = new QuantileTracker(quantileGrid(0.9), 1);
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
    const distribution = new QuantileTracker(quantileGrid(0.9), 2).distribution();
    // 1.644854 and 2.575829 are the normal quantiles at .95 and .995.
    expect(distribution.quantile(0.95)).toBeCloseTo(2 * 1.644854, 5);
    expect(distribution.quantile(0.005)).toBeCloseTo(-2 * 2.575829, 5);
    expect(distribution.above(2 * 1.644854)).toBeCloseTo(0.05, 6);
    expect(distribution.above(0)).toBeCloseTo(0.5, 12);
  });

  it('finds the quantiles of what it is given, however skewed', () => {
    // Exponential values by inversion of an even sequence; the quantile at p is −ln(1 − p).
    const tracker = new QuantileTracker(quantileGrid(0.9), 1);
    for (let i = 0; i < 20_000; i++) tracker.observe(-Math.log(1 - ((i * 0.6180339887498949) % 1)));
    const distribution = tracker.distribution();
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      expect(Math.abs(distribution.quantile(p) + Math.log(1 - p))).toBeLessThan(0.2);
    }
  });
});

describe('recursive least squares', () => {
  it('finds the coefficients of an exact relation', () => {
    const regression = new RecursiveLeastSquares(2);
    for (let i = 0; i < 3000; i++) {
      const x = Float64Array.of(Math.sin(i), Math.cos(3 * i));
      regression.learn(x, 2 * (x[0] as number) - (x[1] as number));
    }
    expect(regression.count).toBe(3000);
    expect(regression.predict(Float64Array.of(1, 0))).toBeCloseTo(2, 3);
    expect(regression.predict(Float64Array.of(0, 1))).toBeCloseTo(-1, 3);
    const restored = new RecursiveLeastSquares(2, regression.snapshot());
    expect(restored.predict(Float64Array.of(0.3, 0.4))).toBe(regression.predict(Float64Array.of(0.3, 0.4)));
  });

  it('survives inputs that never vary', () => {
    const regression = new RecursiveLeastSquares(2);
    for (let i = 0; i < 50_000; i++) regression.learn(Float64Array.of(0, 1), 3);
    expect(regression.predict(Float64Array.of(0, 1))).toBeCloseTo(3, 6);
    expect(regression.snapshot().every(Number.isFinite)).toBe(true);
  });
});
