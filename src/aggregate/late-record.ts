import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { bucketStart, PERIOD_MS } from '../model/period.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';

import { SeriesAccumulator } from './series-accumulator.ts';
import type { EncodedSeries } from './series-encoding.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceAccumulator, ServiceCounts } from './service-accumulator.ts';
import type { ServiceState } from './service-state.ts';

interface LatePart {
  readonly series: SeriesState;
  readonly late: SeriesAccumulator;
}

/**
 * A record, or a summary of many, whose minute is closed: every closed bucket that covers it, and is still kept, takes it
 * in.
 */
export class LateRecord {
  readonly #service: ServiceState;
  readonly #timestamp: number;
  readonly #counts: ServiceAccumulator;
  readonly #parts: LatePart[] = [];

  /** @param timestamp epoch milliseconds, before `service.closedUpTo` */
  constructor(service: ServiceState, timestamp: number) {
    this.#service = service;
    this.#timestamp = timestamp;
    this.#counts = service.newAccumulator();
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
    late.add(this.#timestamp, duration);
    late.failures = failed ? 1 : 0;
    this.#counts.addOperations(1, late.failures);
    const contents = new SketchContents();
    late.sketch.readContents(contents);
    this.#counts.addDurations(contents);
    this.#parts.push({ series, late });
  }

  /** Adds samples that were summarised elsewhere, which are executions where `series` is an operation. */
  addSummary(series: SeriesState, summary: EncodedSeries, contents: SketchContents): void {
    const late = new SeriesAccumulator();
    late.mergeContents(contents, summary);
    if (series.series.metricName === OPERATION_DURATION) {
      this.#counts.addOperations(contents.count, summary.failures);
      this.#counts.addDurations(contents);
    }
    this.#parts.push({ series, late });
  }

  /**
   * Merges it into its buckets, first those of the service, which may look up what the operation had until now. Returns
   * whether any took it in, or will when it is merged from those below it.
   *
   * @param scratch overwritten
   */
  land(scratch: SketchContents): boolean {
    const service = this.#service;
    for (const { series } of this.#parts) series.settle(scratch);
    const minute = bucketStart(this.#timestamp, PERIOD_MS['1m']);
    let isKept = false;
    for (let level = 0; level < LEVELS; level++) {
      const width = levelWidth(level);
      const start = bucketStart(minute, width);
      if (start + width > service.closedUpTo) return true;
      if (start < (service.keptFrom[level] as number)) continue;
      isKept = true;
      service.timeline.mergeClosed(level, start, this.#counts);
      for (const { series, late } of this.#parts) series.timeline.mergeClosed(level, start, late);
    }
    return isKept;
  }
}
