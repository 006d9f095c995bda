import { Aggregator, type AggregatorSnapshot } from './aggregate/aggregator.ts';
import type { AggregatorOptions } from './aggregate/aggregator-options.ts';
import type { Partials } from './aggregate/partials.ts';
import type { WatchedSample } from './aggregate/series-state.ts';
import type { Clock } from './clock.ts';
import { performanceRecord, type RecordSink } from './collect/record-buffer.ts';
import { AnomalyDetector, type AnomalyDetectorOptions, type DetectorSnapshot } from './detect/anomaly-detector.ts';
import type { GuardedEmitter } from './events.ts';
import type { Keeper } from './keep/keeper.ts';
import type { Aggregation } from './model/bucket.ts';
import type { Prediction } from './model/forecast.ts';
import { assessHealth, type HealthStatus, healthStatus } from './model/health.ts';
import type { Sample } from './model/sample.ts';
import type { SeriesId } from './model/series-key.ts';
import { Predictor } from './predict/predictor.ts';
import type { PredictorOptions, PredictorSnapshot } from './predict/predictor-options.ts';
import { type EpisodeEvent, type FeedSnapshot, SampleFeed } from './sample-feed.ts';
import { type CoursesSnapshot, SeriesCourses } from './series-courses.ts';

/** Options of the stages of a pipeline. */
export interface PipelineOptions {
  readonly aggregator: AggregatorOptions;
  readonly detector: AnomalyDetectorOptions;
  readonly predictor: PredictorOptions;
  /** Series whose course is kept. */
  readonly maxCharts?: number | undefined;
}

/** Series whose predictions are made at a time: each costs some 30 microseconds. */
const SERIES_AT_A_TIME = 20;

/** All that a pipeline knows. Plain and structured-cloneable. */
export interface PipelineSnapshot {
  readonly aggregator: AggregatorSnapshot;
  readonly detector: DetectorSnapshot;
  readonly predictor: PredictorSnapshot;
  readonly feed: FeedSnapshot;
  readonly courses: CoursesSnapshot;
}

/**
 * The way of a record once it is flushed: into its bucket; what closes, on to the feed of detector and predictor; and
 * what they find, out as events. Listeners hear of it when all state is up to date, so that one of them may read, or
 * save a snapshot.
 */
export class Pipeline {
  readonly aggregator: Aggregator;
  readonly detector: AnomalyDetector;
  readonly predictor: Predictor;
  readonly courses: SeriesCourses;
  /** Where flushed records go. */
  readonly sink: RecordSink = {
    add: (kind, record, live) => {
      this.aggregator.add(kind, record, live);
      if (this.aggregator.hasOutput) this.#process(this.aggregator.takeClosed());
      this.keeper?.recorded(kind, record);
      this.#emitter.emit(kind, record as never);
    },
    addOperations: (batch, end) => {
      const isHeard = this.#emitter.hasListeners('performance');
      this.aggregator.addOperations(batch, isHeard ? batch.next + 1 : end);
      if (this.aggregator.hasOutput) this.#process(this.aggregator.takeClosed());
      if (isHeard) this.#emitter.emit('performance', performanceRecord(batch, batch.next - 1));
    },
  };
  /** What hands samples to detector and predictor. */
  readonly feed: SampleFeed;
  /** Keeps what goes through, where the service is kept in a store. */
  keeper: Keeper | undefined;
  readonly #emitter: GuardedEmitter;
  readonly #clock: Clock;
  /** Moves live services on, step by step, while a tick is being worked off. */
  #advance: (() => boolean) | undefined;
  /** Services whose minute has closed and whose predictions listeners have not heard yet, with the minute's start. */
  readonly #toPredict = new Map<string, number>();
  /** Those of the service that it is at. */
  #predictions: Iterator<readonly Prediction[], void> | undefined;
  /** As last told to listeners. */
  #health: HealthStatus;

  /** @param snapshot state to go on from; its caller looks after the version and after what a damaged one makes throw */
  constructor(options: PipelineOptions, emitter: GuardedEmitter, clock: Clock, snapshot?: PipelineSnapshot) {
    this.#emitter = emitter;
    this.#clock = clock;
    this.courses = new SeriesCourses(options.maxCharts, snapshot?.courses);
    if (snapshot === undefined) {
      this.aggregator = new Aggregator(options.aggregator);
      this.detector = new AnomalyDetector(options.detector);
      this.predictor = new Predictor(options.predictor);
      this.feed = new SampleFeed(this.detector, this.predictor, this.courses);
    } else {
      this.aggregator = Aggregator.restore(snapshot.aggregator, options.aggregator);
      this.detector = AnomalyDetector.restore(snapshot.detector, options.detector);
      this.predictor = Predictor.restore(snapshot.predictor, options.predictor);
      this.feed = SampleFeed.restore(snapshot.feed, this.detector, this.predictor, this.courses);
    }
    this.#health = healthStatus(this.detector.openAnomalies());
  }

  /** Begins to close, for the services that are live, the buckets that are over by the clock. `work` does it. */
  tick(): void {
    this.#advance ??= this.aggregator.advancing(this.#clock.now());
  }

  /** One step of what is to be done in the background; returns whether there is more. */
  work(): boolean {
    if (this.#advance === undefined) return this.aggregator.settleSome();
    const more = this.#advance();
    if (!more) this.#advance = undefined;
    if (this.aggregator.hasOutput) this.#process(this.aggregator.takeClosed());
    return true;
  }

  /**
   * Tells listeners the predictions of some series, so many that it takes some tenths of a millisecond; returns whether
   * there is more.
   */
  predictSome(): boolean {
    const [next] = this.#toPredict;
    if (next === undefined) return false;
    const [serviceId, from] = next;
    this.#predictions ??= this.predictor.eachPrediction(serviceId);
    for (let series = 0; series < SERIES_AT_A_TIME; series++) {
      const { value, done } = this.#predictions.next();
      if (done === true) {
        this.#predictions = undefined;
        this.#toPredict.delete(serviceId);
        break;
      }
      for (const prediction of value ?? []) {
        if (prediction.timestamp >= from) this.#emitter.enqueue('prediction', prediction);
      }
    }
    this.#emitter.deliver();
    return this.#toPredict.size > 0;
  }

  /** Takes in what other processes have aggregated. */
  merge(partials: Partials | Uint8Array): void {
    this.aggregator.merge(partials);
    if (this.aggregator.hasOutput) this.#process(this.aggregator.takeClosed());
  }

  /** Shows what the newest samples mean, though their slots are not over. */
  show(): void {
    while (this.predictSome());
    for (const sample of this.aggregator.waitingSamples()) this.#report(this.feed.show(sample));
    this.#emitter.deliver();
  }

  /** Learns history without a word; returns how many samples were taken. */
  backfill(samples: readonly Sample[]): number {
    const taken = this.feed.backfill(samples);
    if (this.keeper !== undefined) for (const series of samples) this.keeper.journal.changed(series);
    this.resume();
    return taken;
  }

  /** Goes on after detector and predictor have learned what nobody needs to be told of. */
  resume(): void {
    this.#health = healthStatus(this.detector.openAnomalies());
  }

  snapshot(): PipelineSnapshot {
    while (this.predictSome());
    return {
      aggregator: this.aggregator.snapshot(),
      detector: this.detector.snapshot(),
      predictor: this.predictor.snapshot(),
      feed: this.feed.snapshot(),
      courses: this.courses.snapshot(),
    };
  }

  /** Passes on what the aggregation has put out: closed buckets first, then samples. */
  #process(closed: readonly Aggregation[]): void {
    // What was to be foretold from the samples before these.
    while (this.predictSome());
    const samples = this.aggregator.takeSamples();
    for (const { serviceId } of closed) this.feed.takeBack(serviceId);
    for (const { series } of samples) this.feed.takeBack(series.serviceId);
    for (const aggregation of closed) {
      if (aggregation.period === '1m') this.detector.setErrorRate(aggregation.serviceId, aggregation.errorRate);
      this.#emitter.enqueue('aggregation', aggregation);
    }
    for (const sample of samples) this.#take(sample);
    const evicted = this.aggregator.takeEvicted();
    for (const series of evicted.series) this.#forget(series);
    for (const serviceId of evicted.serviceIds) this.detector.setErrorRate(serviceId, undefined);
    if (this.#emitter.hasListeners('prediction')) this.#enqueuePredictions(closed);
    this.#emitter.deliver();
  }

  #take(sample: WatchedSample): void {
    const events = this.feed.take(sample);
    this.keeper?.sampleTaken(sample.series, sample.timestamp, sample.value);
    this.keeper?.episodesChanged(events);
    this.#report(events);
  }

  #forget(series: SeriesId): void {
    const events = this.feed.forget(series);
    this.keeper?.forgotten(series);
    this.keeper?.episodesChanged(events);
    this.#report(events);
  }

  #report(events: readonly EpisodeEvent[]): void {
    for (const { event, anomaly } of events) this.#emitter.enqueue(event, anomaly);
    if (events.some(({ event }) => event !== 'anomalyUpdated')) this.#reportHealth();
  }

  /** Forecasts are news when a minute of their service has closed and they know a sample of it. */
  #enqueuePredictions(closed: readonly Aggregation[]): void {
    for (const { period, serviceId, timestamp } of closed) {
      if (period === '1m' && !this.#toPredict.has(serviceId)) this.#toPredict.set(serviceId, timestamp);
    }
  }

  #reportHealth(): void {
    const timestamp = this.aggregator.newestTimestamp() ?? this.#clock.now();
    const health = assessHealth(this.detector.openAnomalies(), timestamp);
    if (health.status === this.#health) return;
    this.#health = health.status;
    this.#emitter.enqueue('health', health);
  }
}
