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
  return sortedQuantile(Float64Array.from(values).sort(), 0.5);
}

/**
 * The value at which half of the weight lies on either side, the mean of both where it falls between two. Sorts `values`
 * and `weights` in place.
 */
export function weightedMedian(values: Float64Array, weights: Float64Array): number {
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
  let below = 0;
  for (let i = 0; i < values.length; i++) {
    below += weights[i] as number;
    if (below > total / 2) return values[i] as number;
    if (below === total / 2) return ((values[i] as number) + (values[i + 1] ?? (values[i] as number))) / 2;
  }
  return values[values.length - 1] as number;
}
