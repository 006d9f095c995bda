import { bucketStart, PERIOD_MS } from '../model/period.ts';
import { LateRecord } from './late-record.ts';
import type { OperationTarget } from './operation-target.ts';
import type { RecordFacts } from './record-facts.ts';
import type { Retention } from './retention.ts';
import type { SampleSlots } from './sample-slots.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];

/**
 * Puts what a record says where its timestamp belongs: into its minute while that is open, into closed buckets later,
 * nowhere once those are no longer kept.
 */
export class Landing {
  readonly #registry: SeriesRegistry;
  readonly #slots: SampleSlots;
  readonly #retention: Retention;

  constructor(registry: SeriesRegistry, slots: SampleSlots, retention: Retention) {
    this.#registry = registry;
    this.#slots = slots;
    this.#retention = retention;
  }

  /** Takes a record in; returns whether there was a place for it. */
  add(service: ServiceState, timestamp: number, { counts, samples }: RecordFacts): boolean {
    const minute = bucketStart(timestamp, MINUTE_MS);
    const isLate = minute < service.closedUpTo;
    if (isLate && !this.#retention.covers(service, timestamp)) return false;
    const late = isLate ? new LateRecord(service, timestamp) : undefined;
    if (late === undefined) service.timeline.openMinute(minute).add(counts);
    else late.addCounts(counts);
    for (const sample of samples) {
      const series = this.#registry.seriesOf(service, sample.metricName, sample.labels);
      if (late === undefined) series.timeline.openMinute(minute).add(timestamp, sample.value);
      else late.addSample(series, sample.value);
      this.#slots.gather(service, series, timestamp, sample);
      series.newest = Math.max(series.newest, timestamp);
    }
    return late === undefined || late.land();
  }

  /** Takes in a performance record whose minute is closed; returns whether there was a place for it. */
  addLateOperation(
    { service, series }: OperationTarget,
    timestamp: number,
    duration: number,
    failed: boolean,
  ): boolean {
    if (!this.#retention.covers(service, timestamp)) return false;
    const late = new LateRecord(service, timestamp);
    late.addOperation(series, duration, failed);
    return late.land();
  }
}
