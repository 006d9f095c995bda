import { type Clock, SystemClock } from '../clock.ts';
import { choiceOption, invalidOption, objectOption } from '../errors.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import type { Prediction } from '../model/forecast.ts';
import { BUSINESS_PREFIX } from '../model/metric-kind.ts';
import { bucketStart, PERIOD_MS, PERIODS, type Period } from '../model/period.ts';
import type { Timestamp } from '../model/records.ts';
import { type SeriesId, seriesKey } from '../model/series-key.ts';
import type { WriteOptions } from './row-slices.ts';
import type { ExportRows, SeriesRow, TableName } from './tables.ts';

/** Tables that a service has in memory. */
export type ServiceTable = Exclude<TableName, 'events' | 'behaviors'>;

/** Which buckets are asked of a service. */
interface Range {
  readonly period: Period;
  readonly from: number;
  readonly to: number;
}

/** What an export reads of a service; every `Service` is one. */
export interface ExportedService {
  readonly aggregator: {
    readonly serviceIds: readonly string[];
    listSeries(serviceId?: string): readonly SeriesId[];
    newestTimestamp(serviceId?: string): number | undefined;
  };
  listSeries(serviceId?: string): readonly SeriesId[];
  getAggregations(serviceId: string, query: Range): readonly Aggregation[];
  getSeries(
    serviceId: string,
    metricName: string,
    query: Range & { readonly labels?: SeriesId['labels'] },
  ): readonly SeriesBucket[];
  getAnomalies(serviceId: string | undefined, limit: number): readonly Anomaly[];
  getPredictions(serviceId: string | undefined, limit: number): readonly Prediction[];
}

/** What of a service is exported. */
export interface ExportQuery<Name extends TableName> extends WriteOptions {
  /** The table. */
  readonly what: Name;
  /** Default: all services. */
  readonly serviceId?: string | undefined;
  /** Of `series`, `business` (`business.revenue`), `anomalies` and `predictions`. Default: all metrics. */
  readonly metricName?: string | undefined;
  /** Of `aggregations`, `series` and `business`. Default `'1m'`. */
  readonly period?: Period | undefined;
  /** Earliest timestamp, inclusive. Default: as far back as there is anything. */
  readonly from?: Timestamp | undefined;
  /** Latest timestamp, exclusive. Default: up to the newest. */
  readonly to?: Timestamp | undefined;
}

/** A query with its defaults filled in. */
interface CheckedQuery extends Range {
  readonly serviceId: string | undefined;
  readonly metricName: string | undefined;
  /** Lets the event loop turn; throws what `signal` says. */
  readonly turn: () => Promise<void>;
}

const DAY_MS = PERIOD_MS['1d'];
/** Minutes of a day are read in as many parts: some milliseconds each. Longer buckets of a day are few enough. */
const MINUTE_PARTS = 8;

const READERS: {
  readonly [Name in ServiceTable]: (service: ExportedService, query: CheckedQuery) => AsyncGenerator<ExportRows[Name]>;
} = {
  aggregations: aggregationRows,
  series: (service, query) => seriesRows(service, query, () => true),
  business: (service, query) => seriesRows(service, query, (name) => name.startsWith(BUSINESS_PREFIX)),
  anomalies: anomalyRows,
  predictions: predictionRows,
};

/** Names of the tables that a service has in memory. */
export const SERVICE_TABLES = Object.keys(READERS) as readonly ServiceTable[];

/**
 * The rows of a table that a service has in memory: buckets service by service and series by series, oldest first; anomalies
 * and predictions oldest first. Reads them as they are asked for, and lets the event loop turn every few milliseconds; what
 * is recorded meanwhile may or may not be among them. Buckets that are still open have `complete: false`.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`, also for `events` and `behaviors`, which a service does not keep
 */
export function exportRows<Name extends TableName>(
  service: ExportedService,
  query: ExportQuery<Name>,
): AsyncGenerator<ExportRows[Name], void> {
  const what = choiceOption('what', objectOption('query', query).what, SERVICE_TABLES);
  return READERS[what](service, checkQuery(query)) as AsyncGenerator<ExportRows[Name], void>;
}

async function* aggregationRows(service: ExportedService, query: CheckedQuery): AsyncGenerator<Aggregation> {
  for (const serviceId of servicesOf(service, query)) {
    const days = service.getAggregations(serviceId, { ...daysOf(query), period: '1d' });
    for (const range of rangesIn(days, service.aggregator.newestTimestamp(serviceId), query)) {
      yield* service.getAggregations(serviceId, range);
      await query.turn();
    }
  }
}

async function* seriesRows(
  service: ExportedService,
  query: CheckedQuery,
  isWanted: (metricName: string) => boolean,
): AsyncGenerator<SeriesRow> {
  for (const serviceId of servicesOf(service, query)) {
    const newest = service.aggregator.newestTimestamp(serviceId);
    for (const { metricName, labels = {} } of seriesOf(service, serviceId)) {
      if (!isWanted(metricName) || (query.metricName ?? metricName) !== metricName) continue;
      const id: SeriesId =
        Object.keys(labels).length === 0 ? { serviceId, metricName } : { serviceId, metricName, labels };
      const days = service.getSeries(serviceId, metricName, { ...daysOf(query), period: '1d', labels });
      for (const range of rangesIn(days, newest, query)) {
        for (const bucket of service.getSeries(serviceId, metricName, { ...range, labels })) yield { ...id, ...bucket };
        await query.turn();
      }
    }
  }
}

async function* anomalyRows(service: ExportedService, query: CheckedQuery): AsyncGenerator<Anomaly> {
  for (const anomaly of service.getAnomalies(query.serviceId, Number.POSITIVE_INFINITY).toReversed()) {
    if (isWithin(anomaly, query) && (query.metricName ?? anomaly.metricName) === anomaly.metricName) yield anomaly;
  }
}

async function* predictionRows(service: ExportedService, query: CheckedQuery): AsyncGenerator<Prediction> {
  for (const serviceId of servicesOf(service, query)) {
    for (const prediction of service.getPredictions(serviceId, Number.POSITIVE_INFINITY).toReversed()) {
      const { predictionType } = prediction;
      if (isWithin(prediction, query) && (query.metricName ?? predictionType) === predictionType) yield prediction;
    }
    await query.turn();
  }
}

function servicesOf({ aggregator }: ExportedService, { serviceId }: CheckedQuery): readonly string[] {
  return serviceId === undefined ? aggregator.serviceIds : [serviceId];
}

/** The recorded series of one service, then those that are made from them. */
function seriesOf(service: ExportedService, serviceId: string): Iterable<SeriesId> {
  const series = [...service.aggregator.listSeries(serviceId), ...service.listSeries(serviceId)];
  return new Map(series.map((id) => [seriesKey(id), id])).values();
}

/** The days that a range touches, and the one before, of which the end may still be kept in shorter buckets. */
function daysOf({ from, to }: Range): Pick<Range, 'from' | 'to'> {
  return { from: bucketStart(from, DAY_MS) - DAY_MS, to };
}

/** The parts of a query's range in which there may be buckets, each short enough to be read at once. */
function* rangesIn(
  days: readonly { readonly timestamp: number }[],
  newest: number | undefined,
  { period, from, to }: Range,
): Generator<Range> {
  const first = days[0]?.timestamp ?? (newest === undefined ? undefined : bucketStart(newest, DAY_MS) + DAY_MS);
  if (first === undefined) return;
  const parts = period === '1m' ? MINUTE_PARTS : 1;
  for (const day of [first - DAY_MS, ...days.map(({ timestamp }) => timestamp)]) {
    for (let part = 0; part < parts; part++) {
      const start = day + (part * DAY_MS) / parts;
      const range = { period, from: Math.max(from, start), to: Math.min(to, start + DAY_MS / parts) };
      if (range.from < range.to) yield range;
    }
  }
}

function isWithin({ timestamp }: { readonly timestamp: number }, { from, to }: Range): boolean {
  return timestamp >= from && timestamp < to;
}

function checkQuery(query: ExportQuery<TableName>): CheckedQuery {
  const { serviceId, metricName, period = '1m', from, to, signal } = query;
  const clock: Clock = query.clock ?? new SystemClock();
  return {
    serviceId,
    metricName,
    period: choiceOption('period', period, PERIODS),
    from: instantOption('from', from, Number.NEGATIVE_INFINITY),
    to: instantOption('to', to, Number.POSITIVE_INFINITY),
    turn: async () => {
      await clock.pause();
      signal?.throwIfAborted();
    },
  };
}

function instantOption(option: string, value: Timestamp | undefined, fallback: number): number {
  const instant = value === undefined ? fallback : Number(value);
  if (value !== undefined && typeof value !== 'number' && !(value instanceof Date)) {
    throw invalidOption(option, 'epoch milliseconds or a valid Date', value);
  }
  if (Number.isNaN(instant)) throw invalidOption(option, 'epoch milliseconds or a valid Date', value);
  return instant;
}
