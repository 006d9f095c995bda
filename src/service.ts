import { Aggregator, type AggregatorOptions, type AggregatorSnapshot } from './aggregate/aggregator.ts';
import type { BucketQuery, SeriesQuery } from './aggregate/bucket-query.ts';
import type { OverflowEntry } from './aggregate/series-limit.ts';
import { type Clock, SystemClock } from './clock.ts';
import { Collector, type CollectorOptions, type CollectorSnapshot, type OperationHandle } from './collect/collector.ts';
import { performanceRecord, type RecordSink } from './collect/record-buffer.ts';
import type { RejectionCounts } from './collect/rejection-log.ts';
import { dashboardData } from './dashboard-data.ts';
import { AnomalyDetector, type AnomalyDetectorOptions, type DetectorSnapshot } from './detect/anomaly-detector.ts';
import { checkSnapshotVersion } from './errors.ts';
import { EventStream, GuardedEmitter, type ServiceEvent, type ServiceEvents, type StreamOptions } from './events.ts';
import type { DefinedMetricInput } from './metric-types.ts';
import type { Anomaly, Explanation } from './model/anomaly.ts';
import type { Aggregation, SeriesBucket } from './model/bucket.ts';
import type { DashboardData } from './model/dashboard.ts';
import type { Forecast, Prediction } from './model/forecast.ts';
import { assessHealth, type Health } from './model/health.ts';
import { type Listener, subscription } from './model/listener.ts';
import type { MetricDefinitions } from './model/metric-kind.ts';
import type {
  BehaviorInput,
  BusinessInput,
  EventInput,
  MetricInput,
  MetricsInput,
  PerformanceInput,
} from './model/records.ts';
import type { Labels } from './model/series-key.ts';
import { type ForecastOptions, Predictor, type PredictorOptions, type PredictorSnapshot } from './predict/predictor.ts';
import { type EpisodeEvent, type FeedSnapshot, SampleFeed } from './sample-feed.ts';

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
  /** State to go on from; what `Service.restore` passes. */
  readonly snapshot?: ServiceSnapshot | undefined;
}

/** What came in, what became of it, and what it costs. */
export interface ServiceStats {
  readonly accepted: number;
  /** Records refused, by reason; only reasons that occurred. */
  readonly rejected: RejectionCounts;
  /** Records behind the watermark of their service; they are in their buckets all the same. */
  readonly late: number;
  /** What there was no room for: see `AggregatorStats.dropped`. */
  readonly dropped: number;
  /** What went beyond `maxSeries`, by metric, with the label that is the likely cause. */
  readonly overflow: readonly OverflowEntry[];
  readonly series: number;
  readonly maxSeries: number;
  /** Estimate of the memory that the buckets hold. */
  readonly bytes: number;
  /** Watched series that have not enough samples for a verdict yet. */
  readonly learning: number;
  /** Failures of listeners. */
  readonly errors: number;
}

/** All state of a service. Plain and structured-cloneable. */
export interface ServiceSnapshot {
  readonly version: 1;
  readonly collector: CollectorSnapshot;
  readonly aggregator: AggregatorSnapshot;
  readonly detector: DetectorSnapshot;
  readonly predictor: PredictorSnapshot;
  readonly feed: FeedSnapshot;
}

const FLUSH_INTERVAL_MS = 5000;
/** The predictor's default of `minSamples`. */
const FORECAST_SAMPLES = 20;

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
  readonly #serviceId: string;
  readonly #clock: Clock;
  readonly #forecastSamples: number;
  readonly #emitter = new GuardedEmitter();
  readonly #feed: SampleFeed;
  /** Where flushed records go. */
  readonly #sink: RecordSink = {
    add: (kind, record, live) => {
      this.aggregator.add(kind, record, live);
      if (this.aggregator.hasOutput) this.#process(this.aggregator.takeClosed());
      this.#emitter.emit(kind, record as never);
    },
    addOperation: (operation, duration, timestamp, error, live) => {
      this.aggregator.addOperation(operation, duration, timestamp, error, live);
      if (this.aggregator.hasOutput) this.#process(this.aggregator.takeClosed());
      if (!this.#emitter.hasListeners('performance')) return;
      this.#emitter.emit('performance', performanceRecord(operation, duration, timestamp, error));
    },
  };
  readonly #stopTimer: () => void;
  /** Ways to end the streams that are read. */
  readonly #streamEnds = new Set<() => void>();
  #health: Health['status'];
  #closed = false;

  /**
   * @throws AnalyticsError `ERR_INVALID_OPTION` naming option, rule and value; `ERR_INVALID_SNAPSHOT` where the snapshot
   * is of another version
   */
  constructor(options: ServiceOptions<M> = {}) {
    const { serviceId = 'default', clock = new SystemClock(), snapshot, metrics, maxSeries } = options;
    if (snapshot !== undefined) checkSnapshotVersion('service', snapshot, 1);
    const forAggregator = { ...options, samples: true };
    const forDetector = { ...options.detector, metrics, maxSeries };
    const forPredictor = { ...options.predictor, metrics, maxSeries };
    this.aggregator = snapshot ? Aggregator.restore(snapshot.aggregator, forAggregator) : new Aggregator(forAggregator);
    this.anomalyDetector = snapshot
      ? AnomalyDetector.restore(snapshot.detector, forDetector)
      : new AnomalyDetector(forDetector);
    this.predictor = snapshot ? Predictor.restore(snapshot.predictor, forPredictor) : new Predictor(forPredictor);
    const forCollector = { ...options, clock, sink: this.#sink };
    this.collector = snapshot ? Collector.restore(snapshot.collector, forCollector) : new Collector(forCollector);
    this.#feed = new SampleFeed(this.anomalyDetector, this.predictor, snapshot?.feed);
    this.#serviceId = serviceId;
    this.#clock = clock;
    this.#forecastSamples = options.predictor?.minSamples ?? FORECAST_SAMPLES;
    this.#health = this.#assessHealth().status;
    this.collector.on('rejected', (rejection) => this.#emitter.emit('rejected', rejection));
    this.collector.on('error', (error) => this.#emitter.emit('error', error));
    this.#stopTimer = clock.every(options.flushIntervalMs ?? FLUSH_INTERVAL_MS, () => this.#tick());
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
    return subscription(attach, () => detach(), options.signal);
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
  getAggregations(serviceId: string = this.#serviceId, query?: BucketQuery): Aggregation[] {
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

  /** Forecast of one series; `undefined` before it has enough samples. */
  forecast(serviceId: string, metricName: string, options: ForecastOptions): Forecast | undefined {
    this.#settle();
    return this.predictor.forecast(serviceId, metricName, options);
  }

  /** Why there is, or is not, an anomaly or a forecast. */
  explain(serviceId: string, metricName: string, labels?: Labels): Explanation {
    this.#settle();
    const explanation = this.anomalyDetector.explain(serviceId, metricName, labels);
    if (explanation.state === 'unknown' || explanation.state === 'ignored') return explanation;
    const forecast = this.predictor.forecast(serviceId, metricName, { horizon: '5m', labels });
    const why =
      forecast === undefined
        ? `a forecast needs ${this.#forecastSamples} samples, ${explanation.samples} came so far`
        : `forecasts are made by the model ${forecast.model}`;
    return { ...explanation, reasons: [...explanation.reasons, why] };
  }

  /** Everything that one page needs, of one service or of all. */
  getDashboardData(serviceId?: string): DashboardData {
    this.#settle();
    const { aggregator, anomalyDetector: detector, predictor } = this;
    return dashboardData({ aggregator, detector, predictor, now: this.#clock.now() }, serviceId);
  }

  /** What came in, what became of it, and what it costs. */
  stats(): ServiceStats {
    const { accepted, rejected, errors } = this.collector.stats();
    const learning = this.anomalyDetector.learning;
    return { accepted, rejected, ...this.aggregator.stats(), learning, errors: errors + this.#emitter.failures };
  }

  /** Works off what is buffered and shows what the newest samples mean, without waiting. Closes no bucket early. */
  flush(): Promise<void> {
    this.#settle();
    return Promise.resolve();
  }

  /** Flushes, then stops timers. `record…` throws from then on; reading goes on working. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    await this.collector.close();
    this.#settle();
    for (const end of this.#streamEnds) end();
  }

  /** Calls `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** All state, to go on from in another process; listeners are not part of it. */
  snapshot(): ServiceSnapshot {
    this.#drain();
    return {
      version: 1,
      collector: this.collector.snapshot(),
      aggregator: this.aggregator.snapshot(),
      detector: this.anomalyDetector.snapshot(),
      predictor: this.predictor.snapshot(),
      feed: this.#feed.snapshot(),
    };
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
    return new Service({ ...options, snapshot });
  }

  #tick(): void {
    this.#drain();
    this.#process(this.aggregator.advance(this.#clock.now(), { liveOnly: true }));
  }

  #drain(): void {
    // Synchronous; the promise is for callers who await.
    void this.collector.flush();
  }

  #settle(): void {
    this.#drain();
    for (const sample of this.aggregator.waitingSamples()) this.#report(this.#feed.show(sample));
    this.#emitter.deliver();
  }

  /**
   * Passes on what the aggregation has put out: closed buckets first, then samples. Listeners hear of it when all state
   * is up to date, so that one of them may read, or save a snapshot.
   */
  #process(closed: readonly Aggregation[]): void {
    const samples = this.aggregator.takeSamples();
    for (const { serviceId } of closed) this.#feed.takeBack(serviceId);
    for (const { series } of samples) this.#feed.takeBack(series.serviceId);
    for (const aggregation of closed) {
      if (aggregation.period === '1m') this.anomalyDetector.setErrorRate(aggregation.serviceId, aggregation.errorRate);
      this.#emitter.enqueue('aggregation', aggregation);
    }
    for (const sample of samples) this.#report(this.#feed.take(sample));
    const evicted = this.aggregator.takeEvicted();
    for (const series of evicted.series) this.#report(this.#feed.forget(series));
    for (const serviceId of evicted.serviceIds) this.anomalyDetector.setErrorRate(serviceId, undefined);
    if (this.#emitter.hasListeners('prediction')) this.#enqueuePredictions(closed);
    this.#emitter.deliver();
  }

  #report(events: readonly EpisodeEvent[]): void {
    for (const { event, anomaly } of events) this.#emitter.enqueue(event, anomaly);
    if (events.some(({ event }) => event !== 'anomalyUpdated')) this.#reportHealth();
  }

  /** Forecasts are news when a minute of their service has closed and they know a sample of it. */
  #enqueuePredictions(closed: readonly Aggregation[]): void {
    for (const { period, serviceId, timestamp } of closed) {
      if (period !== '1m') continue;
      for (const prediction of this.predictor.getPredictions(serviceId, Number.POSITIVE_INFINITY)) {
        if (prediction.timestamp < timestamp) break;
        this.#emitter.enqueue('prediction', prediction);
      }
    }
  }

  #reportHealth(): void {
    const health = this.#assessHealth();
    if (health.status === this.#health) return;
    this.#health = health.status;
    this.#emitter.enqueue('health', health);
  }

  #assessHealth(): Health {
    const timestamp = this.aggregator.newestTimestamp() ?? this.#clock.now();
    return assessHealth(this.anomalyDetector.openAnomalies(), timestamp);
  }
}
