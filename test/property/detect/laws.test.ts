import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnomalyDetector, type AnomalyDetectorOptions } from '../../../src/detect/anomaly-detector.ts';
import type { Observation } from '../../../src/model/anomaly.ts';
import { feed, normal, START, times } from '../../unit/detect/series.ts';

const METHODS: readonly NonNullable<AnomalyDetectorOptions['method']>[] = ['adaptive', 'zscore'];

/** Noise of a seed with a spike, a shift and ties in it. */
function eventful(seed: number): number[] {
  const next = normal(seed);
  return times(400, (i) => 20 + Math.round(next() * 64) / 64 + (i === 250 ? 30 : 0) + (i >= 300 ? 15 : 0));
}

function judged(observations: readonly Observation[]): number[][] {
  return observations.map(({ score, deviation, ready }) => [score, deviation, Number(ready)]);
}

function largestDifference(a: readonly Observation[], b: readonly Observation[]): number {
  const other = judged(b).flat();
  return Math.max(
    ...judged(a)
      .flat()
      .map((x, i) => Math.abs(x - (other[i] as number))),
  );
}

describe.each(METHODS)('%s detector', (method) => {
  const create = (): AnomalyDetector => new AnomalyDetector({ method });

  it('multiplying a series by a number or adding one changes no score by more than 1e-9', () => {
    const affine = fc.record({
      seed: fc.integer({ min: 1, max: 1e6 }),
      factor: fc.constantFrom(1000, 1e-6, 7, 1e9),
      shift: fc.integer({ min: -1000, max: 1000 }),
    });
    fc.assert(
      fc.property(affine, ({ seed, factor, shift }) => {
        const values = eventful(seed);
        const plain = feed(create(), values);
        const scaled = values.map((v) => v * factor);
        const shifted = values.map((v) => v + shift);
        expect(largestDifference(plain, feed(create(), scaled))).toBeLessThan(1e-9);
        expect(largestDifference(plain, feed(create(), shifted))).toBeLessThan(1e-9);
      }),
      { numRuns: 20 },
    );
  });

  it('anything at any time: no throw, finite answers, one open episode a series at most, restorable', () => {
    const value = fc.oneof(
      fc.double(),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.constantFrom(0, 1, -0, 1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY),
    );
    const gap = fc.oneof(fc.constant(60_000), fc.integer({ min: -1e5, max: 1e9 }));
    const samples = fc.array(fc.tuple(value, gap), { minLength: 15, maxLength: 120 });
    fc.assert(
      fc.property(samples, fc.nat(), (rows, cut) => {
        const series = { serviceId: '__proto__', metricName: 'constructor', labels: { toString: 'x' } };
        const detector = create();
        let other = create();
        let timestamp = START;
        rows.forEach(([v, by], i) => {
          timestamp += by;
          if (i === cut % rows.length) other = AnomalyDetector.restore(structuredClone(other.snapshot()), { method });
          const o = detector.observe({ ...series, timestamp, value: v });
          expect(other.observe({ ...series, timestamp, value: v })).toEqual(o);
          const numbers = [o.score, o.deviation, o.expected ?? 0, o.lower ?? 0, o.upper ?? 0];
          expect(numbers.every(Number.isFinite)).toBe(true);
          expect(o.score >= 0 && o.score <= 1).toBe(true);
        });
        expect(detector.openAnomalies().length).toBeLessThanOrEqual(1);
        expect(detector.snapshot()).toEqual(other.snapshot());
      }),
      { numRuns: 100 },
    );
  });
});
