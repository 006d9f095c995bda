import type { SeriesAccumulator } from './series-accumulator.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Where the records of one operation go: found once, then reached without a look-up. */
export class OperationTarget {
  readonly service: ServiceState;
  readonly series: SeriesState;
  /** Of the aggregator, when it was found; after an eviction it must be looked up anew. */
  readonly epoch: number;
  /** Start of the open minute that `accumulator` belongs to, epoch milliseconds. */
  minute: number = Number.NaN;
  accumulator: SeriesAccumulator | undefined;

  constructor(service: ServiceState, series: SeriesState, epoch: number) {
    this.service = service;
    this.series = series;
    this.epoch = epoch;
  }
}
