import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ONLINE_MODELS } from '../../../src/predict/online-models.ts';
import { Predictor } from '../../../src/predict/predictor.ts';

const SERIES = { serviceId: 's', metricName: 'm' };

const gap = fc.oneof(fc.constant(60_000), fc.integer({ min: 1, max: 600_000 }), fc.constant(90_000_000));
const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e308, -1e308, Number.MIN_VALUE) },
);
const samples = fc.array(fc.record({ gap, value }), { minLength: 20, maxLength: 120 });

describe('for any samples at any times', () => {
  it('forecasts are finite and in order, and probabilities fall with the threshold', () => {
    fc.assert(
      fc.property(
        samples,
        fc.constantFrom(...ONLINE_MODELS),
        fc.integer({ min: 1, max: 1e9 }),
        (list, model, horizon) => {
          const predictor = new Predictor({ model, historySize: 50 });
          let timestamp = 1_700_000_000_000;
          for (const { gap: ms, value: v } of list) {
            timestamp += ms;
            predictor.observe({ ...SERIES, timestamp, value: v });
          }
          for (const ms of [300_000, 900_000, 3_600_000, horizon]) {
            const f = predictor.forecast('s', 'm', { horizon: ms });
            if (f === undefined) throw new Error('no forecast');
            for (const number of [f.mean, f.lower, f.upper]) expect(Number.isFinite(number)).toBe(true);
            expect(f.lower <= f.mean && f.mean <= f.upper).toBe(true);
            const p = [-1e308, -10, 0, f.mean, 10, 1e308].sort((a, b) => a - b).map((t) => f.probabilityAbove(t));
            for (let i = 0; i < p.length; i++) {
              expect(p[i]).toBeGreaterThanOrEqual(0);
              expect(p[i]).toBeLessThanOrEqual(i === 0 ? 1 : (p[i - 1] as number));
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('scaling the values scales the forecasts', () => {
    const calm = fc.array(fc.record({ gap, value: fc.integer({ min: -800, max: 800 }).map((n) => n / 8) }), {
      minLength: 20,
      maxLength: 150,
    });
    fc.assert(
      fc.property(calm, fc.integer({ min: -20, max: 20 }), fc.constantFrom(...ONLINE_MODELS), (list, power, model) => {
        // A power of two, so that not even rounding differs.
        const scale = 2 ** power;
        const plain = new Predictor({ model, historySize: 50 });
        const moved = new Predictor({ model, historySize: 50 });
        let timestamp = 1_700_000_000_000;
        [{ gap: 60_000, value: -2000 }, ...list].forEach(({ gap: ms, value: v }) => {
          timestamp += ms;
          plain.observe({ ...SERIES, timestamp, value: v });
          moved.observe({ ...SERIES, timestamp, value: v * scale });
        });
        for (const horizon of [300_000, 3_600_000, 7_000_000]) {
          const f = plain.forecast('s', 'm', { horizon });
          const g = moved.forecast('s', 'm', { horizon });
          if (f === undefined || g === undefined) throw new Error('no forecast');
          const size = scale * 2200;
          for (const key of ['mean', 'lower', 'upper'] as const) {
            const expected = f[key] * scale;
            expect(Math.abs(g[key] - expected)).toBeLessThanOrEqual(1e-6 * size);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('a restore anywhere changes nothing', () => {
    fc.assert(
      fc.property(samples, fc.constantFrom(...ONLINE_MODELS), fc.nat(120), (list, model, split) => {
        const whole = new Predictor({ model, historySize: 50 });
        let parts = new Predictor({ model, historySize: 50 });
        let timestamp = 1_700_000_000_000;
        list.forEach(({ gap: ms, value: v }, i) => {
          timestamp += ms;
          if (i === split) parts = Predictor.restore(structuredClone(parts.snapshot()), { model, historySize: 50 });
          whole.observe({ ...SERIES, timestamp, value: v });
          parts.observe({ ...SERIES, timestamp, value: v });
        });
        expect(parts.snapshot()).toEqual(whole.snapshot());
        expect(parts.getPredictions()).toEqual(whole.getPredictions());
      }),
      { numRuns: 100 },
    );
  });
});
