import type { Work } from './work.ts';

/** Reflection, expansion, contraction and shrinking as in the paper. */
const EXPANSION = 2;
const CONTRACTION = 0.5;
/** The search ends when the values at all corners agree to this share of their size. */
const TOLERANCE = 1e-8;
/** Evaluations for each input after which it ends anyway. */
const MOST_EVALUATIONS = 150;

/** Where a function is least, as far as a search found. */
export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
}

/**
 * Minimum of a function of a few inputs by the downhill simplex, without derivatives; where the function is infinite the
 * simplex turns back, so bounds are infinities. Yields after each evaluation.
 *
 * Source: Nelder & Mead, A simplex method for function minimization, The Computer Journal 7 (1965).
 *
 * @param step size of the first simplex along each input
 */
export function* nelderMead(
  of: (x: Float64Array) => number,
  start: ArrayLike<number>,
  step: ArrayLike<number>,
): Work<Minimum> {
  const inputs = start.length;
  const corners: { at: Float64Array; value: number }[] = [];
  for (let i = 0; i <= inputs; i++) {
    const at = Float64Array.from(start);
    if (i > 0) at[i - 1] = (at[i - 1] as number) + (step[i - 1] as number);
    corners.push({ at, value: of(at) });
    yield;
  }
  const centre = new Float64Array(inputs);
  const along = (worst: Float64Array, factor: number): { at: Float64Array; value: number } => {
    const at = centre.map((c, i) => c + factor * (c - (worst[i] as number)));
    return { at, value: of(at) };
  };
  for (let evaluations = 0; evaluations < MOST_EVALUATIONS * inputs; evaluations++) {
    corners.sort((a, b) => a.value - b.value);
    const best = corners[0] as Minimum;
    const worst = corners[inputs] as Minimum;
    if (!(worst.value - best.value > TOLERANCE * (Math.abs(best.value) + Number.MIN_VALUE))) break;
    centre.fill(0);
    for (const { at } of corners.slice(0, inputs))
      for (let i = 0; i < inputs; i++) centre[i] = (centre[i] as number) + (at[i] as number) / inputs;
    const reflected = along(worst.at, 1);
    yield;
    if (reflected.value < best.value) {
      const expanded = along(worst.at, EXPANSION);
      corners[inputs] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < (corners[inputs - 1] as Minimum).value) {
      corners[inputs] = reflected;
    } else {
      const contracted = along(worst.at, reflected.value < worst.value ? CONTRACTION : -CONTRACTION);
      if (contracted.value < Math.min(reflected.value, worst.value)) corners[inputs] = contracted;
      else {
        for (const corner of corners.slice(1)) {
          corner.at = corner.at.map((x, i) => ((best.at[i] as number) + x) / 2);
          corner.value = of(corner.at);
          yield;
        }
      }
    }
    yield;
  }
  return corners.reduce((a, b) => (b.value < a.value ? b : a));
}
