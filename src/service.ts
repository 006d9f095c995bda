import type { Aggregator, AggregatorStats } from './aggregate/aggregator.ts';
import type { AggregatorOptions } from './aggregate/aggregator-options.ts';
import type { BucketQuery, DistributionQuery, SeriesQuery } from './aggregate/bucket-query.ts';
import type { Partials } from './aggregate/partials.ts';
import type { SeriesReading } from './aggregate/scan-series.ts';
import { type Clock, SlicedWork, SystemClock } from './clock.ts';
import { Collector, type CollectorOptions, type CollectorSnapshot, type OperationHandle } from './collect/collector.ts';
import type { RejectionCounts } from './collect/rejection-log.ts';
import { dashboardData } from './dashboard-data.ts';
import type { AnomalyDetector, AnomalyDetectorOptions } from './detect/anomaly-detector.ts';
import { quantity } from './detect/describe.ts';
import { AnalyticsError, invalidOption, iterableOption, objectOption, restoring } from './errors.ts';
import { EventStream, GuardedEmitter, type ServiceEvent, type ServiceEvents, type StreamOptions } from './events.ts';
import { History } from './keep/history.ts';
import { Keeper, type StoreStats } from './keep/keeper.ts';
import { COUNTS, DEFINITIONS, type KeptCounts } from './keep/stored-keys.ts';
import { storedSnapshot } from './keep/stored-snapshot.ts';
import type { DefinedMetricInput } from './metric-types.ts';
import type { Anomaly, Explanation } from './model/anomaly.ts';
import type { Aggregation, SeriesBucket } from './model/bucket.ts';
import type { ChartQuery, SeriesChart } from './model/chart.ts';
import type { DashboardData } from './model/dashboard.ts';
import type { Forecast, Prediction } from './model/forecast.ts';
import { assessHealth, type Health } from './model/health.ts';
import { type Listener, subscription } from './model/listener.ts';
import { type MetricDefinition, type MetricDefinitions, metricDefinition } from './model/metric-kind.ts';
import type { Period } from './model/period.ts';
import type { PredictionAccuracy } from './model/prediction-accuracy.ts';
import type {
  BehaviorInput,
  BusinessInput,
  EventInput,
  MetricInput,
  MetricsInput,
  PerformanceInput,
} from './model/records.ts';
import { isSample, type Sample } from './model/sample.ts';
import type { Labels, SeriesId } from './model/series-key.ts';
import type { Deploy, Silence } from './model/silence.ts';
import type { ThresholdTime } from './model/threshold-time.ts';
import { Pipeline, type PipelineOptions, type PipelineSnapshot } from './pipeline.ts';
import type { Predictor } from './predict/predictor.ts';
import type { ForecastOptions, PredictorOptions, ThresholdOptions } from './predict/predictor-options.ts';
import { seriesChart } from './series-chart.ts';
import type { QuantileSketch } from './stats/quantile-sketch.ts';
import { memoryStore } from './store/memory-store.ts';
import type { Store, StoredState } from './store/store.ts';

/** Options of a `Service`; every one has a default that suits a process with a few services. */
export interface ServiceOptions<M extends MetricDefinitions = MetricDefinitions>
  extends Omit<CollectorOptions, 'sink'>,
    Omit<AggregatorOptions, 'samples'> {
  /** What is known about your metrics; `recordMetric` then takes only these, checked by TypeScript. */
  readonly metrics?: M | undefined;
  /** Of the anomaly detector. */
  readonly detector?: Omit<AnomalyDetectorOptions, 'metrics' | 'maxSeries'> | undefined;
  /** Of the predictor. */
  readonly predictor?: Omit<PredictorOptions, 'metrics' | 'maxSeries'> | undefined;
  /**
   * Series whose course, with what was expected of it, is kept for charts: the first so many, 0 for none. One costs 98 kB
   * after a month. Default 100.
   */
  readonly maxCharts?: number | undefined;
  /** State to go on from; what `Service.restore` passes. */
  readonly snapshot?: ServiceSnapshot | undefined;
}

/** Options of `Service.open`. */
export interface OpenOptions<M extends MetricDefinitions = MetricDefinitions>
  extends Omit<ServiceOptions<M>, 'snapshot'> {
  /** Where the service is kept; default `memoryStore()`, which outlives the service, but not the process. */
  readonly store?: Store | undefined;
  /** Whether events and behaviours are kept one by one, to be read from `history`, besides being counted. Default false. */
  readonly keepEvents?: boolean | undefined;
}

/** Options of `Service.scan`. */
export interface ScanOptions {
  /** Default `'1m'`. */
  readonly period?: Period | undefined;
  /** Ends it with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** What came in, what became of it, and what it costs. */
export interface ServiceStats extends AggregatorStats {
  readonly accepted: number;
  /** Records refused, by reason; only reasons that occurred. */
  readonly rejected: RejectionCounts;
  /** Estimate of the memory held, in bytes: the buckets, and what detector and predictor know of each series. */
  readonly bytes: number;
  /** Watched series that have not enough samples for a verdict yet. */
  readonly learning: number;
  /** Failures of listeners. */
  readonly errors: number;
  /** Of the store, where the service was opened on one. */
  readonly store?: StoreStats | undefined;
}

/** All state of a service. Plain and structured-cloneable. */
export interface ServiceSnapshot extends PipelineSnapshot {
  readonly version: 1;
  readonly collector: CollectorSnapshot;
}

const SNAPSHOT_VERSION = 1;
const FLUSH_INTERVAL_MS = 5000;
/** What `close` waits for a store. */
const CLOSE_MS = 4500;
/** Series that are read at a time: some tenths of a millisecond of work. */
const SCAN_SIZE = 100;

/**
 * Everything in one object: records go in, and out come buckets with true quantiles, anomalies, forecasts, health and
 * the data of a dashboard. It runs inside your process, without a server, and does not keep the process alive.
 *
 * All that it finds follows the timestamps of the records: replaying them gives the same buckets, anomalies and
 * forecasts as living through them did.
 *
 * @example
 * const service = new Service({ serviceId: 'shop' });
 * service.on('anomaly', (anomaly) => console.log(anomaly.description));
 * service.recordPerformanceMetric({ operation: 'GET /cart', duration: 12, success: true });
 * service.getAggregations('shop')[0]?.eventCount; // 1
 * await service.close();
 */
export class Service<const M extends MetricDefinitions = MetricDefinitions> {
  /** Border checks and buffer. */
  readonly collector: Collector;
  /** Buckets. */
  readonly aggregator: Aggregator;
  readonly anomalyDetector: AnomalyDetector;
  readonly predictor: Predictor;
  /** Of records and questions that name no service. */
  readonly serviceId: string;
  /** All that was ever known, as far as the store has it. */
  readonly history: History = new History({
    read: () => ({ aggregator: this.aggregator, clock: this.#clock, store: this.#store }),
    flush: () => this.#flushToRead(),
    anomalies: (serviceId) => this.getAnomalies(serviceId, Number.POSITIVE_INFINITY),
  });
  readonly #clock: Clock;
  readonly #metrics: MetricDefinitions;
  readonly #emitter = new GuardedEmitter();
  readonly #pipeline: Pipeline;
  /** What a tick begins: records first, since what they move on need not be moved by the clock. */
  readonly #work: SlicedWork;
  readonly #stopTimer: () => void;
  #store: Store | undefined;
  #keeper: Keeper | undefined;
  #closing: Promise<void> | undefined;
  /** Ways to end the streams that are read. */
  readonly #streamEnds = new Set<() => void>();
  #closed = false;

  /**
   * @throws AnalyticsError `ERR_INVALID_OPTION` naming option, rule and value; `ERR_INVALID_SNAPSHOT` where the snapshot
   * is of another version or damaged
   */
  constructor(options: ServiceOptions<M> = {}) {
    const { serviceId = 'default', clock = new SystemClock(), snapshot, maxSeries } = objectOption('options', options);
    const { metrics = {}, detector = {}, predictor = {}, flushIntervalMs = FLUSH_INTERVAL_MS } = options;
    this.#metrics = metrics;
    this.serviceId = serviceId;
    this.#clock = clock;
    const stages: PipelineOptions = {
      aggregator: { ...options, samples: true },
      detector: { ...objectOption('detector', detector), metrics, maxSeries },
      predictor: { ...objectOption('predictor', predictor), metrics, maxSeries },
      maxCharts: options.maxCharts,
    };
    const connect = (): Pipeline => new Pipeline(stages, this.#emitter, clock, snapshot);
    this.#pipeline = snapshot === undefined ? connect() : restoring('service', snapshot, SNAPSHOT_VERSION, connect);
    this.aggregator = this.#pipeline.aggregator;
    this.anomalyDetector = this.#pipeline.detector;
    this.predictor = this.#pipeline.predictor;
    // Last, since it starts a timer: a constructor that throws must not leave one behind.
    const forCollector = { ...options, clock, sink: this.#pipeline.sink };
    this.collector =
      snapshot === undefined ? new Collector(forCollector) : Collector.restore(snapshot.collector, forCollector);
    this.collector.on('rejected', (rejection) => this.#emitter.emit('rejected', rejection));
    this.collector.on('error', (error) => this.#emitter.emit('error', error));
    this.#work = new SlicedWork(
      clock,
      () => this.#pipeline.predictSome() || this.collector.drainSome() || this.#pipeline.work(),
    );
    this.#stopTimer = clock.every(flushIntervalMs, () => this.#tick());
  }

  /**
   * A service that is kept in a store, and goes on where the one before it stopped, whether that was closed or killed:
   * buckets, what is normal, seasons, open episodes with their ids, which are not announced again, forecasts and their
   * record, silences, deploys. The time between is a gap. With the options of before; a store that was made with other
   * horizons, levels or models has the predictor learn anew.
   *
   * What `await flush()` has acknowledged is there again whatever happens to the process; without one, what came in the
   * last `flushIntervalMs` may be missing.
   *
   * @throws AnalyticsError `ERR_STORE_LOCKED`, `ERR_STORE_VERSION`, `ERR_STORE_DAMAGED` or `ERR_STORE_FAILED` from the store,
   * which is as it was then; `ERR_INVALID_OPTION`
   * @example
   * const service = await Service.open({ store: sqlite({ path: 'analytics.db' }) });
   * service.recordEvent({ eventType: 'login' });
   * await service.close();
   */
  static async open<const M extends MetricDefinitions = MetricDefinitions>(
    options: OpenOptions<M> = {},
  ): Promise<Service<M>> {
    const { store = memoryStore(), keepEvents = false, ...rest } = objectOption('options', options);
    if (typeof keepEvents !== 'boolean') throw invalidOption('keepEvents', 'true or false', keepEvents);
    if (typeof store?.open !== 'function') throw invalidOption('store', 'a store, such as sqlite({ path })', store);
    const stored = await store.open();
    let service: Service<M> | undefined;
    try {
      const metrics = rest.metrics ?? (stored.state.get(DEFINITIONS) as M | undefined);
      service = new Service({ ...rest, metrics, snapshot: storedSnapshot(stored) });
      await service.#keep(store, stored, keepEvents);
      service.collector.refuseOlderThan(stored.changesForMs ?? Number.POSITIVE_INFINITY);
      return service;
    } catch (cause) {
      if (service !== undefined) service.#stopTimer();
      void service?.collector.close();
      await store.close();
      throw cause;
    }
  }

  /** Records something that happened. Returns whether it was accepted; so do all `record…` methods. */
  recordEvent(event: EventInput): boolean {
    return this.collector.record('event', event);
  }

  /** Records a snapshot of a service's gauges. */
  recordMetrics(metrics: MetricsInput): boolean {
    return this.collector.record('metrics', metrics);
  }

  /** Records what a user did. */
  recordUserBehavior(behavior: BehaviorInput): boolean {
    return this.collector.record('behavior', behavior);
  }

  /** Records one execution of an operation. */
  recordPerformanceMetric(performance: PerformanceInput): boolean {
    return this.collector.record('performance', performance);
  }

  /** Records an amount that the business counts. */
  recordBusinessMetric(business: BusinessInput): boolean {
    return this.collector.record('business', business);
  }

  /** Records a sample of a metric of your own. */
  recordMetric(metric: DefinedMetricInput<M>): boolean {
    return this.collector.record('metric', metric as MetricInput);
  }

  /** A recorder bound to one operation, for code that records it again and again. */
  operation(serviceId: string, operation: string): OperationHandle {
    return this.collector.operation(serviceId, operation);
  }

  /**
   * Announces a maintenance window: what is found in it is still detected, drawn and listed, marked `silenced`, but no
   * `anomaly` event tells of it and health does not suffer. What is still open when it ends is announced then.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  silence(silence: Silence): void {
    this.anomalyDetector.silence(silence);
  }

  /**
   * Notes that a service was deployed, now unless `timestamp` says otherwise: anomalies that begin within half an hour
   * after it carry it.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  markDeploy(serviceId: string = this.serviceId, deploy: Partial<Deploy> = {}): void {
    const { timestamp = this.#clock.now(), version } = objectOption('deploy', deploy);
    this.anomalyDetector.markDeploy(serviceId, { timestamp, version });
  }

  /**
   * Learns history before going live, so that detector and predictor know the series from the start: samples of any
   * series, each series in the order of its time, older than what is recorded. Emits nothing; makes no buckets. Returns
   * how many were taken: what no series can learn from, such as a value that is not finite, is not.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION` unless `samples` can be iterated
   */
  backfill(samples: Iterable<Partial<Pick<Sample, 'serviceId'>> & Omit<Sample, 'serviceId'>>): number {
    const named = Array.from(iterableOption('samples', samples), (sample) => ({
      serviceId: this.serviceId,
      ...sample,
    }));
    return this.#pipeline.backfill(named.filter(isSample));
  }

  /** Calls `listener` at every `event`. What it throws, or rejects with, becomes an `error` event and hurts nobody. */
  on<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): this {
    this.#emitter.on(event, listener);
    return this;
  }

  /** Calls `listener` at the next `event` only. */
  once<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): this {
    this.#emitter.once(event, listener);
    return this;
  }

  /** Removes a listener that `on` or `once` added. */
  off<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): this {
    this.#emitter.off(event, listener);
    return this;
  }

  /** Like `on`; returns the way to unsubscribe, which `signal` does as well. */
  subscribe<E extends ServiceEvent>(
    event: E,
    listener: Listener<ServiceEvents[E]>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): () => void {
    let detach = (): void => {};
    const attach = (): void => {
      detach = this.#emitter.attach(event, listener);
    };
    return subscription(attach, () => detach(), objectOption('options', options).signal);
  }

  /** Events as an async iterable, from now on. A reader that is too slow loses the oldest; `dropped` counts them. */
  stream<E extends ServiceEvent>(event: E, options: StreamOptions = {}): EventStream<ServiceEvents[E]> {
    const stream = new EventStream<ServiceEvents[E]>((push, end) => {
      const unsubscribe = this.subscribe(event, push);
      this.#streamEnds.add(end);
      return () => {
        unsubscribe();
        this.#streamEnds.delete(end);
      };
    }, options);
    if (this.#closed) void stream.return();
    return stream;
  }

  /**
   * Buckets of one service, oldest first. Without options, for each period the newest closed bucket, or the open one
   * where none has closed.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getAggregations(serviceId: string = this.serviceId, query?: BucketQuery): Aggregation[] {
    this.#settle();
    return this.aggregator.getAggregations(serviceId, query);
  }

  /**
   * Buckets of one metric, oldest first, `1m` unless asked otherwise.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getSeries(serviceId: string, metricName: string, query?: SeriesQuery): SeriesBucket[] {
    this.#settle();
    return this.aggregator.getSeries(serviceId, metricName, query);
  }

  /**
   * Distribution of a metric's samples over a range of time, to ask for any quantile; of the performance durations in
   * milliseconds unless a metric is named. `undefined` where there are none.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getDistribution(serviceId: string = this.serviceId, query?: DistributionQuery): QuantileSketch | undefined {
    this.#settle();
    return this.aggregator.getDistribution(serviceId, query);
  }

  /**
   * For every series its newest closed bucket of a period, `1m` unless asked otherwise, or the open one where none has
   * closed: a few at a time, with a turn of the event loop in between, so that reading 10,000 series blocks nobody.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  async *scan(options: ScanOptions = {}): AsyncGenerator<readonly SeriesReading[], void> {
    const { period, signal } = objectOption('options', options);
    this.#settle();
    const readings = this.aggregator.scan(period);
    while (true) {
      signal?.throwIfAborted();
      const some = take(readings, SCAN_SIZE);
      if (some.length === 0) return;
      yield some;
      await this.#clock.pause();
    }
  }

  /** Episodes, open and closed, newest first; of one service or of all. */
  getAnomalies(serviceId?: string, limit = 10): Anomaly[] {
    this.#settle();
    return this.anomalyDetector.getAnomalies(serviceId, limit);
  }

  /** Forecasts of every watched series for the predictor's horizons, newest first; of one service or of all. */
  getPredictions(serviceId?: string, limit = 10): Prediction[] {
    this.#settle();
    return this.predictor.getPredictions(serviceId, limit);
  }

  /**
   * Forecast of one series; `undefined` before it has enough samples.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  forecast(serviceId: string, metricName: string, options: ForecastOptions): Forecast | undefined {
    this.#settle();
    return this.predictor.forecast(serviceId, metricName, options);
  }

  /**
   * When a series passes a threshold, with a range and in words; `undefined` before it has enough samples. Minutes ahead it
   * goes by the forecasts, hours to weeks ahead by the drift under whatever repeats by the day or the week.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  timeToThreshold(
    serviceId: string,
    metricName: string,
    threshold: number,
    options?: ThresholdOptions,
  ): ThresholdTime | undefined {
    this.#settle();
    return this.predictor.timeToThreshold(serviceId, metricName, threshold, options);
  }

  /** How the forecasts of one series have turned out so far, by horizon; `undefined` before it has any. */
  predictionAccuracy(serviceId: string, metricName: string, labels?: Labels): PredictionAccuracy | undefined {
    this.#settle();
    return this.predictor.predictionAccuracy(serviceId, metricName, labels);
  }

  /** Why there is, or is not, an anomaly or a forecast. */
  explain(serviceId: string, metricName: string, labels?: Labels): Explanation {
    this.#settle();
    const explanation = this.anomalyDetector.explain(serviceId, metricName, labels);
    if (explanation.state === 'unknown' || explanation.state === 'ignored') return explanation;
    const forecast = this.predictor.forecast(serviceId, metricName, { horizon: '5m', labels });
    const outlook =
      forecast === undefined
        ? `a forecast needs ${this.predictor.minSamples} samples, ${explanation.samples} came so far`
        : describeForecast(forecast, metricDefinition(metricName, this.#metrics).unit);
    return { ...explanation, reasons: [...explanation.reasons, outlook] };
  }

  /**
   * The course of one series beside what was expected of it: samples as they came for the last minutes, means of longer
   * and longer steps for older times, never more instants than asked for. Bands are kept for the first `maxCharts` series
   * that are watched; others get the means of their buckets, without a band.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getChart(serviceId: string, metricName: string, query: ChartQuery = {}): SeriesChart {
    this.#settle();
    const sources = { courses: this.#pipeline.courses, aggregator: this.aggregator, metrics: this.#metrics };
    return seriesChart(sources, serviceId, metricName, query);
  }

  /** The series that are watched, in order of arrival within each service; of one service or of all. */
  listSeries(serviceId?: string): SeriesId[] {
    this.#settle();
    return this.anomalyDetector.listSeries(serviceId);
  }

  /** What is known about a metric: your definition of it, or that of this library. */
  metricDefinition(metricName: string): MetricDefinition {
    return metricDefinition(metricName, this.#metrics);
  }

  /** How the services are, or one of them, from the episodes that are open now. */
  getHealth(serviceId?: string): Health {
    this.#settle();
    const timestamp = this.aggregator.newestTimestamp(serviceId) ?? this.#clock.now();
    return assessHealth(this.anomalyDetector.openAnomalies(serviceId), timestamp, this.#keeper?.problem);
  }

  /** Everything that one page needs, of one service or of all. */
  getDashboardData(serviceId?: string): DashboardData {
    this.#settle();
    const { aggregator, anomalyDetector: detector, predictor } = this;
    return dashboardData(
      { aggregator, detector, predictor, now: this.#clock.now(), trouble: this.#keeper?.problem },
      serviceId,
    );
  }

  /**
   * Takes in what another process has aggregated: `partials()` of its aggregator, or their bytes. What it finds on account
   * of them is told as if the records had come here; the records themselves are not.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` for bytes that are damaged, cut or of another version; nothing of them is
   * taken in then
   */
  merge(partials: Partials | Uint8Array): void {
    this.#drain();
    this.#pipeline.merge(partials);
  }

  /** What came in, what became of it, and what it costs. */
  stats(): ServiceStats {
    const store = this.#keeper?.stats();
    const { accepted, rejected, errors } = this.collector.stats();
    const aggregated = this.aggregator.stats();
    return {
      accepted,
      rejected,
      ...aggregated,
      bytes:
        aggregated.bytes +
        this.collector.byteLength +
        this.anomalyDetector.byteLength +
        this.predictor.byteLength +
        this.#pipeline.courses.byteLength,
      learning: this.anomalyDetector.learning,
      errors: errors + this.#emitter.failures,
      ...(store === undefined ? undefined : { store }),
    };
  }

  /**
   * Works off what is buffered and shows what the newest samples mean. Closes no bucket early. Where the service is kept in
   * a store, it resolves when all that was recorded before is there.
   *
   * @throws AnalyticsError from the store, where that could not be; the service goes on, and tries again by itself
   */
  async flush(): Promise<void> {
    this.#settle();
    await this.#keeper?.flush();
  }

  /**
   * Flushes, then stops timers, and closes the store, which takes 5 s at most. `record…` throws from then on; reading goes
   * on working. Calling it again waits for the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer();
    await this.collector.close();
    // What a tick has begun, so that listeners and streams hear of all of it.
    while (this.#pipeline.predictSome() || this.#pipeline.work());
    this.#settle();
    if (this.#keeper !== undefined) await inTime(this.#keeper.close(), this.#clock);
    for (const end of this.#streamEnds) end();
  }

  /** Calls `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** All state, to go on from in another process; listeners are not part of it. */
  snapshot(): ServiceSnapshot {
    this.#drain();
    return { version: SNAPSHOT_VERSION, collector: this.collector.snapshot(), ...this.#pipeline.snapshot() };
  }

  /**
   * A service that goes on where `snapshot` was taken: open episodes keep their ids and are not announced again.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is of another version or damaged
   */
  static restore<const M extends MetricDefinitions = MetricDefinitions>(
    snapshot: ServiceSnapshot,
    options: ServiceOptions<M> = {},
  ): Service<M> {
    // Checked here too: to the constructor, `undefined` would be no snapshot.
    return restoring('service', snapshot, SNAPSHOT_VERSION, () => {
      return new Service({ ...objectOption('options', options), snapshot });
    });
  }

  #tick(): void {
    this.#pipeline.tick();
    this.#work.begin();
    this.#keeper?.tick();
  }

  async #keep(store: Store, stored: StoredState, keepEvents: boolean): Promise<void> {
    const { aggregator, collector, anomalyDetector: detector, predictor } = this;
    const { feed } = this.#pipeline;
    const emitter = this.#emitter;
    const parts = {
      aggregator,
      collector,
      detector,
      predictor,
      feed,
      metrics: this.#metrics,
      emitter,
      clock: this.#clock,
    };
    const saving = aggregator.saving(new Map(stored.names.map((name) => [name.id, name])), stored.nextId);
    const counts = stored.state.get(COUNTS) as KeptCounts | undefined;
    const keeper = new Keeper(store, parts, saving, keepEvents, counts);
    try {
      keeper.journal.resume(stored.state);
    } catch (cause) {
      if (cause instanceof AnalyticsError) throw cause;
      throw new AnalyticsError(
        'ERR_STORE_DAMAGED',
        'store must hold what was written, got a journal that cannot be read',
        { cause },
      );
    }
    await keeper.predictions.resume(store, aggregator.newestTimestamp());
    this.#pipeline.keeper = keeper;
    this.#pipeline.resume();
    this.#keeper = keeper;
    this.#store = store;
  }

  #settle(): void {
    this.#drain();
    this.#pipeline.show();
  }

  /** What cannot be stored at the moment is missing in what is read then; an `error` event has told. */
  async #flushToRead(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.flush();
    } catch {
      // As above.
    }
  }

  #drain(): void {
    // Synchronous; the promise is for callers who await.
    void this.collector.flush();
  }
}

/** Waits for `work`, but not for longer than `close` may take. */
async function inTime(work: Promise<void>, clock: Clock): Promise<void> {
  let stop = (): void => {};
  const late = new Promise<void>((resolve) => {
    stop = clock.every(CLOSE_MS, resolve);
  });
  await Promise.race([work, late]);
  stop();
}

function take<T>(items: Iterator<T>, limit: number): T[] {
  const taken: T[] = [];
  for (let next = items.next(); next.done !== true; next = items.next()) {
    if (taken.push(next.value) === limit) break;
  }
  return taken;
}

/** `in 5 minutes it is expected at 42.1 ms (30.2 to 51 ms with probability 0.9)`. */
function describeForecast({ mean, lower, upper, level }: Forecast, unit: string | undefined): string {
  return (
    `in 5 minutes it is expected at ${quantity(mean, unit)} ` +
    `(${quantity(lower)} to ${quantity(upper, unit)} with probability ${level})`
  );
}
