import { objectOption, restoring } from '../errors.ts';
import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import type { SlowOperation } from '../model/dashboard.ts';
import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { FAILED, LIVE, type OperationBatch } from '../model/operation-batch.ts';
import { OperationRef } from '../model/operation-ref.ts';
import { bucketStart, PERIOD_MS, PERIODS, type Period } from '../model/period.ts';
import type { MetricsRecord, PerformanceRecord, RecordByKind, RecordKind, Timestamp } from '../model/records.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { QuantileSketch } from '../stats/quantile-sketch.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { TopEntry } from '../stats/space-saving.ts';
import { type AggregatorOptions, checkOptions } from './aggregator-options.ts';
import {
  type BucketQuery,
  checkLabels,
  checkQuery,
  type DistributionQuery,
  isEmptyQuery,
  type SeriesQuery,
} from './bucket-query.ts';
import { Closing } from './closing.ts';
import { Frontier } from './frontier.ts';
import { Landing } from './landing.ts';
import { Merging } from './merging.ts';
import { type IntakeCounts, OperationIntake } from './operation-intake.ts';
import { type Evicted, Output } from './output.ts';
import { Partials } from './partials.ts';
import { newestAggregations, rangeAggregations, readAggregation } from './read-aggregations.ts';
import { seriesDistribution, serviceDistribution } from './read-distribution.ts';
import { readSeries } from './read-series.ts';
import { type PlainKind, recordFacts } from './record-facts.ts';
import { Retention } from './retention.ts';
import { SampleSlots, waitingSamples } from './sample-slots.ts';
import { type SavedName, Saving } from './saving.ts';
import { type SeriesReading, scanSeries } from './scan-series.ts';
import type { OverflowEntry } from './series-limit.ts';
import { type RegistrySnapshot, SeriesRegistry } from './series-registry.ts';
import type { SeriesState, WatchedSample } from './series-state.ts';
import { slowestOperations } from './slowest-operations.ts';
import { writePartials } from './write-partials.ts';

/** Services of one step: some microseconds of work where they have nothing to close. */
const SERVICES_A_STEP = 64;

/** Counts of an aggregator. */
export interface AggregatorStats {
  /** Records behind the watermark of their service; they are in their buckets all the same. */
  readonly late: number;
  /** Late records whose bucket was no longer kept, closed buckets given up for `maxBytes`, and closings nobody took. */
  readonly dropped: number;
  /** What went beyond `maxSeries`, by metric, with the label that is the likely cause. */
  readonly overflow: readonly OverflowEntry[];
  readonly series: number;
  readonly maxSeries: number;
  /** Estimate of the memory held. */
  readonly bytes: number;
}

/** State of an aggregator. Plain and structured-cloneable. */
export interface AggregatorSnapshot extends RegistrySnapshot {
  readonly version: 1;
  readonly late: number;
  readonly dropped: number;
}

/** A record as the aggregation takes it: checked, with its service. */
export type AggregatorInput<K extends RecordKind> = Omit<RecordByKind[K], 'timestamp'> & {
  readonly timestamp: Timestamp;
};

/**
 * Puts records into UTC-aligned buckets of 1m, 5m, 15m, 1h and 1d by their own timestamps, keeps true quantiles through
 * merging sketches, and closes a bucket when the watermark of its service, the newest timestamp less the allowed
 * lateness, passes its end. Later records still land in their closed bucket.
 *
 * A record costs a few map look-ups and one or two sketch insertions; closing a minute is linear in the series of the
 * service. Memory is bounded by `maxSeries` and `maxBytes`.
 *
 * @example
 * const aggregator = new Aggregator();
 * const t = Date.UTC(2026, 0, 1);
 * const record = { serviceId: 'shop', operation: 'GET /', success: true };
 * aggregator.add('performance', { ...record, duration: 12, timestamp: t });
 * aggregator.add('performance', { ...record, duration: 18, timestamp: t + 1000 });
 * const [minute] = aggregator.advance(t + 65_000);
 * minute.eventCount; // 2
 * minute.avgLatency; // 15
 */
export class Aggregator {
  readonly #registry: SeriesRegistry;
  readonly #output: Output;
  readonly #retention: Retention;
  readonly #slots: SampleSlots;
  readonly #frontier: Frontier;
  readonly #closing: Closing;
  readonly #landing: Landing;
  readonly #intake: OperationIntake;
  readonly #merging: Merging;
  readonly #scratch = new SketchContents();
  /** After a restore `dropped` is all that was dropped until then. */
  readonly #counts: IntakeCounts = { late: 0, dropped: 0 };

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: AggregatorOptions = {}) {
    const { latenessMs, retentionMs, maxSeries, maxBytes, resolutionMs, samples } = checkOptions(options);
    this.#registry = new SeriesRegistry(maxSeries);
    this.#output = new Output(maxSeries, samples);
    this.#retention = new Retention(this.#registry, this.#output, retentionMs, maxBytes);
    this.#slots = new SampleSlots(this.#output, resolutionMs, latenessMs);
    this.#closing = new Closing(this.#registry, this.#output, this.#retention);
    this.#frontier = new Frontier(latenessMs, this.#slots, this.#closing);
    this.#landing = new Landing(this.#registry, this.#slots, this.#retention);
    this.#intake = new OperationIntake(this.#registry, this.#frontier, this.#landing, this.#output, this.#counts);
    this.#merging = new Merging(this.#registry, this.#frontier, this.#slots, this.#retention, this.#counts);
  }

  /**
   * Adds one checked record. `live` says that the record came within a minute of the clock: only such services does
   * `advance(now, { liveOnly: true })` move on.
   */
  add<K extends RecordKind>(kind: K, record: AggregatorInput<K>, live = false): void {
    const timestamp = Number(record.timestamp);
    if (kind === 'performance') {
      this.#intake.add(batchOf(record as unknown as PerformanceRecord, timestamp, live), 1);
      return;
    }
    const service = this.#registry.serviceOf(record.serviceId);
    if (this.#frontier.arrive(service, timestamp, live)) this.#counts.late++;
    const checked = { ...record, timestamp } as unknown as RecordByKind[PlainKind];
    const facts = recordFacts(kind as PlainKind, checked);
    if (kind === 'metrics') service.keepLatest(checked as MetricsRecord);
    if (facts.userId !== undefined) service.audience.addUser(timestamp, facts.userId);
    if (facts.error !== undefined) service.audience.addError(timestamp, facts.error);
    if (!this.#landing.add(service, timestamp, facts)) this.#counts.dropped++;
  }

  /**
   * Adds checked performance records: those of `batch` from `batch.next` on up to `end` or the first of another kind, but
   * stops behind one that put something out, so that it can be taken before the next.
   */
  addOperations(batch: OperationBatch, end: number): void {
    this.#intake.add(batch, end);
  }

  /**
   * Moves the watermark of every service, or only of live ones, up to `nowMs` less the lateness, and returns the buckets
   * that have closed since the last call, those closed by `add` included: by time, shorter periods first.
   */
  advance(nowMs: number, options: { readonly liveOnly?: boolean } = {}): Aggregation[] {
    const { liveOnly = false } = objectOption('options', options);
    for (const service of this.#registry.services.values()) this.#frontier.advance(service, nowMs, liveOnly);
    while (this.settleSome());
    return this.takeClosed();
  }

  /**
   * The same for live services in steps, for hosts that must not be blocked: each call of what is returned moves some
   * services on, but stops behind one that put something out. It answers whether there are more.
   */
  advancing(nowMs: number): () => boolean {
    const services = this.#registry.services.values();
    return () => {
      for (let i = 0; i < SERVICES_A_STEP; i++) {
        const { value: service, done } = services.next();
        if (done === true) return false;
        this.#frontier.advance(service, nowMs, true);
        if (this.hasOutput) return true;
      }
      return true;
    };
  }

  /**
   * Puts some of what has closed into its lasting, smaller form, which changes nothing for readers; returns whether there
   * is more. Done in any case before it piles up.
   */
  settleSome(): boolean {
    return this.#closing.settleSome();
  }

  /** Whether there is anything to take. */
  get hasOutput(): boolean {
    return !this.#output.isEmpty;
  }

  /** The buckets that have closed since they were last taken; moves nothing on. */
  takeClosed(): Aggregation[] {
    const aggregations: Aggregation[] = [];
    for (const { service, level, start } of this.#output.takeClosed()) {
      const aggregation = readAggregation(service, this.#registry.series, level, start, this.#scratch);
      if (aggregation !== undefined) aggregations.push(aggregation);
    }
    return aggregations;
  }

  /** Samples of watched series since they were last taken, in order within each series. */
  takeSamples(): WatchedSample[] {
    return this.#output.takeSamples();
  }

  /** What was evicted since it was last taken. */
  takeEvicted(): Evicted {
    return this.#output.takeEvicted();
  }

  /**
   * Samples of slots that are not over yet, for readers who do not want to wait for the next record; of 500 series at
   * most. More records of the same second change them, and they come again, from `takeSamples`, when their slot is over.
   */
  waitingSamples(): WatchedSample[] {
    return waitingSamples(this.#registry.services.values());
  }

  /**
   * Buckets of one service, oldest first. Without options, for each period the newest closed bucket, or the open one
   * where none has closed.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getAggregations(serviceId: string, query: BucketQuery = {}): Aggregation[] {
    const checked = isEmptyQuery(query) ? undefined : checkQuery(query);
    const service = this.#registry.services.get(serviceId);
    if (service === undefined) return [];
    if (checked === undefined) return newestAggregations(service, this.#registry.series);
    return rangeAggregations(service, this.#registry.series, checked);
  }

  /**
   * Buckets of one metric, oldest first, `1m` unless asked otherwise; over all label sets, overflow included, unless
   * `labels` names one. Besides recorded metrics: `operation_duration`, `operation_rate`, `operation_error_rate`,
   * `operation_latency_p95` and `business.<metricType>`.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getSeries(serviceId: string, metricName: string, query: SeriesQuery = {}): SeriesBucket[] {
    const checked = checkQuery(query);
    const labels = checkLabels(query.labels);
    const service = this.#registry.services.get(serviceId);
    return service === undefined ? [] : readSeries(service, this.#registry.series, metricName, labels, checked);
  }

  /**
   * Distribution of a metric's samples over a range of time, merged from its buckets, to ask for any quantile: of the
   * performance durations in milliseconds unless a metric is named. `undefined` where there are none.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   * @example
   * aggregator.getDistribution('shop', { from: Date.now() - 86_400_000 })?.quantile(0.999);
   */
  getDistribution(serviceId: string, query: DistributionQuery = {}): QuantileSketch | undefined {
    const { level, from, to } = checkQuery(query);
    const range = { level: query.period === undefined ? undefined : level, from, to };
    const labels = checkLabels(query.labels);
    const metricName = query.metricName ?? (labels === undefined ? undefined : OPERATION_DURATION);
    const service = this.#registry.services.get(serviceId);
    if (service === undefined) return undefined;
    if (metricName === undefined) return serviceDistribution(service, range);
    return seriesDistribution(serviceId, this.#registry.series, metricName, labels, range);
  }

  /**
   * For each series its newest closed bucket of a period or, where none has closed, the open one. To be read in pieces:
   * series that come or go meanwhile may or may not be in it.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  scan(period: Period = '1m'): Generator<SeriesReading, undefined> {
    return scanSeries(this.#registry, checkQuery({ period }).level);
  }

  /** The series that are told apart, in order of arrival within each service; of one service or of all. */
  listSeries(serviceId?: string): SeriesId[] {
    return Array.from(this.#registry.series.entries(serviceId), ([series]) => series);
  }

  /** Ids of the known services, in order of appearance. */
  get serviceIds(): string[] {
    return [...this.#registry.services.keys()];
  }

  /** Timestamp of the newest record, of one service or of all; `undefined` where there is none. */
  newestTimestamp(serviceId?: string): number | undefined {
    let newest = Number.NEGATIVE_INFINITY;
    for (const service of this.#registry.services.values()) {
      if (serviceId === undefined || service.serviceId === serviceId) newest = Math.max(newest, service.newest);
    }
    return newest === Number.NEGATIVE_INFINITY ? undefined : newest;
  }

  /** Newest value of each gauge that the service has sent; `undefined` where it has sent none. */
  latestMetrics(serviceId: string): MetricsRecord | undefined {
    const service = this.#registry.services.get(serviceId);
    return service?.latest === undefined ? undefined : { ...service.latest, serviceId };
  }

  /**
   * Where the buckets of one period begin that are in memory, epoch milliseconds; all from there on are. +∞ for a service
   * that is not known.
   *
   * @internal
   */
  heldFrom(serviceId: string, period: Period): number {
    const service = this.#registry.services.get(serviceId);
    if (service === undefined) return Number.POSITIVE_INFINITY;
    const level = PERIODS.indexOf(period);
    const kept = service.keptFrom[level] as number;
    if (kept !== Number.NEGATIVE_INFINITY) return kept;
    const first = service.minutes[0];
    const opened =
      first === undefined ? Number.POSITIVE_INFINITY : bucketStart(first * PERIOD_MS['1m'], PERIOD_MS[period]);
    return Math.min(opened, service.timeline.firstClosed(level) ?? Number.POSITIVE_INFINITY);
  }

  /** Most frequent errors of the newest two UTC days, with the largest possible overcount as `error`. */
  topErrors(serviceId: string, limit: number): TopEntry[] {
    return this.#registry.services.get(serviceId)?.audience.topErrors().top(limit) ?? [];
  }

  /** Most active users of the newest two UTC days, with the largest possible overcount as `error`. */
  topUsers(serviceId: string, limit: number): TopEntry[] {
    return this.#registry.services.get(serviceId)?.audience.topUsers().top(limit) ?? [];
  }

  /** Operations of a service by their 95th percentile over the newest hour, slowest first; of 500 operations at most. */
  slowestOperations(serviceId: string, limit: number): SlowOperation[] {
    const service = this.#registry.services.get(serviceId);
    return service === undefined ? [] : slowestOperations(service, this.#registry.series, limit);
  }

  /**
   * What all services did in the minutes that begin in `[from, to)`, closed or open, to be merged into another aggregator:
   * counts, distributions, newest values, users of the hours that overlap the range, top lists of the days that begin in
   * it, and, with the option `samples`, the samples that were not taken. Changes nothing. O(series and minutes in range).
   *
   * @param from epoch milliseconds; default: as far back as buckets are kept
   * @param to epoch milliseconds; default: up to the newest
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  partials(from?: Timestamp, to?: Timestamp): Partials {
    return new Partials(writePartials(this.#registry, this.#output, checkQuery({ from, to })));
  }

  /**
   * Takes in what another aggregator gathered, as if its records had come here: into open minutes and into closed buckets,
   * within the same limits. Records of minutes that are closed here count as late, those of minutes that are no longer
   * kept as dropped. The watermarks of the services move on when all is in. The order of merges does not matter; but what
   * is merged twice counts twice.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where bytes are damaged; nothing is merged then
   */
  merge(partials: Partials | Uint8Array): void {
    const checked = partials instanceof Partials ? partials : Partials.fromBytes(partials);
    checked.read(this.#merging);
  }

  /** Counts and sizes. O(series) where something overflowed, else O(services). */
  stats(): AggregatorStats {
    return {
      late: this.#counts.late,
      dropped: this.#allDropped,
      overflow: this.#registry.overflow(),
      series: this.#registry.series.size,
      maxSeries: this.#registry.maxSeries,
      bytes: this.#registry.byteLength,
    };
  }

  /**
   * Has what changes from now on noted for a store.
   *
   * @internal
   *
   * @param names services and series that the store has already, by their numbers
   */
  saving(names: ReadonlyMap<number, SavedName>, nextId: number): Saving {
    this.#registry.number(names);
    for (const service of this.#registry.services.values()) {
      service.isResumed = service.storeId !== undefined;
      service.changed = service.storeId === undefined;
    }
    return new Saving(this.#registry, this.#closing, nextId);
  }

  /** All state; what has closed or was sampled and not yet been taken is left out, so take it first. */
  snapshot(): AggregatorSnapshot {
    return { version: 1, ...this.#registry.snapshot(), late: this.#counts.late, dropped: this.#allDropped };
  }

  /** @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is of another version or damaged */
  static restore(snapshot: AggregatorSnapshot, options?: AggregatorOptions): Aggregator {
    return restoring('aggregator', snapshot, 1, () => {
      const aggregator = new Aggregator(options);
      aggregator.#load(snapshot);
      return aggregator;
    });
  }

  #load(snapshot: AggregatorSnapshot): void {
    this.#registry.load(snapshot);
    for (const { serviceId, waiting } of snapshot.services) {
      const service = this.#registry.serviceOf(serviceId);
      for (const id of waiting) this.#slots.await(service, this.#registry.series.get(id) as SeriesState, false);
    }
    this.#counts.late = snapshot.late;
    this.#counts.dropped = snapshot.dropped;
  }

  get #allDropped(): number {
    return this.#counts.dropped + this.#retention.trimmed + this.#output.dropped;
  }
}

/** A batch of one record. */
function batchOf(record: PerformanceRecord, timestamp: number, live: boolean): OperationBatch {
  const { serviceId, operation, duration, success, errorType = '' } = record;
  return {
    operations: [new OperationRef(serviceId, operation)],
    durations: Float64Array.of(duration),
    timestamps: Float64Array.of(timestamp),
    flags: Uint8Array.of((live ? LIVE : 0) | (success ? 0 : FAILED)),
    errors: [success ? undefined : errorType],
    next: 0,
  };
}
