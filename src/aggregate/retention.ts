import { bucketStart } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import type { Output } from './output.ts';
import { WATCHED_PER_MINUTE } from './read-series.ts';
import { BUSINESS_PREFIX, OPERATION_DURATION } from './record-facts.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Trimming goes on until so much of the budget is used, so that it does not run at every minute. */
const TRIM_TO = 0.9;
/** Share of the kept time that one round of trimming gives up. */
const TRIM_SHARE = 1 / 8;

/** Forgets what is older than `retentionMs`, and the oldest closed buckets where all of them exceed `maxBytes`. */
export class Retention {
  readonly #registry: SeriesRegistry;
  readonly #output: Output;
  readonly #retentionMs: number;
  readonly #maxBytes: number;
  /** Newest hour, of any service, up to which idle services were looked for. */
  #idleCheckedAt = Number.NEGATIVE_INFINITY;
  #trimmed = 0;

  constructor(registry: SeriesRegistry, output: Output, retentionMs: number, maxBytes: number) {
    this.#registry = registry;
    this.#output = output;
    this.#retentionMs = retentionMs;
    this.#maxBytes = maxBytes;
  }

  /** Closed buckets given up for `maxBytes`. */
  get trimmed(): number {
    return this.#trimmed;
  }

  /** Whether `timestamp` is within what is kept of a service. */
  covers(service: ServiceState, timestamp: number): boolean {
    return timestamp >= service.closedUpTo - this.#retentionMs;
  }

  /**
   * Forgets what of a service is older than the retention, buckets that ended before it and series without a sample
   * since, and, once an hour, services that are silent so long.
   */
  evictExpired(service: ServiceState): void {
    const oldest = service.closedUpTo - this.#retentionMs;
    service.audience.evictBefore(bucketStart(oldest, levelWidth(LEVELS - 1)));
    for (let level = 0; level < LEVELS; level++) {
      this.#evictLevel(service, level, bucketStart(oldest, levelWidth(level)), false);
    }
    const expired = service.newest - this.#retentionMs;
    const evicted = this.#registry.removeSeries(service, ({ newest }) => newest < expired);
    this.#output.pushEvicted([...evicted, ...derivedSeries(evicted, this.#registry.series)], []);
    if (service.closedUpTo <= this.#idleCheckedAt) return;
    this.#idleCheckedAt = service.closedUpTo;
    for (const idle of this.#registry.services.values()) if (idle.newest < expired) this.#evictService(idle);
  }

  /** Gives up the oldest closed buckets, minutes first and longer periods only where that is not enough. */
  trim(): void {
    const registry = this.#registry;
    if (registry.closedBytes <= this.#maxBytes) return;
    const target = this.#maxBytes * TRIM_TO;
    for (let level = 0; level < LEVELS && registry.closedBytes > target; level++) {
      let oldest = Number.POSITIVE_INFINITY;
      let newest = Number.NEGATIVE_INFINITY;
      for (const { timeline, closedUpTo } of registry.services.values()) {
        oldest = Math.min(oldest, timeline.firstClosed(level) ?? oldest);
        newest = Math.max(newest, closedUpTo);
      }
      while (oldest < newest && registry.closedBytes > target) {
        oldest += Math.max(levelWidth(level), (newest - oldest) * TRIM_SHARE);
        for (const service of registry.services.values()) {
          this.#trimmed += this.#evictLevel(service, level, oldest, true);
        }
      }
    }
  }

  #evictService(service: ServiceState): void {
    const { serviceId } = service;
    const evicted = this.#registry.removeService(service);
    const sources = [...evicted, { serviceId, metricName: OPERATION_DURATION }];
    this.#output.pushEvicted([...evicted, ...derivedSeries(sources, this.#registry.series)], [serviceId]);
  }

  /** Buckets whose longer bucket is not closed yet stay: it will be merged from them. Returns how many went. */
  #evictLevel(service: ServiceState, level: number, time: number, compact: boolean): number {
    const parent = levelWidth(Math.min(level + 1, LEVELS - 1));
    const before = Math.min(time, bucketStart(service.closedUpTo, parent));
    if (before <= (service.keptFrom[level] as number)) return 0;
    service.keptFrom[level] = before;
    let evicted = service.timeline.evictBefore(level, before, compact);
    for (const [, { timeline }] of this.#registry.series.entries(service.serviceId)) {
      evicted += timeline.evictBefore(level, before, compact);
    }
    return evicted;
  }
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
