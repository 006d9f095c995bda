import { OPERATION_METRICS } from '../model/metric-kind.ts';
import type { InputByKind, RecordByKind, RecordKind } from '../model/records.ts';
import type { Refused } from '../model/rejection.ts';
import { copyLabels, copyMetadata, copyTags } from './copy-value.ts';
import { checkNumber, checkText, MAX_NAME, Refusal } from './refusal.ts';

/** What the border knows besides the record itself. */
export interface BorderLimits {
  /** For records that name none. */
  readonly serviceId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Oldest timestamp that is accepted, epoch milliseconds. */
  readonly oldest: number;
  /** Newest timestamp that is accepted, epoch milliseconds. */
  readonly newest: number;
}

/** The gauges of a metrics snapshot that must hold a number where they are given. */
const METRIC_FIELDS = [
  'cpuUsage',
  'memoryUsage',
  'diskUsage',
  'requestRate',
  'errorRate',
  'latency',
  'cacheHitRate',
] as const;

/** Gauges that are ratios: 5 for 5 % would pass for 500 %, and make every anomaly of its service critical. */
const RATIOS: ReadonlySet<string> = new Set(['errorRate', 'cacheHitRate']);

/**
 * Checks one record at the border and returns a copy of its known fields, with service and timestamp filled in, or the
 * reason why it is refused. Never throws, whatever `input` is: a getter or proxy that throws is `not_a_record`.
 */
export function checkRecord<K extends RecordKind>(
  kind: K,
  input: InputByKind[K],
  limits: BorderLimits,
): RecordByKind[K] | Refused {
  try {
    if (typeof input !== 'object' || input === null || !Object.hasOwn(CHECKS, kind)) {
      throw new Refusal('not_a_record', kind);
    }
    return CHECKS[kind](input, limits) as RecordByKind[K];
  } catch (cause) {
    if (cause instanceof Refusal) return { reason: cause.reason, field: cause.field };
    return { reason: 'not_a_record', field: kind };
  }
}

const CHECKS: { readonly [K in RecordKind]: (input: InputByKind[K], limits: BorderLimits) => RecordByKind[K] } = {
  event: (e, limits) => ({
    eventType: checkText('eventType', e.eventType),
    ...origin(e, limits),
    ...(e.userId == null ? undefined : { userId: checkText('userId', e.userId) }),
    ...(e.metadata == null ? undefined : { metadata: copyMetadata(e.metadata) }),
    ...(e.tags == null ? undefined : { tags: copyTags(e.tags) }),
  }),

  metrics: (m, limits) => {
    const record: { -readonly [F in (typeof METRIC_FIELDS)[number]]?: number } & RecordByKind['metrics'] = origin(
      m,
      limits,
    );
    let fields = 0;
    for (const field of METRIC_FIELDS) {
      const value = m[field];
      if (value == null) continue;
      record[field] = RATIOS.has(field) ? checkRatio(field, value) : checkNumber(field, value);
      fields++;
    }
    if (fields === 0) throw new Refusal('no_value', 'metrics');
    return record;
  },

  behavior: (b, limits) => ({
    userId: checkText('userId', b.userId),
    action: checkText('action', b.action),
    success: checkBoolean('success', b.success),
    ...origin(b, limits),
    ...(b.contentId == null ? undefined : { contentId: checkText('contentId', b.contentId) }),
    ...(b.clientIp == null ? undefined : { clientIp: checkText('clientIp', b.clientIp) }),
    ...(b.userAgent == null ? undefined : { userAgent: checkText('userAgent', b.userAgent, MAX_TEXT) }),
    ...(b.sessionId == null ? undefined : { sessionId: checkText('sessionId', b.sessionId) }),
    ...(b.duration == null ? undefined : { duration: checkDuration(b.duration) }),
    ...(b.errorMessage == null ? undefined : { errorMessage: checkMessage('errorMessage', b.errorMessage) }),
  }),

  performance: (p, limits) => ({
    operation: checkText('operation', p.operation),
    duration: checkDuration(p.duration),
    success: checkBoolean('success', p.success),
    ...origin(p, limits),
    ...(p.resourceUsed == null ? undefined : { resourceUsed: checkNumber('resourceUsed', p.resourceUsed) }),
    ...(p.throughput == null ? undefined : { throughput: checkNumber('throughput', p.throughput) }),
    ...(p.errorType == null ? undefined : { errorType: checkMessage('errorType', p.errorType) }),
  }),

  business: (b, limits) => ({
    metricType: checkText('metricType', b.metricType),
    value: checkNumber('value', b.value),
    ...origin(b, limits),
    ...(b.unit == null ? undefined : { unit: checkText('unit', b.unit) }),
    ...(b.dimension == null ? undefined : { dimension: checkDimension(b.dimension) }),
  }),

  metric: (m, limits) => ({
    metricName: checkMetricName(m.metricName),
    value: checkNumber('value', m.value),
    ...origin(m, limits),
    ...(m.labels == null ? undefined : { labels: copyLabels('labels', m.labels) }),
    ...(m.unit == null ? undefined : { unit: checkText('unit', m.unit) }),
  }),
};

/** Whether a value is fit for a name: a string of 1 to 256 characters. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME;
}

/** Whether duration, success and error type are what they should be, so that no closer look is needed. */
export function isPlainOutcome(duration: unknown, success: unknown, errorType: unknown): boolean {
  if (typeof duration !== 'number' || !(duration >= 0 && duration < Number.POSITIVE_INFINITY)) return false;
  if (success !== true && success !== false) return false;
  return errorType === undefined || (typeof errorType === 'string' && errorType.length <= MAX_TEXT);
}

/** Characters of a free text: an error message, a user agent. */
const MAX_TEXT = 16_384;

function origin(
  input: { readonly serviceId?: unknown; readonly timestamp?: unknown },
  limits: BorderLimits,
): { readonly serviceId: string; readonly timestamp: number } {
  const serviceId = input.serviceId === undefined ? limits.serviceId : checkText('serviceId', input.serviceId);
  return { serviceId, timestamp: checkTimestamp(input.timestamp, limits) };
}

function checkTimestamp(value: unknown, limits: BorderLimits): number {
  if (value === undefined) return limits.now;
  const timestamp = value instanceof Date ? value.getTime() : value;
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp)) throw new Refusal('invalid_timestamp', 'timestamp');
  if (timestamp > limits.newest) throw new Refusal('future', 'timestamp');
  if (timestamp < limits.oldest) throw new Refusal('expired', 'timestamp');
  return timestamp;
}

function checkMetricName(value: unknown): string {
  const name = checkText('metricName', value);
  if (OPERATION_METRICS.has(name)) throw new Refusal('reserved_name', 'metricName');
  return name;
}

function checkBoolean(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new Refusal('invalid_boolean', field);
}

function checkDuration(value: unknown): number {
  const duration = checkNumber('duration', value);
  if (duration < 0) throw new Refusal('out_of_range', 'duration');
  return duration;
}

function checkRatio(field: string, value: unknown): number {
  const ratio = checkNumber(field, value);
  if (ratio < 0 || ratio > 1) throw new Refusal('out_of_range', field);
  return ratio;
}

/** An error text may be empty, which says no more than that there was an error. */
function checkMessage(field: string, value: unknown): string {
  return value === '' ? '' : checkText(field, value, MAX_TEXT);
}

function checkDimension(value: unknown): RecordByKind['business']['dimension'] {
  return typeof value === 'string' ? checkText('dimension', value) : copyLabels('dimension', value);
}
