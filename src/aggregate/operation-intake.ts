import { FAILED, LIVE, type OperationBatch } from '../model/operation-batch.ts';
import type { OperationRef } from '../model/operation-ref.ts';
import { PERIOD_MS } from '../model/period.ts';
import type { Frontier } from './frontier.ts';
import type { Landing } from './landing.ts';
import type { Output } from './output.ts';
import { errorText, OPERATION_DURATION } from './record-facts.ts';
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
      const bound = ref.target;
      const operation = bound instanceof SeriesState && !bound.removed ? (bound as KnownSeries) : this.#bind(ref);
      const timestamp = timestamps[i] as number;
      const flag = flags[i] as number;
      if (timestamp !== arrived || operation.service !== service) {
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
      if (failed) this.#addError(service, ref, timestamp, batch.errors[i] as string);
      if (isClosed) {
        this.#addLate(operation, timestamp, duration, failed);
        continue;
      }
      const row = operation.minute === minute ? operation.row : this.#openRow(service, operation, minute);
      const isFull = rows.add(row, timestamp, duration, failed);
      if (isFull) rows.settle(row, service.openMinute(minute).sketch);
    }
  }

  #addLate(operation: KnownSeries, timestamp: number, duration: number, failed: boolean): void {
    if (!this.#landing.addLateOperation(operation, timestamp, duration, failed)) this.#counts.dropped++;
  }

  #openRow(service: ServiceState, operation: KnownSeries, minute: number): number {
    const known = operation.rowAt(minute);
    if (known !== undefined) return known;
    const row = operation.openRow(minute);
    service.openMinute(minute).addOperation(operation, row);
    return row;
  }

  #addError(service: ServiceState, { operation }: OperationRef, timestamp: number, error: string): void {
    service.audience.addError(timestamp, errorText(error, `${operation} failed`));
  }

  #bind(ref: OperationRef): KnownSeries {
    const service = this.#registry.serviceOf(ref.serviceId);
    service.hasOperations = true;
    const series = this.#registry.seriesOf(service, OPERATION_DURATION, { operation: ref.operation });
    // What overflowed may have room next time, and is to be counted each time.
    ref.target = isOverflow(series.series) ? undefined : series;
    return series;
  }
}
