import { choiceOption, invalidOption, numberOption, objectOption, restoring } from '../errors.ts';
import type { Forecast, Horizon, Prediction } from '../model/forecast.ts';
import { type MetricDefinitions, metricDefinition } from '../model/metric-kind.ts';
import type { PredictionAccuracy } from '../model/prediction-accuracy.ts';
import { isSample, type Sample } from '../model/sample.ts';
import { type Labels, labelsKey, type SeriesId } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import type { ThresholdTime } from '../model/threshold-time.ts';
import { quantileGrid } from '../stats/quantile-tracker.ts';
import { horizonMs, horizonName, levelOption } from './horizon-and-level.ts';
import { ONLINE_MODELS, onlineModel } from './online-models.ts';
import { Outlook, type SeriesPredictions } from './outlook.ts';
import type {
  ForecastOptions,
  PredictorOptions,
  PredictorSeriesSnapshot,
  PredictorSnapshot,
  ThresholdOptions,
} from './predictor-options.ts';
import { type NaturalRange, SeriesForecaster } from './series-forecaster.ts';
import type { SeriesState } from './series-state.ts';

/** A series keeps this many samples as plain numbers before it gets a forecaster; most short-lived ones never do. */
const RAW_SAMPLES = 8;
const SNAPSHOT_VERSION = 3;
/** Heap of a series beside its block, its place in the map included, and of one that has none; measured on Node 20. */
const OBJECT_BYTES = 600;
const YOUNG_BYTES = 250;

/** Either the first samples, `[time, value, …]`, or what the forecaster knows. */
type Followed = number[] | SeriesState;

/**
 * Says where each series will be in five minutes, a quarter of an hour, an hour, and how sure that is. It learns with
 * every sample and answers at any moment without refitting; everything follows the samples' own timestamps.
 *
 * A series costs 200 to 600 bytes while it has fewer than eight samples, then 8 kB. With the model `auto` an update costs
 * some three microseconds, a forecast one; with thousands of series, which wait for memory, half as much again.
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
  readonly #outlook: Outlook;
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
    this.#outlook = new Outlook(this.#forecaster, this.#horizons, level, metrics);
    this.#fingerprint = JSON.stringify([SNAPSHOT_VERSION, name, length, level, milliseconds]);
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

  /**
   * Learns from one sample. One that is not finite, not newer than the newest of its series, or of which names and labels
   * are not texts, is skipped.
   */
  observe(sample: Sample): void {
    if (!isSample(sample)) return;
    const { value } = sample;
    const timestamp = Number(sample.timestamp);
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
      const together = ready.slice(start, end).map(({ series, state }) => this.#outlook.predict(series, state));
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
    const { level, labels, direction } = objectOption('options', options);
    if (!Number.isFinite(threshold)) throw invalidOption('threshold', 'a finite number', threshold);
    if (level !== undefined) levelOption(level);
    if (direction !== undefined) choiceOption('direction', direction, ['above', 'below']);
    const series = { serviceId, metricName, labels };
    const state = this.#ready(series);
    if (state === undefined) return undefined;
    return this.#outlook.timeTo(series, state, threshold, { level, direction });
  }

  /** How forecasts of one series have turned out; `undefined` for one that has no forecast yet. */
  predictionAccuracy(serviceId: string, metricName: string, labels?: Labels): PredictionAccuracy | undefined {
    const state = this.#ready({ serviceId, metricName, labels });
    if (state === undefined) return undefined;
    const horizons = this.#horizons.flatMap(({ name, ms }) => this.#outlook.accuracy(state, name, ms) ?? []);
    const samples = this.#forecaster.samples(state);
    return { serviceId, metricName, labels, model: this.#forecaster.model, samples, horizons };
  }

  /** Predictions of one service, a series at a time, in order of the series' arrival. */
  *eachPrediction(serviceId: string): Generator<readonly Prediction[], void> {
    for (const [series, state] of this.#series.entries(serviceId)) {
      if (this.#isReady(state)) yield this.#outlook.predict(series, state).predictions;
    }
  }

  /** The predictions of one series for every horizon, shortest first; none while it has too few samples. */
  predictionsFor(series: SeriesId): Prediction[] {
    const state = this.#ready(series);
    return state === undefined ? [] : [...this.#outlook.predict(series, state).predictions];
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

  /**
   * Names what the states of its series depend on: those of another one can be gone on from where this is the same.
   *
   * @internal
   */
  get settings(): string {
    return this.#fingerprint;
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
