import { describe, expect, it } from 'vitest';
import { forecastSeries, type SeriesForecast } from '../../../src/predict/forecast-series.ts';
import type { SeriesModelName } from '../../../src/predict/model-pool.ts';

const STEPS = 12;

/** A course of 12 steps with both signs and some roughness. */
function wave(length: number): number[] {
  return Array.from({ length }, (_, i) => 30 * Math.sin((i * Math.PI) / 6) + 4 * Math.sin(i * i));
}

function numbers({ mean, lower, upper }: SeriesForecast): number[] {
  return [...mean, ...lower, ...upper];
}

/** What every model of `forecastSeries` must do. */
export function describeSeriesModel(model: SeriesModelName): void {
  describe(`the series model ${model}`, () => {
    const run = (values: readonly number[], seasonLength: number | 'auto' = 12): SeriesForecast =>
      forecastSeries(values, { steps: STEPS, seasonLength, model });

    it('says its name, level and season', () => {
      const forecast = run(wave(200));
      expect(forecast).toMatchObject({ model, level: 0.95, seasonLength: 12 });
      expect([forecast.mean.length, forecast.lower.length, forecast.upper.length]).toEqual([STEPS, STEPS, STEPS]);
    });

    it('forecasts a constant series to stay, with an interval of no width', () => {
      for (const value of [42, 0, -3, 1e308]) {
        for (const number of numbers(run(new Array(100).fill(value)))) expect(number).toBeCloseTo(value, 9);
      }
    });

    it('answers from a single value on, in order and finite', () => {
      for (const length of [1, 2, 3, 4, 5, 7, 11, 12, 13, 24, 25, 40, 61, 100]) {
        const forecast = run(wave(length));
        for (const number of numbers(forecast)) expect(Number.isFinite(number)).toBe(true);
        for (let i = 0; i < STEPS; i++) {
          expect(forecast.lower[i]).toBeLessThanOrEqual(forecast.mean[i] as number);
          expect(forecast.mean[i]).toBeLessThanOrEqual(forecast.upper[i] as number);
        }
      }
    });

    // By powers of two nothing is rounded. With both signs no logarithm is taken.
    it('scales with the values to the last bit', () => {
      const plain = numbers(run(wave(200)));
      const scaled = numbers(run(wave(200).map((v) => v * 4096)));
      expect(scaled).toEqual(plain.map((v) => v * 4096));
    });

    // Only with both signs: logarithm and root of positive series know where 0 is.
    it('shifts with the values', () => {
      const plain = numbers(run(wave(200)));
      const shifted = numbers(run(wave(200).map((v) => v + 8)));
      shifted.forEach((v, i) => {
        expect(v).toBeCloseTo((plain[i] as number) + 8, 6);
      });
    });

    it('never answers with what is not finite, whatever finite values came', () => {
      const hostile = [
        Array.from({ length: 90 }, (_, i) => (i % 2 === 0 ? 1e308 : -1e308)),
        Array.from({ length: 90 }, (_, i) => (i < 45 ? 0 : Number.MAX_VALUE)),
        Array.from({ length: 90 }, (_, i) => (i === 3 ? 1e300 : 0)),
        Array.from({ length: 90 }, (_, i) => (i % 5 === 0 ? Number.MIN_VALUE : 0)),
        Array.from({ length: 90 }, (_, i) => 10 ** (10 * (i % 30))),
      ];
      for (const values of hostile) {
        for (const number of numbers(run(values, 'auto'))) expect(Number.isFinite(number)).toBe(true);
      }
    });

    it('is never negative where no value was', () => {
      for (const number of numbers(run(wave(200).map((v) => Math.max(0, v))))) expect(number).toBeGreaterThanOrEqual(0);
    });

    it('leaves the values alone and gives the same again', () => {
      const values = Float64Array.from(wave(150));
      const copy = values.slice();
      const first = forecastSeries(values, { steps: STEPS, model });
      expect(values).toEqual(copy);
      expect(forecastSeries(values, { steps: STEPS, model })).toEqual(first);
    });

    it('gives wider intervals for higher levels', () => {
      const at = (level: number): SeriesForecast => forecastSeries(wave(300), { steps: STEPS, level, model });
      const width = ({ lower, upper }: SeriesForecast): number => (upper[5] as number) - (lower[5] as number);
      expect(width(at(0.5))).toBeLessThan(width(at(0.8)));
      expect(width(at(0.8))).toBeLessThan(width(at(0.99)));
    });
  });
}
