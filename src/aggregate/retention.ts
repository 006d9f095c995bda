import { BUSINESS_PREFIX, OPERATION_DURATION } from '../model/metric-kind.ts';
import { bucketStart } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import type { Output } from './output.ts';
import { WATCHED_PER_MINUTE } from './read-series.ts';
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
  readonly #scratch = new SketchContents();

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
    const { noting = false } = this.#registry.store.budget;
    service.audience.evictBefore(bucketStart(oldest, levelWidth(LEVELS - 1)), noting);
    for (let level = 0; level < LEVELS; level++) {
      const before = this.#moveKeptFrom(service, level, bucketStart(oldest, levelWidth(level)));
      // Its series follow when they are settled.
      if (before !== undefined) service.timeline.evictBefore(level, before, false);
    }
    const expired = service.newest - this.#retentionMs;
    // What is open stays, however long it takes to close: with a lateness beyond the retention it is older than that.
    const goneBefore = Math.min(expired, service.closedUpTo);
    const evicted = this.#registry.removeSeries(service, ({ newest }) => newest < goneBefore);
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
          this.#trimmed += this.#trimLevel(service, level, oldest);
        }
      }
    }
  }

  #evictService(service: ServiceState): void {
    const { serviceId } = service;
    // What it has closed may wait to be taken, and is with its operations in part: those must not lose it.
    for (const series of this.#registry.series.values(serviceId)) series.settle(this.#scratch);
    const evicted = this.#registry.removeService(service);
    const sources = [...evicted, { serviceId, metricName: OPERATION_DURATION }];
    this.#output.pushEvicted([...evicted, ...derivedSeries(sources, this.#registry.series)], [serviceId]);
  }

  /** Gives up what a service and its series have before `time`, with all its memory at once. Returns how many buckets. */
  #trimLevel(service: ServiceState, level: number, time: number): number {
    const before = this.#moveKeptFrom(service, level, time);
    if (before === undefined) return 0;
    let evicted = service.timeline.evictBefore(level, before, true);
    for (const series of this.#registry.series.values(service.serviceId)) {
      series.settle(this.#scratch);
      evicted += series.timeline.evictBefore(level, before, true);
    }
    return evicted;
  }

  /**
   * Has the kept buckets of a level begin at `time`, but those stay whose longer bucket is not closed yet: it will be
   * merged from them. Returns where they begin from now on, `undefined` where nothing changes.
   */
  #moveKeptFrom(service: ServiceState, level: number, time: number): number | undefined {
    const parent = levelWidth(Math.min(level + 1, LEVELS - 1));
    const before = Math.min(time, bucketStart(service.closedUpTo, parent));
    if (before <= (service.keptFrom[level] as number)) return undefined;
    service.keptFrom[level] = before;
    return before;
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
