import { describe, expect, it } from 'vitest';
import { analogues } from '../../../src/predict/analogues.ts';
import { cycleNaive } from '../../../src/predict/history-baselines.ts';
import type { HistoryModelFactory, ScaledModelFactory } from '../../../src/predict/history-model.ts';
import { cycleMean, movedCycleMean, movedSeasonMedian, newSeasonMedian } from '../../../src/predict/season-courses.ts';
import { logTransform, onScale } from '../../../src/predict/transform.ts';
import { finish } from '../../../src/stats/work.ts';

/** With a season of 2, so that a cycle is 14. */
const SEASON = 2;

function forecast(factory: HistoryModelFactory, values: readonly number[], steps: number): number[] {
  const learned = finish(factory(Float64Array.from(values), SEASON).learn(values.length));
  return [...learned(values.length, steps)];
}

/** On the logarithm, which negative values keep away. */
function logged(factory: ScaledModelFactory): HistoryModelFactory {
  return (values, season) => factory(onScale(values, logTransform(values)), season);
}

function close(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 9);
  });
}

const counted = Array.from({ length: 30 }, (_, i) => i);

describe('members of the pool by hand', () => {
  it('cycleNaive repeats seven seasons, and one before there are seven', () => {
    expect(forecast(cycleNaive, counted, 15)).toEqual([...counted.slice(16), 16]);
    expect(forecast(cycleNaive, counted.slice(0, 10), 3)).toEqual([8, 9, 8]);
  });

  it('cycleMean weighs older cycles by .8 each', () => {
    // Places 16 and 2, then 17 and 3: (16 + .8 · 2) / 1.8 and (17 + .8 · 3) / 1.8.
    close(forecast(cycleMean, counted, 2), [17.6 / 1.8, 19.4 / 1.8]);
  });

  it('cycleMean is the median of the same places before there is a cycle', () => {
    close(forecast(cycleMean, [1, 9, 3, 9, 8, 9], 3), [3, 9, 3]);
  });

  // Medians of the same places: −3 of −8 −3 −1, and 9. Distances of the values from what came before them: 0 at place 3,
  // −8 − (−2) = −6 at place 4, 0 at place 5.
  const falling = [-1, 9, -3, 9, -8, 9];

  it('movedSeasonMedian moves the median by the median distance of the last season', () => {
    close(forecast(logged(movedSeasonMedian), falling, 2), [-3 - 3, 9 - 3]);
  });

  it('newSeasonMedian moves it by that of the last three values', () => {
    close(forecast(logged(newSeasonMedian), falling, 2), [-3, 9]);
  });

  it('movedCycleMean moves halfway', () => {
    close(forecast(logged(movedCycleMean), falling, 2), [-3 - 1.5, 9 - 1.5]);
  });

  it('moves by a factor where all values are positive', () => {
    // Each season is twice the one before. 8 is four times 2, the median of 1 2 4 before it, and so is 24 of 6. The median
    // of 1 2 4 8 is on the logarithm √(2 · 4), of 3 6 12 24 three times that.
    const doubling = [1, 3, 2, 6, 4, 12, 8, 24];
    close(forecast(logged(movedSeasonMedian), doubling, 2), [Math.sqrt(8) * 4, 3 * Math.sqrt(8) * 4]);
  });

  it('analogues follow what came after the most similar season, level aside', () => {
    // The last season is 0 −1: half below and above −.5. So is 5 4 around 4.5, exactly; 0 −3 is off by 1. After 5 4 came
    // 0 −1, which is −4.5 −5.5 from its level. Beyond the end only what followed 0 −3 goes on: 0 −1 from −1.5.
    const found = forecast(logged(analogues), [0, -3, 5, 4, 0, -1], 5);
    close(found, [-5, -6, 1, 0, 1]);
  });
});
