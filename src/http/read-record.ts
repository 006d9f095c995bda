import type { InputByKind, RecordKind } from '../model/records.ts';
import { parseInstant } from './instant.ts';

/** An object as it came over the wire. */
export type WireItem = Readonly<Record<string, unknown>>;

/** How records of one kind come over the wire. */
export interface RecordReader<K extends RecordKind> {
  readonly kind: K;
  /** Names of all fields on the wire. */
  readonly fields: ReadonlySet<string>;
  /** The item as `record…` takes it, unchecked: the border looks at every field. */
  readonly read: (item: WireItem) => InputByKind[K];
}

const ORIGIN = ['service_id', 'timestamp'] as const;

const reader = <K extends RecordKind>(
  kind: K,
  fields: readonly string[],
  read: (item: WireItem) => { readonly [F in keyof InputByKind[K]]: unknown },
): RecordReader<K> => ({
  kind,
  fields: new Set([...ORIGIN, ...fields]),
  read: read as unknown as (item: WireItem) => InputByKind[K],
});

/**
 * How each kind is read. Written out field by field, so that each makes objects of one shape: it is
 * the way of every record that comes over HTTP.
 */
const READERS_BY_PATH = {
  events: reader('event', ['event_type', 'user_id', 'metadata', 'tags'], (item) => ({
    eventType: item['event_type'],
    serviceId: serviceId(item),
    userId: item['user_id'],
    metadata: item['metadata'],
    tags: item['tags'],
    timestamp: timestamp(item),
  })),

  metrics: reader(
    'metrics',
    ['cpu_usage', 'memory_usage', 'disk_usage', 'request_rate', 'error_rate', 'latency', 'cache_hit_rate'],
    (item) => ({
      serviceId: serviceId(item),
      cpuUsage: item['cpu_usage'],
      memoryUsage: item['memory_usage'],
      diskUsage: item['disk_usage'],
      requestRate: item['request_rate'],
      errorRate: item['error_rate'],
      latency: item['latency'],
      cacheHitRate: item['cache_hit_rate'],
      timestamp: timestamp(item),
    }),
  ),

  behaviors: reader(
    'behavior',
    [
      'user_id',
      'action',
      'content_id',
      'client_ip',
      'user_agent',
      'session_id',
      'duration',
      'success',
      'error_message',
    ],
    (item) => ({
      userId: item['user_id'],
      action: item['action'],
      contentId: item['content_id'],
      clientIp: item['client_ip'],
      userAgent: item['user_agent'],
      sessionId: item['session_id'],
      duration: item['duration'],
      success: item['success'],
      errorMessage: item['error_message'],
      serviceId: serviceId(item),
      timestamp: timestamp(item),
    }),
  ),

  performance: reader(
    'performance',
    ['operation', 'duration', 'resource_used', 'throughput', 'success', 'error_type'],
    (item) => ({
      serviceId: serviceId(item),
      operation: item['operation'],
      duration: item['duration'],
      resourceUsed: item['resource_used'] ?? undefined,
      throughput: item['throughput'] ?? undefined,
      success: item['success'],
      errorType: item['error_type'] ?? undefined,
      timestamp: timestamp(item),
    }),
  ),

  business: reader('business', ['metric_type', 'value', 'unit', 'dimension'], (item) => ({
    metricType: item['metric_type'],
    value: item['value'],
    unit: item['unit'],
    dimension: item['dimension'],
    serviceId: serviceId(item),
    timestamp: timestamp(item),
  })),

  custom: reader('metric', ['metric_name', 'value', 'labels', 'unit'], (item) => ({
    serviceId: serviceId(item),
    metricName: item['metric_name'],
    value: item['value'],
    labels: item['labels'],
    unit: item['unit'],
    timestamp: timestamp(item),
  })),
};

/** The readers by the last part of their path. */
export const READERS: ReadonlyMap<string, RecordReader<RecordKind>> = new Map(
  Object.entries(READERS_BY_PATH as unknown as Record<string, RecordReader<RecordKind>>),
);

/** `null` on the wire is a field that is left out. */
function serviceId(item: WireItem): unknown {
  return item['service_id'] ?? undefined;
}

function timestamp(item: WireItem): unknown {
  const value = item['timestamp'] ?? undefined;
  return value === undefined ? undefined : parseInstant(value);
}
