import type { Horizon } from '../model/forecast.ts';
import type { MetricDefinitions } from '../model/metric-kind.ts';
import type { Labels, SeriesId } from '../model/series-key.ts';
import type { OnlineModelName } from './online-models.ts';

/** Options of `Predictor`. */
export interface PredictorOptions {
  /** Samples before a series gets its first forecast, at least 2. Lower it for slow series. Default 20. */
  readonly minSamples?: number | undefined;
  /** Samples that the models `linear` and `drift` look back on, at least 2; the others do not use it. Default 1000. */
  readonly historySize?: number | undefined;
  /** What `getPredictions` speaks of and what is backtested all the time. Default 5m, 15m and 1h. */
  readonly horizons?: readonly Horizon[] | undefined;
  /** Of the intervals, in (0, 1). Default 0.9. */
  readonly level?: number | undefined;
  /**
   * `auto` learns what works for each series and is the best choice nearly always; `naive` repeats the last value,
   * `seasonal-naive` the day before; `linear` is the least-squares line through the history, `drift` the line from its
   * first to its last sample. Default `auto`.
   */
  readonly model?: OnlineModelName | undefined;
  /** What is known about your metrics: natural range, unit, direction; `ignore` to leave one out. */
  readonly metrics?: MetricDefinitions | undefined;
  /** Samples of further series are ignored. Default 10,000. */
  readonly maxSeries?: number | undefined;
}

/** What to forecast; for `Predictor.forecast`. */
export interface ForecastOptions {
  /** How far ahead. A horizon that the predictor was not made for borrows from the nearest that it was. */
  readonly horizon: Horizon;
  /** Of the interval, in (0, 1). Default: the predictor's. */
  readonly level?: number | undefined;
  /** Of the series. */
  readonly labels?: Labels | undefined;
}

/** How to look for a threshold; for `Predictor.timeToThreshold`. */
export interface ThresholdOptions {
  /** Of the range from `earliest` to `latest`, in (0, 1). Default 0.8. */
  readonly level?: number | undefined;
  /** Which way it is passed. Default: the way that matters for the metric, else from the newest value's side. */
  readonly direction?: 'above' | 'below' | undefined;
  /** Of the series. */
  readonly labels?: Labels | undefined;
}

/** State of one series, structured-cloneable. What is inside may change with any version. */
export interface PredictorSeriesSnapshot {
  /** First samples, `[time, value, …]`, of a series that has no forecaster yet. */
  readonly raw?: readonly number[] | undefined;
  /** All that was learned about a series that has one. */
  readonly forecaster?: object | undefined;
}

/** State of a `Predictor`, structured-cloneable. */
export interface PredictorSnapshot {
  /** Of the layout. */
  readonly version: 3;
  /** What the states depend on: model, history size, level and horizons. */
  readonly settings: string;
  /** State of each series. */
  readonly series: readonly { readonly series: SeriesId; readonly state: PredictorSeriesSnapshot }[];
}
