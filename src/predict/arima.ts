import { levenbergMarquardt } from '../stats/levenberg-marquardt.ts';
import type { Work } from '../stats/work.ts';
import {
  type ArimaOrder,
  degree,
  differencing,
  type LagPolynomial,
  lagged,
  seasonalProduct,
  stableCoefficients,
} from './arima-coefficients.ts';
import { differencesNeeded, seasonalDifferencesNeeded } from './arima-differences.ts';
import { correctedAic } from './exponential-smoothing.ts';
import type { HistoryModelFactory } from './history-model.ts';

/** Signs as in `x_t = Σ ar x_(t−i) + e_t + Σ ma e_(t−i)`, x being the differenced series less its mean. */
interface ArimaCoefficients {
  readonly ar: Float64Array;
  readonly ma: Float64Array;
  readonly seasonalAr: Float64Array;
  readonly seasonalMa: Float64Array;
  readonly mean: number;
}

/** A fitted ARIMA. */
export interface Arima extends ArimaCoefficients {
  readonly order: ArimaOrder;
  /** Conditional sum of squares. */
  readonly squares: number;
  readonly aicc: number;
}

/** Largest orders that are tried, those of R's `auto.arima`. */
const MOST_ORDER = 5;
const MOST_SEASONAL_ORDER = 2;
/** A model is left out where a partial autocorrelation comes this near to 1: it lies on the border of the stable ones. */
const BORDER = 0.99;
/** While orders are compared, and for the one that is kept. */
const COMPARED_TO = 1e-4;
const FITTED_TO = 1e-9;
/** Models tried at most, as in `auto.arima`. */
const MOST_MODELS = 94;
/** Learned from the newest values only: fitting costs some hundred passes for every order. */
const MOST_VALUES = 2000;
/** Seasons that must have been seen whole. */
const SEASON_CYCLES = 3;

/**
 * Seasonal ARIMA. Differences are taken as tests ask for them, the orders are found step by step by the corrected Akaike
 * criterion, and the coefficients are those of least conditional sum of squares among stationary and invertible ones.
 * For short memory around a level or a trend; the slowest of the models, tens of milliseconds for a month of hours.
 *
 * Source: Hyndman & Khandakar, Automatic time series forecasting: the forecast package for R, J. Statistical Software 27
 * (2008), section 3; conditional sum of squares as in Box & Jenkins.
 */
export const arima: HistoryModelFactory = (values, season) => ({
  *learn(end) {
    const fitted = yield* autoArima(values.subarray(Math.max(0, end - MOST_VALUES), end), season);
    const { x, errors, start } = innovations(fitted, values);
    return (at, steps) => forecastArima(fitted, values, x, errors, start, at, steps);
  },
});

/** The best seasonal ARIMA of a history. */
export function* autoArima(values: Float64Array, season: number): Work<Arima> {
  const seasonal = season > 1 && values.length >= SEASON_CYCLES * season ? season : 1;
  const seasonalD = seasonal > 1 ? seasonalDifferencesNeeded(values, seasonal) : 0;
  const d = differencesNeeded(differenced(values, differencing(0, seasonalD, seasonal)), 2 - seasonalD);
  const base = { d, seasonalD, season: seasonal };
  const tried = new Map<string, Arima | undefined>();
  let best: Arima | undefined;
  /** Whether it is better than the best so far. */
  function* attempt(p: number, q: number, seasonalP: number, seasonalQ: number, constant: boolean): Work<boolean> {
    const fits = (order: number, most: number): boolean => order >= 0 && order <= most;
    if (!fits(p, MOST_ORDER) || !fits(q, MOST_ORDER)) return false;
    const mostSeasonal = seasonal > 1 ? MOST_SEASONAL_ORDER : 0;
    if (!fits(seasonalP, mostSeasonal) || !fits(seasonalQ, mostSeasonal)) return false;
    if (constant && d + seasonalD > 1) return false;
    const name = `${p} ${q} ${seasonalP} ${seasonalQ} ${constant}`;
    if (tried.has(name) || tried.size >= MOST_MODELS) return false;
    const fitted = yield* fitArima(values, { ...base, p, q, seasonalP, seasonalQ, constant }, COMPARED_TO);
    tried.set(name, fitted);
    if (fitted === undefined || (best !== undefined && !(fitted.aicc < best.aicc))) return false;
    best = fitted;
    return true;
  }
  const constant = d + seasonalD <= 1;
  for (const [p, q, seasonalP, seasonalQ] of [
    [0, 0, 0, 0],
    [2, 2, 1, 1],
    [1, 0, 1, 0],
    [0, 1, 0, 1],
  ] as const) {
    yield* attempt(p, q, seasonal > 1 ? seasonalP : 0, seasonal > 1 ? seasonalQ : 0, constant);
  }
  yield* attempt(0, 0, 0, 0, false);
  for (let improved = best !== undefined; improved; ) {
    improved = false;
    const { p, q, seasonalP, seasonalQ, constant: has } = (best as Arima).order;
    for (const [dp, dq, dP, dQ] of NEIGHBOURS) {
      if (yield* attempt(p + dp, q + dq, seasonalP + dP, seasonalQ + dQ, has)) {
        improved = true;
        break;
      }
    }
    if (!improved) improved = yield* attempt(p, q, seasonalP, seasonalQ, !has);
  }
  if (best === undefined) return randomWalk(seasonal);
  return (yield* fitArima(values, best.order, FITTED_TO)) ?? best;
}

/** Changes of the four orders that are tried from the best, in the order of `auto.arima`. */
const NEIGHBOURS = [
  [0, 0, -1, 0],
  [0, 0, 0, -1],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
  [0, 0, -1, -1],
  [0, 0, -1, 1],
  [0, 0, 1, -1],
  [0, 0, 1, 1],
  [-1, 0, 0, 0],
  [0, -1, 0, 0],
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [-1, -1, 0, 0],
  [-1, 1, 0, 0],
  [1, -1, 0, 0],
  [1, 1, 0, 0],
] as const;

/** What is left for a history too short for anything else: the last value stays. */
function randomWalk(season: number): Arima {
  const none = new Float64Array();
  const order = { p: 0, d: 1, q: 0, seasonalP: 0, seasonalD: 0, seasonalQ: 0, season, constant: false };
  return { order, ar: none, ma: none, seasonalAr: none, seasonalMa: none, mean: 0, squares: 0, aicc: 0 };
}

/** Fits one order; `undefined` where the values are too few for it or the fit lies on the border of the stable ones. */
export function* fitArima(values: Float64Array, order: ArimaOrder, tolerance: number): Work<Arima | undefined> {
  const { p, q, seasonalP, seasonalQ, season, constant } = order;
  const x = differenced(values, differencing(order.d, order.seasonalD, season));
  // As in R: what has no whole past is not counted, and the first values' errors are taken as 0.
  const first = p + seasonalP * season;
  const counted = x.length - first;
  const parameters = p + q + seasonalP + seasonalQ + (constant ? 1 : 0);
  if (counted < parameters + 3) return undefined;
  const centre = x.reduce((a, b) => a + b, 0) / x.length;
  const spread = Math.sqrt(x.reduce((sum, v) => sum + (v - centre) ** 2, 0) / x.length) || 1;
  const errors = new Float64Array(x.length);
  const parts = (free: Float64Array): ArimaCoefficients => {
    const slice = (from: number, count: number): Float64Array => stableCoefficients(free.subarray(from, from + count));
    return {
      ar: slice(0, p),
      ma: slice(p, q).map(negated),
      seasonalAr: slice(p + q, seasonalP),
      seasonalMa: slice(p + q + seasonalP, seasonalQ).map(negated),
      mean: constant ? centre + spread * (free[parameters - 1] as number) : 0,
    };
  };
  const { at, value } = yield* levenbergMarquardt(
    (free, into) => {
      const { ar, ma, seasonalAr, seasonalMa, mean } = parts(free);
      const past = seasonalProduct(ar, seasonalAr, season);
      const noise = seasonalProduct(ma.map(negated), seasonalMa.map(negated), season);
      filter(x, past, noise, mean, first, errors);
      for (let t = first; t < x.length; t++) into[t - first] = (errors[t] as number) / spread;
    },
    new Float64Array(parameters),
    counted,
    tolerance,
  );
  const onBorder = at.subarray(0, parameters - (constant ? 1 : 0)).some((free) => Math.abs(Math.tanh(free)) > BORDER);
  if (onBorder) return undefined;
  // The criterion compares the error of a step, over as many values for each order.
  const squares = value * spread * spread;
  const aicc = correctedAic(x.length, squares / counted, parameters + 1);
  return { order, ...parts(at), squares, aicc };
}

function negated(value: number): number {
  return -value;
}

/** Errors of one-step forecasts; 0 before `first`. */
function filter(
  x: Float64Array,
  past: LagPolynomial,
  noise: LagPolynomial,
  mean: number,
  first: number,
  errors: Float64Array,
): void {
  const { lags, coefficients } = past;
  const shift = mean * coefficients.reduce((rest, c) => rest - c, 1);
  errors.fill(0, 0, first);
  for (let t = first; t < x.length; t++) {
    let error = (x[t] as number) - shift;
    for (let i = 0; i < lags.length; i++) error -= (coefficients[i] as number) * (x[t - (lags[i] as number)] as number);
    errors[t] = error + lagged(noise, errors, t);
  }
}

function differenced(values: Float64Array, differences: LagPolynomial): Float64Array {
  const first = degree(differences);
  return Float64Array.from(
    { length: Math.max(0, values.length - first) },
    (_, i) => (values[first + i] as number) - lagged(differences, values, first + i),
  );
}

interface Innovations {
  /** The differenced series less its mean, and the errors of its one-step forecasts. */
  readonly x: Float64Array;
  readonly errors: Float64Array;
  /** How many values differencing used up. */
  readonly start: number;
}

function innovations(model: Arima, values: Float64Array): Innovations {
  const { order, ar, ma, seasonalAr, seasonalMa, mean } = model;
  const differences = differencing(order.d, order.seasonalD, order.season);
  const x = differenced(values, differences).map((value) => value - mean);
  const errors = new Float64Array(x.length);
  const past = seasonalProduct(ar, seasonalAr, order.season);
  const noise = seasonalProduct(ma.map(negated), seasonalMa.map(negated), order.season);
  filter(x, past, noise, 0, Math.min(x.length, degree(past)), errors);
  return { x, errors, start: degree(differences) };
}

/** Forecasts after the first `at` values of a history with a fitted model. */
function forecastArima(
  model: Arima,
  values: Float64Array,
  x: Float64Array,
  errors: Float64Array,
  start: number,
  at: number,
  steps: number,
): Float64Array {
  const { order, ar, ma, seasonalAr, seasonalMa, mean } = model;
  if (at <= start) return new Float64Array(steps).fill(values[at - 1] as number);
  const past = seasonalProduct(ar, seasonalAr, order.season);
  const noise = seasonalProduct(ma.map(negated), seasonalMa.map(negated), order.season);
  const differences = differencing(order.d, order.seasonalD, order.season);
  // Only as far back as the model looks.
  const back = Math.min(at - start, Math.max(degree(past), degree(noise), 1));
  const ahead = new Float64Array(back + steps);
  const shocks = new Float64Array(back + steps);
  ahead.set(x.subarray(at - start - back, at - start));
  shocks.set(errors.subarray(at - start - back, at - start));
  for (let t = back; t < back + steps; t++) ahead[t] = lagged(past, ahead, t) - lagged(noise, shocks, t);
  const y = new Float64Array(start + steps);
  y.set(values.subarray(at - start, at));
  for (let i = 0; i < steps; i++) y[start + i] = (ahead[back + i] as number) + mean + lagged(differences, y, start + i);
  return y.slice(start);
}
