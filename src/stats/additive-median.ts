/** Where the curves bend; dense near zero, where most inputs are. Fewer and evenly spaced ones are 1 to 2 % worse. */
const KNOTS: readonly number[] = [-4, -2, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 2, 4];
/** The knot at zero. */
const MIDDLE = 5;
/** How far one observation moves the curves; 0.03 to 0.1 do alike. */
const STEP = 0.06;
/** An error of this size and more moves them by the whole step; below, in proportion, so that they come to rest. */
const FULL_ERROR = 0.3;

/**
 * Median regression on a sum of curves, one for each input, that learns from one observation at a time: straight between
 * eleven knots from −4 to 4, level beyond. For inputs and targets of the order of one. Where a straight line must do the
 * same with small and large inputs, it can say that small ones mean nothing and large ones pass.
 *
 * It keeps no state of its own: `size` numbers from a place in the caller's array, zero at first. A prediction costs a
 * search among the knots for each input, learning from it two additions.
 *
 * Sources: Hastie & Tibshirani, Generalized Additive Models (1990); Koenker & Bassett, Regression quantiles (1978); the
 * steps are those of stochastic approximation on Huber's loss, which is the median's beyond {@link FULL_ERROR}.
 */
export class AdditiveMedian {
  /** How many numbers of state it takes. */
  readonly size: number;
  readonly #inputs: number;
  /** Place of each input of the last prediction: the knot before it, and how far it is on the way to the next, 0..1. */
  readonly #knots: Uint8Array;
  readonly #shares: Float64Array;

  constructor(inputs: number) {
    this.#inputs = inputs;
    this.#knots = new Uint8Array(inputs);
    this.#shares = new Float64Array(inputs);
    this.size = inputs * KNOTS.length;
  }

  /** Prediction for the inputs that lie in `x` from `from` on. */
  predict(state: Float32Array, at: number, x: Float32Array, from: number): number {
    let sum = 0;
    for (let i = 0; i < this.#inputs; i++) {
      this.#locate(i, x[from + i] as number);
      const place = at + i * KNOTS.length + (this.#knots[i] as number);
      const before = state[place] as number;
      sum += before + (this.#shares[i] as number) * ((state[place + 1] as number) - before);
    }
    return sum;
  }

  /**
   * Learns from what the last prediction missed, `target − prediction`, of which it still knows the places.
   *
   * @param state the one that was predicted from, at the same place
   */
  correct(state: Float32Array, at: number, error: number): void {
    const step = STEP * Math.max(-1, Math.min(1, error / FULL_ERROR));
    for (let i = 0; i < this.#inputs; i++) {
      const place = at + i * KNOTS.length + (this.#knots[i] as number);
      const share = this.#shares[i] as number;
      state[place] = (state[place] as number) + (1 - share) * step;
      state[place + 1] = (state[place + 1] as number) + share * step;
    }
  }

  #locate(input: number, x: number): void {
    let knot = x >= 0 ? MIDDLE : 0;
    while (knot < KNOTS.length - 2 && x >= (KNOTS[knot + 1] as number)) knot++;
    const start = KNOTS[knot] as number;
    this.#knots[input] = knot;
    this.#shares[input] = Math.max(0, Math.min(1, (x - start) / ((KNOTS[knot + 1] as number) - start)));
  }
}
