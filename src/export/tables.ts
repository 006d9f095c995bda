import type { Anomaly } from '../model/anomaly.ts';
import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import type { Prediction } from '../model/forecast.ts';
import { BUSINESS_PREFIX } from '../model/metric-kind.ts';
import type { BehaviorRecord, EventRecord } from '../model/records.ts';
import type { SeriesId } from '../model/series-key.ts';
import { snakeCase } from '../model/wire.ts';

/** One bucket of one series: a row of the tables `series` and `business`. */
export interface SeriesRow extends SeriesId, SeriesBucket {}

/** What can be exported, with what a row of it is made from. */
export interface ExportRows {
  readonly aggregations: Aggregation;
  readonly series: SeriesRow;
  readonly anomalies: Anomaly;
  readonly predictions: Prediction;
  readonly events: EventRecord;
  readonly behaviors: BehaviorRecord;
  /** Buckets of the series `business.<metricType>`. */
  readonly business: SeriesRow;
}

/** Name of a table. */
export type TableName = keyof ExportRows;

/** What a row has in a column of each type; `undefined` where it has nothing. */
interface CellOf {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  /** Text that comes again and again: names of services and metrics, label sets. */
  readonly name: string;
  /** Text that is another one in each row, and often begins like the one before. */
  readonly id: string;
  readonly text: string;
  /** A whole number. */
  readonly count: number;
  readonly number: number;
  readonly flag: boolean;
}

/** Type of a column. */
export type ColumnType = keyof CellOf;

/** One column of a table. */
export interface Column<Row> {
  /** As the REST API has it. */
  readonly name: string;
  readonly type: ColumnType;
  /** Whether every row has something in it. */
  readonly required: boolean;
  readonly read: (row: Row) => CellOf[ColumnType] | undefined;
}

/** Fields of a row that a column of a type can be filled from. */
type FieldOf<Row, Type extends ColumnType> = {
  [Field in keyof Row]-?: Row[Field] extends CellOf[Type] | undefined ? Field : never;
}[keyof Row] &
  string;

const BUCKET_NUMBERS = ['sum', 'min', 'max', 'avg', 'last', 'p50', 'p95', 'p99'] as const;

/** The columns of each table, in the order in which they are written. */
export const TABLES: { readonly [Name in TableName]: readonly Column<ExportRows[Name]>[] } = {
  aggregations: [
    column('id', 'id'),
    column('timestamp', 'timestamp'),
    column('serviceId', 'name'),
    column('period', 'name'),
    column('eventCount', 'count'),
    optional('avgLatency', 'number'),
    optional('p50Latency', 'number'),
    optional('p95Latency', 'number'),
    optional('p99Latency', 'number'),
    column('errorCount', 'count'),
    optional('errorRate', 'number'),
    optional('successRate', 'number'),
    optional('throughput', 'number'),
    optional('distinctUsers', 'number'),
    column('complete', 'flag'),
  ],
  series: [
    column('timestamp', 'timestamp'),
    column('serviceId', 'name'),
    column('metricName', 'name'),
    made('labels', 'name', labelsOf),
    column('period', 'name'),
    column('count', 'count'),
    ...BUCKET_NUMBERS.map((field) => optional<SeriesRow, 'number'>(field, 'number')),
    column('complete', 'flag'),
  ],
  anomalies: [
    column('id', 'id'),
    column('timestamp', 'timestamp'),
    column('serviceId', 'name'),
    column('metricName', 'name'),
    made('labels', 'name', labelsOf),
    optional('currentValue', 'number'),
    optional('expectedValue', 'number'),
    optional('lower', 'number'),
    optional('upper', 'number'),
    optional('deviation', 'number'),
    optional('score', 'number'),
    column('severity', 'name'),
    column('direction', 'name'),
    column('kind', 'name'),
    column('status', 'name'),
    made('silenced', 'flag', ({ silenced }) => silenced === true),
    made('deploy_timestamp', 'timestamp', ({ deploy }) => deploy?.timestamp),
    made('deploy_version', 'name', ({ deploy }) => deploy?.version),
    column('startedAt', 'timestamp'),
    optional('endedAt', 'timestamp'),
    column('samples', 'count'),
    column('description', 'text'),
  ],
  predictions: [
    column('id', 'id'),
    column('timestamp', 'timestamp'),
    column('predictionType', 'name'),
    column('serviceId', 'name'),
    made('labels', 'name', labelsOf),
    optional('predictedValue', 'number'),
    optional('lower', 'number'),
    optional('upper', 'number'),
    optional('level', 'number'),
    optional('confidence', 'number'),
    column('timeHorizon', 'name'),
    column('targetTime', 'timestamp'),
    column('model', 'name'),
    column('samples', 'count'),
    made('accuracy_scored', 'count', ({ accuracy }) => accuracy?.scored),
    made('accuracy_mean_absolute_error', 'number', ({ accuracy }) => accuracy?.meanAbsoluteError),
    made('accuracy_relative_error', 'number', ({ accuracy }) => accuracy?.relativeError),
    made('accuracy_coverage', 'number', ({ accuracy }) => accuracy?.coverage),
    column('recommendation', 'text'),
  ],
  events: [
    column('timestamp', 'timestamp'),
    column('serviceId', 'name'),
    column('eventType', 'name'),
    optional('userId', 'text'),
    made('tags', 'name', ({ tags }) => jsonOf(tags)),
    made('metadata', 'text', ({ metadata }) => jsonOf(metadata)),
  ],
  behaviors: [
    column('timestamp', 'timestamp'),
    column('serviceId', 'name'),
    column('userId', 'text'),
    column('action', 'name'),
    optional('contentId', 'text'),
    optional('clientIp', 'text'),
    optional('userAgent', 'text'),
    optional('sessionId', 'text'),
    optional('duration', 'number'),
    column('success', 'flag'),
    optional('errorMessage', 'text'),
  ],
  business: [
    column('timestamp', 'timestamp'),
    column('serviceId', 'name'),
    { name: 'metric_type', type: 'name', required: true, read: metricType },
    made('labels', 'name', labelsOf),
    column('period', 'name'),
    column('count', 'count'),
    ...BUCKET_NUMBERS.map((field) => optional<SeriesRow, 'number'>(field, 'number')),
    column('complete', 'flag'),
  ],
};

/** Names of all tables. */
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

/** A column that is a field of the row, and that every row has. */
function column<Row, Type extends ColumnType>(field: FieldOf<Row, Type>, type: Type): Column<Row> {
  return { ...optional<Row, Type>(field, type), required: true };
}

/** A column that is a field of the row. */
function optional<Row, Type extends ColumnType>(field: FieldOf<Row, Type>, type: Type): Column<Row> {
  return made(snakeCase(field), type, (row) => row[field] as CellOf[Type] | undefined);
}

/** A column that is made from the row. */
function made<Row, Type extends ColumnType>(
  name: string,
  type: Type,
  read: (row: Row) => CellOf[Type] | undefined,
): Column<Row> {
  return { name, type, required: false, read };
}

/** `{"queue":"mail"}`, with its names in order, so that equal label sets are equal texts. */
function labelsOf({ labels }: { readonly labels?: SeriesId['labels'] }): string | undefined {
  if (labels === undefined) return undefined;
  return JSON.stringify(labels, Object.keys(labels).sort());
}

function jsonOf(value: object | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function metricType({ metricName }: SeriesRow): string {
  return metricName.startsWith(BUSINESS_PREFIX) ? metricName.slice(BUSINESS_PREFIX.length) : metricName;
}
