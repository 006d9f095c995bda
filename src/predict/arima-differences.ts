import { seasonalMeans } from './theta.ts';

/** Critical value of the KPSS test of a level at 5 %: table 1 of the paper. */
const KPSS_CRITICAL = 0.463;
/** Seasonal strength from which a seasonal difference is taken, as in R's `nsdiffs`. */
const STRONG_SEASON = 0.64;
/** Fewer values tell nothing about stationarity. */
const FEWEST_VALUES = 10;

/** How many differences make the values stationary in level, at most `most`, as the KPSS test sees it. */
export function differencesNeeded(values: Float64Array, most: number): number {
  let x = values;
  for (let d = 0; d < most; d++) {
    if (x.length < FEWEST_VALUES || !(kpss(x) > KPSS_CRITICAL)) return d;
    x = x.subarray(1).map((value, i) => value - (x[i] as number));
  }
  return most;
}

/**
 * Statistic of the test that values are stationary around a level; NaN for constant ones.
 *
 * Source: Kwiatkowski, Phillips, Schmidt & Shin, Testing the null hypothesis of stationarity, J. Econometrics 54 (1992),
 * with ⌊3 √n / 13⌋ lags as in R's `ndiffs`.
 */
export function kpss(values: Float64Array): number {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const residuals = values.map((value) => value - mean);
  const lags = Math.trunc((3 * Math.sqrt(n)) / 13);
  let partial = 0;
  let sums = 0;
  for (const r of residuals) {
    partial += r;
    sums += partial * partial;
  }
  let variance = 0;
  for (let lag = 0; lag <= lags; lag++) {
    let product = 0;
    for (let t = lag; t < n; t++) product += (residuals[t] as number) * (residuals[t - lag] as number);
    variance += lag === 0 ? product : 2 * (1 - lag / (lags + 1)) * product;
  }
  return sums / n / variance;
}

/** 1 where the season makes up most of what is not trend, else 0. */
export function seasonalDifferencesNeeded(values: Float64Array, season: number): 0 | 1 {
  return seasonalStrength(values, season) > STRONG_SEASON ? 1 : 0;
}

/**
 * Share of the variance, trend aside, that repeats with the season.
 *
 * Source: Wang, Smith & Hyndman, Characteristic-based clustering for time series data, Data Mining and Knowledge
 * Discovery 13 (2006), with a classical instead of a loess decomposition.
 */
function seasonalStrength(values: Float64Array, season: number): number {
  const means = seasonalMeans(values, season);
  const half = season >> 1;
  const weight = season % 2 === 0 ? 0.5 : 1;
  let [count, sum, squares, restSum, restSquares] = [0, 0, 0, 0, 0];
  for (let t = half; t + half < values.length; t++) {
    let trend = 0;
    for (let k = -half; k <= half; k++) trend += (Math.abs(k) === half ? weight : 1) * (values[t + k] as number);
    const detrended = (values[t] as number) - trend / season;
    const rest = detrended - (means[t % season] as number);
    count++;
    sum += detrended;
    squares += detrended * detrended;
    restSum += rest;
    restSquares += rest * rest;
  }
  const variance = squares - (sum * sum) / count;
  return variance > 0 ? 1 - (restSquares - (restSum * restSum) / count) / variance : 0;
}
