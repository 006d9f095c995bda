import { bucketStart, PERIOD_MS } from '../model/period.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import { isCut } from './cut-minutes.ts';
import type { Output } from './output.ts';
import { OPERATION_RATE, WATCHED_PER_MINUTE } from './read-series.ts';
import { BUSINESS_PREFIX, OPERATION_DURATION } from './record-facts.ts';
import type { Retention } from './retention.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { ServiceAccumulator } from './service-accumulator.ts';
import type { ServiceState } from './service-state.ts';

const HOUR_MS = PERIOD_MS['1h'];

/**
 * Closes the buckets of a service: its minutes, then each longer period from the one below. Linear in the series of the
 * service for each bucket. Whenever an hour has closed, what is beyond the retention goes.
 */
export class Closing {
  readonly #registry: SeriesRegistry;
  readonly #output: Output;
  readonly #retention: Retention;

  constructor(registry: SeriesRegistry, output: Output, retention: Retention) {
    this.#registry = registry;
    this.#output = output;
    this.#retention = retention;
  }

  /** Closes every bucket that ends at or before `closedUpTo`, a whole minute that the watermark has reached. */
  close(service: ServiceState, closedUpTo: number): void {
    service.closedUpTo = closedUpTo;
    for (const minute of service.timeline.openStarts) if (minute < closedUpTo) this.#closeMinute(service, minute);
    let hourClosed = false;
    for (let level = 1; level < LEVELS; level++) {
      const closed = this.#closeHigher(service, level);
      hourClosed ||= closed && levelWidth(level) === HOUR_MS;
    }
    // Not before all levels are closed: buckets are merged from those that go.
    if (hourClosed) this.#retention.evictExpired(service);
    this.#retention.trim();
  }

  #closeMinute(service: ServiceState, minute: number): void {
    const counted = service.timeline.openMinute(minute);
    const businessSums = new Map<string, number>();
    for (const [{ metricName }, series] of this.#registry.series.entries(service.serviceId)) {
      const closed = series.timeline.closeMinute(minute);
      if (closed === undefined) continue;
      if (metricName === OPERATION_DURATION) counted.mergeOperation(closed);
      if (!metricName.startsWith(BUSINESS_PREFIX)) continue;
      businessSums.set(metricName, (businessSums.get(metricName) ?? 0) + closed.sum);
    }
    service.timeline.closeMinute(minute);
    this.#noteClosed(service, 0, minute);
    if (this.#output.keepsSamples) this.#sampleMinute(service, minute, counted, businessSums);
  }

  /** Gives out the samples of series that have one a closed minute. */
  #sampleMinute(
    service: ServiceState,
    minute: number,
    counted: ServiceAccumulator,
    businessSums: ReadonlyMap<string, number>,
  ): void {
    const { serviceId } = service;
    const push = (metricName: string, value: number): void =>
      this.#output.pushSample({ series: { serviceId, metricName }, timestamp: minute, value });
    const cut = isCut(service, minute);
    for (const [metricName, sampleOf] of WATCHED_PER_MINUTE) {
      const value = cut && metricName === OPERATION_RATE ? undefined : sampleOf(counted);
      if (value !== undefined) push(metricName, value);
    }
    if (cut) return;
    for (const [metricName, sum] of businessSums) push(metricName, sum);
  }

  /** Closes the buckets of `level` that are over; returns whether there were any. */
  #closeHigher(service: ServiceState, level: number): boolean {
    let closed = false;
    const pending = service.pending[level] as Set<number>;
    const width = levelWidth(level);
    for (const start of [...pending].sort((a, b) => a - b)) {
      if (start + width > service.closedUpTo) continue;
      pending.delete(start);
      for (const [, series] of this.#registry.series.entries(service.serviceId)) {
        series.timeline.closeHigher(level, start);
      }
      service.timeline.closeHigher(level, start);
      this.#noteClosed(service, level, start);
      closed = true;
    }
    return closed;
  }

  /** Gives the bucket out, and has the longer one that it is part of wait for its own end. */
  #noteClosed(service: ServiceState, level: number, start: number): void {
    if (level + 1 < LEVELS) service.pending[level + 1]?.add(bucketStart(start, levelWidth(level + 1)));
    this.#output.pushClosed({ service, level, start });
  }
}
