import type { SeriesBucket } from '../model/bucket.ts';
import { bucketStart, PERIOD_MS, PERIODS, type Period } from '../model/period.ts';
import type { Labels } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import type { CheckedQuery } from './bucket-query.ts';
import { levelWidth } from './closed-buckets.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceAccumulator } from './service-accumulator.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];
const MINUTE_SECONDS = MINUTE_MS / 1000;

/** Executions per second. */
export const OPERATION_RATE = 'operation_rate';

/** Series that services with performance records have besides: one sample a closed minute, none for a minute without. */
export const WATCHED_PER_MINUTE: ReadonlyMap<string, (minute: ServiceAccumulator) => number | undefined> = new Map([
  [OPERATION_RATE, perMinute((minute) => minute.operationCount / MINUTE_SECONDS)],
  ['operation_error_rate', perMinute((minute) => minute.failedCount / minute.operationCount)],
  ['operation_latency_p95', perMinute((minute) => minute.durations?.quantile(0.95))],
]);

/** The buckets of one metric that a query asks for, oldest first. */
export function readSeries(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  metricName: string,
  labels: Labels | undefined,
  query: CheckedQuery,
): SeriesBucket[] {
  const { level, limit } = query;
  const sampleOf = WATCHED_PER_MINUTE.get(metricName);
  const buckets =
    sampleOf === undefined
      ? recordedBuckets(service.serviceId, allSeries, metricName, labels, query)
      : minuteBuckets(service, sampleOf, query);
  const width = levelWidth(level);
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .slice(-limit)
    .map(([start, bucket]) => bucket.toBucket(start, PERIODS[level] as Period, start + width <= service.closedUpTo));
}

function recordedBuckets(
  serviceId: string,
  allSeries: SeriesMap<SeriesState>,
  metricName: string,
  labels: Labels | undefined,
  { level, from, to }: CheckedQuery,
): Map<number, SeriesAccumulator> {
  const chosen: SeriesState[] = [];
  if (labels === undefined) {
    for (const [, series] of allSeries.entries(serviceId, metricName)) chosen.push(series);
  } else {
    const series = allSeries.get({ serviceId, metricName, labels });
    if (series !== undefined) chosen.push(series);
  }
  const buckets = new Map<number, SeriesAccumulator>();
  for (const { timeline } of chosen) {
    for (const start of timeline.starts(level, from, to)) {
      timeline.mergeInto(bucketAt(buckets, start), level, start);
    }
  }
  return buckets;
}

/** Buckets of a value that each closed minute of the service has once. */
function minuteBuckets(
  service: ServiceState,
  sampleOf: (minute: ServiceAccumulator) => number | undefined,
  { level, from, to }: CheckedQuery,
): Map<number, SeriesAccumulator> {
  const width = levelWidth(level);
  const buckets = new Map<number, SeriesAccumulator>();
  const first = Math.ceil(from / width) * width;
  const end = Math.min(Math.ceil(to / width) * width, service.closedUpTo);
  for (const minute of service.timeline.starts(0, first, end)) {
    const counted = service.timeline.read(0, minute);
    const value = counted === undefined ? undefined : sampleOf(counted);
    if (value !== undefined) bucketAt(buckets, bucketStart(minute, width)).add(minute, value);
  }
  return buckets;
}

function bucketAt(buckets: Map<number, SeriesAccumulator>, start: number): SeriesAccumulator {
  let bucket = buckets.get(start);
  if (bucket === undefined) {
    bucket = new SeriesAccumulator();
    buckets.set(start, bucket);
  }
  return bucket;
}

function perMinute(sampleOf: (minute: ServiceAccumulator) => number | undefined) {
  return (minute: ServiceAccumulator): number | undefined =>
    minute.operationCount === 0 ? undefined : sampleOf(minute);
}
