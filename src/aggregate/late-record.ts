import { bucketStart, PERIOD_MS } from '../model/period.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import type { SeriesState } from './series-state.ts';
import { ServiceAccumulator, type ServiceCounts } from './service-accumulator.ts';
import type { ServiceState } from './service-state.ts';

interface LatePart {
  readonly series: SeriesState;
  readonly late: SeriesAccumulator;
}

/** A record whose minute is closed: every closed bucket that covers it, and is still kept, takes it in. */
export class LateRecord {
  readonly #service: ServiceState;
  readonly #timestamp: number;
  readonly #counts = new ServiceAccumulator();
  readonly #parts: LatePart[] = [];

  /** @param timestamp epoch milliseconds, before `service.closedUpTo` */
  constructor(service: ServiceState, timestamp: number) {
    this.#service = service;
    this.#timestamp = timestamp;
  }

  addCounts(counts: ServiceCounts): void {
    this.#counts.add(counts);
  }

  addSample(series: SeriesState, value: number): void {
    const late = new SeriesAccumulator();
    late.add(this.#timestamp, value);
    this.#parts.push({ series, late });
  }

  addOperation(series: SeriesState, duration: number, failed: boolean): void {
    const late = new SeriesAccumulator();
    late.addOperation(this.#timestamp, duration, failed);
    this.#counts.mergeOperation(late);
    this.#parts.push({ series, late });
  }

  /** Merges it into its buckets. Returns whether any took it in, or will when it is merged from those below it. */
  land(): boolean {
    const service = this.#service;
    const minute = bucketStart(this.#timestamp, PERIOD_MS['1m']);
    let isKept = false;
    for (let level = 0; level < LEVELS; level++) {
      const width = levelWidth(level);
      const start = bucketStart(minute, width);
      if (start + width > service.closedUpTo) {
        service.pending[level]?.add(start);
        return true;
      }
      if (start < (service.keptFrom[level] as number)) continue;
      isKept = true;
      service.timeline.mergeClosed(level, start, this.#counts);
      for (const { series, late } of this.#parts) series.timeline.mergeClosed(level, start, late);
    }
    return isKept;
  }
}
