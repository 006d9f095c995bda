import { choiceOption, invalidOption, iterableOption, numberOption, objectOption, restoring } from '../errors.ts';
import type { Anomaly, Explanation, Observation } from '../model/anomaly.ts';
import { type MetricDefinition, type MetricDefinitions, metricDefinition } from '../model/metric-kind.ts';
import { isSample, type Sample } from '../model/sample.ts';
import type { Labels, SeriesId } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import type { Deploy, Silence } from '../model/silence.ts';
import { explain } from './explain.ts';
import { localTimeOf } from './local-time.ts';
import { Plans, type PlansSnapshot } from './plans.ts';
import {
  NOT_READY,
  type SeriesSettings,
  SeriesWatch,
  type SeriesWatchSnapshot,
  type Surroundings,
} from './series-watch.ts';

/** Options of an {@link AnomalyDetector}. */
export interface AnomalyDetectorOptions {
  /** Deviation, in standard deviations, from which a sample is anomalous. Above 0; default 2. Raise it for fewer, larger findings. */
  readonly threshold?: number | undefined;
  /** Samples before the first verdict. At least 2; default 10. Raise it where the first minutes of a process are unlike the rest. */
  readonly minSamples?: number | undefined;
  /**
   * Samples that a series' normal rests on: with `zscore` its whole memory, with `adaptive` that of its long-run scale.
   * At least `minSamples`; default 1,000.
   */
  readonly historySize?: number | undefined;
  /**
   * `adaptive` (default): robust, slow to page and quick to forgive, for any metric. `zscore`: mean and standard
   * deviation of the history, each sample beyond the threshold an anomaly; for comparing, and where that is wanted.
   */
  readonly method?: 'adaptive' | 'zscore' | undefined;
  /**
   * Episodes of medium or higher that a series may open a week by chance, by its own history. Above 0; default 1. Lower
   * it for fewer pages, raise it to hear of less.
   */
  readonly maxPagesPerWeek?: number | undefined;
  /**
   * Where the users are, as an IANA name such as `'Europe/Berlin'`: its days and weeks, daylight saving included, are
   * what habits are looked for in. Default `'UTC'`.
   */
  readonly timeZone?: string | undefined;
  /** What is known of metrics by name: direction and change that matter, own threshold, range, or not to look at all. */
  readonly metrics?: MetricDefinitions | undefined;
  /** Series watched; samples of further ones are not. At least 1; default 10,000. */
  readonly maxSeries?: number | undefined;
}

/** Everything about one series, structured-cloneable. */
export interface DetectorSeriesSnapshot extends SeriesWatchSnapshot {}

/** Everything that a detector knows, structured-cloneable. */
export interface DetectorSnapshot {
  readonly version: 2;
  readonly series: readonly (SeriesId & { readonly state: DetectorSeriesSnapshot })[];
  readonly errorRates: readonly (readonly [serviceId: string, rate: number])[];
  readonly plans: PlansSnapshot;
}

const SNAPSHOT_VERSION = 2;

/** Series that `explain` names where it is asked for one that there is not. */
const SERIES_NAMED = 5;

/** Metrics whose newest value is their service's error rate. */
const ERROR_RATES = ['error_rate', 'operation_error_rate'] as const;

/** An error rate that was observed longer ago, milliseconds, says nothing about now. */
const ERROR_RATE_AGE = 3_600_000;

/**
 * Watches any number of series, judges each sample by those before it, and gathers what is strange into episodes.
 * Synchronous, driven by the samples' own timestamps, without a clock: replaying samples gives the same anomalies.
 *
 * @example
 * const detector = new AnomalyDetector();
 * for (let i = 0; i < 30; i++) {
 *   detector.observe({ serviceId: 'shop', metricName: 'latency', timestamp: i * 1000, value: 20 + (i % 4) });
 * }
 * const { anomaly } = detector.observe({ serviceId: 'shop', metricName: 'latency', timestamp: 30_000, value: 400 });
 * console.log(anomaly?.severity, anomaly?.direction); // high above
 */
export class AnomalyDetector {
  readonly #series: SeriesMap<SeriesWatch> = new SeriesMap();
  readonly #errorRates: Map<string, number> = new Map();
  readonly #settings: SettingsByMetric;
  readonly #maxSeries: number;
  readonly #plans: Plans = new Plans();
  readonly #surroundings: Surroundings = {
    errorRate: (serviceId, now) => this.#errorRateThen ?? this.errorRate(serviceId, now),
    silences: (serviceId, metricName, timestamp) => this.#plans.silences(serviceId, metricName, timestamp),
    deployBefore: (serviceId, timestamp) => this.#plans.deployBefore(serviceId, timestamp),
  };
  #ready = 0;
  /** Of the service of a sample that is observed once more, as it was then. */
  #errorRateThen: number | undefined;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: AnomalyDetectorOptions = {}) {
    this.#settings = new SettingsByMetric(objectOption('options', options));
    this.#maxSeries = numberOption('maxSeries', options.maxSeries ?? 10_000, { min: 1, whole: true });
  }

  /** Series known. */
  get size(): number {
    return this.#series.size;
  }

  /** Series that have too few samples for a verdict. */
  get learning(): number {
    return this.#series.size - this.#ready;
  }

  /** Estimate of the memory held, in bytes. */
  get byteLength(): number {
    let bytes = 0;
    for (const [, watch] of this.#series.entries()) bytes += watch.byteLength;
    return bytes;
  }

  /**
   * Judges a sample by those of its series before it, then learns it. Bad data never throws and changes nothing: a
   * value or timestamp that is not finite, a timestamp not newer than the newest of the series, or names and labels that
   * are not texts give `{ ready: false, score: 0, deviation: 0 }`; so does a metric that is ignored, and a series beyond `maxSeries`.
   *
   * A deviation in a direction that does not matter, or smaller than the metric's `minChange`, has its score all the
   * same, and never opens an episode.
   */
  observe(sample: Sample): Observation {
    if (!isSample(sample)) return NOT_READY;
    const { metricName, value } = sample;
    const timestamp = Number(sample.timestamp);
    const watch = this.#series.get(sample);
    if (watch === undefined) {
      const settings = this.#settings.get(metricName);
      if (settings.definition.ignore !== true && this.#series.size < this.#maxSeries) {
        this.#put(sample, SeriesWatch.first(settings, timestamp, value));
      }
      return NOT_READY;
    }
    if (timestamp <= watch.newest) return NOT_READY;
    const wasReady = watch.ready;
    const observation = watch.observe(timestamp, value, sample, this.#surroundings);
    if (!wasReady && watch.ready) this.#ready++;
    return observation;
  }

  /**
   * Episodes, open and closed, newest first; of one service where `serviceId` is given. 20 closed ones a series are kept.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION` unless `limit` is a number of at least 0
   */
  getAnomalies(serviceId?: string, limit = 10): Anomaly[] {
    numberOption('limit', limit, { min: 0 });
    const found: Anomaly[] = [];
    for (const [, watch] of this.#series.entries(serviceId)) {
      found.push(...watch.closed);
      if (watch.open !== undefined) found.push(watch.open);
    }
    return found.sort(newestFirst).slice(0, limit);
  }

  /** Episodes that are open now, newest first. */
  openAnomalies(serviceId?: string): Anomaly[] {
    const found: Anomaly[] = [];
    for (const [, watch] of this.#series.entries(serviceId)) if (watch.open !== undefined) found.push(watch.open);
    return found.sort(newestFirst);
  }

  /** Series known, in order of arrival within each service. */
  listSeries(serviceId?: string): SeriesId[] {
    return Array.from(this.#series.entries(serviceId), ([series]) => series);
  }

  /** Why a series has an anomaly, or has none: its state, its band, its last value, in fields and in sentences. */
  explain(serviceId: string, metricName: string, labels?: Labels): Explanation {
    const series = { serviceId, metricName, labels };
    const { definition, threshold, minSamples } = this.#settings.get(metricName);
    const known = this.#series.get(series)?.known() ?? unknownSeries(threshold, minSamples);
    const others = known.samples === 0 ? this.#seriesOf(serviceId, metricName) : [];
    return explain({ series, definition, ...known, others });
  }

  /**
   * Learns history before going live: samples of any series, each series in the order of its time. What they hold is
   * found as if it happened now, and is listed; it is for the caller to announce none of it. Returns how many were taken.
   *
   * A sample that {@link observe} could not learn from is not taken.
   *
   * @param onTaken is told what was made of each sample that was taken
   * @throws AnalyticsError `ERR_INVALID_OPTION` unless `samples` can be iterated
   */
  backfill(samples: Iterable<Sample>, onTaken?: (sample: Sample, observation: Observation) => void): number {
    let taken = 0;
    for (const sample of iterableOption('samples', samples)) {
      if (!isSample(sample)) continue;
      const before = this.#series.get(sample)?.newest;
      const observation = this.observe(sample);
      const after = this.#series.get(sample)?.newest;
      if (after === before) continue;
      taken++;
      onTaken?.(sample, observation);
    }
    return taken;
  }

  /**
   * Announces a maintenance window, by the time of the samples: what is found in it is marked `silenced`. What is still
   * open when it ends is reported again, as one that rose.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  silence(silence: Silence): void {
    this.#plans.silence(silence);
  }

  /** The silences that were announced, the last thousand, in the order in which they were. */
  get silences(): readonly Silence[] {
    return this.#plans.silenceList;
  }

  /** The deploys of a service that were noted, the last twenty, oldest first. */
  deploysOf(serviceId: string): readonly Deploy[] {
    return this.#plans.deploysOf(serviceId);
  }

  /**
   * Notes a deploy: what begins within half an hour after it carries it.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  markDeploy(serviceId: string, deploy: Deploy): void {
    this.#plans.deployed(serviceId, deploy);
  }

  /**
   * Tells the share of a service's work that fails, 0..1, which makes high anomalies critical above 5 %; `undefined`
   * takes it back. The newest values of its series `error_rate` and `operation_error_rate` count by themselves.
   */
  setErrorRate(serviceId: string, rate: number | undefined): void {
    if (rate === undefined) this.#errorRates.delete(serviceId);
    else this.#errorRates.set(serviceId, rate);
  }

  /** Forgets a series with its episodes. */
  forget(series: SeriesId): void {
    const watch = this.#series.get(series);
    if (watch === undefined) return;
    if (watch.ready) this.#ready--;
    this.#series.delete(series);
  }

  /** State of one series with its episodes, for {@link restoreSeries}; `undefined` where it is not known. */
  snapshotSeries(series: SeriesId): DetectorSeriesSnapshot | undefined {
    return this.#series.get(series)?.snapshot();
  }

  /** Puts a series back to where it was, so that samples observed since are undone; `undefined` forgets it. */
  restoreSeries(series: SeriesId, snapshot: DetectorSeriesSnapshot | undefined): void {
    if (snapshot === undefined) this.forget(series);
    else this.#put(series, new SeriesWatch(this.#settings.get(series.metricName), snapshot));
  }

  /**
   * Observes a sample that was observed before, by a detector of which this one is to become the same.
   *
   * @internal
   *
   * @param errorRate of its service at that time
   */
  replay(sample: Sample, errorRate: number): Observation {
    this.#errorRateThen = errorRate;
    try {
      return this.observe(sample);
    } finally {
      this.#errorRateThen = undefined;
    }
  }

  /**
   * Counts the silences and deploys that were told.
   *
   * @internal
   */
  get plansVersion(): number {
    return this.#plans.version;
  }

  /**
   * The silences and deploys that are kept.
   *
   * @internal
   */
  get plans(): PlansSnapshot {
    return this.#plans.snapshot();
  }

  /** @internal */
  set plans(plans: PlansSnapshot) {
    this.#plans.restore(plans);
  }

  /**
   * Its error rates by service.
   *
   * @internal
   */
  get errorRates(): ReadonlyMap<string, number> {
    return this.#errorRates;
  }

  /** Everything known, for {@link restore}. */
  snapshot(): DetectorSnapshot {
    const series = Array.from(this.#series.entries(), ([id, watch]) => ({ ...id, state: watch.snapshot() }));
    return { version: SNAPSHOT_VERSION, series, errorRates: [...this.#errorRates], plans: this.#plans.snapshot() };
  }

  /**
   * A detector that goes on as the one that made the snapshot would have, given the same options.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` for a snapshot of another version
   */
  static restore(snapshot: DetectorSnapshot, options?: AnomalyDetectorOptions): AnomalyDetector {
    const detector = new AnomalyDetector(options);
    return restoring('detector', snapshot, SNAPSHOT_VERSION, () => {
      for (const { state, ...series } of snapshot.series) detector.restoreSeries(series, state);
      for (const [serviceId, rate] of snapshot.errorRates) detector.setErrorRate(serviceId, rate);
      detector.#plans.restore(snapshot.plans);
      return detector;
    });
  }

  /** Some series of a metric, for people to choose from. */
  #seriesOf(serviceId: string, metricName: string): SeriesId[] {
    const found: SeriesId[] = [];
    for (const [id] of this.#series.entries(serviceId, metricName)) {
      if (found.push(id) === SERIES_NAMED) break;
    }
    return found;
  }

  #put(series: SeriesId, watch: SeriesWatch): void {
    if (this.#series.get(series)?.ready) this.#ready--;
    this.#series.set(series, watch);
    if (watch.ready) this.#ready++;
  }

  /**
   * The largest that is known of a service's error rate at `now`.
   *
   * @internal
   */
  errorRate(serviceId: string, now: number): number {
    let rate = this.#errorRates.get(serviceId) ?? 0;
    for (const metricName of ERROR_RATES) {
      const watch = this.#series.get({ serviceId, metricName });
      if (watch !== undefined && now - watch.newest <= ERROR_RATE_AGE) rate = Math.max(rate, watch.value);
    }
    return rate;
  }
}

/** The options, checked, as they apply to each metric. */
class SettingsByMetric {
  readonly #defaults: Omit<SeriesSettings, 'definition'>;
  /** By definition and not by name: there are few definitions, and names without end. */
  readonly #known: Map<MetricDefinition, SeriesSettings> = new Map();
  readonly #own: Map<string, MetricDefinition> = new Map();

  constructor(options: AnomalyDetectorOptions) {
    const { threshold = 2, minSamples = 10, historySize = 1000, method = 'adaptive', metrics = {} } = options;
    const { maxPagesPerWeek = 1, timeZone = 'UTC' } = options;
    objectOption('metrics', metrics);
    this.#defaults = {
      threshold: positive('threshold', threshold),
      minSamples: numberOption('minSamples', minSamples, { min: 2, whole: true }),
      historySize: numberOption('historySize', historySize, { min: minSamples, whole: true }),
      method: choiceOption('method', method, ['adaptive', 'zscore']),
      maxPagesPerWeek: positive('maxPagesPerWeek', maxPagesPerWeek),
      localTime: localTimeOf(timeZone),
    };
    for (const name of Object.keys(metrics)) {
      checkDefinition(`metrics.${name}`, objectOption(`metrics.${name}`, metrics[name] as MetricDefinition));
      this.#own.set(name, metricDefinition(name, metrics));
    }
  }

  get(metricName: string): SeriesSettings {
    const definition = this.#own.get(metricName) ?? metricDefinition(metricName);
    let settings = this.#known.get(definition);
    if (settings === undefined) {
      const { threshold = this.#defaults.threshold } = definition;
      settings = { ...this.#defaults, threshold, definition };
      this.#known.set(definition, settings);
    }
    return settings;
  }
}

const DIRECTIONS = ['above', 'below', 'both'] as const;
const ANY_NUMBER = { min: Number.NEGATIVE_INFINITY };

/** @throws AnalyticsError `ERR_INVALID_OPTION` naming the field */
function checkDefinition(option: string, definition: MetricDefinition): void {
  const { direction, minChange, threshold, ignore, min, max } = definition;
  if (direction !== undefined) choiceOption(`${option}.direction`, direction, DIRECTIONS);
  if (minChange !== undefined) numberOption(`${option}.minChange`, minChange, { min: 0 });
  if (threshold !== undefined) positive(`${option}.threshold`, threshold);
  if (ignore !== undefined && typeof ignore !== 'boolean')
    throw invalidOption(`${option}.ignore`, 'true or false', ignore);
  if (min !== undefined) numberOption(`${option}.min`, min, ANY_NUMBER);
  if (max !== undefined) numberOption(`${option}.max`, max, { min: min ?? Number.NEGATIVE_INFINITY });
}

function unknownSeries(threshold: number, samplesNeeded: number): ReturnType<SeriesWatch['known']> {
  return {
    threshold,
    samples: 0,
    samplesNeeded,
    lastTimestamp: undefined,
    lastValue: undefined,
    constant: false,
    verdict: undefined,
    anomalous: false,
    recentScores: [],
    seasons: { day: false, week: false },
    timeLeft: {},
    alarm: undefined,
    evidence: 0,
    limit: 0,
    anomaly: undefined,
    untold: undefined,
  };
}

/** By the time they opened; those of one instant in the order of their ids. */
function newestFirst(a: Anomaly, b: Anomaly): number {
  return b.timestamp - a.timestamp || (a.id < b.id ? -1 : 1);
}

function positive(option: string, value: number): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw invalidOption(option, 'a number above 0', value);
}
