import { PERIOD_MS } from '../model/period.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { NO_SKETCH } from '../stats/sketch-slab.ts';
import { LateRecord } from './late-record.ts';
import type { RecordFacts } from './record-facts.ts';
import type { Retention } from './retention.ts';
import type { SampleSlots } from './sample-slots.ts';
import type { KnownSeries, SeriesRegistry } from './series-registry.ts';
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
  readonly #scratch = new SketchContents();

  constructor(registry: SeriesRegistry, slots: SampleSlots, retention: Retention) {
    this.#registry = registry;
    this.#slots = slots;
    this.#retention = retention;
  }

  /** Takes a record in; returns whether there was a place for it. */
  add(service: ServiceState, timestamp: number, { counts, samples }: RecordFacts): boolean {
    const minute = Math.floor(timestamp / MINUTE_MS);
    const isLate = minute * MINUTE_MS < service.closedUpTo;
    if (isLate && !this.#retention.covers(service, timestamp)) return false;
    const late = isLate ? new LateRecord(service, timestamp) : undefined;
    if (late === undefined) service.openMinute(minute).add(counts);
    else late.addCounts(counts);
    for (const sample of samples) {
      const series = this.#registry.seriesOf(service, sample.metricName, sample.labels);
      // Before the sample is in its row, because it depends on what was the newest until now.
      this.#slots.gather(service, series, timestamp, sample);
      if (late === undefined) {
        this.#addSample(series.openRow(minute), timestamp, sample.value);
      } else {
        late.addSample(series, sample.value);
        series.noteNewest(timestamp);
      }
    }
    return late === undefined || late.land(this.#scratch);
  }

  #addSample(row: number, timestamp: number, value: number): void {
    const { rows } = this.#registry;
    if (rows.add(row, timestamp, value, false)) rows.settle(row, NO_SKETCH);
  }

  /** Takes in a performance record whose minute is closed; returns whether there was a place for it. */
  addLateOperation(operation: KnownSeries, timestamp: number, duration: number, failed: boolean): boolean {
    const { service } = operation;
    if (!this.#retention.covers(service, timestamp)) return false;
    const late = new LateRecord(service, timestamp);
    late.addOperation(operation, duration, failed);
    operation.noteNewest(timestamp);
    return late.land(this.#scratch);
  }
}
