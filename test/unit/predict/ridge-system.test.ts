import { describe, expect, it } from 'vitest';
import { RidgeSystem } from '../../../src/stats/ridge-system.ts';

describe('the ridge system', () => {
  it('without penalty solves the normal equations', () => {
    // y = 2 a − 3 b + 1 exactly.
    const system = new RidgeSystem(3);
    for (const [a, b] of [
      [1, 0],
      [0, 1],
      [2, 5],
      [3, -1],
      [-4, 2],
    ] as const) {
      system.add(Float64Array.of(a, b, 1), 2 * a - 3 * b + 1);
    }
    const solution = system.solve(0);
    [2, -3, 1].forEach((coefficient, i) => {
      expect(solution[i]).toBeCloseTo(coefficient, 10);
    });
    expect(system.rows).toBe(5);
  });

  it('shrinks a single input by 1 / (1 + penalty)', () => {
    // Σx² = 14, Σxy = 28: coefficient 28 / (14 · 1.3).
    const system = new RidgeSystem(1);
    for (const x of [1, 2, 3]) system.add(Float64Array.of(x), 2 * x);
    expect(system.solve(0.3)[0]).toBeCloseTo(2 / 1.3, 12);
  });

  it('gives inputs that were always 0 the coefficient 0', () => {
    const system = new RidgeSystem(2);
    for (const x of [1, 2, 3]) system.add(Float64Array.of(0, x), x);
    expect([...system.solve(0)]).toEqual([0, 1]);
  });

  it('says how large its inputs were', () => {
    const system = new RidgeSystem(2);
    for (const [a, b] of [
      [3, -1],
      [4, 1],
    ] as const) {
      system.add(Float64Array.of(a, b), 0);
    }
    // √((9 + 16) / 2) and √((1 + 1) / 2).
    expect([...system.rootMeanSquares()]).toEqual([Math.sqrt(12.5), 1]);
  });

  it('can be solved in between and goes on', () => {
    const whole = new RidgeSystem(1);
    const parts = new RidgeSystem(1);
    for (const x of [1, 2, 3, 4]) {
      whole.add(Float64Array.of(x), x * x);
      parts.add(Float64Array.of(x), x * x);
      parts.solve(0.1);
    }
    expect(parts.solve(0.1)).toEqual(whole.solve(0.1));
  });
});
