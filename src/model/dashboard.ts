import type { Anomaly } from './anomaly.ts';
import type { Aggregation } from './bucket.ts';
import type { Prediction } from './forecast.ts';
import type { HealthStatus } from './health.ts';
import type { MetricsRecord } from './records.ts';

/** A frequent error. */
export interface TopError {
  readonly serviceId: string;
  /** Error type or message, or what failed. */
  readonly error: string;
  /** Occurrences in the newest two UTC days; too high by at most 1/64 of all errors. */
  readonly count: number;
}

/** An active user. */
export interface TopUser {
  readonly userId: string;
  /** Events and behaviours in the newest two UTC days; too high by at most 1/64 of all. */
  readonly count: number;
}

/** An operation and how long it takes. */
export interface SlowOperation {
  readonly serviceId: string;
  readonly operation: string;
  /** Executions in the newest hour. */
  readonly count: number;
  /** Milliseconds, over the newest hour. */
  readonly p50Latency: number;
  readonly p95Latency: number;
}

/** All that one page needs. */
export interface DashboardData {
  /** Of the newest record, epoch milliseconds; the clock's time where there is none. */
  readonly timestamp: number;
  /**
   * Newest gauges of each service. Request rate, error rate and latency that a service does not send itself are those of
   * its newest minute.
   */
  readonly serviceMetrics: readonly MetricsRecord[];
  /** For each service and period the newest closed bucket, or the open one where none has closed. */
  readonly aggregations: readonly Aggregation[];
  /** Newest first. */
  readonly anomalies: readonly Anomaly[];
  readonly predictions: readonly Prediction[];
  readonly topErrors: readonly TopError[];
  readonly topUsers: readonly TopUser[];
  /** By their 95th percentile over the newest hour. */
  readonly slowestOperations: readonly SlowOperation[];
  readonly systemHealth: HealthStatus;
  readonly healthReasons: readonly string[];
}
