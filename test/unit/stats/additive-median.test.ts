import { describe, expect, it } from 'vitest';
import { AdditiveMedian } from '../../../src/stats/additive-median.ts';

/** Place of the state in its array, and of the inputs in theirs. */
const AT = 3;
const FROM = 2;

interface Model {
  predict(...inputs: readonly number[]): number;
  learn(target: number, ...inputs: readonly number[]): void;
}

function modelOf(inputs: number): Model {
  const model = new AdditiveMedian(inputs);
  const state = new Float32Array(AT + model.size + 1);
  state[AT + model.size] = 77;
  const x = (values: readonly number[]): Float32Array => Float32Array.from([9, 9, ...values, 9]);
  return {
    predict: (...values) => model.predict(state, AT, x(values), FROM),
    learn: (target, ...values) => {
      model.correct(state, AT, target - model.predict(state, AT, x(values), FROM));
      expect([state[0], state[AT - 1], state[AT + model.size]]).toEqual([0, 0, 77]);
    },
  };
}

/** 0, 1, 0, −1 … steps through every tenth from −5 to 5, in an order without a trend. */
const GRID = Array.from({ length: 101 }, (_, i) => (((i * 37) % 101) - 50) / 10);

describe('the additive median', () => {
  it('predicts 0 before it has learned', () => {
    expect(modelOf(2).predict(1, -3)).toBe(0);
  });

  it('learns a bend that no straight line has: small inputs mean nothing, large ones pass', () => {
    const truth = (x: number): number => (Math.abs(x) < 1 ? 0 : 0.5 * (x - Math.sign(x)));
    const model = modelOf(1);
    for (let round = 0; round < 60; round++) for (const x of GRID) if (Math.abs(x) <= 4) model.learn(truth(x), x);
    for (const x of [-4, -3, -1, -0.5, 0, 0.5, 1, 3, 4]) expect(model.predict(x)).toBeCloseTo(truth(x), 1);
  });

  it('adds up what its inputs say', () => {
    const model = modelOf(2);
    for (let round = 0; round < 200; round++) {
      GRID.forEach((a, i) => {
        const b = GRID[(i * 13 + round) % GRID.length] as number;
        if (Math.max(Math.abs(a), Math.abs(b)) <= 4) model.learn(Math.abs(a) - 0.5 * b, a, b);
      });
    }
    for (const [a, b] of [
      [2, 2],
      [-2, 2],
      [0, -2],
      [1, 0],
    ] as const) {
      expect(Math.abs(model.predict(a, b) - (Math.abs(a) - 0.5 * b))).toBeLessThan(0.15);
    }
  });

  it('follows the median and not the mean: three in ten outcomes far above move it little', () => {
    const model = modelOf(1);
    for (let i = 0; i < 3000; i++) model.learn((i * 7) % 10 < 3 ? 50 : 1, 0);
    // The mean is 15.7.
    expect(Math.abs(model.predict(0) - 1)).toBeLessThan(0.3);
  });

  it('is level beyond the outermost knots, whatever comes', () => {
    const model = modelOf(1);
    for (let i = 0; i < 200; i++) model.learn(2, 4);
    expect(model.predict(4)).toBeCloseTo(2, 1);
    for (const x of [5, 100, 1e15, Number.POSITIVE_INFINITY]) expect(model.predict(x)).toBe(model.predict(4));
    for (const x of [-5, -1e15, Number.NEGATIVE_INFINITY]) expect(model.predict(x)).toBe(model.predict(-4));
  });
});
