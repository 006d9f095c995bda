import type { HistoryModelFactory } from './history-model.ts';

/** The smoothing weight is searched between these to within the tolerance. */
const LEAST_WEIGHT = 0.01;
const MOST_WEIGHT = 0.99;
const TOLERANCE = 0.005;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Learned from the newest values only: what is older has no weight left in the level and little in a slow trend. */
const MOST_VALUES = 4000;
/** Cycles needed before seasons are taken out. */
const SEASON_CYCLES = 2;

/**
 * The theta method: simple exponential smoothing plus half the slope of the least-squares line, on the series less its
 * seasons. Good for short series with a slow trend. O(n) for each of about ten trial weights.
 *
 * Source: Assimakopoulos & Nikolopoulos, The theta model, Int. J. Forecasting 16 (2000), in the form that Hyndman &
 * Billah, Unmasking the theta method, Int. J. Forecasting 19 (2003), eq. 5, showed to be the same. Seasons are
 * additive, by the ratio-free classical decomposition; the smoothing starts at the first value.
 */
export const theta: HistoryModelFactory = (values, season) => {
  const parts = (at: number): { readonly plain: Float64Array; readonly seasons: Float64Array } => {
    const history = values.subarray(Math.max(0, at - MOST_VALUES), at);
    const seasonal = season > 1 && history.length >= SEASON_CYCLES * season;
    const seasons = seasonal ? seasonalMeans(history, season) : new Float64Array(1);
    return { plain: history.map((value, i) => value - (seasons[i % seasons.length] as number)), seasons };
  };
  return {
    *learn(end) {
      const learned = parts(end).plain;
      const weight = goldenSection((w) => smooth(learned, w).squares);
      return (at, steps) => {
        const { plain, seasons } = parts(at);
        const { level } = smooth(plain, weight);
        const halfSlope = slope(plain) / 2;
        const lag = (1 - (1 - weight) ** plain.length) / weight - 1;
        return Float64Array.from({ length: steps }, (_, i) => {
          return level + halfSlope * (i + 1 + lag) + (seasons[(plain.length + i) % seasons.length] as number);
        });
      };
    },
  };
};

/** Simple exponential smoothing: the last level, and the sum of the squared one-step errors. */
function smooth(values: Float64Array, weight: number): { readonly level: number; readonly squares: number } {
  let level = values[0] as number;
  let squares = 0;
  for (let i = 1; i < values.length; i++) {
    const error = (values[i] as number) - level;
    squares += error * error;
    level += weight * error;
  }
  return { level, squares };
}

/** Slope of the least-squares line over 0, 1, 2, …; 0 for a single value. */
function slope(values: Float64Array): number {
  const middle = (values.length - 1) / 2;
  let products = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    products += (i - middle) * (values[i] as number);
    squares += (i - middle) ** 2;
  }
  return squares === 0 ? 0 : products / squares;
}

/** Mean distance of each place in the season from the centred moving mean of one season; their own mean is 0. */
export function seasonalMeans(values: Float64Array, season: number): Float64Array {
  const sums = new Float64Array(season);
  const counts = new Float64Array(season);
  const half = season >> 1;
  const even = season % 2 === 0;
  let window = 0;
  for (let i = 0; i < 2 * half + 1 && i < values.length; i++) window += values[i] as number;
  for (let i = half; i + half < values.length; i++) {
    const ends = even ? ((values[i - half] as number) + (values[i + half] as number)) / 2 : 0;
    const trend = (window - ends) / season;
    sums[i % season] = (sums[i % season] as number) + (values[i] as number) - trend;
    counts[i % season] = (counts[i % season] as number) + 1;
    window += (values[i + half + 1] ?? 0) - (values[i - half] as number);
  }
  const means = sums.map((sum, i) => (counts[i] === 0 ? 0 : sum / (counts[i] as number)));
  const centre = means.reduce((a, b) => a + b, 0) / season;
  return means.map((mean) => mean - centre);
}

/** Where a function of one minimum is least. */
function goldenSection(of: (x: number) => number): number {
  let from = LEAST_WEIGHT;
  let to = MOST_WEIGHT;
  let left = to - GOLDEN * (to - from);
  let right = from + GOLDEN * (to - from);
  let atLeft = of(left);
  let atRight = of(right);
  while (to - from > TOLERANCE) {
    if (atLeft <= atRight) {
      to = right;
      right = left;
      atRight = atLeft;
      left = to - GOLDEN * (to - from);
      atLeft = of(left);
    } else {
      from = left;
      left = right;
      atLeft = atRight;
      right = from + GOLDEN * (to - from);
      atRight = of(right);
    }
  }
  return (from + to) / 2;
}
