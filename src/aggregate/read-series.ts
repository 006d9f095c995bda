import type { SeriesBucket } from '../model/bucket.ts';
import { OPERATION_ERROR_RATE, OPERATION_LATENCY_P95, OPERATION_RATE } from '../model/metric-kind.ts';
import { bucketStart, PERIOD_MS, PERIODS, type Period } from '../model/period.ts';
import type { Labels } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { CheckedQuery } from './bucket-query.ts';
import { levelWidth } from './closed-buckets.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import { seriesBucket } from './series-bucket.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceReading } from './service-encoding.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];
const MINUTE_SECONDS = MINUTE_MS / 1000;

/** Reads a value off a minute of a service, and its durations; `undefined` where it has none. */
type SampleOf = (minute: ServiceReading, durations: SketchContents) => number | undefined;

/** Series that services with performance records have besides: one sample a closed minute, none for a minute without. */
export const WATCHED_PER_MINUTE: ReadonlyMap<string, SampleOf> = new Map([
  [OPERATION_RATE, perMinute((minute) => minute.operationCount / MINUTE_SECONDS)],
  [OPERATION_ERROR_RATE, perMinute((minute) => minute.failedCount / minute.operationCount)],
  [OPERATION_LATENCY_P95, perMinute((_, durations) => durations.quantiles([0.95])[0])],
]);

/** The buckets of one metric that a query asks for, oldest first. */
export function readSeries(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  metricName: string,
  labels: Labels | undefined,
  query: CheckedQuery,
): SeriesBucket[] {
  const sampleOf = WATCHED_PER_MINUTE.get(metricName);
  if (sampleOf !== undefined) return minuteBuckets(service, sampleOf, query);
  return recordedBuckets(service, chosenSeries(service.serviceId, allSeries, metricName, labels), query);
}

/** The series of one label set, or of all. */
export function chosenSeries(
  serviceId: string,
  allSeries: SeriesMap<SeriesState>,
  metricName: string,
  labels: Labels | undefined,
): SeriesState[] {
  if (labels === undefined) return [...allSeries.values(serviceId, metricName)];
  const series = allSeries.get({ serviceId, metricName, labels });
  return series === undefined ? [] : [series];
}

function recordedBuckets(service: ServiceState, chosen: readonly SeriesState[], query: CheckedQuery): SeriesBucket[] {
  const { level, from, to, limit } = query;
  const period = PERIODS[level] as Period;
  const starts = new Set<number>();
  for (const { timeline } of chosen) for (const start of timeline.starts(level, from, to)) starts.add(start);
  const contents = new SketchContents();
  const buckets: SeriesBucket[] = [];
  for (const start of [...starts].sort((a, b) => a - b).slice(-limit)) {
    const last = chosen.length === 1 ? chosen[0]?.readInto(level, start, contents)?.last : undefined;
    const complete = start + levelWidth(level) <= service.closedUpTo;
    if (last !== undefined) {
      buckets.push(seriesBucket(contents, last, start, period, complete));
      continue;
    }
    const merged = new SeriesAccumulator();
    for (const { timeline } of chosen) timeline.mergeInto(merged, level, start);
    buckets.push(merged.toBucket(start, period, complete));
  }
  return buckets;
}

/** Buckets of a value that each closed minute of the service has once. */
function minuteBuckets(
  service: ServiceState,
  sampleOf: SampleOf,
  { level, from, to, limit }: CheckedQuery,
): SeriesBucket[] {
  const width = levelWidth(level);
  const buckets = new Map<number, SeriesAccumulator>();
  const first = Math.ceil(from / width) * width;
  const end = Math.min(Math.ceil(to / width) * width, service.closedUpTo);
  const contents = new SketchContents();
  for (const minute of service.timeline.starts(0, first, end)) {
    const counted = service.readInto(0, minute, contents);
    const value = counted === undefined ? undefined : sampleOf(counted, contents);
    if (value !== undefined) bucketAt(buckets, bucketStart(minute, width)).add(minute, value);
  }
  return [...buckets]
    .slice(-limit)
    .map(([start, bucket]) => bucket.toBucket(start, PERIODS[level] as Period, start + width <= service.closedUpTo));
}

function bucketAt(buckets: Map<number, SeriesAccumulator>, start: number): SeriesAccumulator {
  let bucket = buckets.get(start);
  if (bucket === undefined) {
    bucket = new SeriesAccumulator();
    buckets.set(start, bucket);
  }
  return bucket;
}

function perMinute(sampleOf: SampleOf): SampleOf {
  return (minute, durations) => (minute.operationCount === 0 ? undefined : sampleOf(minute, durations));
}
