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
 * State in one array: covariance (n²), coefficients (n), usual size of the error, number of observations.
 *
 * Source: Haykin, Adaptive Filter Theory, 4th ed., table 9.1 (exponentially weighted recursive least squares).
 */
export class RecursiveLeastSquares {
  readonly #inputs: number;
  readonly #state: Float64Array;
  /** Covariance times input, kept to save an allocation per update. */
  readonly #direction: Float64Array;

  /** @param state what `snapshot()` gave, to go on from there */
  constructor(inputs: number, state?: Float64Array) {
    this.#inputs = inputs;
    this.#direction = new Float64Array(inputs);
    if (state !== undefined) {
      this.#state = state.slice();
      return;
    }
    this.#state = new Float64Array(inputs * inputs + inputs + 2);
    for (let i = 0; i < inputs; i++) this.#state[i * inputs + i] = PRIOR;
  }

  /** Observations so far. */
  get count(): number {
    return this.#state[this.#state.length - 1] as number;
  }

  /** Prediction for the inputs that lie in `x` from `offset` on. */
  predict(x: Float64Array, offset = 0): number {
    const coefficients = this.#inputs * this.#inputs;
    let sum = 0;
    for (let i = 0; i < this.#inputs; i++) sum += (this.#state[coefficients + i] as number) * (x[offset + i] as number);
    return sum;
  }

  /** Learns that the inputs in `x` from `offset` on led to `target`. */
  learn(x: Float64Array, target: number, offset = 0): void {
    const n = this.#inputs;
    const s = this.#state;
    const direction = this.#direction;
    let denominator = FORGETTING;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += (s[i * n + j] as number) * (x[offset + j] as number);
      direction[i] = sum;
      denominator += sum * (x[offset + i] as number);
    }
    const error = this.#clipped(target - this.predict(x, offset));
    let largest = 0;
    for (let i = 0; i < n; i++) {
      const gain = (direction[i] as number) / denominator;
      s[n * n + i] = (s[n * n + i] as number) + gain * error;
      for (let j = i; j < n; j++) {
        const value = ((s[i * n + j] as number) - gain * (direction[j] as number)) / FORGETTING;
        s[i * n + j] = value;
        s[j * n + i] = value;
      }
      largest = Math.max(largest, s[i * n + i] as number);
    }
    if (largest > LARGEST_COVARIANCE) for (let i = 0; i < n * n; i++) s[i] = (s[i] as number) / 2;
  }

  /** Copy of the state. */
  snapshot(): Float64Array {
    return this.#state.slice();
  }

  #clipped(error: number): number {
    const s = this.#state;
    const sizeAt = s.length - 2;
    const count = this.count;
    s[sizeAt + 1] = count + 1;
    const usual = s[sizeAt] as number;
    const size = Math.abs(error);
    if (count === 0) {
      s[sizeAt] = size;
      return error;
    }
    const weight = Math.max(ERROR_SIZE_WEIGHT, 1 / (count + 1));
    s[sizeAt] = usual + weight * (Math.min(size, ERROR_SIZE_CLIP * usual) - usual);
    return Math.max(-ERROR_CLIP * usual, Math.min(ERROR_CLIP * usual, error));
  }
}
