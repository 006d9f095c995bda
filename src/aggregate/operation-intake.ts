import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { FAILED, LIVE, type OperationBatch } from '../model/operation-batch.ts';
import { NO_MINUTE, type OperationRef } from '../model/operation-ref.ts';
import { PERIOD_MS } from '../model/period.ts';
import type { Frontier } from './frontier.ts';
import type { Landing } from './landing.ts';
import type { Output } from './output.ts';
import { errorText } from './record-facts.ts';
import { isOverflow } from './series-limit.ts';
import type { KnownSeries, SeriesRegistry } from './series-registry.ts';
import { SeriesState } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];

/** Counts of an intake. */
export interface IntakeCounts {
  /** Records behind the watermark of their service. */
  late: number;
  /** Records for which there was no place. */
  dropped: number;
}

/**
 * Takes performance records, the ones that come by the million: from columns, into the row of their operation and that of
 * their service. An operation is looked up once; what is the same for record after record, its service, its instant, its
 * minute, is not looked at again.
 */
export class OperationIntake {
  readonly #registry: SeriesRegistry;
  readonly #frontier: Frontier;
  readonly #landing: Landing;
  readonly #output: Output;
  readonly #counts: IntakeCounts;

  constructor(registry: SeriesRegistry, frontier: Frontier, landing: Landing, output: Output, counts: IntakeCounts) {
    this.#registry = registry;
    this.#frontier = frontier;
    this.#landing = landing;
    this.#output = output;
    this.#counts = counts;
  }

  /**
   * Takes records of `batch` from `batch.next` on, up to `end` or the first of another kind, but stops behind one that
   * closed a bucket or ended a slot, so that what comes of it can be passed on before the next.
   */
  add(batch: OperationBatch, end: number): void {
    const { operations, durations, timestamps, flags } = batch;
    const { rows } = this.#registry;
    let service: ServiceState | undefined;
    let arrived = Number.NaN;
    let minute = 0;
    let isLate = false;
    let isClosed = false;
    let hasOutput = false;
    while (batch.next < end && !hasOutput) {
      const i = batch.next;
      const ref = operations[i];
      if (ref === undefined) return;
      batch.next = i + 1;
      const timestamp = timestamps[i] as number;
      const flag = flags[i] as number;
      // Bound to its operation, where it need not be looked at because the record before it was of the same service.
      let operation = ref.target as KnownSeries;
      if (timestamp !== arrived || ref.owner !== service) {
        operation = this.#operationOf(ref);
        arrived = timestamp;
        service = operation.service;
        // Before the service moves on, so that the series does not count as idle and go.
        if (timestamp >= service.deadline) operation.noteNewest(timestamp);
        isLate = this.#frontier.arrive(service, timestamp, (flag & LIVE) > 0);
        hasOutput = !this.#output.isEmpty;
        minute = Math.floor(timestamp / MINUTE_MS);
        isClosed = minute * MINUTE_MS < service.closedUpTo;
      }
      const duration = durations[i] as number;
      const failed = (flag & FAILED) > 0;
      if (isLate) this.#counts.late++;
      if (failed) this.#addError(service as ServiceState, ref, timestamp, batch.errors[i] as string);
      if (isClosed) {
        this.#addLate(operation.removed ? this.#bind(ref) : operation, timestamp, duration, failed);
        continue;
      }
      const row = ref.minute === minute ? ref.row : this.#openRow(ref, operation, minute);
      const isFull = rows.add(row, timestamp, duration, failed);
      if (isFull) rows.settle(row, (service as ServiceState).openMinute(minute).sketch);
    }
  }

  #addLate(operation: KnownSeries, timestamp: number, duration: number, failed: boolean): void {
    if (!this.#landing.addLateOperation(operation, timestamp, duration, failed)) this.#counts.dropped++;
  }

  /** @param bound may have gone with a record of the same instant before it; no row of an open minute ever does */
  #openRow(ref: OperationRef, bound: KnownSeries, minute: number): number {
    const operation = bound.removed ? this.#bind(ref) : bound;
    const known = operation.rowAt(minute);
    const row = known ?? operation.openRow(minute);
    if (known === undefined) operation.service.openMinute(minute).addOperation(operation, row);
    if (ref.target !== operation) return row;
    ref.minute = minute;
    ref.row = row;
    return row;
  }

  #addError(service: ServiceState, { operation }: OperationRef, timestamp: number, error: string): void {
    service.audience.addError(timestamp, errorText(error, `${operation} failed`));
  }

  /** The state of an operation: what is bound to it, or what is looked up now and bound to it then. */
  #operationOf(ref: OperationRef): KnownSeries {
    const { target } = ref;
    // What another aggregator has bound to it is not ours.
    const isOurs = target instanceof SeriesState && !target.removed && target.service.store === this.#registry.store;
    return isOurs ? (target as KnownSeries) : this.#bind(ref);
  }

  #bind(ref: OperationRef): KnownSeries {
    const service = this.#registry.serviceOf(ref.serviceId);
    service.hasOperations = true;
    const operation = this.#registry.seriesOf(service, OPERATION_DURATION, { operation: ref.operation });
    // What overflowed may have room next time, and is to be counted each time.
    const isBound = !isOverflow(operation.series);
    ref.target = isBound ? operation : undefined;
    ref.owner = isBound ? service : undefined;
    ref.minute = NO_MINUTE;
    return operation;
  }
}
