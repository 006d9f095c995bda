import { checkSnapshotVersion, invalidOption, numberOption } from '../errors.ts';
import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import { OperationRef } from '../model/operation-ref.ts';
import { bucketStart, PERIOD_MS } from '../model/period.ts';
import type { MetricsRecord, PerformanceRecord, RecordByKind, RecordKind, Timestamp } from '../model/records.ts';
import type { Labels, SeriesId } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import type { TopEntry } from '../stats/space-saving.ts';
import type { ByteBudget } from './bucket-log.ts';
import { type BucketQuery, checkLabels, checkQuery, isEmptyQuery, type SeriesQuery } from './bucket-query.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import { OperationTarget } from './operation-target.ts';
import { newestAggregations, rangeAggregations, readAggregation } from './read-aggregations.ts';
import { OPERATION_RATE, readSeries, WATCHED_PER_MINUTE } from './read-series.ts';
import {
  BUSINESS_PREFIX,
  errorText,
  OPERATION_DURATION,
  type PlainKind,
  type RecordFacts,
  type RecordSample,
  recordFacts,
} from './record-facts.ts';
import { evictExpired, evictOldest, evictService } from './retention.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import { isOverflow, type OverflowEntry, SeriesLimit } from './series-limit.ts';
import { SeriesState, type SeriesStateSnapshot, type WatchedSample } from './series-state.ts';
import { ServiceAccumulator } from './service-accumulator.ts';
import { ServiceState, type ServiceStateSnapshot } from './service-state.ts';

/** Options of an `Aggregator`. */
export interface AggregatorOptions {
  /** How far records may lag behind the newest one before their bucket closes, milliseconds. Default 5,000. */
  readonly latenessMs?: number | undefined;
  /** Milliseconds that closed buckets are kept; at least an hour, default 30 days. */
  readonly retentionMs?: number | undefined;
  /** Series, label sets included, and services, that are told apart; default 10,000. */
  readonly maxSeries?: number | undefined;
  /** Bytes of closed buckets that are kept; beyond them the oldest minutes go first. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** A watched series yields at most one sample in so many milliseconds, the mean of what came in. Default 1,000. */
  readonly resolutionMs?: number | undefined;
  /** Whether to hold samples for `takeSamples`; default false. */
  readonly samples?: boolean | undefined;
}

/** Counts of an aggregator. */
export interface AggregatorStats {
  /** Records behind the watermark of their service; they are in their buckets all the same. */
  readonly late: number;
  /** Late records whose bucket was no longer kept, closed buckets given up for `maxBytes`, and closings nobody took. */
  readonly dropped: number;
  readonly overflow: readonly OverflowEntry[];
  readonly series: number;
  readonly maxSeries: number;
  /** Estimate of the memory held. */
  readonly bytes: number;
}

/** State of an aggregator. Plain and structured-cloneable. */
export interface AggregatorSnapshot {
  readonly version: 1;
  readonly services: readonly ServiceStateSnapshot[];
  readonly series: readonly SeriesStateSnapshot[];
  readonly overflow: readonly OverflowEntry[];
  readonly late: number;
  readonly dropped: number;
}

/** A record as the aggregation takes it: checked, with its service. */
export type AggregatorInput<K extends RecordKind> = Omit<RecordByKind[K], 'timestamp'> & {
  readonly timestamp: Timestamp;
};

interface LatePart {
  readonly series: SeriesState;
  readonly late: SeriesAccumulator;
}

/** What is no longer told apart, because nothing came for the retention. */
export interface Evicted {
  /** Of services, their metrics and label sets; what is derived once a minute included. */
  readonly series: readonly SeriesId[];
  readonly serviceIds: readonly string[];
}

const NOTHING_EVICTED: Evicted = { series: [], serviceIds: [] };

interface ClosedBucket {
  readonly service: ServiceState;
  readonly level: number;
  readonly start: number;
}

const MINUTE_MS = PERIOD_MS['1m'];
const HOUR_MS = PERIOD_MS['1h'];
const DAY_MS = PERIOD_MS['1d'];
/**
 * Closed buckets, and samples, that are held for a caller who does not come to take them, for each series of
 * `maxSeries`: one minute of all services at once closes at most five buckets and yields four samples for each.
 */
const OUTPUT_PER_SERIES = 10;
/**
 * A service that was heard in one minute and then not for so long was cut off: its clock was set, its process slept or
 * was replaced. Minutes at the edges are only in part its own. Longer than a restart, shorter than a time zone.
 */
const CUT_MS = 10 * MINUTE_MS;
/** Slots that are shown early at once. Whoever shows them keeps an undo state for each, so this bounds that memory. */
const MAX_WAITING = 1000;
/** Heap of a series and of a service besides their closed buckets; measured on Node 20 with one open minute each. */
const SERIES_BYTES = 550;
const SERVICE_BYTES = 3000;

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
  readonly #latenessMs: number;
  readonly #retentionMs: number;
  readonly #maxSeries: number;
  readonly #maxBytes: number;
  readonly #resolutionMs: number;
  readonly #keepSamples: boolean;
  readonly #budget: ByteBudget = { used: 0 };
  readonly #services = new Map<string, ServiceState>();
  readonly #series = new SeriesMap<SeriesState>();
  #limit = new SeriesLimit();
  #closed: ClosedBucket[] = [];
  #samples: WatchedSample[] = [];
  #evicted: Evicted = NOTHING_EVICTED;
  /** Counts evictions: what was bound before one must be looked up anew. */
  #epoch = 0;
  #late = 0;
  /** Newest hour, of any service, up to which idle services were looked for. */
  #idleCheckedAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: AggregatorOptions = {}) {
    const {
      latenessMs = 5000,
      retentionMs = 30 * DAY_MS,
      maxSeries = 10_000,
      maxBytes = 256 * 2 ** 20,
      resolutionMs = 1000,
      samples = false,
    } = options;
    this.#latenessMs = numberOption('latenessMs', latenessMs, { min: 0, max: DAY_MS });
    this.#retentionMs = numberOption('retentionMs', retentionMs, { min: HOUR_MS });
    this.#maxSeries = numberOption('maxSeries', maxSeries, { min: 1, whole: true });
    this.#maxBytes = numberOption('maxBytes', maxBytes, { min: 2 ** 20 });
    this.#resolutionMs = numberOption('resolutionMs', resolutionMs, { min: 1, max: MINUTE_MS });
    if (typeof samples !== 'boolean') throw invalidOption('samples', 'true or false', samples);
    this.#keepSamples = samples;
  }

  /**
   * Adds one checked record. `live` says that the record came within a minute of the clock: only such services does
   * `advance(now, { liveOnly: true })` move on.
   */
  add<K extends RecordKind>(kind: K, record: AggregatorInput<K>, live = false): void {
    const timestamp = Number(record.timestamp);
    if (kind === 'performance') {
      const { serviceId, operation, duration, success, errorType = '' } = record as unknown as PerformanceRecord;
      this.addOperation(
        new OperationRef(serviceId, operation),
        duration,
        timestamp,
        success ? undefined : errorType,
        live,
      );
      return;
    }
    const service = this.#serviceOf(record.serviceId);
    this.#arrive(service, timestamp, live);
    const checked = { ...record, timestamp } as unknown as RecordByKind[PlainKind];
    const facts = recordFacts(kind as PlainKind, checked);
    if (kind === 'metrics') keepLatest(service, checked as MetricsRecord);
    if (facts.userId !== undefined) service.audience.addUser(timestamp, facts.userId);
    if (facts.error !== undefined) service.audience.addError(timestamp, facts.error);
    this.#addFacts(service, timestamp, facts);
  }

  /**
   * Adds one performance record of an operation that is bound: after the first time no look-up is needed. `error` is
   * `undefined` where it succeeded, else the error's type or `''`.
   */
  addOperation(
    operation: OperationRef,
    duration: number,
    timestamp: number,
    error: string | undefined,
    live = false,
  ): void {
    const known = operation.target;
    const target = known instanceof OperationTarget && known.epoch === this.#epoch ? known : this.#bind(operation);
    const { service, series } = target;
    // Before the service moves on, so that the series does not count as idle and go.
    if (timestamp > series.newest) series.newest = timestamp;
    this.#arrive(service, timestamp, live);
    const failed = error !== undefined;
    if (failed) service.audience.addError(timestamp, errorText(error, `${operation.operation} failed`));
    const sinceMinute = timestamp - target.minute;
    if (!(sinceMinute >= 0 && sinceMinute < MINUTE_MS && target.minute >= service.closedUpTo)) {
      const minute = bucketStart(timestamp, MINUTE_MS);
      if (minute < service.closedUpTo) {
        this.#addLateOperation(target, minute, timestamp, duration, failed);
        return;
      }
      // The service's own bucket marks the minute as open.
      service.timeline.openMinute(minute);
      target.accumulator = series.timeline.openMinute(minute);
      target.minute = minute;
    }
    (target.accumulator as SeriesAccumulator).addOperation(timestamp, duration, failed);
  }

  /**
   * Moves the watermark of every service, or only of live ones, up to `nowMs` less the lateness, and returns the buckets
   * that have closed since the last call, those closed by `add` included: by time, shorter periods first.
   */
  advance(nowMs: number, options: { readonly liveOnly?: boolean } = {}): Aggregation[] {
    const { liveOnly = false } = options;
    const watermark = nowMs - this.#latenessMs;
    for (const service of this.#services.values()) {
      if (liveOnly && !service.live) continue;
      this.#moveOn(service, watermark, watermark);
    }
    return this.takeClosed();
  }

  /** Whether there is anything to take. */
  get hasOutput(): boolean {
    return this.#closed.length > 0 || this.#samples.length > 0 || this.#evicted !== NOTHING_EVICTED;
  }

  /** The buckets that have closed since they were last taken; moves nothing on. */
  takeClosed(): Aggregation[] {
    const closed = this.#closed;
    if (closed.length === 0) return [];
    this.#closed = [];
    const aggregations: Aggregation[] = [];
    for (const { service, level, start } of closed) {
      const aggregation = readAggregation(service, this.#series, level, start);
      if (aggregation !== undefined) aggregations.push(aggregation);
    }
    return aggregations;
  }

  /** Samples of watched series since they were last taken, in order within each series. */
  takeSamples(): WatchedSample[] {
    if (this.#samples.length === 0) return this.#samples;
    const samples = this.#samples;
    this.#samples = [];
    return samples;
  }

  /** What was evicted since it was last taken. */
  takeEvicted(): Evicted {
    const evicted = this.#evicted;
    this.#evicted = NOTHING_EVICTED;
    return evicted;
  }

  /**
   * Samples of slots that are not over yet, for readers who do not want to wait for the next record; of 1,000 series at
   * most. More records of the same second change them, and they come again, from `takeSamples`, when their slot is over.
   */
  waitingSamples(): WatchedSample[] {
    const samples: WatchedSample[] = [];
    for (const service of this.#services.values()) {
      for (const { waitingSample } of service.waiting) {
        if (samples.length === MAX_WAITING) return samples;
        if (waitingSample !== undefined) samples.push(waitingSample);
      }
    }
    return samples;
  }

  /**
   * Buckets of one service, oldest first. Without options, for each period the newest closed bucket, or the open one
   * where none has closed.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`
   */
  getAggregations(serviceId: string, query: BucketQuery = {}): Aggregation[] {
    const checked = isEmptyQuery(query) ? undefined : checkQuery(query);
    const service = this.#services.get(serviceId);
    if (service === undefined) return [];
    if (checked === undefined) return newestAggregations(service, this.#series);
    return rangeAggregations(service, this.#series, checked);
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
    const service = this.#services.get(serviceId);
    return service === undefined ? [] : readSeries(service, this.#series, metricName, labels, checked);
  }

  /** Ids of the known services, in order of appearance. */
  get serviceIds(): string[] {
    return [...this.#services.keys()];
  }

  /** Timestamp of the newest record, of one service or of all; `undefined` where there is none. */
  newestTimestamp(serviceId?: string): number | undefined {
    let newest = Number.NEGATIVE_INFINITY;
    for (const service of this.#services.values()) {
      if (serviceId === undefined || service.serviceId === serviceId) newest = Math.max(newest, service.newest);
    }
    return newest === Number.NEGATIVE_INFINITY ? undefined : newest;
  }

  /** Newest value of each gauge that the service has sent; `undefined` where it has sent none. */
  latestMetrics(serviceId: string): MetricsRecord | undefined {
    const service = this.#services.get(serviceId);
    return service?.latest === undefined ? undefined : { ...service.latest, serviceId };
  }

  /** Most frequent errors of the newest two UTC days, with the largest possible overcount as `error`. */
  topErrors(serviceId: string, limit: number): TopEntry[] {
    return this.#services.get(serviceId)?.audience.topErrors().top(limit) ?? [];
  }

  /** Most active users of the newest two UTC days, with the largest possible overcount as `error`. */
  topUsers(serviceId: string, limit: number): TopEntry[] {
    return this.#services.get(serviceId)?.audience.topUsers().top(limit) ?? [];
  }

  /** Counts and sizes. O(series) where something overflowed, else O(services). */
  stats(): AggregatorStats {
    let bytes = this.#budget.used + this.#series.size * SERIES_BYTES + this.#services.size * SERVICE_BYTES;
    for (const service of this.#services.values()) bytes += service.audience.byteLength;
    return {
      late: this.#late,
      dropped: this.#dropped,
      overflow: this.#limit.entries(this.#series),
      series: this.#series.size,
      maxSeries: this.#maxSeries,
      bytes,
    };
  }

  /** All state; what has closed or was sampled and not yet been taken is left out, so take it first. */
  snapshot(): AggregatorSnapshot {
    return {
      version: 1,
      services: [...this.#services.values()].map((service) => service.snapshot()),
      series: [...this.#series.entries()].map(([, series]) => series.snapshot()),
      overflow: this.#limit.entries(this.#series),
      late: this.#late,
      dropped: this.#dropped,
    };
  }

  /** @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is of another version or damaged */
  static restore(snapshot: AggregatorSnapshot, options?: AggregatorOptions): Aggregator {
    checkSnapshotVersion('aggregator', snapshot, 1);
    const aggregator = new Aggregator(options);
    aggregator.#load(snapshot);
    return aggregator;
  }

  #load(snapshot: AggregatorSnapshot): void {
    for (const service of snapshot.services) {
      this.#services.set(service.serviceId, new ServiceState(service.serviceId, this.#budget, service));
    }
    for (const saved of snapshot.series) {
      this.#series.add(saved.series, (id) => new SeriesState(id, this.#budget, saved));
    }
    for (const { serviceId, waiting } of snapshot.services) {
      const service = this.#services.get(serviceId) as ServiceState;
      for (const id of waiting) {
        const series = this.#series.get(id);
        if (series !== undefined) this.#await(service, series);
      }
    }
    this.#limit = new SeriesLimit(snapshot.overflow);
    this.#late = snapshot.late;
    this.#dropped = snapshot.dropped;
  }

  #bind(operation: OperationRef): OperationTarget {
    const service = this.#serviceOf(operation.serviceId);
    service.hasOperations = true;
    const labels = { operation: operation.operation };
    const target = new OperationTarget(service, this.#seriesOf(service, OPERATION_DURATION, labels), this.#epoch);
    // What overflowed may have room next time, and is to be counted each time.
    operation.target = isOverflow(target.series.series) ? undefined : target;
    return target;
  }

  /** Takes note of a record's time: late, ordinary, or one that moves its service on. */
  #arrive(service: ServiceState, timestamp: number, live: boolean): void {
    if (timestamp >= service.newest) {
      if (timestamp - service.newest >= CUT_MS && isSteady(service, bucketStart(service.newest, MINUTE_MS))) {
        service.cutMinute = bucketStart(timestamp, MINUTE_MS);
      }
      service.newest = timestamp;
      service.live = live;
      if (timestamp >= service.deadline) this.#moveOn(service, timestamp, timestamp - this.#latenessMs);
      else service.watermark = Math.max(service.watermark, timestamp - this.#latenessMs);
    }
    if (timestamp < service.watermark) this.#late++;
  }

  /** Ends the slots that are over at `time`, and closes the buckets that end by `watermark`. */
  #moveOn(service: ServiceState, time: number, watermark: number): void {
    if (time >= service.nextSlotEnd) this.#endSlots(service, time);
    this.#moveWatermark(service, watermark);
    this.#setDeadline(service);
  }

  #setDeadline(service: ServiceState): void {
    service.deadline = Math.min(service.nextSlotEnd, service.closedUpTo + MINUTE_MS + this.#latenessMs);
  }

  #addFacts(service: ServiceState, timestamp: number, facts: RecordFacts): void {
    const minute = bucketStart(timestamp, MINUTE_MS);
    if (minute >= service.closedUpTo) {
      service.timeline.openMinute(minute).add(facts.counts);
      for (const sample of facts.samples) {
        const series = this.#seriesOf(service, sample.metricName, sample.labels);
        series.timeline.openMinute(minute).add(timestamp, sample.value);
        this.#watch(service, series, timestamp, sample);
      }
    } else if (timestamp < service.closedUpTo - this.#retentionMs) {
      this.#dropped++;
    } else {
      this.#addToClosed(service, minute, timestamp, facts);
    }
  }

  /** A record whose minute is closed: every closed bucket that covers it, and is still kept, takes it in. */
  #addToClosed(service: ServiceState, minute: number, timestamp: number, facts: RecordFacts): void {
    const counts = new ServiceAccumulator();
    counts.add(facts.counts);
    const parts = facts.samples.map((sample) => {
      const series = this.#seriesOf(service, sample.metricName, sample.labels);
      const late = new SeriesAccumulator();
      late.add(timestamp, sample.value);
      this.#watch(service, series, timestamp, sample);
      return { series, late };
    });
    this.#mergeLate(service, minute, counts, parts);
  }

  #addLateOperation(
    { service, series }: OperationTarget,
    minute: number,
    timestamp: number,
    duration: number,
    failed: boolean,
  ): void {
    if (timestamp < service.closedUpTo - this.#retentionMs) {
      this.#dropped++;
      return;
    }
    const late = new SeriesAccumulator();
    late.addOperation(timestamp, duration, failed);
    const counts = new ServiceAccumulator();
    counts.mergeOperation(late);
    this.#mergeLate(service, minute, counts, [{ series, late }]);
  }

  /** Merges late data into every closed bucket that covers `minute`. */
  #mergeLate(service: ServiceState, minute: number, counts: ServiceAccumulator, parts: readonly LatePart[]): void {
    let isKept = false;
    for (let level = 0; level < LEVELS; level++) {
      const width = levelWidth(level);
      const start = bucketStart(minute, width);
      if (start + width > service.closedUpTo) {
        service.pending[level]?.add(start);
        return;
      }
      if (start < (service.keptFrom[level] as number)) continue;
      isKept = true;
      service.timeline.mergeClosed(level, start, counts);
      for (const { series, late } of parts) series.timeline.mergeClosed(level, start, late);
    }
    if (!isKept) this.#dropped++;
  }

  #watch(service: ServiceState, series: SeriesState, timestamp: number, sample: RecordSample): void {
    if (this.#keepSamples && sample.watched && !isOverflow(series.series)) {
      this.#pushSample(series.gather(timestamp, sample.value, this.#resolutionMs));
      this.#await(service, series);
    }
    series.newest = Math.max(series.newest, timestamp);
  }

  #await(service: ServiceState, series: SeriesState): void {
    const end = series.slotEnd(this.#resolutionMs);
    if (end === undefined) return;
    service.waiting.add(series);
    service.nextSlotEnd = Math.min(service.nextSlotEnd, end);
    this.#setDeadline(service);
  }

  /** Ends the slots that are over at `time`. */
  #endSlots(service: ServiceState, time: number): void {
    service.nextSlotEnd = Number.POSITIVE_INFINITY;
    for (const series of service.waiting) {
      const end = series.slotEnd(this.#resolutionMs);
      if (end === undefined || end <= time) {
        this.#pushSample(series.endSlot());
        service.waiting.delete(series);
      } else {
        service.nextSlotEnd = Math.min(service.nextSlotEnd, end);
      }
    }
  }

  #pushSample(sample: WatchedSample | undefined): void {
    if (sample === undefined) return;
    if (this.#samples.length < this.#maxSeries * OUTPUT_PER_SERIES) this.#samples.push(sample);
    else this.#dropped++;
  }

  #moveWatermark(service: ServiceState, watermark: number): void {
    if (watermark <= service.watermark) return;
    service.watermark = watermark;
    const closedUpTo = bucketStart(watermark, MINUTE_MS);
    if (closedUpTo <= service.closedUpTo) return;
    service.closedUpTo = closedUpTo;
    for (const minute of service.timeline.openStarts) if (minute < closedUpTo) this.#closeMinute(service, minute);
    let hourClosed = false;
    for (let level = 1; level < LEVELS; level++) {
      const closed = this.#closeHigher(service, level);
      hourClosed ||= closed && levelWidth(level) === HOUR_MS;
    }
    // Not before all levels are closed: buckets are merged from those that go.
    if (hourClosed) this.#evictExpired(service);
    if (this.#budget.used > this.#maxBytes) {
      this.#dropped += evictOldest(this.#services.values(), this.#series, this.#budget, this.#maxBytes);
    }
  }

  #closeMinute(service: ServiceState, minute: number): void {
    const counted = service.timeline.openMinute(minute);
    const endsCut = service.watermark - minute - MINUTE_MS >= CUT_MS && isSteady(service, minute);
    const isCut = endsCut || minute === service.cutMinute;
    const businessSums = new Map<string, number>();
    for (const [{ metricName }, series] of this.#series.entries(service.serviceId)) {
      const closed = series.timeline.closeMinute(minute);
      if (closed === undefined) continue;
      if (metricName === OPERATION_DURATION) counted.mergeOperation(closed);
      if (!metricName.startsWith(BUSINESS_PREFIX)) continue;
      businessSums.set(metricName, (businessSums.get(metricName) ?? 0) + closed.sum);
    }
    service.timeline.closeMinute(minute);
    service.pending[1]?.add(bucketStart(minute, levelWidth(1)));
    this.#pushClosed(service, 0, minute);
    if (!this.#keepSamples) return;
    const { serviceId } = service;
    for (const [metricName, sampleOf] of WATCHED_PER_MINUTE) {
      if (isCut && metricName === OPERATION_RATE) continue;
      const value = sampleOf(counted);
      if (value !== undefined) this.#pushMinuteSample({ serviceId, metricName }, minute, value);
    }
    if (isCut) return;
    for (const [metricName, sum] of businessSums) this.#pushMinuteSample({ serviceId, metricName }, minute, sum);
  }

  #pushMinuteSample(series: SeriesId, timestamp: number, value: number): void {
    this.#pushSample({ series, timestamp, value });
  }

  /** Closes the buckets of `level` that are over; returns whether there were any. */
  #closeHigher(service: ServiceState, level: number): boolean {
    let closed = false;
    const pending = service.pending[level] as Set<number>;
    const width = levelWidth(level);
    for (const start of [...pending].sort((a, b) => a - b)) {
      if (start + width > service.closedUpTo) continue;
      pending.delete(start);
      for (const [, series] of this.#series.entries(service.serviceId)) series.timeline.closeHigher(level, start);
      service.timeline.closeHigher(level, start);
      if (level + 1 < LEVELS) service.pending[level + 1]?.add(bucketStart(start, levelWidth(level + 1)));
      this.#pushClosed(service, level, start);
      closed = true;
    }
    return closed;
  }

  #evictExpired(service: ServiceState): void {
    this.#addEvicted(evictExpired(service, this.#series, this.#retentionMs));
    if (service.closedUpTo <= this.#idleCheckedAt) return;
    this.#idleCheckedAt = service.closedUpTo;
    for (const idle of this.#services.values()) {
      if (idle.newest >= service.newest - this.#retentionMs) continue;
      this.#addEvicted(evictService(idle, this.#series), [idle.serviceId]);
      this.#services.delete(idle.serviceId);
    }
  }

  #addEvicted(series: readonly SeriesId[], serviceIds: readonly string[] = []): void {
    if (series.length + serviceIds.length === 0) return;
    this.#epoch++;
    const evicted = this.#evicted;
    this.#evicted = {
      series: [...evicted.series, ...series],
      serviceIds: [...evicted.serviceIds, ...serviceIds],
    };
  }

  #pushClosed(service: ServiceState, level: number, start: number): void {
    this.#closed.push({ service, level, start });
    if (this.#closed.length <= this.#maxSeries * OUTPUT_PER_SERIES) return;
    this.#closed.shift();
    this.#dropped++;
  }

  #serviceOf(serviceId: string): ServiceState {
    const known = this.#services.get(serviceId);
    if (known !== undefined) return known;
    const name = this.#services.size < this.#maxSeries ? serviceId : this.#limit.overflowService();
    let service = this.#services.get(name);
    if (service === undefined) {
      service = new ServiceState(name, this.#budget);
      this.#services.set(name, service);
    }
    return service;
  }

  #seriesOf(service: ServiceState, metricName: string, labels: Labels | undefined): SeriesState {
    const id: SeriesId = { serviceId: service.serviceId, metricName, labels };
    const known = this.#series.get(id);
    if (known !== undefined) return known;
    const make = (series: SeriesId): SeriesState => new SeriesState(series, this.#budget);
    if (this.#series.size < this.#maxSeries) return this.#series.add(id, make);
    const overflow = this.#limit.overflowOf(id, this.#series);
    return this.#series.get(overflow) ?? this.#series.add(overflow, make);
  }
}

/** Whether the service was heard in the minute before `minute` too, so that silence after it is unlike it. */
function isSteady(service: ServiceState, minute: number): boolean {
  return service.timeline.starts(0, minute - MINUTE_MS, minute).length > 0;
}

/** Takes the newest value of each gauge; an older snapshot fills only what is missing. */
function keepLatest(service: ServiceState, record: MetricsRecord): void {
  const { serviceId: _, ...gauges } = record;
  const { latest } = service;
  const isNewer = latest === undefined || gauges.timestamp >= latest.timestamp;
  service.latest = isNewer ? { ...latest, ...gauges } : { ...gauges, ...latest };
}
