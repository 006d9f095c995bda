// Quantiles from the bins that peers give out, as the servers behind them compute them.

/** Linear interpolation in the bin, as Prometheus' `histogram_quantile`; `counts` has one more than `bounds`. */
export function binnedQuantile(bounds, counts, q) {
  const rank = q * counts.reduce((a, b) => a + b, 0);
  let seen = 0;
  for (let i = 0; i < bounds.length; i++) {
    if (seen + counts[i] >= rank && counts[i] > 0) {
      const lower = i === 0 ? 0 : bounds[i - 1];
      return lower + ((bounds[i] - lower) * (rank - seen)) / counts[i];
    }
    seen += counts[i];
  }
  // Beyond the last bound nothing is known.
  return bounds.at(-1);
}

/** Which of the bins a value falls into; a bound belongs to the bin below it. */
export function binOf(bounds, value) {
  const bin = bounds.findIndex((bound) => value <= bound);
  return bin < 0 ? bounds.length : bin;
}

/**
 * Quantile of an OpenTelemetry exponential histogram of positive values: the harmonic mean of the bin's borders, which of
 * all answers is off by the least.
 */
export function exponentialQuantile({ scale, count, positive }, q) {
  const rank = Math.floor(q * (count - 1));
  let seen = 0;
  for (let i = 0; i < positive.bucketCounts.length; i++) {
    seen += positive.bucketCounts[i];
    if (seen <= rank) continue;
    const base = 2 ** (2 ** -scale);
    const lower = base ** (positive.offset + i);
    return (2 * lower * base) / (1 + base);
  }
  return Number.NaN;
}

/** Merges exponential histograms at the coarsest of their scales, as collectors do. */
export function mergeExponential(parts) {
  const scale = Math.min(...parts.map((part) => part.scale));
  const counts = new Map();
  for (const { positive, scale: own } of parts) {
    positive.bucketCounts.forEach((count, i) => {
      const bin = (positive.offset + i) >> (own - scale);
      counts.set(bin, (counts.get(bin) ?? 0) + count);
    });
  }
  const bins = [...counts.keys()];
  const offset = Math.min(...bins);
  const bucketCounts = new Array(Math.max(...bins) - offset + 1).fill(0);
  for (const [bin, count] of counts) bucketCounts[bin - offset] = count;
  return { scale, count: parts.reduce((sum, part) => sum + part.count, 0), positive: { offset, bucketCounts } };
}
