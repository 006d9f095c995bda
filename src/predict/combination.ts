import { weightedMiddle } from '../stats/order.ts';
import type { Work } from '../stats/work.ts';
import type { FittedHistory, HistoryModel } from './history-model.ts';

/** Past stretches, each as long as the forecast, that the members are judged on. */
const ORIGINS = 5;
/**
 * How much a smaller error weighs, and the share of the weight, in the middle, whose mean is the forecast: a member that
 * goes astray has no pull. Chosen on earlier windows of M4 Hourly; 1.5 to 3 and .1 to .5 are within what chance does there.
 */
const SHARPNESS = 2;
const MIDDLE = 0.3;

/** Steps combined between two places where the work may be interrupted. */
const STEPS_AT_ONCE = 256;

/** What was expected after the first `from` values by models that knew no more. */
interface PastForecast {
  readonly from: number;
  readonly mean: Float64Array;
}

/** Models that were weighed, learned from the whole history. */
export interface Combination {
  /** What it would have expected from each origin of the backtest. */
  readonly past: readonly PastForecast[];
  /** Middle of what the members expect after the first `at` values. */
  forecast(at: number, steps: number): Work<Float64Array>;
}

/**
 * Combines models: each forecasts the last stretches of the history again, knowing only what came before, and weighs by
 * its error there. Each step of the forecast is the mean of the middle of the weight.
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
  const roots = members.map(() => 0);
  const past: { readonly from: number; readonly forecasts: Float64Array[] }[] = [];
  for (let from = end - origins * stretch; from < end; from += stretch) {
    const forecasts: Float64Array[] = [];
    for (const [i, member] of members.entries()) {
      const fitted = yield* member.learn(from);
      const forecast = fitted(from, stretch);
      forecasts.push(forecast);
      roots[i] = (roots[i] as number) + Math.sqrt(absoluteError(values, from, forecast));
      yield;
    }
    past.push({ from, forecasts });
  }
  const weights = memberWeights(roots);
  const kept: { readonly member: HistoryModel; readonly fitted: FittedHistory; readonly weight: number }[] = [];
  for (const [i, member] of members.entries()) {
    const weight = weights[i] as number;
    if (weight > 0) kept.push({ member, fitted: yield* member.learn(end), weight });
  }
  const found: PastForecast[] = [];
  for (const { from, forecasts } of past) found.push({ from, mean: yield* middleForecast(forecasts, weights) });
  return {
    past: found,
    *forecast(at, length) {
      const forecasts: Float64Array[] = [];
      for (const { member, fitted } of kept) {
        const one = member.refits && at < end ? yield* member.learn(at) : fitted;
        forecasts.push(one(at, length));
        yield;
      }
      return yield* middleForecast(
        forecasts,
        Float64Array.from(kept, ({ weight }) => weight),
      );
    },
  };
}

/** Of summed roots of errors: roots, so that one stretch that nobody foresaw does not decide. */
function memberWeights(roots: readonly number[]): Float64Array {
  const least = Math.min(...roots);
  return Float64Array.from(roots, (root) => (root === least ? 1 : (least / root) ** (2 * SHARPNESS)));
}

function* middleForecast(forecasts: readonly Float64Array[], weights: Float64Array): Work<Float64Array> {
  const values = new Float64Array(forecasts.length);
  const order = new Float64Array(forecasts.length);
  const middle = new Float64Array((forecasts[0] as Float64Array).length);
  for (let step = 0; step < middle.length; step++) {
    for (let i = 0; i < forecasts.length; i++) values[i] = forecasts[i]?.[step] as number;
    order.set(weights);
    middle[step] = weightedMiddle(values, order, MIDDLE);
    if (step % STEPS_AT_ONCE === 0) yield;
  }
  return middle;
}

function absoluteError(values: Float64Array, from: number, forecast: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < forecast.length; i++) sum += Math.abs((values[from + i] as number) - (forecast[i] as number));
  return Number.isFinite(sum) ? sum : Number.POSITIVE_INFINITY;
}
