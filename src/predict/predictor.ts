import { choiceOption, invalidOption, numberOption, objectOption, restoring } from '../errors.ts';
import type { Forecast, Horizon, Prediction } from '../model/forecast.ts';
import { type MetricDefinition, type MetricDefinitions, metricDefinition } from '../model/metric-kind.ts';
import type { HorizonAccuracy, PredictionAccuracy } from '../model/prediction-accuracy.ts';
import type { Sample } from '../model/sample.ts';
import { type Labels, labelsKey, type SeriesId, seriesKey } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import type { ThresholdTime } from '../model/threshold-time.ts';
import { quantileGrid } from '../stats/quantile-tracker.ts';
import { horizonMs, horizonName, levelOption } from './horizon-and-level.ts';
import { ONLINE_MODELS, type OnlineModelName, onlineModel } from './online-models.ts';
import { fillingThreshold, recommend } from './recommend.ts';
import { type NaturalRange, SeriesForecaster } from './series-forecaster.ts';
import type { SeriesState } from './series-state.ts';
import { thresholdText } from './threshold-text.ts';

/** A series keeps this many samples as plain numbers before it gets a forecaster; most short-lived ones never do. */
const RAW_SAMPLES = 8;
const SNAPSHOT_VERSION = 2;
/** Of the range of a threshold time: four in five is what one plans with. */
const DEFAULT_RANGE = 0.8;
/** Heap of a series beside its block, its place in the map included, and of one that has none; measured on Node 20. */
const OBJECT_BYTES = 600;
const YOUNG_BYTES = 250;

/** Options of {@link Predictor}. */
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

/** What to forecast; for {@link Predictor.forecast}. */
export interface ForecastOptions {
  /** How far ahead. A horizon that the predictor was not made for borrows from the nearest that it was. */
  readonly horizon: Horizon;
  /** Of the interval, in (0, 1). Default: the predictor's. */
  readonly level?: number | undefined;
  /** Of the series. */
  readonly labels?: Labels | undefined;
}

/** How to look for a threshold; for {@link Predictor.timeToThreshold}. */
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

/** State of a {@link Predictor}, structured-cloneable. */
export interface PredictorSnapshot {
  /** Of the layout. */
  readonly version: 2;
  /** What the states depend on: model, history size, level and horizons. */
  readonly settings: string;
  /** State of each series. */
  readonly series: readonly { readonly series: SeriesId; readonly state: PredictorSeriesSnapshot }[];
}

/** Either the first samples, `[time, value, …]`, or what the forecaster knows. */
type Followed = number[] | SeriesState;

/**
 * Says where each series will be in five minutes, a quarter of an hour, an hour, and how sure that is. It learns with
 * every sample and answers at any moment without refitting; everything follows the samples' own timestamps.
 *
 * A series costs 200 to 600 bytes while it has fewer than eight samples, then some 8 kB, up to 15 kB once it knows the
 * course of the day. With the model `auto` an update costs three to four microseconds, a forecast one to two.
 *
 * @example
 * const predictor = new Predictor();
 * for (let i = 0; i < 60; i++) {
 *   predictor.observe({ serviceId: 'api', metricName: 'cpu_usage', timestamp: i * 60_000, value: 41 });
 * }
 * predictor.forecast('api', 'cpu_usage', { horizon: '15m' })?.mean; // 41
 */
export class Predictor {
  /** Samples before a series gets its first forecast. */
  readonly minSamples: number;
  readonly #maxSeries: number;
  readonly #level: number;
  readonly #metrics: MetricDefinitions | undefined;
  readonly #horizons: readonly { readonly name: string; readonly ms: number }[];
  readonly #forecaster: SeriesForecaster;
  /** Names what the states of series depend on. */
  readonly #fingerprint: string;
  readonly #series = new SeriesMap<Followed>();
  #learning = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` for an option of the wrong type or out of range */
  constructor(options: PredictorOptions = {}) {
    objectOption('options', options);
    const { minSamples = 20, historySize = 1000, level = 0.9, model = 'auto', maxSeries = 10_000, metrics } = options;
    const { horizons = ['5m', '15m', '1h'] } = options;
    this.minSamples = numberOption('minSamples', minSamples, { min: 2, whole: true });
    this.#maxSeries = numberOption('maxSeries', maxSeries, { min: 1, whole: true });
    this.#level = levelOption(level);
    this.#metrics = metrics;
    if (!Array.isArray(horizons) || horizons.length === 0)
      throw invalidOption('horizons', 'a list of horizons', horizons);
    this.#horizons = horizons
      .map((h: Horizon) => ({ name: horizonName(h), ms: horizonMs(h) }))
      .sort((a, b) => a.ms - b.ms)
      .filter((h, i, all) => h.ms !== all[i - 1]?.ms);
    const name = choiceOption('model', model, ONLINE_MODELS);
    const length = numberOption('historySize', historySize, { min: 2, whole: true });
    const milliseconds = this.#horizons.map((h) => h.ms);
    this.#forecaster = new SeriesForecaster({
      model: name,
      createModel: (layout) => onlineModel(name, layout, milliseconds.length, length),
      horizons: milliseconds,
      grid: quantileGrid(level),
      level,
    });
    this.#fingerprint = JSON.stringify([name, length, level, milliseconds]);
  }

  /** Number of series. */
  get size(): number {
    return this.#series.size;
  }

  /** Number of series that do not have enough samples for a forecast yet. */
  get learning(): number {
    return this.#learning;
  }

  /** Estimate of the memory held, in bytes. */
  get byteLength(): number {
    return (
      (this.#series.size - this.#learning) * (this.#forecaster.byteLength + OBJECT_BYTES) + this.#learning * YOUNG_BYTES
    );
  }

  /** Learns from one sample. One that is not finite, or not newer than the newest of its series, is skipped. */
  observe(sample: Sample): void {
    const timestamp = Number(sample.timestamp);
    const { value } = sample;
    if (!Number.isFinite(timestamp) || !Number.isFinite(value)) return;
    const state = this.#series.get(sample);
    if (state === undefined) {
      this.#add(sample, timestamp, value);
      return;
    }
    if (Array.isArray(state)) {
      this.#collect(sample, state, timestamp, value);
    } else {
      if (timestamp <= this.#forecaster.timestamp(state)) return;
      this.#forecaster.observe(state, timestamp, value);
      if (this.#forecaster.samples(state) === this.minSamples) this.#learning--;
    }
  }

  /**
   * Forecast of one series; `undefined` for a series that is unknown, ignored or has too few samples.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION` for a horizon or level out of range
   */
  forecast(serviceId: string, metricName: string, options: ForecastOptions): Forecast | undefined {
    const { horizon } = objectOption('options', options);
    const ms = this.#horizons.find(({ name }) => name === horizon)?.ms ?? horizonMs(horizon);
    const level = options.level === undefined ? this.#level : levelOption(options.level);
    const state = this.#ready({ serviceId, metricName, labels: options.labels });
    return state === undefined ? undefined : this.#forecaster.forecast(state, ms, level);
  }

  /**
   * The newest predictions: newest first, then those of the series with the most pressing recommendation, then by
   * metric, then from the shortest horizon to the longest.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION` unless `limit` is a number of at least 0
   */
  getPredictions(serviceId?: string, limit = 10): Prediction[] {
    numberOption('limit', limit, { min: 0 });
    const ready: { readonly series: SeriesId; readonly state: SeriesState; readonly timestamp: number }[] = [];
    for (const [series, state] of this.#series.entries(serviceId)) {
      if (this.#isReady(state)) ready.push({ series, state, timestamp: this.#forecaster.timestamp(state) });
    }
    ready.sort((a, b) => b.timestamp - a.timestamp);
    const result: Prediction[] = [];
    for (let start = 0, end = 0; start < ready.length && result.length < limit; start = end) {
      const timestamp = ready[start]?.timestamp;
      while (ready[end]?.timestamp === timestamp) end++;
      const together = ready.slice(start, end).map(({ series, state }) => this.#predict(series, state));
      for (const { predictions } of together.sort(byUrgency)) result.push(...predictions);
    }
    return result.slice(0, limit);
  }

  /**
   * When a series passes a threshold, with a range: minutes ahead from the forecasts, hours to weeks ahead from the drift
   * that is left when it is compared with the same time of the day before, so that a disk which is cleared every night
   * fills only if it is fuller each morning. `undefined` for a series that is unknown, ignored or has too few samples.
   *
   * It needs three days to know what a day does; on the first days a rise counts as one. It looks along a drift four times
   * as long as it has seen it. Costs some tens of microseconds.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION` for a threshold that is not a number, a level or direction out of range
   */
  timeToThreshold(
    serviceId: string,
    metricName: string,
    threshold: number,
    options: ThresholdOptions = {},
  ): ThresholdTime | undefined {
    const { level = DEFAULT_RANGE, labels, direction } = objectOption('options', options);
    if (!Number.isFinite(threshold)) throw invalidOption('threshold', 'a finite number', threshold);
    levelOption(level);
    if (direction !== undefined) choiceOption('direction', direction, ['above', 'below']);
    const series = { serviceId, metricName, labels };
    const state = this.#ready(series);
    if (state === undefined) return undefined;
    const definition = metricDefinition(metricName, this.#metrics);
    return this.#timeTo(series, state, definition, threshold, { level, direction });
  }

  /** How forecasts of one series have turned out; `undefined` for one that has no forecast yet. */
  predictionAccuracy(serviceId: string, metricName: string, labels?: Labels): PredictionAccuracy | undefined {
    const state = this.#ready({ serviceId, metricName, labels });
    if (state === undefined) return undefined;
    const horizons = this.#horizons.flatMap(({ name, ms }) => this.#accuracy(state, name, ms) ?? []);
    const samples = this.#forecaster.samples(state);
    return { serviceId, metricName, labels, model: this.#forecaster.model, samples, horizons };
  }

  /** Predictions of one service, a series at a time, in order of the series' arrival. */
  *eachPrediction(serviceId: string): Generator<readonly Prediction[], void> {
    for (const [series, state] of this.#series.entries(serviceId)) {
      if (this.#isReady(state)) yield this.#predict(series, state).predictions;
    }
  }

  /** The predictions of one series for every horizon, shortest first; none while it has too few samples. */
  predictionsFor(series: SeriesId): Prediction[] {
    const state = this.#ready(series);
    return state === undefined ? [] : [...this.#predict(series, state).predictions];
  }

  /** Forgets a series and all that was learned about it. */
  forget(series: SeriesId): void {
    const state = this.#series.get(series);
    if (state === undefined) return;
    if (!this.#isReady(state)) this.#learning--;
    this.#series.delete(series);
  }

  /** State of one series, to be given back to `restoreSeries`; `undefined` for an unknown one. */
  snapshotSeries(series: SeriesId): PredictorSeriesSnapshot | undefined {
    const state = this.#series.get(series);
    if (state === undefined) return undefined;
    return Array.isArray(state) ? { raw: state.slice() } : { forecaster: this.#forecaster.copy(state) };
  }

  /** Puts a series back to a state that `snapshotSeries` of a predictor with the same options gave; `undefined` forgets it. */
  restoreSeries(series: SeriesId, snapshot: PredictorSeriesSnapshot | undefined): void {
    this.forget(series);
    if (snapshot === undefined) return;
    const { raw, forecaster } = snapshot;
    const state = forecaster === undefined ? Array.from(raw ?? []) : this.#forecaster.copy(forecaster as SeriesState);
    this.#series.set(series, state);
    if (!this.#isReady(state)) this.#learning++;
  }

  /** The whole state. */
  snapshot(): PredictorSnapshot {
    const series: { readonly series: SeriesId; readonly state: PredictorSeriesSnapshot }[] = [];
    for (const [id] of this.#series.entries()) {
      const state = this.snapshotSeries(id);
      if (state !== undefined) series.push({ series: id, state });
    }
    return { version: SNAPSHOT_VERSION, settings: this.#fingerprint, series };
  }

  /**
   * A predictor that goes on from a snapshot as if nothing had happened. Give it the options of the one that made the
   * snapshot; with another model, history size, level or set of horizons there is nothing to go on from, and it learns
   * anew.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` for a snapshot of another version
   */
  static restore(snapshot: PredictorSnapshot, options?: PredictorOptions): Predictor {
    const predictor = new Predictor(options);
    return restoring('predictor', snapshot, SNAPSHOT_VERSION, () => {
      if (snapshot.settings !== predictor.#fingerprint) return predictor;
      for (const { series, state } of snapshot.series) predictor.restoreSeries(series, state);
      return predictor;
    });
  }

  #add(series: SeriesId, timestamp: number, value: number): void {
    if (this.#series.size >= this.#maxSeries) return;
    if (metricDefinition(series.metricName, this.#metrics).ignore === true) return;
    this.#series.set(series, [timestamp, value]);
    this.#learning++;
  }

  #collect(series: SeriesId, raw: number[], timestamp: number, value: number): void {
    if (timestamp <= (raw[raw.length - 2] as number)) return;
    raw.push(timestamp, value);
    const enough = Math.min(RAW_SAMPLES, this.minSamples);
    if (raw.length < 2 * enough) return;
    const state = this.#forecaster.begin(raw, this.#range(series.metricName));
    this.#series.set(series, state);
    if (this.#isReady(state)) this.#learning--;
  }

  #isReady(state: Followed | undefined): state is SeriesState {
    return state !== undefined && !Array.isArray(state) && this.#forecaster.samples(state) >= this.minSamples;
  }

  #ready(series: SeriesId): SeriesState | undefined {
    const state = this.#series.get(series);
    return this.#isReady(state) ? state : undefined;
  }

  #range(metricName: string): NaturalRange {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = metricDefinition(
      metricName,
      this.#metrics,
    );
    return { min, max };
  }

  #timeTo(
    series: SeriesId,
    state: SeriesState,
    definition: MetricDefinition,
    threshold: number,
    options: Pick<ThresholdOptions, 'level' | 'direction'> = {},
  ): ThresholdTime {
    const { serviceId, metricName, labels } = series;
    const { level = DEFAULT_RANGE } = options;
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

  #accuracy(state: SeriesState, timeHorizon: string, ms: number): HorizonAccuracy | undefined {
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

  #predict(series: SeriesId, state: SeriesState): SeriesPredictions {
    const { serviceId, metricName, labels } = series;
    const definition = metricDefinition(metricName, this.#metrics);
    const key = seriesKey(series);
    const filling = fillingThreshold(metricName);
    const longest = this.#horizons[this.#horizons.length - 1]?.ms;
    let urgency = 0;
    const predictions = this.#horizons.map(({ name, ms }): Prediction => {
      const forecast = this.#forecaster.forecast(state, ms, this.#level);
      const outlook =
        ms === longest && filling !== undefined ? this.#timeTo(series, state, definition, filling) : undefined;
      const advice = recommend(metricName, definition, this.#forecaster.value(state), forecast, name, outlook);
      urgency = Math.max(urgency, advice.urgency);
      return {
        id: `prediction:${key}:${name}:${forecast.timestamp}`,
        timestamp: forecast.timestamp,
        predictionType: metricName,
        serviceId,
        labels,
        predictedValue: forecast.mean,
        lower: forecast.lower,
        upper: forecast.upper,
        level: forecast.level,
        confidence: forecast.confidence,
        accuracy: this.#accuracy(state, name, ms),
        timeHorizon: name,
        targetTime: forecast.targetTime,
        model: forecast.model,
        samples: forecast.samples,
        recommendation: advice.text,
      };
    });
    return { series, urgency, predictions };
  }
}

/** The predictions of one series, and how pressing its most pressing one is. */
interface SeriesPredictions {
  readonly series: SeriesId;
  readonly urgency: number;
  readonly predictions: readonly Prediction[];
}

function byUrgency(a: SeriesPredictions, b: SeriesPredictions): number {
  return (
    b.urgency - a.urgency ||
    byText(a.series.metricName, b.series.metricName) ||
    byText(a.series.serviceId, b.series.serviceId) ||
    byText(labelsKey(a.series.labels), labelsKey(b.series.labels))
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
