import type { Aggregator } from '../aggregate/aggregator.ts';
import { checkLabels, checkQuery } from '../aggregate/bucket-query.ts';
import { WATCHED_PER_MINUTE } from '../aggregate/read-series.ts';
import {
  type StoredMetric,
  type StoredService,
  storedAggregations,
  storedMinutes,
  storedSeries,
} from '../aggregate/stored-reading.ts';
import type { Clock } from '../clock.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { bucketStart, PERIOD_MS, PERIODS, type Period } from '../model/period.ts';
import type { RecordByKind, Timestamp } from '../model/records.ts';
import type { Labels } from '../model/series-key.ts';
import type { Store, StoredTable } from '../store/store.ts';
import { type RecordedPrediction, recordedPrediction, type StoredPrediction } from '../store/stored-prediction.ts';

/** What of the history to read. */
export interface HistoryQuery {
  /** Earliest instant, inclusive. Default: as far back as there is anything. */
  readonly from?: Timestamp | undefined;
  /** Latest instant, exclusive. Default: up to the newest. */
  readonly to?: Timestamp | undefined;
  /** Ends it with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** Which buckets of the history to read. */
export interface BucketHistoryQuery extends HistoryQuery {
  /** Default `'1m'`. */
  readonly period?: Period | undefined;
}

/** Which buckets of a metric to read of the history. */
export interface SeriesHistoryQuery extends BucketHistoryQuery {
  /** One label set; `{}` is the series without labels. Default: all of them together. */
  readonly labels?: Labels | undefined;
}

/** Which rows of the history to read. */
export interface RowHistoryQuery extends HistoryQuery {
  /** Of this service only. */
  readonly serviceId?: string | undefined;
}

/** An event or behaviour as it was recorded, where `keepEvents` has it kept. */
export type KeptRecord = {
  readonly [K in 'event' | 'behavior']: { readonly kind: K; readonly record: RecordByKind[K] };
}['event' | 'behavior'];

/** What a history reads from. */
export interface HistorySources {
  /** The parts, `store` where the service is kept in one. */
  readonly read: () => { readonly aggregator: Aggregator; readonly clock: Clock; readonly store: Store | undefined };
  /** Works off what is buffered, and has it stored where there is a store. */
  readonly flush: () => Promise<void>;
  readonly anomalies: (serviceId: string | undefined) => readonly Anomaly[];
}

const NOTHING: StoredMetric = { names: [], buckets: [] };
/** Buckets that are read from memory at a time: a millisecond of work. */
const BUCKETS_AT_A_TIME = 250;

/**
 * All that a service has known, however long ago, as far as its store still has it; of a service without a store what is
 * in memory. Everything comes oldest first, as it is read, so that a year need not be in memory at once, and the event
 * loop turns in between.
 *
 * @example
 * for await (const { timestamp, p95Latency } of service.history.aggregations('shop', { period: '1h' })) {
 *   console.log(new Date(timestamp).toISOString(), p95Latency);
 * }
 */
export class History {
  readonly #sources: HistorySources;

  /** @internal */
  constructor(sources: HistorySources) {
    this.#sources = sources;
  }

  /**
   * Buckets of one service.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`; what the store throws
   */
  async *aggregations(serviceId: string, query: BucketHistoryQuery = {}): AsyncGenerator<Aggregation, void> {
    const { level, from, to } = checkQuery(query);
    const { signal } = query;
    await this.#sources.flush();
    const heldFrom = this.#aggregator.heldFrom(serviceId, PERIODS[level] as Period);
    for await (const stored of this.#storedServices(serviceId, level, from, Math.min(to, heldFrom), signal)) {
      yield* stored.aggregations;
      yield* storedAggregations(serviceId, level, stored);
    }
    yield* this.#held(serviceId, level, Math.max(from, heldFrom), to, signal, (range) =>
      this.#aggregator.getAggregations(serviceId, range),
    );
  }

  /**
   * Buckets of one metric, merged over all label sets unless one is named.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`; what the store throws
   */
  async *series(
    serviceId: string,
    metricName: string,
    query: SeriesHistoryQuery = {},
  ): AsyncGenerator<SeriesBucket, void> {
    const { level, from, to } = checkQuery(query);
    const labels = checkLabels(query.labels);
    const { signal } = query;
    await this.#sources.flush();
    const heldFrom = this.#aggregator.heldFrom(serviceId, PERIODS[level] as Period);
    const end = Math.min(to, heldFrom);
    if (WATCHED_PER_MINUTE.has(metricName)) {
      if (level === 0) {
        for await (const stored of this.#storedServices(serviceId, level, from, end, signal)) {
          yield* storedMinutes(metricName, stored);
        }
      }
    } else {
      for await (const page of this.#storedMetric({ serviceId, metricName, level, from, to: end }, signal)) {
        yield* storedSeries(level, page, labels);
      }
    }
    yield* this.#held(serviceId, level, Math.max(from, heldFrom), to, signal, (range) =>
      this.#aggregator.getSeries(serviceId, metricName, { ...range, labels }),
    );
  }

  /**
   * Episodes by the time they opened, as they are now; open ones too.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`; what the store throws
   */
  async *anomalies(query: RowHistoryQuery = {}): AsyncGenerator<Anomaly, void> {
    const { from, to } = checkQuery(query);
    if (this.#sources.read().store !== undefined) {
      yield* this.#rows<Anomaly>('anomalies', query);
      return;
    }
    await this.#sources.flush();
    const all = this.#sources.anomalies(query.serviceId).filter(({ timestamp }) => timestamp >= from && timestamp < to);
    yield* [...all].reverse();
  }

  /**
   * Predictions with what came of them: of each series and horizon one an hour at most, and the next when the target time of
   * the one before has come. None without a store.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`; what the store throws
   */
  async *predictions(query: RowHistoryQuery = {}): AsyncGenerator<RecordedPrediction, void> {
    for await (const stored of this.#rows<StoredPrediction>('predictions', query)) yield recordedPrediction(stored);
  }

  /**
   * Events and behaviours as they were recorded. None without a store, and `keepEvents`.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION`; what the store throws
   */
  events(query: RowHistoryQuery = {}): AsyncGenerator<KeptRecord, void> {
    return this.#rows('events', query);
  }

  /** Ids of all services of which there is anything, in memory or in the store. */
  async serviceIds(): Promise<string[]> {
    await this.#sources.flush();
    const { aggregator, store } = this.#sources.read();
    return [...new Set([...((await store?.serviceIds()) ?? []), ...aggregator.serviceIds])].sort();
  }

  get #aggregator(): Aggregator {
    return this.#sources.read().aggregator;
  }

  async *#rows<T>(table: StoredTable, query: RowHistoryQuery): AsyncGenerator<T, void> {
    const { from, to } = checkQuery(query);
    const { serviceId, signal } = query;
    signal?.throwIfAborted();
    await this.#sources.flush();
    const { store } = this.#sources.read();
    if (store === undefined) return;
    for await (const rows of store.readRows({ table, serviceId, from, to }, signal)) yield* rows as readonly T[];
  }

  async *#storedMetric(
    query: { serviceId: string; metricName?: string; withOrdinal?: boolean; level: number; from: number; to: number },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoredMetric & { readonly aggregations?: readonly Aggregation[] | undefined }, void> {
    signal?.throwIfAborted();
    if (query.from >= query.to) return;
    yield* this.#sources.read().store?.readBuckets(query, signal) ?? [];
  }

  /** Stored buckets of a service, with those of its series that it takes its latencies from. */
  async *#storedServices(
    serviceId: string,
    level: number,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoredService & { readonly aggregations: readonly Aggregation[] }, void> {
    for await (const { buckets, aggregations = [] } of this.#storedMetric({ serviceId, level, from, to }, signal)) {
      if (aggregations.length > 0) yield { aggregations, buckets: [], operations: NOTHING, latency: undefined };
      if (buckets.length === 0) continue;
      const first = Math.min(...buckets.map(({ starts }) => starts[0] as number));
      const last = Math.max(...buckets.map(({ starts }) => starts.at(-1) as number));
      const range = { serviceId, level, from: first, to: last + 1 };
      const operations = await this.#gather({ ...range, metricName: OPERATION_DURATION, withOrdinal: true }, signal);
      const hasOperations = operations.names.length > 0;
      const latency = hasOperations ? undefined : await this.#gather({ ...range, metricName: 'latency' }, signal);
      yield { buckets, operations, latency, aggregations: [] };
    }
  }

  async #gather(
    query: { serviceId: string; metricName: string; withOrdinal?: boolean; level: number; from: number; to: number },
    signal: AbortSignal | undefined,
  ): Promise<StoredMetric> {
    const names = new Map<number, StoredMetric['names'][number]>();
    const buckets: StoredMetric['buckets'][number][] = [];
    for await (const page of this.#storedMetric(query, signal)) {
      for (const name of page.names) names.set(name.id, name);
      buckets.push(...page.buckets);
    }
    return { names: [...names.values()], buckets };
  }

  /** What is in memory, a stretch of time at a time. */
  async *#held<T>(
    serviceId: string,
    level: number,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
    read: (range: { period: Period; from: number; to: number }) => readonly T[],
  ): AsyncGenerator<T, void> {
    const { aggregator, clock } = this.#sources.read();
    const period = PERIODS[level] as Period;
    const newest = aggregator.newestTimestamp(serviceId);
    if (newest === undefined) return;
    const step = BUCKETS_AT_A_TIME * PERIOD_MS[period];
    // Buckets that an older heldFrom leaves out were never there.
    const first = Math.max(from, aggregator.heldFrom(serviceId, period));
    for (let at = bucketStart(first, PERIOD_MS[period]); at <= newest && at < to; at += step) {
      signal?.throwIfAborted();
      yield* read({ period, from: Math.max(at, from), to: Math.min(at + step, to) });
      await clock.pause();
    }
  }
}
