import type { SlowOperation } from '../model/dashboard.ts';
import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { bucketStart, PERIOD_MS, PERIODS } from '../model/period.ts';
import type { SeriesMap } from '../model/series-map.ts';
import { seriesDistribution } from './read-distribution.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Quarters of an hour: five of them hold the newest hour, whatever the minute is. */
const LEVEL = PERIODS.indexOf('15m');
const RANGE_MS = PERIOD_MS['1h'];
/** Operations that are looked at, each some tens of microseconds; a service with more has names without end. */
const MAX_OPERATIONS = 500;

/** Operations of a service by their 95th percentile over the newest hour, slowest first. */
export function slowestOperations(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  limit: number,
): SlowOperation[] {
  const { serviceId, newest } = service;
  const from = bucketStart(newest - RANGE_MS, PERIOD_MS['15m']);
  const range = { level: LEVEL, from, to: Number.POSITIVE_INFINITY };
  const found: SlowOperation[] = [];
  let looked = 0;
  for (const [{ labels }] of allSeries.entries(serviceId, OPERATION_DURATION)) {
    if (looked++ === MAX_OPERATIONS) break;
    const operation = labels?.['operation'];
    const durations = seriesDistribution(serviceId, allSeries, OPERATION_DURATION, labels, range);
    const p50Latency = durations?.quantile(0.5);
    const p95Latency = durations?.quantile(0.95);
    if (durations === undefined || operation === undefined) continue;
    if (p50Latency === undefined || p95Latency === undefined) continue;
    found.push({ serviceId, operation, count: durations.count, p50Latency, p95Latency });
  }
  return found.sort((a, b) => b.p95Latency - a.p95Latency).slice(0, limit);
}
