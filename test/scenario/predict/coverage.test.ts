import { describe, expect, it } from 'vitest';
import { forecastSeries } from '../../../src/predict/forecast-series.ts';
import { Predictor } from '../../../src/predict/predictor.ts';
import { autoregression, Random, randomWalk, seasonal, trend } from './random.ts';

const MINUTE = 60_000;
const LENGTH = 10_000;
const WARM_UP = 500;

const SERIES: readonly (readonly [name: string, make: (random: Random) => number[]])[] = [
  ['a random walk', (random) => randomWalk(LENGTH, random)],
  ['an autoregression', (random) => autoregression(LENGTH, 0.9, random)],
  ['white noise', (random) => autoregression(LENGTH, 0, random)],
  ['a daily course', (random) => seasonal(LENGTH, 1440, random)],
  ['a trend', (random) => trend(LENGTH, 0.05, random)],
];

interface Tally {
  inside: number;
  above: number;
  expectedAbove: number;
  asked: number;
  answered: number;
}

/** Feeds the series minute by minute and asks for a forecast every five; counts what held. */
function measure(values: readonly number[], model: 'auto' | 'linear' | 'naive', aheadSteps: number): Tally {
  const predictor = new Predictor({ model, historySize: 200 });
  const tally: Tally = { inside: 0, above: 0, expectedAbove: 0, asked: 0, answered: 0 };
  values.forEach((value, i) => {
    predictor.observe({ serviceId: 's', metricName: 'm', timestamp: i * MINUTE, value });
    const truth = values[i + aheadSteps];
    if (i < WARM_UP || i % 5 !== 0 || truth === undefined) return;
    const forecast = predictor.forecast('s', 'm', { horizon: aheadSteps * MINUTE });
    tally.asked++;
    if (forecast === undefined) return;
    tally.answered++;
    if (truth >= forecast.lower && truth <= forecast.upper) tally.inside++;
    // A threshold that the forecast cannot know to be special: the value now.
    tally.expectedAbove += forecast.probabilityAbove(value);
    if (truth > value) tally.above++;
  });
  return tally;
}

describe('intervals of the predictor hold what they promise', () => {
  for (const [name, make] of SERIES) {
    for (const steps of [5, 15, 60]) {
      it(`on ${name}, ${steps} steps ahead, 90 % hold within 3 points`, () => {
        const tally = measure(make(new Random(7)), 'auto', steps);
        expect(tally.answered).toBe(tally.asked);
        expect(Math.abs((100 * tally.inside) / tally.asked - 90)).toBeLessThan(3);
      });
    }
  }

  for (const model of ['linear', 'naive'] as const) {
    for (const [name, make] of SERIES) {
      it(`also with the model ${model} on ${name}`, () => {
        const tally = measure(make(new Random(11)), model, 15);
        // The errors of a line through a random walk keep their sign for hundreds of steps: the band runs after them.
        const slack = model === 'linear' && name === 'a random walk' ? 5 : 3;
        expect(Math.abs((100 * tally.inside) / tally.asked - 90)).toBeLessThan(slack);
      });
    }
  }

  it('holds from the first forecasts on: 50 samples into 300 random walks', () => {
    let inside = 0;
    const random = new Random(3);
    for (let k = 0; k < 300; k++) {
      const values = randomWalk(66, random);
      const predictor = new Predictor();
      values.slice(0, 50).forEach((value, i) => {
        predictor.observe({ serviceId: 's', metricName: 'm', timestamp: i * MINUTE, value });
      });
      const forecast = predictor.forecast('s', 'm', { horizon: '15m' });
      const truth = values[64] as number;
      if (forecast !== undefined && truth >= forecast.lower && truth <= forecast.upper) inside++;
    }
    expect(inside / 300).toBeGreaterThan(0.85);
  });

  it('gives probabilities that come true as often as they say', () => {
    for (const [, make] of SERIES) {
      const tally = measure(make(new Random(5)), 'auto', 15);
      expect(Math.abs(tally.above - tally.expectedAbove) / tally.asked).toBeLessThan(0.05);
    }
  });
});

describe('intervals of forecastSeries hold what they promise', () => {
  const cases: readonly (readonly [string, (random: Random) => number[]])[] = [
    ['random walks', (random) => randomWalk(724, random)],
    ['autoregressions', (random) => autoregression(724, 0.9, random)],
    ['daily courses', (random) => seasonal(724, 24, random)],
    ['trends', (random) => trend(724, 0.05, random)],
  ];
  for (const [name, make] of cases) {
    it(`on 60 ${name}, 24 steps ahead, at least 92 of 95 % hold`, () => {
      const random = new Random(17);
      let inside = 0;
      for (let k = 0; k < 60; k++) {
        const values = make(random);
        const { lower, upper } = forecastSeries(values.slice(0, 700), { steps: 24 });
        for (let i = 0; i < 24; i++) {
          const truth = values[700 + i] as number;
          if (truth >= (lower[i] as number) && truth <= (upper[i] as number)) inside++;
        }
      }
      // The bands are widened for shifts that simulated series do not have, so more may hold, never much less.
      expect((100 * inside) / (60 * 24)).toBeGreaterThan(92);
    });
  }
});
