import { describe, expect, it } from 'vitest';
import { deviationFromTail, normalCdf, normalQuantile, normalTail, surprise } from '../../../src/stats/normal.ts';
import { normalFromStudent, studentFromNormal } from '../../../src/stats/student.ts';

// mpmath 1.3 at 50 digits: erfc(x / sqrt(2)) / 2.
const TAILS: readonly (readonly [x: number, tail: number])[] = [
  [-8, 0.9999999999999993],
  [-1, 0.8413447460685429],
  [0, 0.5],
  [0.5, 0.3085375387259869],
  [1, 0.15865525393145705],
  [2, 0.02275013194817921],
  [2.4, 0.00819753592459613],
  [2.51, 0.00603655808041266],
  [3, 0.0013498980316300946],
  [5, 2.866515718791939e-7],
  [10, 7.619853024160525e-24],
  [20, 2.7536241186062337e-89],
  [37, 5.725571222524577e-300],
];

// mpmath: root of erfc(-x / sqrt(2)) / 2 = p; 0.975 and 0.999 agree with Abramowitz & Stegun, table 26.5.
const QUANTILES: readonly (readonly [p: number, x: number])[] = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.2734535609653],
  [1e-20, -9.26234008979841],
  [1e-5, -4.26489079392282],
  [0.025, -1.95996398454005],
  [0.3, -0.524400512708041],
  [0.975, 1.95996398454005],
  [0.999, 3.09023230616781],
];

describe('normal distribution', () => {
  it.each(TAILS)('the tail beyond %d is %d, to 13 digits', (x, tail) => {
    expect(Math.abs(normalTail(x) / tail - 1)).toBeLessThan(1e-13);
    expect(normalCdf(-x)).toBe(normalTail(x));
  });

  it.each(QUANTILES)('the quantile of %d is %d', (p, x) => {
    expect(Math.abs(normalQuantile(p) / x - 1)).toBeLessThan(1e-13);
  });

  it('quantiles end at infinity, and outside there are none', () => {
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(0.5)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0,
    ]);
    expect([normalQuantile(-0.1), normalQuantile(1.1), normalQuantile(Number.NaN)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('a deviation is the one with that probability on both sides', () => {
    expect(deviationFromTail(0.002699796063260189)).toBeCloseTo(3, 13);
    expect(deviationFromTail(1)).toBe(0);
    expect(deviationFromTail(2)).toBe(0);
    expect(deviationFromTail(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('surprise is minus the logarithm of the two-sided tail, also where that is no double any more', () => {
    expect(surprise(3)).toBeCloseTo(-Math.log(0.002699796063260189), 12);
    // mpmath: -log(erfc(50 / sqrt(2))).
    expect(surprise(50)).toBeCloseTo(1254.13821395886, 8);
  });
});

describe('deviations from Student’s law', () => {
  // Tables of t: two-sided 5 % and 0.1 % points, whose normal deviations are 1.960 and 3.291.
  it.each([
    [5, 2.571, 6.869],
    [9, 2.262, 4.781],
    [30, 2.042, 3.646],
    [120, 1.98, 3.373],
  ])('with %d degrees of freedom t = %d is 1.96 and t = %d is 3.29, within one percent', (degrees, t5, t01) => {
    expect(Math.abs(normalFromStudent(t5, degrees) / 1.95996 - 1)).toBeLessThan(0.01);
    expect(Math.abs(normalFromStudent(-t01, degrees) / -3.29053 - 1)).toBeLessThan(0.01);
  });

  it('the way back is the inverse, also for the huge', () => {
    for (const t of [0, 0.1, -2, 7, 1e4]) expect(studentFromNormal(normalFromStudent(t, 9), 9)).toBeCloseTo(t, 6);
    expect(normalFromStudent(1e200, 200)).toBeGreaterThan(normalFromStudent(1e150, 200));
    expect(Number.isFinite(normalFromStudent(1e300, 200))).toBe(true);
  });
});
