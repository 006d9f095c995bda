import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastSeries, type SeriesForecast } from '../../../src/predict/forecast-series.ts';
import { MODEL_NAMES } from '../../../src/predict/model-pool.ts';

const STEPS = 6;

function numbers({ mean, lower, upper }: SeriesForecast): number[] {
  return [...mean, ...lower, ...upper];
}

const anything = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.double({ noNaN: true, min: -1e4, max: 1e4 }) },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 2, arbitrary: fc.integer({ min: -2, max: 2 }) },
  ),
  { minLength: 1, maxLength: 60 },
);
const season = fc.constantFrom<number | 'auto'>('auto', 1, 2, 4, 7);
/** Both signs, so that no model takes roots or logarithms; whole numbers, so that shifting rounds nothing. */
const bothSigns = fc
  .array(fc.integer({ min: -1000, max: 1000 }), { minLength: 12, maxLength: 60 })
  .map((list) => [-1001, ...list, 1001]);

describe.each(MODEL_NAMES)('the laws of %s', (model) => {
  const runs = { numRuns: 40 };

  it('whatever the values are: finite, in order, and above 0 where nothing was below', () => {
    fc.assert(
      fc.property(anything, season, (values, seasonLength) => {
        const forecast = forecastSeries(values, { steps: STEPS, seasonLength, model });
        for (const number of numbers(forecast)) expect(Number.isFinite(number)).toBe(true);
        for (let i = 0; i < STEPS; i++) {
          expect(forecast.lower[i]).toBeLessThanOrEqual(forecast.mean[i] as number);
          expect(forecast.mean[i]).toBeLessThanOrEqual(forecast.upper[i] as number);
        }
        if (values.every((value) => value >= 0)) {
          for (const number of numbers(forecast)) expect(number).toBeGreaterThanOrEqual(0);
        }
      }),
      runs,
    );
  });

  it('never explodes: a forecast stays within twice the seen range', () => {
    fc.assert(
      fc.property(bothSigns, season, (values, seasonLength) => {
        for (const number of numbers(forecastSeries(values, { steps: STEPS, seasonLength, model }))) {
          expect(Math.abs(number)).toBeLessThanOrEqual(1001 + 2002 * (0.5 + STEPS / 14));
        }
      }),
      runs,
    );
  });

  it('scales by a power of two to the last bit', () => {
    fc.assert(
      fc.property(bothSigns, fc.integer({ min: -30, max: 30 }), (values, power) => {
        const plain = numbers(forecastSeries(values, { steps: STEPS, seasonLength: 4, model }));
        const scaled = numbers(
          forecastSeries(
            values.map((value) => value * 2 ** power),
            { steps: STEPS, seasonLength: 4, model },
          ),
        );
        expect(scaled).toEqual(plain.map((value) => value * 2 ** power));
      }),
      runs,
    );
  });
});

// Of the models whose result is a continuous function of the values: choosing among orders, forms and members, and
// searching for weights, may tip over at the last digit.
describe.each(['linear', 'naive', 'seasonal-naive', 'drift', 'lag-ridge', 'prophet'] as const)('%s', (model) => {
  it('shifts with the values', () => {
    fc.assert(
      fc.property(bothSigns, fc.integer({ min: -500, max: 500 }), (values, by) => {
        const plain = numbers(forecastSeries(values, { steps: STEPS, seasonLength: 4, model }));
        const shifted = numbers(
          forecastSeries(
            values.map((value) => value + by),
            { steps: STEPS, seasonLength: 4, model },
          ),
        );
        shifted.forEach((value, i) => {
          expect(Math.abs(value - (plain[i] as number) - by)).toBeLessThan(1e-3);
        });
      }),
      { numRuns: 40 },
    );
  });
});
