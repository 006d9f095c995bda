import type { Labels } from './series-key.ts';

/** A moment as callers may give it; inside and on the way out it is always epoch milliseconds. */
export type Timestamp = number | Date;

/** The six kinds of record; each is also the name of the event under which its records are emitted. */
export type RecordKind = 'event' | 'metrics' | 'behavior' | 'performance' | 'business' | 'metric';

/** Something that happened. It counts as an error if `metadata.error` is `true` or a non-empty string. */
export interface EventInput {
  readonly eventType: string;
  /** Defaults to the option `serviceId` of the `Service`. */
  readonly serviceId?: string | undefined;
  readonly userId?: string | undefined;
  /** Any JSON-like object up to 16 kB and 8 levels deep. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | Labels | undefined;
  /** Defaults to now. */
  readonly timestamp?: Timestamp | undefined;
}

/** One snapshot of a service's own gauges; at least one field besides `serviceId`. */
export interface MetricsInput {
  readonly serviceId?: string | undefined;
  /** Percent, 0..100. */
  readonly cpuUsage?: number | undefined;
  /** Percent, 0..100. */
  readonly memoryUsage?: number | undefined;
  /** Percent, 0..100. */
  readonly diskUsage?: number | undefined;
  /** Requests per second. */
  readonly requestRate?: number | undefined;
  /** Ratio, 0..1. */
  readonly errorRate?: number | undefined;
  /** Milliseconds. */
  readonly latency?: number | undefined;
  /** Ratio, 0..1. */
  readonly cacheHitRate?: number | undefined;
  readonly timestamp?: Timestamp | undefined;
}

/** What a user did. `success: false` counts as an error of the service. */
export interface BehaviorInput {
  readonly userId: string;
  readonly action: string;
  readonly contentId?: string | undefined;
  readonly clientIp?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly sessionId?: string | undefined;
  /** Milliseconds. */
  readonly duration?: number | undefined;
  readonly success: boolean;
  readonly errorMessage?: string | undefined;
  readonly serviceId?: string | undefined;
  readonly timestamp?: Timestamp | undefined;
}

/** One execution of an operation: a request, a query, a job. */
export interface PerformanceInput {
  readonly serviceId?: string | undefined;
  readonly operation: string;
  /** Milliseconds. */
  readonly duration: number;
  /** MB. */
  readonly resourceUsed?: number | undefined;
  /** Per second. */
  readonly throughput?: number | undefined;
  readonly success: boolean;
  readonly errorType?: string | undefined;
  readonly timestamp?: Timestamp | undefined;
}

/** An amount that the business counts: revenue, sign-ups, items sold. Summed per minute. */
export interface BusinessInput {
  readonly metricType: string;
  readonly value: number;
  readonly unit?: string | undefined;
  /** What the amount is broken down by: one name, or several as label pairs. */
  readonly dimension?: string | Labels | undefined;
  readonly serviceId?: string | undefined;
  readonly timestamp?: Timestamp | undefined;
}

/** One sample of a metric of your own. */
export interface MetricInput {
  readonly serviceId?: string | undefined;
  readonly metricName: string;
  readonly value: number;
  readonly labels?: Labels | undefined;
  readonly unit?: string | undefined;
  readonly timestamp?: Timestamp | undefined;
}

/** What `record…` takes, by kind. */
export interface InputByKind {
  readonly event: EventInput;
  readonly metrics: MetricsInput;
  readonly behavior: BehaviorInput;
  readonly performance: PerformanceInput;
  readonly business: BusinessInput;
  readonly metric: MetricInput;
}

/** An accepted record: its service is known and its timestamp is epoch milliseconds. */
type Accepted<T> = Omit<T, 'serviceId' | 'timestamp'> & { readonly serviceId: string; readonly timestamp: number };

/** An accepted event. */
export interface EventRecord extends Accepted<EventInput> {}
/** An accepted snapshot of gauges. */
export interface MetricsRecord extends Accepted<MetricsInput> {}
/** An accepted user behaviour. */
export interface BehaviorRecord extends Accepted<BehaviorInput> {}
/** An accepted execution of an operation. */
export interface PerformanceRecord extends Accepted<PerformanceInput> {}
/** An accepted business amount. */
export interface BusinessRecord extends Accepted<BusinessInput> {}
/** An accepted sample of a metric of your own. */
export interface MetricRecord extends Accepted<MetricInput> {}

/** What listeners get, by kind. */
export interface RecordByKind {
  readonly event: EventRecord;
  readonly metrics: MetricsRecord;
  readonly behavior: BehaviorRecord;
  readonly performance: PerformanceRecord;
  readonly business: BusinessRecord;
  readonly metric: MetricRecord;
}
