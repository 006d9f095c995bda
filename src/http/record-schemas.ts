import { z } from '@hono/zod-openapi';
import type { RecordKind } from '../model/records.ts';
import { parseInstant } from './instant.ts';
import { type Issue, pointer } from './problem.ts';

/** Characters of a name, and of a free text; labels of a record; items of a request: as the border has them. */
const MAX_NAME = 256;
const MAX_TEXT = 16_384;
const MAX_LABELS = 32;
const MAX_ITEMS = 10_000;

const INSTANT = 'must be ISO 8601 with an offset, such as 2026-01-05T09:00:00Z, or epoch milliseconds';

const name = z.string().min(1).max(MAX_NAME);
const text = z.string().min(1).max(MAX_TEXT);
const message = z.string().max(MAX_TEXT);
const ratio = z.number().min(0).max(1);
const duration = z.number().min(0).openapi({ description: 'Milliseconds.' });

const labels = z
  .record(name, z.string().max(MAX_NAME))
  .refine((pairs) => Object.keys(pairs).length <= MAX_LABELS, `must be at most ${MAX_LABELS} pairs`);

const instant = z
  .union([z.string(), z.number()], INSTANT)
  .refine((value) => Number.isFinite(parseInstant(value)), INSTANT)
  .openapi({ description: 'ISO 8601 with an offset, or epoch milliseconds.', example: '2026-01-05T09:00:00.000Z' });

/** Where and when: of every record. */
const origin = {
  service_id: name.nullish().openapi({ description: "Default: the service's own id.", example: 'shop' }),
  timestamp: instant.nullish().openapi({ description: 'Default: now.', example: '2026-01-05T09:00:00.000Z' }),
};

const event = z
  .strictObject({
    event_type: name.openapi({ example: 'order_placed' }),
    ...origin,
    user_id: name.nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish().openapi({ description: 'Up to 16 kB and 8 levels deep.' }),
    tags: z.union([z.array(name).max(MAX_LABELS), labels]).nullish(),
  })
  .openapi('EventInput');

const percent = z.number().nullish().openapi({ description: 'Percent, 0 to 100.' });
const gauge = z.number().nullish();

const metrics = z
  .strictObject({
    ...origin,
    cpu_usage: percent,
    memory_usage: percent,
    disk_usage: percent,
    request_rate: gauge.openapi({ description: 'Requests per second.' }),
    error_rate: ratio.nullish(),
    latency: gauge.openapi({ description: 'Milliseconds.' }),
    cache_hit_rate: ratio.nullish(),
  })
  .refine(
    ({ service_id, timestamp, ...values }) => Object.values(values).some((value) => value != null),
    'must hold at least one metric',
  )
  .openapi('MetricsInput');

const behavior = z
  .strictObject({
    user_id: name,
    action: name,
    ...origin,
    content_id: name.nullish(),
    client_ip: name.nullish().openapi({ description: 'Truncated to its network before it is recorded.' }),
    user_agent: text.nullish().openapi({ description: 'Reduced to its family before it is recorded.' }),
    session_id: name.nullish(),
    duration: duration.nullish(),
    success: z.boolean(),
    error_message: message.nullish(),
  })
  .openapi('BehaviorInput');

const performance = z
  .strictObject({
    operation: name.openapi({ example: 'GET /cart' }),
    duration,
    success: z.boolean(),
    ...origin,
    resource_used: gauge.openapi({ description: 'MB.' }),
    throughput: gauge.openapi({ description: 'Per second.' }),
    error_type: message.nullish(),
  })
  .openapi('PerformanceInput');

const business = z
  .strictObject({
    metric_type: name.openapi({ example: 'revenue' }),
    value: z.number(),
    ...origin,
    unit: name.nullish(),
    dimension: z.union([name, labels]).nullish(),
  })
  .openapi('BusinessInput');

const custom = z
  .strictObject({
    metric_name: name.openapi({ example: 'queue_depth' }),
    value: z.number(),
    ...origin,
    labels: labels.nullish(),
    unit: name.nullish(),
  })
  .openapi('CustomInput');

/** What each kind of record looks like on the wire. */
export const RECORD_SCHEMAS: { readonly [K in RecordKind]: z.ZodType } = {
  event,
  metrics,
  behavior,
  performance,
  business,
  metric: custom,
};

/** A body that is one record or an array of them. */
export function bodyOf(schema: z.ZodType): z.ZodType {
  return z.union([schema, z.array(schema).min(1).max(MAX_ITEMS)]);
}

/** What was made of the items of a request. */
export const recordedSchema: z.ZodType = z
  .object({
    status: z.enum(['recorded', 'partial']),
    accepted: z.int(),
    rejected: z.int(),
    errors: z.array(
      z.object({
        index: z.int().openapi({ description: 'Place in the array; 0 for a single object.' }),
        pointer: z.string().openapi({ example: '#/3/duration' }),
        reason: z.string().openapi({ example: 'invalid_number' }),
        detail: z.string(),
      }),
    ),
  })
  .openapi('Recorded');

/** Body of `POST /silences`. */
export const silenceInput: z.ZodType = z
  .strictObject({
    service_id: name.nullish().openapi({ description: 'Of this service only; of all where left out.' }),
    metric_name: name.nullish().openapi({ description: 'Of this metric only; of all where left out.' }),
    from: instant.nullish(),
    until: instant,
  })
  .openapi('SilenceInput');

/** Body of `POST /deploys`. */
export const deployInput: z.ZodType = z
  .strictObject({ service_id: name.nullish(), timestamp: instant.nullish(), version: name.nullish() })
  .openapi('DeployInput');

/** All that a schema finds wrong with a value. */
export function schemaIssues(schema: z.ZodType, value: unknown): Issue[] {
  const result = schema.safeParse(value);
  return result.success ? [] : issuesOf(result.error);
}

/** The issues of an error, each with a pointer to its field. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) => {
    const { path, code, message: detail } = issue;
    if (code !== 'unrecognized_keys') return [{ pointer: pointer(path), detail: shorten(detail) }];
    return issue.keys.map((key) => ({ pointer: pointer([...path, key]), detail: 'is not a field that is known here' }));
  });
}

/** Characters of a detail; it may quote what was sent. */
const MAX_DETAIL = 300;

function shorten(detail: string): string {
  return detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL)}…` : detail;
}
