import type { Period } from './period.ts';

/** What one service did in one bucket. */
export interface Aggregation {
  /** Made from service, period and start; a replay gives the same one. */
  readonly id: string;
  /** Start of the bucket, epoch milliseconds. */
  readonly timestamp: number;
  readonly serviceId: string;
  readonly period: Period;
  /** Events + performance records + behaviours. */
  readonly eventCount: number;
  /** Milliseconds, over performance durations; over `latency` samples for a service that only sends snapshots. */
  readonly avgLatency: number | undefined;
  readonly p50Latency: number | undefined;
  readonly p95Latency: number | undefined;
  readonly p99Latency: number | undefined;
  readonly errorCount: number;
  /** `errorCount / eventCount`, 0..1; `undefined` where nothing was counted. */
  readonly errorRate: number | undefined;
  /** `1 − errorRate`. */
  readonly successRate: number | undefined;
  /** `eventCount` per elapsed second of the bucket. */
  readonly throughput: number;
  /** Distinct users, estimated within about 2 %; only for `1h` and `1d`. */
  readonly distinctUsers?: number | undefined;
  /** Whether the bucket has closed. Late records may still change a closed one. */
  readonly complete: boolean;
}

/** What one metric did in one bucket. */
export interface SeriesBucket {
  /** Start of the bucket, epoch milliseconds. */
  readonly timestamp: number;
  readonly period: Period;
  /** Samples. */
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  /** Newest sample by its own timestamp. */
  readonly last: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly complete: boolean;
}

/** The id of an {@link Aggregation}. */
export function aggregationId(serviceId: string, period: Period, start: number): string {
  return `${serviceId}:${period}:${start}`;
}
