import type { Work } from '../stats/work.ts';
import type { ScaledSeries } from './transform.ts';

/**
 * What was learned from the first values of a history: gives the `steps` values expected after the first `at` of them.
 * `at` may be earlier than what it learned from; of the values it then looks at the first `at` only, so that one fit
 * serves the forecast and the errors that its interval is made from.
 */
export type FittedHistory = (at: number, steps: number) => Float64Array;

/** A model of one history. */
export interface HistoryModel {
  /** Learns from the first `end` values. It may learn as it goes, so ends must not fall from call to call. */
  learn(end: number): Work<FittedHistory>;
  /** Whether what it learns holds for forecasts from `end` alone: errors from earlier ends then need fits of their own. */
  readonly refits?: boolean;
}

/** Makes the model of a history; `season` is the length of a season in steps, 1 for none. */
export type HistoryModelFactory = (values: Float64Array, season: number) => HistoryModel;

/** Makes the model of a history that is on a scale already; forecasts are of the values. */
export type ScaledModelFactory = (series: ScaledSeries, season: number) => HistoryModel;

/** A model that has nothing to learn, or learns it within microseconds. */
export function plain(forecast: FittedHistory): HistoryModel {
  return {
    // biome-ignore lint/correctness/useYield: there is nothing to interrupt.
    *learn() {
      return forecast;
    },
  };
}
