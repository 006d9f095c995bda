/** Quantile `p`, 0..1, of sorted values, linear between neighbours (type 7 of Hyndman & Fan, 1996). */
export function sortedQuantile(sorted: ArrayLike<number>, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const value = sorted[below] as number;
  const above = sorted[below + 1];
  return above === undefined ? value : value + (position - below) * (above - value);
}

/** Median of the values, which are not changed. */
export function medianOf(values: ArrayLike<number>): number {
  return sortedQuantile(new Float64Array(values).sort(), 0.5);
}

/**
 * Weighted mean of the middle `share` of the weight, in order of the values: near 0 the weighted median, 1 the weighted
 * mean. Sorts `values` and `weights` in place.
 *
 * @param share in (0, 1]
 */
export function weightedMiddle(values: Float64Array, weights: Float64Array, share: number): number {
  const total = sortWithWeights(values, weights);
  const from = (total * (1 - share)) / 2;
  const to = total - from;
  let below = 0;
  let sum = 0;
  let taken = 0;
  for (let i = 0; i < values.length; i++) {
    const above = below + (weights[i] as number);
    const inside = Math.min(above, to) - Math.max(below, from);
    if (inside > 0) {
      sum += inside * (values[i] as number);
      taken += inside;
    }
    below = above;
  }
  return sum / taken;
}

/** Sorts by value, weights along with it, and gives the sum of the weights. For a few values: O(n²). */
function sortWithWeights(values: Float64Array, weights: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const weight = weights[i] as number;
    total += weight;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) > value; at--) {
      values[at] = values[at - 1] as number;
      weights[at] = weights[at - 1] as number;
    }
    values[at] = value;
    weights[at] = weight;
  }
  return total;
}
