import { z } from '@hono/zod-openapi';
import { TABLE_NAMES } from '../export/tables.ts';
import { type Anomaly, SEVERITIES, type Severity } from '../model/anomaly.ts';
import { PERIODS, type Period } from '../model/period.ts';
import type { Labels } from '../model/series-key.ts';
import { STREAMED, type StreamedEvent } from './event-feed.ts';
import { EXPORT_TYPES, type ExportFormat, type TableQuery } from './exports.ts';
import { parseInstant } from './instant.ts';
import { DRAWN, type DrawnField } from './paging.ts';

/** What may be asked of a service, or of all. */
export interface ServiceQuery {
  readonly service_id?: string | undefined;
}

interface RangeQuery extends ServiceQuery {
  /** Epoch milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Which buckets of a service. */
export interface AggregationsQuery extends RangeQuery {
  readonly period?: Period | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Which buckets of a metric. */
export interface BucketsQuery extends RangeQuery {
  readonly metric_name: string;
  readonly period?: Period | undefined;
  readonly labels?: Labels | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly points?: number | undefined;
  readonly field: DrawnField;
}

/** Which series to read the newest bucket of. */
export interface LatestQuery extends ServiceQuery {
  readonly metric_name?: string | undefined;
  readonly period?: Period | undefined;
  readonly limit: number;
}

/** What to draw. */
export interface DrawQuery extends RangeQuery {
  readonly metric_name: string;
  readonly labels?: Labels | undefined;
  readonly points: number;
}

/** Which episodes. */
export interface AnomaliesQuery extends RangeQuery {
  readonly metric_name?: string | undefined;
  readonly status?: Anomaly['status'] | undefined;
  readonly severity?: Severity | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Which forecasts. */
export interface PredictionsQuery extends ServiceQuery {
  readonly metric_name?: string | undefined;
  readonly time_horizon?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What to forecast. */
export interface ForecastQuery extends ExplainQuery {
  readonly horizon: string;
  readonly level?: number | undefined;
}

/** Which threshold a series may pass. */
export interface ThresholdQuery extends ExplainQuery {
  readonly threshold: number;
  readonly direction?: 'above' | 'below' | undefined;
  readonly level?: number | undefined;
}

/** What to explain. */
export interface ExplainQuery extends ServiceQuery {
  readonly metric_name: string;
  readonly labels?: Labels | undefined;
}

/** What to stream. */
export interface StreamQuery extends ServiceQuery {
  readonly type?: readonly StreamedEvent[] | undefined;
}

interface Queries {
  none: Readonly<Record<string, never>>;
  service: ServiceQuery;
  aggregations: AggregationsQuery;
  series: BucketsQuery;
  latest: LatestQuery;
  chart: DrawQuery;
  anomalies: AnomaliesQuery;
  predictions: PredictionsQuery;
  forecast: ForecastQuery;
  threshold: ThresholdQuery;
  explain: ExplainQuery;
  stream: StreamQuery;
  export: TableQuery;
}

/** Items of one page: bounded, so that no question takes long to answer. */
const MAX_LIMIT = 1000;
const MAX_POINTS = 1000;
const MAX_NAME = 256;

const name = z.string().min(1).max(MAX_NAME);
const serviceId = name.optional().openapi({ description: 'Where it is left out: all services, or the default one.' });
const metricName = name.openapi({ example: 'operation_latency_p95' });
const period = z.enum(PERIODS).optional();
const cursor = z
  .string()
  .max(2 * MAX_NAME)
  .optional()
  .openapi({ description: 'From the `next` link of an earlier page.' });

const instant = z
  .string()
  .transform((value) => parseInstant(/^\d{1,15}$/.test(value) ? Number(value) : value))
  .refine(Number.isFinite, 'must be ISO 8601 with an offset, such as 2026-01-05T09:00:00Z, or epoch milliseconds')
  .optional()
  .openapi({ type: 'string', description: 'ISO 8601 with an offset, or epoch milliseconds.' });

const range = {
  from: instant,
  to: instant,
};

/** Not `z.coerce`, which takes an empty text for 0. */
const numberOf = (rule: z.ZodNumber): z.ZodType<number, number | string> =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i, 'must be a number')
    .transform(Number)
    .pipe(rule);

/** Of an interval. */
const level = numberOf(z.number().gt(0).lt(1)).optional().openapi({ type: 'number' });
const limit = numberOf(z.number().int().min(1).max(MAX_LIMIT)).openapi({
  type: 'integer',
  minimum: 1,
  maximum: MAX_LIMIT,
});
const points = numberOf(z.number().int().min(2).max(MAX_POINTS));

const labels = z
  .string()
  .max(32 * 4 * MAX_NAME)
  .transform((value, context): Labels => {
    const parsed = readLabels(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'must be a JSON object of texts, such as {"queue":"mail"}' });
    return z.NEVER;
  })
  .optional()
  .openapi({ type: 'string', description: 'One label set as a JSON object; `{}` is the series without labels.' });

const types = z
  .string()
  .max(MAX_NAME)
  .transform((value, context): readonly StreamedEvent[] => {
    const wanted = value.split(',');
    const found = STREAMED.filter((type) => wanted.includes(type));
    if (found.length === new Set(wanted).size) return found;
    context.addIssue({ code: 'custom', message: `must be some of ${STREAMED.join(',')}` });
    return z.NEVER;
  })
  .optional()
  .openapi({ type: 'string', description: `Some of ${STREAMED.join(', ')}, with commas between; default all.` });

/** What may be asked, by path; anything else in a query is refused. */
export const QUERIES: { readonly [Name in keyof Queries]: z.ZodType<Queries[Name]> } = {
  none: z.strictObject({}),
  service: z.strictObject({ service_id: serviceId }),
  aggregations: z.strictObject({
    service_id: serviceId,
    period,
    ...range,
    limit: limit.optional(),
    cursor,
  }),
  series: z.strictObject({
    service_id: serviceId,
    metric_name: metricName,
    period,
    ...range,
    labels,
    limit: limit.default(100),
    cursor,
    points: points.optional().openapi({
      type: 'integer',
      description:
        'At most so many buckets, of a period that fits unless one is named; peaks and dips of `field` are kept.',
    }),
    field: z.enum(DRAWN).default('avg').openapi({ description: 'What is drawn, where `points` is given.' }),
  }),
  latest: z.strictObject({
    service_id: serviceId,
    metric_name: metricName.optional(),
    period,
    limit: limit.default(100),
  }),
  chart: z.strictObject({
    service_id: serviceId,
    metric_name: metricName,
    labels,
    ...range,
    points: points.default(500).openapi({ type: 'integer' }),
  }),
  anomalies: z.strictObject({
    service_id: serviceId,
    metric_name: metricName.optional(),
    status: z.enum(['open', 'closed']).optional(),
    severity: z.enum(SEVERITIES).optional(),
    ...range,
    limit: limit.default(10),
    cursor,
  }),
  predictions: z.strictObject({
    service_id: serviceId,
    metric_name: metricName.optional(),
    time_horizon: z.string().max(MAX_NAME).optional().openapi({ example: '1h' }),
    limit: limit.default(10),
    cursor,
  }),
  forecast: z.strictObject({
    service_id: serviceId,
    metric_name: metricName,
    labels,
    horizon: z
      .string()
      .regex(/^\d{1,6}[smhd]$/, 'must be a number and s, m, h or d, such as 30m')
      .default('5m')
      .openapi({ example: '30m' }),
    level,
  }),
  threshold: z.strictObject({
    service_id: serviceId,
    metric_name: metricName,
    labels,
    threshold: numberOf(z.number()).openapi({ type: 'number', example: 90 }),
    direction: z.enum(['above', 'below']).optional(),
    level,
  }),
  explain: z.strictObject({ service_id: serviceId, metric_name: metricName, labels }),
  stream: z.strictObject({ service_id: serviceId, type: types }),
  export: z.strictObject({
    what: z.enum(TABLE_NAMES),
    format: z.enum(Object.keys(EXPORT_TYPES) as ExportFormat[]).default('csv'),
    service_id: name.optional().openapi({ description: 'Where it is left out: all services.' }),
    metric_name: metricName.optional(),
    period,
    ...range,
  }),
};

function readLabels(text: string): Labels | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.values(value).every((label) => typeof label === 'string') ? (value as Labels) : undefined;
  } catch {
    return undefined;
  }
}
