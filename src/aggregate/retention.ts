import { bucketStart } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import type { ByteBudget } from './bucket-log.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';
import { LEVELS, levelWidth } from './timeline.ts';

/** Trimming goes on until so much of the budget is used, so that it does not run at every minute. */
const TRIM_TO = 0.9;
/** Share of the kept time that one round of trimming gives up. */
const TRIM_SHARE = 1 / 8;

/** Forgets what is older than the retention: buckets, and series without a sample since. Returns those series. */
export function evictExpired(
  service: ServiceState,
  allSeries: SeriesMap<SeriesState>,
  retentionMs: number,
): SeriesId[] {
  const oldest = service.closedUpTo - retentionMs;
  const evicted: SeriesId[] = [];
  service.audience.evictBefore(oldest);
  for (let level = 0; level < LEVELS; level++) evictLevel(service, allSeries, level, oldest);
  for (const [id, series] of allSeries.entries(service.serviceId)) {
    if (series.newest < service.newest - retentionMs) evicted.push(id);
  }
  for (const id of evicted) removeSeries(service, allSeries, id);
  return evicted;
}

/** Forgets all series of a service and gives its memory back; returns those series. */
export function evictService(service: ServiceState, allSeries: SeriesMap<SeriesState>): SeriesId[] {
  const evicted = [...allSeries.entries(service.serviceId)].map(([id]) => id);
  for (const id of evicted) removeSeries(service, allSeries, id);
  service.timeline.release();
  return evicted;
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
    let oldest = Math.min(...all.map((service) => service.timeline.firstClosed(level) ?? Number.POSITIVE_INFINITY));
    const newest = Math.max(...all.map((service) => service.closedUpTo));
    while (oldest < newest && budget.used > maxBytes * TRIM_TO) {
      oldest += Math.max(levelWidth(level), (newest - oldest) * TRIM_SHARE);
      for (const service of all) evicted += evictLevel(service, allSeries, level, oldest);
    }
  }
  return evicted;
}

/** Buckets whose longer bucket is not closed yet stay: it will be merged from them. */
function evictLevel(service: ServiceState, allSeries: SeriesMap<SeriesState>, level: number, time: number): number {
  const parent = levelWidth(Math.min(level + 1, LEVELS - 1));
  const before = Math.min(time, bucketStart(service.closedUpTo, parent));
  let evicted = service.timeline.evictBefore(level, before);
  for (const [, series] of allSeries.entries(service.serviceId)) evicted += series.timeline.evictBefore(level, before);
  return evicted;
}

function removeSeries(service: ServiceState, allSeries: SeriesMap<SeriesState>, id: SeriesId): void {
  const series = allSeries.get(id);
  if (series === undefined) return;
  series.timeline.release();
  service.waiting.delete(series);
  allSeries.delete(id);
}
