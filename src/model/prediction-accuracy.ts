import type { Labels } from './series-key.ts';

/** How forecasts of one series at one horizon have turned out, the last 200 or so weighing most. */
export interface HorizonAccuracy {
  /** Such as `'5m'`. */
  readonly timeHorizon: string;
  /** Forecasts that were compared with what came. */
  readonly scored: number;
  /** Mean size of the error, in the metric's unit. */
  readonly meanAbsoluteError: number;
  /** The same of repeating the last value. */
  readonly lastValueError: number;
  /** The first over the second: below 1 is better than the last value; `undefined` where nothing changes. */
  readonly relativeError: number | undefined;
  /** Mean of outcome less forecast: positive where forecasts are too low. */
  readonly bias: number;
  /** Share of the outcomes inside the interval; should be `level`. */
  readonly coverage: number;
  /** Of the intervals, in (0, 1). */
  readonly level: number;
  /** Share within tolerance: 10 % of the value, or the median change from sample to sample where that is more. */
  readonly withinTolerance: number;
}

/** How forecasts of one series have turned out. */
export interface PredictionAccuracy {
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels?: Labels | undefined;
  /** Name of the model. */
  readonly model: string;
  /** Samples of the series. */
  readonly samples: number;
  /** Horizons of which forecasts were compared, shortest first. */
  readonly horizons: readonly HorizonAccuracy[];
}
