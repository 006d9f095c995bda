import { type Aggregation, aggregationId } from '../model/bucket.ts';
import { PERIODS, type Period } from '../model/period.ts';
import type { SeriesMap } from '../model/series-map.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { CheckedQuery } from './bucket-query.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import { mean, QUANTILES } from './series-bucket.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceReading } from './service-encoding.ts';
import type { ServiceState } from './service-state.ts';

/** Levels from the hour up say how many distinct users there were: users are counted per hour. */
const HOUR_LEVEL = PERIODS.indexOf('1h');
/** An open bucket counts as at least this old, so that its first records do not give an absurd throughput. */
const MIN_ELAPSED_MS = 1000;
const LATENCY_SAMPLES = 'latency';

/**
 * One bucket of a service; `undefined` where it has none at `start`.
 *
 * @param contents overwritten
 */
export function readAggregation(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  level: number,
  start: number,
  contents: SketchContents,
): Aggregation | undefined {
  const counted = service.readInto(level, start, contents);
  if (counted === undefined) return undefined;
  const { serviceId } = service;
  const width = levelWidth(level);
  const complete = start + width <= service.closedUpTo;
  if (!service.hasOperations) {
    // A service that only ever sent snapshots has the latency of these.
    allSeries.get({ serviceId, metricName: LATENCY_SAMPLES })?.readInto(level, start, contents);
  }
  const elapsedMs = complete ? width : Math.min(width, Math.max(MIN_ELAPSED_MS, service.newest - start));
  const distinctUsers = level < HOUR_LEVEL ? undefined : service.audience.distinctUsers(start, start + width);
  return aggregationOf({ serviceId, level, start, elapsedMs, complete, distinctUsers }, counted, contents);
}

/** What is said of a bucket beside its counts and its distribution. */
export interface BucketFacts {
  readonly serviceId: string;
  readonly level: number;
  readonly start: number;
  /** Of the bucket, so far. */
  readonly elapsedMs: number;
  readonly complete: boolean;
  readonly distinctUsers: number | undefined;
}

/** A bucket from its counts and the distribution of its latencies. */
export function aggregationOf(facts: BucketFacts, counted: ServiceReading, contents: SketchContents): Aggregation {
  const { serviceId, level, start, elapsedMs, complete, distinctUsers } = facts;
  const period = PERIODS[level] as Period;
  const { count, min, max, sum } = contents;
  const [p50Latency, p95Latency, p99Latency] = count === 0 ? [] : contents.quantiles(QUANTILES);
  const { eventCount, errorCount } = counted;
  const errorRate = eventCount === 0 ? undefined : errorCount / eventCount;
  return {
    id: aggregationId(serviceId, period, start),
    timestamp: start,
    serviceId,
    period,
    eventCount,
    avgLatency: count === 0 ? undefined : mean(sum.value, count, min, max),
    p50Latency,
    p95Latency,
    p99Latency,
    errorCount,
    errorRate,
    successRate: errorRate === undefined ? undefined : 1 - errorRate,
    throughput: eventCount / (elapsedMs / 1000),
    ...(level < HOUR_LEVEL ? undefined : { distinctUsers }),
    complete,
  };
}

/** For each period the newest closed bucket, or the newest open one where none has closed. */
export function newestAggregations(service: ServiceState, allSeries: SeriesMap<SeriesState>): Aggregation[] {
  const contents = new SketchContents();
  const aggregations: Aggregation[] = [];
  for (let level = 0; level < LEVELS; level++) {
    const start =
      service.timeline.lastClosed(level) ??
      service.timeline.starts(level, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).at(-1);
    const aggregation = start === undefined ? undefined : readAggregation(service, allSeries, level, start, contents);
    if (aggregation !== undefined) aggregations.push(aggregation);
  }
  return aggregations;
}

/** The buckets that a query asks for, oldest first. */
export function rangeAggregations(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  query: CheckedQuery,
): Aggregation[] {
  const { level, from, to, limit } = query;
  const contents = new SketchContents();
  const aggregations: Aggregation[] = [];
  for (const start of service.timeline.starts(level, from, to).slice(-limit)) {
    const aggregation = readAggregation(service, allSeries, level, start, contents);
    if (aggregation !== undefined) aggregations.push(aggregation);
  }
  return aggregations;
}
