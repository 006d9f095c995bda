import { normalCdf, normalQuantile } from './normal.ts';

/** Steps never become smaller than this, so that the quantiles follow when the distribution changes. */
const SMALLEST_STEP = 0.02;
/**
 * The first observations only widen or narrow a normal distribution: steps would need hundreds of them to shrink a
 * first guess that was far too wide.
 */
const NORMAL_START = 40;
/** Observations that the first guess counts for. */
const PRIOR_COUNT = 10;
/** Standard deviation of a normal distribution over its mean absolute deviation: √(π/2). */
const SIGMA_OF_MEAN = Math.sqrt(Math.PI / 2);
/** One of the first observations counts at most as this many standard deviations. */
const LARGEST_DEVIATION = 5;
/** Observations by which the first steps are slowed. */
const STEP_DELAY = 10;
/** Width between the quantiles at .05 and .95 of a standard normal; turns their distance into a standard deviation. */
const NORMAL_WIDTH = 3.29;
/** Probabilities closer than this are one: `(1 - 0.9) / 2` is not quite 0.05. */
const SAME_PROBABILITY = 1e-9;
/** The median moves by this share of a step: what follows it is a point, which wavering hurts more than lagging does. */
const MEDIAN_PACE = 0.25;
/** Smallest spread, in the unit of the values, so that quantiles that fell together can part again. */
const SMALLEST_SPREAD = 0.05;

/**
 * The probabilities at which a distribution is tracked, with their normal scores. Shared by all trackers of one kind.
 */
export interface QuantileGrid {
  /** Ascending, symmetric about .5, which is among them. */
  readonly probabilities: Float64Array;
  /** The standard normal's quantiles at these. */
  readonly scores: Float64Array;
  /** Positions of .05 and .95. */
  readonly tails: readonly [number, number];
  /** Positions of the ends of the central interval of `level`. */
  readonly ends: readonly [number, number];
}

/** The grid of .025 to .975 that always includes both ends of the central interval of `level`. */
export function quantileGrid(level: number): QuantileGrid {
  const tail = (1 - level) / 2;
  const fixed = [0.025, 0.05, 0.1, 0.25];
  const known = fixed.some((p) => Math.abs(p - tail) < SAME_PROBABILITY);
  const below = known ? fixed : [...fixed, tail].sort((a, b) => a - b);
  const probabilities = Float64Array.from([...below, 0.5, ...below.map((p) => 1 - p).reverse()]);
  const last = probabilities.length - 1;
  const lower = probabilities.indexOf(0.05);
  const end = probabilities.findIndex((p) => Math.abs(p - tail) < SAME_PROBABILITY);
  return {
    probabilities,
    scores: probabilities.map(normalQuantile),
    tails: [lower, last - lower],
    ends: [end, last - end],
  };
}

/**
 * Follows the quantiles of a stream: each moves up or down by a step that makes its share of values below right in the
 * long run, whatever the distribution and however it changes. An update costs one addition per tracked quantile.
 *
 * It keeps no state of its own: `size` numbers from a place in the caller's array, which begin as `start` makes them: a
 * value for each probability, the number of observations, the first deviation.
 *
 * Source: Gibbs & Candès, Adaptive conformal inference under distribution shift (2021), with the quantile itself
 * moved, as in Angelopoulos, Candès & Tibshirani, Conformal PID control (2023), eq. 3.
 */
export class QuantileTracker {
  /** How many numbers of state it takes. */
  readonly size: number;
  readonly #grid: QuantileGrid;
  readonly #sigma: number;

  /** @param sigma standard deviation of the normal distribution that it starts from */
  constructor(grid: QuantileGrid, sigma: number) {
    this.#grid = grid;
    this.#sigma = sigma;
    this.size = grid.scores.length + 2;
  }

  /** Makes the state at `at` that of one that has seen nothing. */
  start(state: Float32Array, at: number): void {
    state[at + this.size - 2] = 0;
    this.#spread(state, at, this.#sigma);
  }

  /** Takes in one value; infinite ones count as very large. */
  observe(state: Float32Array, at: number, value: number): void {
    const { probabilities, tails } = this.#grid;
    const size = probabilities.length;
    const count = (state[at + size] as number) + 1;
    state[at + size] = count;
    if (count <= NORMAL_START) {
      const sigma = state[at + size + 1] as number;
      const deviation = Math.min(Math.abs(value) * SIGMA_OF_MEAN, LARGEST_DEVIATION * sigma);
      this.#spread(state, at, sigma + (deviation - sigma) / (count + PRIOR_COUNT));
      return;
    }
    const width = Math.max(0, (state[at + tails[1]] as number) - (state[at + tails[0]] as number));
    const step = 2 * Math.max(SMALLEST_STEP, 1 / (count + STEP_DELAY)) * (width / NORMAL_WIDTH + SMALLEST_SPREAD);
    for (let i = 0; i < size; i++) {
      const p = probabilities[i] as number;
      const quantile = state[at + i] as number;
      // A tie is a miss for neither tail: it moves both towards the median.
      const below = p < 0.5 ? value < quantile : value <= quantile;
      state[at + i] = quantile + (p === 0.5 ? MEDIAN_PACE * step : step) * (below ? p - 1 : p);
    }
  }

  /** The distribution now. */
  distribution(state: Float32Array, at: number): QuantileDistribution {
    return new QuantileDistribution(this.#grid, state, at);
  }

  /** Sets the quantiles to those of a normal distribution around 0. */
  #spread(state: Float32Array, at: number, sigma: number): void {
    const { scores } = this.#grid;
    for (let i = 0; i < scores.length; i++) state[at + i] = sigma * (scores[i] as number);
    state[at + scores.length + 1] = sigma;
  }
}

/**
 * A distribution given by its quantiles on a grid: between them, and beyond the last, normal scores are interpolated
 * linearly, so that a normal distribution comes out exactly.
 */
export class QuantileDistribution {
  readonly #scores: Float64Array;
  /** Not a typed array, which would take longer to make than all the rest. */
  readonly #values: number[] = [];

  /**
   * @param values quantiles in the order of the grid, from `at` on; crossings are straightened outward from the median
   */
  constructor(grid: QuantileGrid, values: Float32Array, at: number) {
    const size = grid.scores.length;
    this.#scores = grid.scores;
    const v = this.#values;
    for (let i = 0; i < size; i++) v.push(values[at + i] as number);
    const middle = size >> 1;
    for (let i = middle + 1; i < size; i++) v[i] = Math.max(v[i] as number, v[i - 1] as number);
    for (let i = middle - 1; i >= 0; i--) v[i] = Math.min(v[i] as number, v[i + 1] as number);
  }

  /** Value below which a share `p`, in (0, 1), lies. */
  quantile(p: number): number {
    return this.at(normalQuantile(p));
  }

  /** Value whose normal score is `z`, for who asks for the same ones again and again. */
  at(z: number): number {
    const scores = this.#scores;
    const v = this.#values;
    const last = scores.length - 1;
    if (z <= (scores[0] as number)) return (v[0] as number) + this.#slope(0) * (z - (scores[0] as number));
    if (z >= (scores[last] as number)) return (v[last] as number) + this.#slope(last) * (z - (scores[last] as number));
    let i = 1;
    while ((scores[i] as number) < z) i++;
    return interpolate(z, scores[i - 1] as number, scores[i] as number, v[i - 1] as number, v[i] as number);
  }

  /** Share above `value`, 0..1; does not rise with it. */
  above(value: number): number {
    const scores = this.#scores;
    const v = this.#values;
    const last = scores.length - 1;
    if (value < (v[0] as number)) return normalCdf(-this.#scoreBeyond(value, 0));
    if (value >= (v[last] as number)) return normalCdf(-this.#scoreBeyond(value, last));
    let i = 1;
    while ((v[i] as number) <= value) i++;
    const z = interpolate(value, v[i - 1] as number, v[i] as number, scores[i - 1] as number, scores[i] as number);
    return normalCdf(-z);
  }

  /** Rise per normal score from the median to an end of the grid, carried on beyond it. */
  #slope(end: number): number {
    const middle = this.#values[this.#values.length >> 1] as number;
    return ((this.#values[end] as number) - middle) / (this.#scores[end] as number);
  }

  #scoreBeyond(value: number, end: number): number {
    const distance = value - (this.#values[end] as number);
    const slope = this.#slope(end);
    if (slope > 0) return (this.#scores[end] as number) + distance / slope;
    return end === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
}

/** Linear from (x0, y0) to (x1, y1), y0 ≤ y1; never beyond either end, so that rounding keeps the order. */
function interpolate(x: number, x0: number, x1: number, y0: number, y1: number): number {
  return Math.min(y1, y0 + ((y1 - y0) * (x - x0)) / (x1 - x0));
}
