import { weightedMedian } from '../stats/order.ts';
import type { Work } from '../stats/work.ts';
import type { HistoryModel } from './history-model.ts';

/** Past stretches, each as long as the forecast, that the members are judged on. */
const ORIGINS = 5;
/** Members kept. */
const KEPT = 5;
/** How much a smaller error weighs; 4 was no better. */
const SHARPNESS = 1.5;

/** A forecast made by several models, and how it and they did in the backtest. */
export interface CombinedForecast {
  readonly mean: Float64Array;
  /** Summed absolute error in the backtest; 0 where the history was too short for one. */
  readonly error: number;
  /** The same of each member, in their order. */
  readonly memberErrors: readonly number[];
}

/**
 * Combines models: each forecasts the last stretches of the history again, knowing only what came before; the five with
 * the least error are kept, weighted by it, and each step of the forecast is their weighted median.
 *
 * @param first smallest number of values worth forecasting from
 */
export function* combine(
  members: readonly HistoryModel[],
  values: Float64Array,
  steps: number,
  first: number,
): Work<CombinedForecast> {
  const end = values.length;
  const stretch = Math.max(1, Math.min(steps, Math.floor((end - first) / 2)));
  const origins = Math.max(0, Math.min(ORIGINS, Math.floor((end - first) / stretch)));
  const past: { readonly from: number; readonly forecasts: readonly Float64Array[] }[] = [];
  for (let k = 0; k < origins; k++) {
    const from = end - (origins - k) * stretch;
    past.push({ from, forecasts: yield* forecasts(members, from, stretch) });
  }
  const error = (forecast: (origin: (typeof past)[number]) => Float64Array): number =>
    past.reduce((sum, origin) => sum + absoluteError(values, origin.from, forecast(origin)), 0);
  const memberErrors = members.map((_, i) => error((origin) => origin.forecasts[i] as Float64Array));
  const weights = memberWeights(memberErrors);
  return {
    mean: medianForecast(yield* forecasts(members, end, steps), weights),
    error: error((origin) => medianForecast(origin.forecasts, weights)),
    memberErrors,
  };
}

function* forecasts(members: readonly HistoryModel[], end: number, steps: number): Work<Float64Array[]> {
  const found: Float64Array[] = [];
  for (const member of members) {
    const forecast = yield* member.learn(end);
    found.push(forecast(end, steps));
    yield;
  }
  return found;
}

function memberWeights(errors: readonly number[]): Float64Array {
  const sorted = [...errors].sort((a, b) => a - b);
  const least = sorted[0] as number;
  const most = sorted[Math.min(KEPT, sorted.length) - 1] as number;
  return Float64Array.from(errors, (error) => {
    if (error > most) return 0;
    return error === 0 ? 1 : (least / error) ** SHARPNESS;
  });
}

function medianForecast(forecasts: readonly Float64Array[], weights: Float64Array): Float64Array {
  const values = new Float64Array(forecasts.length);
  const order = new Float64Array(forecasts.length);
  return Float64Array.from(forecasts[0] as Float64Array, (_, step) => {
    for (let i = 0; i < forecasts.length; i++) values[i] = forecasts[i]?.[step] as number;
    order.set(weights);
    return weightedMedian(values, order);
  });
}

function absoluteError(values: Float64Array, from: number, forecast: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < forecast.length; i++) sum += Math.abs((values[from + i] as number) - (forecast[i] as number));
  return sum;
}
