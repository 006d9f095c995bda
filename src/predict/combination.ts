import { weightedMedian } from '../stats/order.ts';
import type { Work } from '../stats/work.ts';
import type { FittedHistory, HistoryModel } from './history-model.ts';

/** Past stretches, each as long as the forecast, that the members are judged on. */
const ORIGINS = 5;
/** Members kept. */
const KEPT = 5;
/** How much a smaller error weighs; 4 was no better. */
const SHARPNESS = 1.5;

/** What was expected after the first `from` values by models that knew no more. */
interface PastForecast {
  readonly from: number;
  readonly mean: Float64Array;
}

/** Models that were weighed, learned from the whole history. */
export interface Combination {
  /** What it would have expected from each origin of the backtest. */
  readonly past: readonly PastForecast[];
  /** Weighted median of what the members expect after the first `at` values. */
  forecast(at: number, steps: number): Work<Float64Array>;
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
): Work<Combination> {
  const end = values.length;
  const stretch = Math.max(1, Math.min(steps, Math.floor((end - first) / 2)));
  const origins = Math.max(0, Math.min(ORIGINS, Math.floor((end - first) / stretch)));
  const errors = members.map(() => 0);
  const past: { readonly from: number; readonly forecasts: Float64Array[] }[] = [];
  for (let from = end - origins * stretch; from < end; from += stretch) {
    const forecasts: Float64Array[] = [];
    for (const [i, member] of members.entries()) {
      const fitted = yield* member.learn(from);
      const forecast = fitted(from, stretch);
      forecasts.push(forecast);
      errors[i] = (errors[i] as number) + absoluteError(values, from, forecast);
      yield;
    }
    past.push({ from, forecasts });
  }
  const weights = memberWeights(errors);
  const kept: { readonly member: HistoryModel; readonly fitted: FittedHistory; readonly weight: number }[] = [];
  for (const [i, member] of members.entries()) {
    const weight = weights[i] as number;
    if (weight > 0) kept.push({ member, fitted: yield* member.learn(end), weight });
  }
  return {
    past: past.map(({ from, forecasts }) => ({ from, mean: medianForecast(forecasts, weights) })),
    *forecast(at, length) {
      const forecasts: Float64Array[] = [];
      for (const { member, fitted } of kept) {
        const one = member.refits && at < end ? yield* member.learn(at) : fitted;
        forecasts.push(one(at, length));
      }
      yield;
      return medianForecast(
        forecasts,
        Float64Array.from(kept, ({ weight }) => weight),
      );
    },
  };
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
