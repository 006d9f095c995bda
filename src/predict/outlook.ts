import { type Prediction, predictionId } from '../model/forecast.ts';
import { type MetricDefinition, type MetricDefinitions, metricDefinition } from '../model/metric-kind.ts';
import type { HorizonAccuracy } from '../model/prediction-accuracy.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { ThresholdTime } from '../model/threshold-time.ts';
import type { ThresholdOptions } from './predictor-options.ts';
import { fillingThreshold, recommend } from './recommend.ts';
import type { SeriesForecaster } from './series-forecaster.ts';
import type { SeriesState } from './series-state.ts';
import { thresholdText } from './threshold-text.ts';

/** Of the range of a threshold time: four in five is what one plans with. */
const DEFAULT_RANGE = 0.8;

/** The predictions of one series, and how pressing its most pressing one is. */
export interface SeriesPredictions {
  readonly series: SeriesId;
  readonly urgency: number;
  readonly predictions: readonly Prediction[];
}

/** What a forecaster knows of a series, as values for people and code to act on. */
export class Outlook {
  readonly #forecaster: SeriesForecaster;
  readonly #horizons: readonly { readonly name: string; readonly ms: number }[];
  readonly #level: number;
  readonly #metrics: MetricDefinitions | undefined;

  /** @param horizons those that are tracked, shortest first */
  constructor(
    forecaster: SeriesForecaster,
    horizons: readonly { readonly name: string; readonly ms: number }[],
    level: number,
    metrics: MetricDefinitions | undefined,
  ) {
    this.#forecaster = forecaster;
    this.#horizons = horizons;
    this.#level = level;
    this.#metrics = metrics;
  }

  /** When a threshold is passed. */
  timeTo(
    series: SeriesId,
    state: SeriesState,
    threshold: number,
    options: Pick<ThresholdOptions, 'level' | 'direction'> = {},
  ): ThresholdTime {
    const { serviceId, metricName, labels } = series;
    const { level = DEFAULT_RANGE } = options;
    const definition = this.#definition(metricName);
    const value = this.#forecaster.value(state);
    const matters = definition.direction === 'both' ? undefined : definition.direction;
    const direction = options.direction ?? matters ?? (value > threshold ? 'below' : 'above');
    const above = direction === 'above';
    const passed = above ? value > threshold : value < threshold;
    const range = passed
      ? { earliest: 0, expected: 0, latest: 0, sight: 0 }
      : this.#forecaster.timeTo(state, threshold, above, level);
    const time = {
      serviceId,
      metricName,
      labels,
      timestamp: this.#forecaster.timestamp(state),
      threshold,
      direction,
      value,
      state: passed ? 'passed' : range.expected === undefined ? 'not in sight' : 'ahead',
      level,
      ...range,
    } as const;
    return { ...time, text: thresholdText(time, definition.unit) };
  }

  /** How forecasts at one horizon have turned out; `undefined` before any was compared. */
  accuracy(state: SeriesState, timeHorizon: string, ms: number): HorizonAccuracy | undefined {
    const record = this.#forecaster.record(state, ms);
    if (record === undefined) return undefined;
    const { count, meanError, lastValueError, bias, coverage, withinTolerance } = record;
    return {
      timeHorizon,
      scored: count,
      meanAbsoluteError: meanError,
      lastValueError,
      relativeError: lastValueError > 0 ? meanError / lastValueError : undefined,
      bias,
      coverage,
      level: this.#level,
      withinTolerance,
    };
  }

  /** The predictions for every horizon. */
  predict(series: SeriesId, state: SeriesState): SeriesPredictions {
    const { serviceId, metricName, labels } = series;
    const definition = this.#definition(metricName);
    const filling = fillingThreshold(metricName);
    const longest = this.#horizons[this.#horizons.length - 1]?.ms;
    let urgency = 0;
    const predictions = this.#horizons.map(({ name, ms }): Prediction => {
      const forecast = this.#forecaster.forecast(state, ms, this.#level);
      const outlook = ms === longest && filling !== undefined ? this.timeTo(series, state, filling) : undefined;
      const advice = recommend(metricName, definition, this.#forecaster.value(state), forecast, name, outlook);
      urgency = Math.max(urgency, advice.urgency);
      return {
        id: predictionId(series, name, forecast.timestamp),
        timestamp: forecast.timestamp,
        predictionType: metricName,
        serviceId,
        labels,
        predictedValue: forecast.mean,
        lower: forecast.lower,
        upper: forecast.upper,
        level: forecast.level,
        confidence: forecast.confidence,
        accuracy: this.accuracy(state, name, ms),
        timeHorizon: name,
        targetTime: forecast.targetTime,
        model: forecast.model,
        samples: forecast.samples,
        recommendation: advice.text,
      };
    });
    return { series, urgency, predictions };
  }

  #definition(metricName: string): MetricDefinition {
    return metricDefinition(metricName, this.#metrics);
  }
}
