import type { Aggregator } from './aggregate/aggregator.ts';
import type { AnomalyDetector } from './detect/anomaly-detector.ts';
import type { DashboardData, SlowOperation, TopError, TopUser } from './model/dashboard.ts';
import { assessHealth } from './model/health.ts';
import type { MetricsRecord } from './model/records.ts';
import type { Predictor } from './predict/predictor.ts';

/** Rows of each list on a dashboard. */
const ROWS = 10;

/** The parts that a dashboard is made from. */
export interface DashboardSources {
  readonly aggregator: Aggregator;
  readonly detector: AnomalyDetector;
  readonly predictor: Predictor;
  /** Epoch milliseconds; for a dashboard without data. */
  readonly now: number;
  /** What is wrong with the service itself, as a sentence. */
  readonly trouble?: string | undefined;
}

/** Everything that one page needs, of one service or of all. */
export function dashboardData(sources: DashboardSources, serviceId: string | undefined): DashboardData {
  const { aggregator, detector, predictor, now, trouble } = sources;
  const serviceIds = serviceId === undefined ? aggregator.serviceIds : [serviceId];
  const timestamp = aggregator.newestTimestamp(serviceId) ?? now;
  const health = assessHealth(detector.openAnomalies(serviceId), timestamp, trouble);
  return {
    timestamp,
    serviceMetrics: serviceIds.flatMap((id) => serviceMetrics(aggregator, id) ?? []),
    aggregations: serviceIds.flatMap((id) => aggregator.getAggregations(id)),
    anomalies: detector.getAnomalies(serviceId, ROWS),
    predictions: predictor.getPredictions(serviceId, ROWS),
    topErrors: topErrors(aggregator, serviceIds),
    topUsers: topUsers(aggregator, serviceIds),
    slowestOperations: slowestOperations(aggregator, serviceIds),
    systemHealth: health.status,
    healthReasons: health.reasons,
  };
}

/** Newest gauges; what the service does not send itself comes from its newest minute. */
function serviceMetrics(aggregator: Aggregator, serviceId: string): MetricsRecord | undefined {
  const sent = aggregator.latestMetrics(serviceId);
  const minute = aggregator.getAggregations(serviceId).find(({ period }) => period === '1m');
  if (minute === undefined || minute.eventCount === 0) return sent;
  return {
    serviceId,
    timestamp: minute.timestamp,
    requestRate: minute.throughput,
    ...(minute.errorRate === undefined ? undefined : { errorRate: minute.errorRate }),
    ...(minute.avgLatency === undefined ? undefined : { latency: minute.avgLatency }),
    ...sent,
  };
}

function topErrors(aggregator: Aggregator, serviceIds: readonly string[]): TopError[] {
  return serviceIds
    .flatMap((serviceId) =>
      aggregator.topErrors(serviceId, ROWS).map(({ key, count }) => ({ serviceId, error: key, count })),
    )
    .sort((a, b) => b.count - a.count)
    .slice(0, ROWS);
}

/** A user of several services is one row. */
function topUsers(aggregator: Aggregator, serviceIds: readonly string[]): TopUser[] {
  const counts = new Map<string, number>();
  for (const serviceId of serviceIds) {
    for (const { key, count } of aggregator.topUsers(serviceId, Number.POSITIVE_INFINITY)) {
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  return [...counts]
    .map(([userId, count]) => ({ userId, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, ROWS);
}

function slowestOperations(aggregator: Aggregator, serviceIds: readonly string[]): SlowOperation[] {
  return serviceIds
    .flatMap((serviceId) => aggregator.slowestOperations(serviceId, ROWS))
    .sort((a, b) => b.p95Latency - a.p95Latency)
    .slice(0, ROWS);
}
