import type { Minimum } from './nelder-mead.ts';
import { RidgeSystem } from './ridge-system.ts';
import type { Work } from './work.ts';

/** Damping at the start; it is divided by the factor after a step that helped, multiplied after one that did not. */
const FIRST_DAMPING = 1e-3;
const FACTOR = 10;
/** Above it no step helps any more. */
const MOST_DAMPING = 1e8;
const MOST_ITERATIONS = 60;
/** Distance at which derivatives are taken; inputs are of the order of 1. */
const DISTANCE = 1e-6;

/**
 * Least squares of residuals that are a smooth function of some inputs, each of the order of 1. Takes about ten
 * iterations of one evaluation an input; yields after each evaluation.
 *
 * Source: Marquardt, An algorithm for least-squares estimation of nonlinear parameters, J. SIAM 11 (1963).
 *
 * @param residuals fills its second argument for the inputs in the first
 * @param count how many residuals there are
 * @param tolerance ends when a step lessens the sum of squares by a smaller share than this
 */
export function* levenbergMarquardt(
  residuals: (x: Float64Array, into: Float64Array) => void,
  start: Float64Array,
  count: number,
  tolerance: number,
): Work<Minimum> {
  const inputs = start.length;
  let at = start;
  let now = new Float64Array(count);
  let next = new Float64Array(count);
  const slopes = Array.from({ length: inputs }, () => new Float64Array(count));
  const row = new Float64Array(inputs);
  residuals(at, now);
  let value = sumOfSquares(now);
  let damping = FIRST_DAMPING;
  for (let k = 0; k < MOST_ITERATIONS && inputs > 0 && value > 0; k++) {
    for (let i = 0; i < inputs; i++) {
      const slope = slopes[i] as Float64Array;
      const moved = at.slice();
      moved[i] = (moved[i] as number) + DISTANCE;
      residuals(moved, slope);
      for (let t = 0; t < count; t++) slope[t] = ((slope[t] as number) - (now[t] as number)) / DISTANCE;
      yield;
    }
    const system = new RidgeSystem(inputs);
    for (let t = 0; t < count; t++) {
      for (let i = 0; i < inputs; i++) row[i] = slopes[i]?.[t] as number;
      system.add(row, -(now[t] as number));
    }
    const before = value;
    for (; damping < MOST_DAMPING; damping *= FACTOR) {
      const step = system.solve(damping);
      const tried = at.map((x, i) => x + (step[i] as number));
      residuals(tried, next);
      yield;
      const reached = sumOfSquares(next);
      if (!(reached < value)) continue;
      at = tried;
      value = reached;
      [now, next] = [next, now];
      damping /= FACTOR;
      break;
    }
    if (!(before - value > tolerance * before)) break;
  }
  return { at, value };
}

/** Infinite where any residual is not a number. */
function sumOfSquares(residuals: Float64Array): number {
  let sum = 0;
  for (const r of residuals) sum += r * r;
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
}
