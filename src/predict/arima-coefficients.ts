/** Orders of a seasonal ARIMA (p,d,q)(P,D,Q) with season m, and whether it has a constant. */
export interface ArimaOrder {
  readonly p: number;
  readonly d: number;
  readonly q: number;
  readonly seasonalP: number;
  readonly seasonalD: number;
  readonly seasonalQ: number;
  readonly season: number;
  /** Mean of the differenced series: with one difference a drift. */
  readonly constant: boolean;
}

/** Polynomial in the lag operator without its leading 1, only the lags that count. */
export interface LagPolynomial {
  readonly lags: Int32Array;
  readonly coefficients: Float64Array;
}

/**
 * Coefficients of a stable polynomial from any numbers, one a lag: their hyperbolic tangents are its partial
 * autocorrelations, so that no choice of them is explosive.
 *
 * Source: Monahan, A note on enforcing stationarity in autoregressive-moving average models, Biometrika 71 (1984).
 */
export function stableCoefficients(free: Float64Array): Float64Array {
  const a = new Float64Array(free.length);
  const previous = new Float64Array(free.length);
  for (let k = 0; k < free.length; k++) {
    const r = Math.tanh(free[k] as number);
    previous.set(a);
    a[k] = r;
    for (let j = 0; j < k; j++) a[j] = (previous[j] as number) - r * (previous[k - 1 - j] as number);
  }
  return a;
}

/** Product of `1 − Σ a B^i` and `1 − Σ b B^(i·season)`, as what is subtracted from 1. */
export function seasonalProduct(a: Float64Array, b: Float64Array, season: number): LagPolynomial {
  const dense = new Float64Array(a.length + b.length * season + 1);
  dense.set(a, 1);
  for (let j = 0; j < b.length; j++) {
    const at = (j + 1) * season;
    const c = b[j] as number;
    dense[at] = (dense[at] as number) + c;
    for (let i = 0; i < a.length; i++) dense[at + i + 1] = (dense[at + i + 1] as number) - c * (a[i] as number);
  }
  const lags = Int32Array.from(dense.keys()).filter((lag) => dense[lag] !== 0);
  return { lags, coefficients: Float64Array.from(lags, (lag) => dense[lag] as number) };
}

/** `(1 − B)^d (1 − B^season)^D` as what is subtracted from 1. */
export function differencing(d: number, seasonalD: number, season: number): LagPolynomial {
  const power = (n: number): Float64Array =>
    [new Float64Array(), Float64Array.of(1), Float64Array.of(2, -1)][n] as Float64Array;
  return seasonalProduct(power(d), power(seasonalD), season);
}

/** Largest lag of a polynomial; 0 of one that is 1. */
export function degree({ lags }: LagPolynomial): number {
  return lags.length === 0 ? 0 : (lags[lags.length - 1] as number);
}

/** What a polynomial subtracts from the value at `t`. */
export function lagged({ lags, coefficients }: LagPolynomial, x: Float64Array, t: number): number {
  let sum = 0;
  for (let i = 0; i < lags.length; i++) {
    const at = t - (lags[i] as number);
    if (at >= 0) sum += (coefficients[i] as number) * (x[at] as number);
  }
  return sum;
}
