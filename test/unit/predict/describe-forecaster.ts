import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../../src/model/forecast.ts';
import { Predictor } from '../../../src/predict/predictor.ts';
import type { PredictorOptions } from '../../../src/predict/predictor-options.ts';

const MINUTE = 60_000;
const SERIES = { serviceId: 's', metricName: 'm' };
const HORIZONS = ['5m', '15m', '1h'] as const;

/** A wave with both signs and some roughness, so that no range starts at 0 and nothing is exactly predictable. */
function rough(length: number): number[] {
  return Array.from({ length }, (_, i) => 40 * Math.sin(i / 40) + 7 * Math.sin(i * i) - 5);
}

function feed(predictor: Predictor, values: readonly number[], from = 0): void {
  values.forEach((value, i) => {
    predictor.observe({ ...SERIES, timestamp: (from + i) * MINUTE, value });
  });
}

function forecasts(predictor: Predictor): Forecast[] {
  return HORIZONS.flatMap((horizon) => predictor.forecast('s', 'm', { horizon }) ?? []);
}

/** Everything in a forecast that can be compared, its probabilities at some thresholds included. */
function comparable(predictor: Predictor): unknown[] {
  return forecasts(predictor).map(({ probabilityAbove: _, ...rest }, i) => ({
    ...rest,
    above: [-1e9, -20, 0, 3, 20, 1e9].map((threshold) => forecasts(predictor)[i]?.probabilityAbove(threshold)),
  }));
}

/** What every model of the predictor must do. */
export function describeForecaster(model: NonNullable<PredictorOptions['model']>): void {
  describe(`the model ${model}`, () => {
    const make = (): Predictor => new Predictor({ model, historySize: 200 });

    it('says its name', () => {
      const predictor = make();
      feed(predictor, rough(100));
      expect(forecasts(predictor).map((f) => f.model)).toEqual([model, model, model]);
    });

    it('forecasts a constant series to stay, with an interval of no width', () => {
      const predictor = make();
      feed(predictor, new Array(300).fill(42));
      for (const { mean, lower, upper } of forecasts(predictor)) {
        expect(mean).toBeCloseTo(42, 9);
        expect(lower).toBeCloseTo(42, 6);
        expect(upper).toBeCloseTo(42, 6);
      }
    });

    it('keeps lower ≤ mean ≤ upper at every moment', () => {
      const predictor = make();
      rough(400).forEach((value, i) => {
        feed(predictor, [value], i);
        for (const { mean, lower, upper } of forecasts(predictor)) {
          expect(lower).toBeLessThanOrEqual(mean);
          expect(mean).toBeLessThanOrEqual(upper);
        }
      });
    });

    it('scales with the values', () => {
      const plain = make();
      const scaled = make();
      feed(plain, rough(500));
      feed(
        scaled,
        rough(500).map((v) => v * 1024),
      );
      forecasts(plain).forEach((f, i) => {
        const g = forecasts(scaled)[i] as Forecast;
        expect(g.mean).toBeCloseTo(f.mean * 1024, 6);
        expect(g.lower).toBeCloseTo(f.lower * 1024, 6);
        expect(g.upper).toBeCloseTo(f.upper * 1024, 6);
        expect(g.probabilityAbove(3 * 1024)).toBeCloseTo(f.probabilityAbove(3), 9);
      });
    });

    // From the first value on there are negative ones in both: the floor at 0 of others does not shift.
    it('shifts with the values', () => {
      const plain = make();
      const shifted = make();
      feed(plain, rough(500));
      feed(
        shifted,
        rough(500).map((v) => v - 16),
      );
      forecasts(plain).forEach((f, i) => {
        const g = forecasts(shifted)[i] as Forecast;
        expect(g.mean).toBeCloseTo(f.mean - 16, 4);
        expect(g.lower).toBeCloseTo(f.lower - 16, 4);
        expect(g.upper).toBeCloseTo(f.upper - 16, 4);
      });
    });

    it('never answers with what is not finite, whatever finite values came', () => {
      const hostile = [
        Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1e308 : -1e308)),
        new Array(60).fill(Number.MAX_VALUE),
        new Array(60).fill(-1e308),
        new Array(60).fill(0),
        Array.from({ length: 60 }, (_, i) => (i < 30 ? 0 : 1e308)),
        Array.from({ length: 60 }, (_, i) => (i === 0 ? 1e308 : i)),
        Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? Number.MIN_VALUE : 0)),
        Array.from({ length: 60 }, (_, i) => 10 ** (10 * (i % 30))),
      ];
      for (const values of hostile) {
        const predictor = make();
        feed(predictor, values);
        feed(predictor, values, 60);
        expect(forecasts(predictor)).toHaveLength(3);
        for (const f of forecasts(predictor)) {
          const probabilities = [-1e308, 0, 1e308].map((t) => f.probabilityAbove(t));
          for (const number of [f.mean, f.lower, f.upper, ...probabilities]) expect(Number.isFinite(number)).toBe(true);
          expect(f.lower <= f.mean && f.mean <= f.upper).toBe(true);
        }
      }
    });

    it('gives probabilities within 0..1 that never rise with the threshold', () => {
      const predictor = make();
      feed(predictor, rough(300));
      for (const f of forecasts(predictor)) {
        let before = 1;
        for (let threshold = -300; threshold <= 300; threshold += 0.5) {
          const p = f.probabilityAbove(threshold);
          expect(p).toBeGreaterThanOrEqual(0);
          expect(p).toBeLessThanOrEqual(before);
          before = p;
        }
      }
    });

    it('goes on from a snapshot, cloned or not, as if nothing had happened', () => {
      for (const split of [3, 12, 90, 250]) {
        const values = rough(400);
        const whole = make();
        feed(whole, values);
        const first = make();
        feed(first, values.slice(0, split));
        const restored = Predictor.restore(structuredClone(first.snapshot()), { model, historySize: 200 });
        feed(first, values.slice(split), split);
        feed(restored, values.slice(split), split);
        expect(comparable(first)).toEqual(comparable(whole));
        expect(comparable(restored)).toEqual(comparable(whole));
        expect(restored.snapshot()).toEqual(whole.snapshot());
      }
    });

    it('restoreSeries undoes what was observed since', () => {
      for (const split of [0, 1, 7, 8, 150]) {
        const predictor = make();
        feed(predictor, rough(split));
        const before = predictor.snapshotSeries(SERIES);
        const untouched = structuredClone(before);
        feed(predictor, [1e6, -1e6, 3, 3, 3, 3, 3, 3, 3, 3], split);
        expect(before).toEqual(untouched);
        predictor.restoreSeries(SERIES, before);
        expect(predictor.snapshotSeries(SERIES)).toEqual(before);
        feed(predictor, rough(300).slice(split), split);
        const straight = make();
        feed(straight, rough(300));
        expect(comparable(predictor)).toEqual(comparable(straight));
      }
    });

    it('shares nothing between two instances', () => {
      const alone = make();
      feed(alone, rough(200));
      const one = make();
      const other = make();
      rough(200).forEach((value, i) => {
        feed(one, [value], i);
        feed(other, [1000 - value], i);
      });
      expect(comparable(one)).toEqual(comparable(alone));
    });

    it('skips samples that are not newer', () => {
      const predictor = make();
      const plain = make();
      rough(200).forEach((value, i) => {
        feed(plain, [value], i);
        feed(predictor, [value], i);
        feed(predictor, [1e5], i);
        feed(predictor, [-1e5], i - 3);
      });
      expect(comparable(predictor)).toEqual(comparable(plain));
    });

    it('forecasts without changing anything', () => {
      const predictor = make();
      feed(predictor, rough(200));
      const before = predictor.snapshot();
      comparable(predictor);
      predictor.getPredictions();
      predictor.forecast('s', 'm', { horizon: '2d', level: 0.5 });
      expect(predictor.snapshot()).toEqual(before);
    });
  });
}
