import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { forecastSeries } from '../../../src/predict/forecast-series.ts';
import type { SeriesModelName } from '../../../src/predict/model-pool.ts';
import { OnlineLine } from '../../../src/predict/online-baselines.ts';
import { StateLayout } from '../../../src/predict/series-state.ts';
import { seasonalMeans } from '../../../src/predict/theta.ts';

interface Norris {
  readonly intercept: number;
  readonly slope: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

describe('the line', () => {
  it('has the slope and intercept that NIST certifies for Norris', () => {
    const norris: Norris = JSON.parse(readFileSync(new URL('./norris.json', import.meta.url), 'utf8'));
    const layout = new StateLayout();
    const line = new OnlineLine(layout, 100);
    const state = layout.create();
    norris.x.forEach((x, i) => {
      line.observe(state, x, norris.y[i] as number);
    });
    const last = norris.x[norris.x.length - 1] as number;
    expect(line.predict(state, -last)).toBeCloseTo(norris.intercept, 11);
    expect((line.predict(state, 1000) - line.predict(state, 0)) / 1000).toBeCloseTo(norris.slope, 12);
  });

  it('of five values by hand', () => {
    // x = 0…4, y = 2 1 4 3 5: means 2 and 3, Sxy = (−2)(−1) + (−1)(−2) + 0 + 1·0 + 2·2 = 8, Sxx = 10; slope .8, line at 5: 3 + .8·3.
    const { mean } = forecastSeries([2, 1, 4, 3, 5], { steps: 2, model: 'linear', seasonLength: 1 });
    expect(mean[0]).toBeCloseTo(5.4, 12);
    expect(mean[1]).toBeCloseTo(6.2, 12);
  });
});

describe('simple models by hand', () => {
  const forecast = (values: readonly number[], model: SeriesModelName, seasonLength: number, steps = 4): number[] => [
    ...forecastSeries(values, { steps, model, seasonLength }).mean,
  ];

  it('naive repeats the last value', () => {
    expect(forecast([3, 1, 4, 1, 5], 'naive', 1)).toEqual([5, 5, 5, 5]);
  });

  it('seasonal-naive repeats the last season', () => {
    expect(forecast([9, 9, 9, 3, 1, 4], 'seasonal-naive', 3)).toEqual([3, 1, 4, 3]);
  });

  it('drift carries on the line from the first to the last value', () => {
    // (9 − 3) / 4 = 1.5 a step.
    expect(forecast([3, 8, 4, 1, 9], 'drift', 1)).toEqual([10.5, 12, 13.5, 15]);
  });
});

describe('theta by hand', () => {
  it('is smoothing plus half the slope', () => {
    // Values 0 1 2: the squares 1 + (2 − w)² are least at the largest weight, .99. Then the level is .99 after the second
    // value and .99 + .99·1.01 = 1.9899 after the third; slope 1, so half is .5; and h − 1 + (1 − .01³)/.99 = h + .0101.
    const { mean } = forecastSeries([0, 1, 2], { steps: 2, model: 'theta', seasonLength: 1 });
    expect(mean[0]).toBeCloseTo(1.9899 + 0.5 * 1.0101, 2);
    expect(mean[1]).toBeCloseTo(1.9899 + 0.5 * 2.0101, 2);
  });

  it('takes out seasons and puts them back', () => {
    // A line of slope 2 with seasons −1 0 1: the moving mean of three is the line itself, so the seasons come out exactly.
    const values = Float64Array.from({ length: 12 }, (_, i) => 2 * i + (i % 3) - 1);
    const means = seasonalMeans(values, 3);
    [-1, 0, 1].forEach((season, i) => {
      expect(means[i]).toBeCloseTo(season, 12);
    });
  });

  it('takes out seasons of even length with half weights at both ends', () => {
    const season = [3, -1, -4, 2];
    const means = seasonalMeans(
      Float64Array.from({ length: 20 }, (_, i) => 5 + 3 * i + (season[i % 4] as number)),
      4,
    );
    season.forEach((value, i) => {
      expect(means[i]).toBeCloseTo(value, 12);
    });
  });
});

describe('lag-ridge', () => {
  it('continues what repeats exactly', () => {
    const season = [10, 12, 30, 31, 8, 5];
    const values = Array.from({ length: 120 }, (_, i) => season[i % 6] as number);
    const { mean } = forecastSeries(values, { steps: 12, model: 'lag-ridge', seasonLength: 6 });
    mean.forEach((value, i) => {
      expect(value).toBeCloseTo(season[i % 6] as number, 6);
    });
  });

  it('does not carry a spike on', () => {
    const values = Array.from({ length: 600 }, (_, i) => 50 + 10 * Math.sin((i * Math.PI) / 12) + 2 * Math.sin(i * i));
    values[599] = 1000;
    const { mean } = forecastSeries(values, { steps: 23, model: 'lag-ridge', seasonLength: 24 });
    for (const value of mean) expect(value).toBeLessThan(100);
  });
});
