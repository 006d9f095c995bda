/** Weight of an observation halves about every 230; .99 and .997 did equally well on the series it was tuned on. */
const FORGETTING = 0.997;
/** Start of the covariance: a prior that holds the coefficients near zero for the first dozens of observations. */
const PRIOR = 0.01;
/** Inputs that do not vary let the covariance grow without bound; past this it is halved. */
const LARGEST_COVARIANCE = 1e4;
/** An error counts at most this often the usual size (Huber's idea), so that one outlier does not turn the plane. */
const ERROR_CLIP = 1.5;
const ERROR_SIZE_WEIGHT = 0.01;
const ERROR_SIZE_CLIP = 5;

/**
 * Linear regression without intercept that learns from one observation at a time and forgets old ones, with clipped
 * errors. An update costs O(n²) for n inputs.
 *
 * It keeps no state of its own: `size` numbers from a place in the caller's array, which begin as `start` makes them.
 * They are the coefficients (n), the usual size of the error, the number of observations, and the upper triangle of
 * the covariance by rows. Single precision does: should rounding ever make the covariance useless, it begins anew.
 *
 * Source: Haykin, Adaptive Filter Theory, 4th ed., table 9.1 (exponentially weighted recursive least squares).
 */
export class RecursiveLeastSquares {
  /** How many numbers of state it takes. */
  readonly size: number;
  readonly #inputs: number;
  /** Covariance times input, kept to save an allocation per update. */
  readonly #direction: Float64Array;

  constructor(inputs: number) {
    this.#inputs = inputs;
    this.#direction = new Float64Array(inputs);
    this.size = inputs + 2 + (inputs * (inputs + 1)) / 2;
  }

  /** Makes the state at `at` that of one that has seen nothing. */
  start(state: Float32Array, at: number): void {
    state.fill(0, at, at + this.size);
    this.#forget(state, at);
  }

  /** Observations so far. */
  count(state: Float32Array, at: number): number {
    return state[at + this.#inputs + 1] as number;
  }

  /** Prediction for the inputs that lie in `x` from `from` on. */
  predict(state: Float32Array, at: number, x: Float32Array, from: number): number {
    let sum = 0;
    for (let i = 0; i < this.#inputs; i++) sum += (state[at + i] as number) * (x[from + i] as number);
    return sum;
  }

  /** Learns that the inputs in `x` from `from` on led to `target`. */
  learn(state: Float32Array, at: number, x: Float32Array, from: number, target: number): void {
    const n = this.#inputs;
    const direction = this.#direction;
    const covariance = at + n + 2;
    direction.fill(0);
    for (let i = 0, k = covariance; i < n; i++) {
      const xi = x[from + i] as number;
      let sum = (state[k++] as number) * xi;
      for (let j = i + 1; j < n; j++, k++) {
        const value = state[k] as number;
        sum += value * (x[from + j] as number);
        direction[j] = (direction[j] as number) + value * xi;
      }
      direction[i] = (direction[i] as number) + sum;
    }
    let denominator = FORGETTING;
    for (let i = 0; i < n; i++) denominator += (direction[i] as number) * (x[from + i] as number);
    const error = this.#clipped(state, at, target - this.predict(state, at, x, from));
    if (!(denominator >= FORGETTING)) {
      this.#forget(state, at);
      return;
    }
    const perGain = 1 / denominator;
    let largest = 0;
    for (let i = 0, k = covariance; i < n; i++) {
      const gain = (direction[i] as number) * perGain;
      state[at + i] = (state[at + i] as number) + gain * error;
      largest = Math.max(largest, state[k] as number);
      for (let j = i; j < n; j++, k++) {
        state[k] = ((state[k] as number) - gain * (direction[j] as number)) * (1 / FORGETTING);
      }
    }
    if (largest > LARGEST_COVARIANCE) {
      for (let k = covariance; k < at + this.size; k++) state[k] = (state[k] as number) / 2;
    }
  }

  /** Sets the covariance to that of the beginning. */
  #forget(state: Float32Array, at: number): void {
    const n = this.#inputs;
    for (let i = 0, k = at + n + 2; i < n; k += n - i, i++) {
      state.fill(0, k, k + n - i);
      state[k] = PRIOR;
    }
  }

  #clipped(state: Float32Array, at: number, error: number): number {
    const sizeAt = at + this.#inputs;
    const count = state[sizeAt + 1] as number;
    state[sizeAt + 1] = count + 1;
    const usual = state[sizeAt] as number;
    const size = Math.abs(error);
    if (count === 0) {
      state[sizeAt] = size;
      return error;
    }
    const weight = Math.max(ERROR_SIZE_WEIGHT, 1 / (count + 1));
    state[sizeAt] = usual + weight * (Math.min(size, ERROR_SIZE_CLIP * usual) - usual);
    return Math.max(-ERROR_CLIP * usual, Math.min(ERROR_CLIP * usual, error));
  }
}
