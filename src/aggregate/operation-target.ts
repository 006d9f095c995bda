import type { OperationRef } from '../model/operation-ref.ts';
import { OPERATION_DURATION } from './record-facts.ts';
import type { SeriesAccumulator } from './series-accumulator.ts';
import { isOverflow } from './series-limit.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Where the records of one operation go: found once, then reached without a look-up. */
export class OperationTarget {
  readonly service: ServiceState;
  readonly series: SeriesState;
  /** Of the registry, when it was found; after a removal it must be looked up anew. */
  readonly epoch: number;
  /** Start of the open minute that `accumulator` belongs to, epoch milliseconds. */
  minute: number = Number.NaN;
  accumulator: SeriesAccumulator | undefined;

  constructor(service: ServiceState, series: SeriesState, epoch: number) {
    this.service = service;
    this.series = series;
    this.epoch = epoch;
  }

  /** The target of an operation: the one that is bound to it, or a new one, which is bound to it then. */
  static of(operation: OperationRef, registry: SeriesRegistry): OperationTarget {
    const bound = operation.target;
    if (bound instanceof OperationTarget && bound.epoch === registry.epoch) return bound;
    return bind(operation, registry);
  }
}

function bind(operation: OperationRef, registry: SeriesRegistry): OperationTarget {
  const service = registry.serviceOf(operation.serviceId);
  service.hasOperations = true;
  const series = registry.seriesOf(service, OPERATION_DURATION, { operation: operation.operation });
  const target = new OperationTarget(service, series, registry.epoch);
  // What overflowed may have room next time, and is to be counted each time.
  operation.target = isOverflow(series.series) ? undefined : target;
  return target;
}
