import { bucketStart } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import type { ByteBudget } from './bucket-log.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import { WATCHED_PER_MINUTE } from './read-series.ts';
import { BUSINESS_PREFIX, OPERATION_DURATION } from './record-facts.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Trimming goes on until so much of the budget is used, so that it does not run at every minute. */
const TRIM_TO = 0.9;
/** Share of the kept time that one round of trimming gives up. */
const TRIM_SHARE = 1 / 8;

/** Forgets what is older than the retention: buckets that ended before it, and series without a sample since. Returns those series. */
export function evictExpired(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  retentionMs: number,
): SeriesId[] {
  const oldest = service.closedUpTo - retentionMs;
  const evicted: SeriesId[] = [];
  service.audience.evictBefore(bucketStart(oldest, levelWidth(LEVELS - 1)));
  for (let level = 0; level < LEVELS; level++) {
    evictLevel(service, allSeries, level, bucketStart(oldest, levelWidth(level)), false);
  }
  for (const [id, series] of allSeries.entries(service.serviceId)) {
    if (series.newest < service.newest - retentionMs) evicted.push(id);
  }
  for (const id of evicted) removeSeries(service, allSeries, id);
  return [...evicted, ...derivedSeries(evicted, allSeries)];
}

/** Forgets all series of a service and gives its memory back; returns those series. */
export function evictService(service: ServiceState, allSeries: SeriesMap<SeriesState>): SeriesId[] {
  const { serviceId } = service;
  const evicted = [...allSeries.entries(serviceId)].map(([id]) => id);
  for (const id of evicted) removeSeries(service, allSeries, id);
  service.timeline.release();
  return [...evicted, ...derivedSeries([...evicted, { serviceId, metricName: OPERATION_DURATION }], allSeries)];
}

/** Series with one sample a minute that were derived from `evicted` and no longer come from any other. */
function derivedSeries(evicted: readonly SeriesId[], allSeries: SeriesMap<SeriesState>): SeriesId[] {
  const derived = new Set<string>();
  for (const { serviceId, metricName } of evicted) {
    if (allSeries.hasMetric(serviceId, metricName)) continue;
    if (metricName.startsWith(BUSINESS_PREFIX)) derived.add(metricName);
    if (metricName === OPERATION_DURATION) for (const name of WATCHED_PER_MINUTE.keys()) derived.add(name);
  }
  const serviceId = evicted[0]?.serviceId;
  return serviceId === undefined ? [] : Array.from(derived, (metricName) => ({ serviceId, metricName }));
}

/**
 * Gives up the oldest closed buckets, minutes first and longer periods only where that is not enough, until `budget`
 * fits `maxBytes`. Returns how many buckets went.
 */
export function evictOldest(
  services: Iterable<ServiceState>,
  allSeries: SeriesMap<SeriesState>,
  budget: ByteBudget,
  maxBytes: number,
): number {
  const all = [...services];
  let evicted = 0;
  for (let level = 0; level < LEVELS && budget.used > maxBytes * TRIM_TO; level++) {
    let oldest = Number.POSITIVE_INFINITY;
    let newest = Number.NEGATIVE_INFINITY;
    for (const { timeline, closedUpTo } of all) {
      oldest = Math.min(oldest, timeline.firstClosed(level) ?? oldest);
      newest = Math.max(newest, closedUpTo);
    }
    while (oldest < newest && budget.used > maxBytes * TRIM_TO) {
      oldest += Math.max(levelWidth(level), (newest - oldest) * TRIM_SHARE);
      for (const service of all) evicted += evictLevel(service, allSeries, level, oldest, true);
    }
  }
  return evicted;
}

/** Buckets whose longer bucket is not closed yet stay: it will be merged from them. */
function evictLevel(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  level: number,
  time: number,
  compact: boolean,
): number {
  const parent = levelWidth(Math.min(level + 1, LEVELS - 1));
  const before = Math.min(time, bucketStart(service.closedUpTo, parent));
  if (before <= (service.keptFrom[level] as number)) return 0;
  service.keptFrom[level] = before;
  let evicted = service.timeline.evictBefore(level, before, compact);
  for (const [, { timeline }] of allSeries.entries(service.serviceId)) {
    evicted += timeline.evictBefore(level, before, compact);
  }
  return evicted;
}

function removeSeries(service: ServiceState, allSeries: SeriesMap<SeriesState>, id: SeriesId): void {
  const series = allSeries.get(id);
  if (series === undefined) return;
  series.timeline.release();
  service.waiting.delete(series);
  allSeries.delete(id);
}
