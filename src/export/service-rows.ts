import { choiceOption, invalidOption } from '../errors.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import type { Prediction } from '../model/forecast.ts';
import { BUSINESS_PREFIX } from '../model/metric-kind.ts';
import { PERIODS, type Period } from '../model/period.ts';
import type { BehaviorRecord, EventRecord, Timestamp } from '../model/records.ts';
import { type SeriesId, seriesKey } from '../model/series-key.ts';
import type { WriteOptions } from './row-slices.ts';
import { type ExportRows, type PredictionRow, type SeriesRow, TABLE_NAMES, type TableName } from './tables.ts';

/** Which part of the history is read. */
interface Range {
  readonly from?: Timestamp | undefined;
  readonly to?: Timestamp | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an export reads of a service; every `Service` is one. */
export interface ExportedService {
  /** Where all series are known. */
  readonly aggregator: {
    /** Those that were ever aggregated, of one service or of all. */
    listSeries(serviceId?: string): readonly SeriesId[];
  };
  /** Those that are watched. */
  listSeries(serviceId?: string): readonly SeriesId[];
  /** Newest first. */
  getPredictions(serviceId: string | undefined, limit: number): readonly Prediction[];
  /** All that was ever known; oldest first. */
  readonly history: {
    /** Of which there is anything. */
    serviceIds(): Promise<readonly string[]>;
    /** Buckets of a service. */
    aggregations(serviceId: string, query: Range & { readonly period: Period }): AsyncIterable<Aggregation>;
    /** Buckets of one series. */
    series(
      serviceId: string,
      metricName: string,
      query: Range & { readonly period: Period; readonly labels: NonNullable<SeriesId['labels']> },
    ): AsyncIterable<SeriesBucket>;
    /** Episodes. */
    anomalies(query: Range & { readonly serviceId?: string | undefined }): AsyncIterable<Anomaly>;
    /** Predictions that were followed, with what came. */
    predictions(query: Range & { readonly serviceId?: string | undefined }): AsyncIterable<PredictionRow>;
    /** Events and behaviours, where they are kept. */
    events(
      query: Range & { readonly serviceId?: string | undefined },
    ): AsyncIterable<
      | { readonly kind: 'event'; readonly record: EventRecord }
      | { readonly kind: 'behavior'; readonly record: BehaviorRecord }
    >;
  };
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

/** What the readers are told. */
interface ReadQuery {
  readonly serviceId: string | undefined;
  readonly metricName: string | undefined;
  readonly period: Period;
  readonly range: Range;
}

const READERS: {
  readonly [Name in TableName]: (service: ExportedService, query: ReadQuery) => AsyncIterable<ExportRows[Name]>;
} = {
  aggregations: aggregationRows,
  series: (service, query) => seriesRows(service, query, () => true),
  anomalies: anomalyRows,
  predictions: predictionRows,
  events: (service, query) => recordRows(service, query, 'event'),
  behaviors: (service, query) => recordRows(service, query, 'behavior'),
  business: (service, query) => seriesRows(service, query, (metricName) => metricName.startsWith(BUSINESS_PREFIX)),
};

/**
 * The rows of a table that a service has, in memory and in its store: buckets service by service and series by series, the
 * others all together; each oldest first. They are read as they are asked for, and what is recorded meanwhile may or may not
 * be among them. Buckets that are still open have `complete: false`. Events and behaviours are there where `keepEvents` has
 * a store keep them; predictions of a service without a store are the present ones.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`; what the store throws
 */
export function exportRows<Name extends TableName>(
  service: ExportedService,
  query: ExportQuery<Name>,
): AsyncIterable<ExportRows[Name]> {
  checkQuery(query);
  const { what, serviceId, metricName, period = '1m', from, to, signal } = query;
  return READERS[what](service, { serviceId, metricName, period, range: { from, to, signal } });
}

/** @throws AnalyticsError `ERR_INVALID_OPTION` for a table, period or instant that there is not */
export function checkQuery({ what, period, from, to }: ExportQuery<TableName>): void {
  choiceOption('what', what, TABLE_NAMES);
  if (period !== undefined) choiceOption('period', period, PERIODS);
  for (const [option, instant] of Object.entries({ from, to })) {
    const isInstant = typeof instant === 'number' || instant instanceof Date;
    if (instant === undefined || (isInstant && !Number.isNaN(Number(instant)))) continue;
    throw invalidOption(option, 'epoch milliseconds or a valid Date', instant);
  }
}

async function* aggregationRows(
  service: ExportedService,
  { serviceId, period, range }: ReadQuery,
): AsyncGenerator<Aggregation> {
  for (const id of await servicesOf(service, serviceId)) {
    yield* service.history.aggregations(id, { ...range, period });
  }
}

async function* seriesRows(
  service: ExportedService,
  { serviceId: wanted, metricName: wantedMetric, period, range }: ReadQuery,
  isWanted: (metricName: string) => boolean,
): AsyncGenerator<SeriesRow> {
  for (const serviceId of await servicesOf(service, wanted)) {
    for (const { metricName, labels } of seriesOf(service, serviceId)) {
      if (!isWanted(metricName) || (wantedMetric ?? metricName) !== metricName) continue;
      const id = labels === undefined ? { serviceId, metricName } : { serviceId, metricName, labels };
      const buckets = service.history.series(serviceId, metricName, { ...range, period, labels: labels ?? {} });
      for await (const bucket of buckets) yield { ...id, ...bucket };
    }
  }
}

async function* anomalyRows(
  service: ExportedService,
  { serviceId, metricName, range }: ReadQuery,
): AsyncGenerator<Anomaly> {
  for await (const anomaly of service.history.anomalies({ ...range, serviceId })) {
    if ((metricName ?? anomaly.metricName) === anomaly.metricName) yield anomaly;
  }
}

async function* predictionRows(
  service: ExportedService,
  { serviceId, metricName, range }: ReadQuery,
): AsyncGenerator<PredictionRow> {
  let hasKept = false;
  for await (const prediction of service.history.predictions({ ...range, serviceId })) {
    hasKept = true;
    if ((metricName ?? prediction.predictionType) === prediction.predictionType) yield prediction;
  }
  if (hasKept) return;
  const from = Number(range.from ?? Number.NEGATIVE_INFINITY);
  const to = Number(range.to ?? Number.POSITIVE_INFINITY);
  for (const id of await servicesOf(service, serviceId)) {
    for (const prediction of service.getPredictions(id, Number.POSITIVE_INFINITY).toReversed()) {
      const { timestamp, predictionType } = prediction;
      const isWithin = timestamp >= from && timestamp < to;
      if (isWithin && (metricName ?? predictionType) === predictionType) yield prediction;
    }
  }
}

async function* recordRows<Kind extends 'event' | 'behavior'>(
  service: ExportedService,
  { serviceId, range }: ReadQuery,
  wanted: Kind,
): AsyncGenerator<Kind extends 'event' ? EventRecord : BehaviorRecord> {
  for await (const { kind, record } of service.history.events({ ...range, serviceId })) {
    if (kind === wanted) yield record as Kind extends 'event' ? EventRecord : BehaviorRecord;
  }
}

async function servicesOf(service: ExportedService, serviceId: string | undefined): Promise<readonly string[]> {
  return serviceId === undefined ? service.history.serviceIds() : [serviceId];
}

/** The recorded series of one service, then those that are made from them. */
function seriesOf(service: ExportedService, serviceId: string): Iterable<SeriesId> {
  const series = [...service.aggregator.listSeries(serviceId), ...service.listSeries(serviceId)];
  return new Map(series.map((id) => [seriesKey(id), id])).values();
}
