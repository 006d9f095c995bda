import { PERIOD_MS } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { OpenRows } from './open-rows.ts';
import { RowBucket } from './row-bucket.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import type { SeriesState } from './series-state.ts';
import { type DurationsOf, ServiceAccumulator, type ServiceCounts } from './service-accumulator.ts';

/** State of an open minute. Plain and structured-cloneable. */
export interface ServiceMinuteSnapshot {
  readonly minute: number;
  readonly eventCount: number;
  readonly errorCount: number;
  readonly sole: SeriesId | undefined;
  readonly durations: Uint8Array | undefined;
}

const MINUTE_MS = PERIOD_MS['1m'];
const NO_ROW = -1;

/**
 * What one service does in one open minute. While all performance records are of one operation they are with that only;
 * from the second operation on, the durations of the service have a row of their own.
 */
export class ServiceMinute {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly #rows: OpenRows;
  #eventCount = 0;
  #errorCount = 0;
  #sole: SeriesState | undefined;
  #row = NO_ROW;

  constructor(minute: number, rows: OpenRows) {
    this.minute = minute;
    this.#rows = rows;
  }

  add(counts: ServiceCounts): void {
    this.#eventCount += counts.events;
    this.#errorCount += counts.errors;
  }

  /** Adds a performance record that its operation has taken. */
  addOperation(operation: SeriesState, timestamp: number, duration: number, failed: boolean): void {
    if (operation === this.#sole) return;
    const row = this.#rowBeside(operation);
    if (row !== NO_ROW) this.#rows.add(row, timestamp, duration, failed);
  }

  /** Adds performance records that were summarised elsewhere and that their operation has taken. */
  mergeOperation(operation: SeriesState, records: SeriesAccumulator): void {
    if (operation === this.#sole) return;
    const row = this.#rowBeside(operation);
    if (row === NO_ROW) return;
    const contents = new SketchContents();
    records.sketch.readContents(contents);
    this.#rows.merge(row, contents, records);
  }

  /** What came in so far. */
  read(durationsOf: DurationsOf): ServiceAccumulator {
    const accumulator = this.#counts(durationsOf);
    const row = this.#durationsRow;
    if (row === NO_ROW) return accumulator;
    const contents = new SketchContents();
    this.#rows.read(row, contents);
    accumulator.addContents(contents);
    return accumulator;
  }

  /**
   * The same to be put away, and without what is with its only operation anyway.
   *
   * @param ordinalOf number by which `durationsOf` finds an operation
   */
  close(durationsOf: DurationsOf, ordinalOf: (operation: SeriesState) => number): ServiceAccumulator {
    if (this.#sole === undefined) return this.read(durationsOf);
    const accumulator = this.#counts(durationsOf);
    accumulator.addSole({ ordinal: ordinalOf(this.#sole), start: this.minute * MINUTE_MS });
    return accumulator;
  }

  /** Gives its memory back. */
  free(): void {
    if (this.#row !== NO_ROW) this.#rows.free(this.#row);
    this.#row = NO_ROW;
  }

  snapshot(): ServiceMinuteSnapshot {
    const { minute } = this;
    const row = this.#row;
    return {
      minute,
      eventCount: this.#eventCount,
      errorCount: this.#errorCount,
      sole: this.#sole?.series,
      durations:
        row === NO_ROW ? undefined : new RowBucket(this.#rows, row, new SketchContents()).encode(minute * MINUTE_MS),
    };
  }

  /** A minute that goes on where `snapshot` was taken. */
  static restore(
    { minute, eventCount, errorCount, sole, durations }: ServiceMinuteSnapshot,
    rows: OpenRows,
    seriesOf: (series: SeriesId) => SeriesState | undefined,
  ): ServiceMinute {
    const restored = new ServiceMinute(minute, rows);
    restored.#eventCount = eventCount;
    restored.#errorCount = errorCount;
    if (sole !== undefined) restored.#sole = seriesOf(sole);
    if (durations === undefined) return restored;
    const saved = new SeriesAccumulator();
    saved.mergeEncoded(durations, minute * MINUTE_MS);
    const contents = new SketchContents();
    saved.sketch.readContents(contents);
    restored.#row = rows.open();
    rows.merge(restored.#row, contents, saved);
    return restored;
  }

  /** Row of the durations, the service's own or that of the only operation. */
  get #durationsRow(): number {
    return this.#sole?.rowAt(this.minute) ?? this.#row;
  }

  #counts(durationsOf: DurationsOf): ServiceAccumulator {
    const accumulator = new ServiceAccumulator(durationsOf);
    accumulator.add({ events: this.#eventCount, errors: this.#errorCount });
    const row = this.#durationsRow;
    if (row !== NO_ROW) accumulator.addOperations(this.#rows.count(row), this.#rows.failures(row));
    return accumulator;
  }

  /** The service's own row, which an operation has to write to as well; none while it is the only one. */
  #rowBeside(operation: SeriesState): number {
    if (this.#row !== NO_ROW) return this.#row;
    const sole = this.#sole;
    if (sole === undefined) {
      this.#sole = operation;
      return NO_ROW;
    }
    this.#sole = undefined;
    // What the other operation had until now.
    this.#row = this.#rows.copy(sole.rowAt(this.minute) as number);
    return this.#row;
  }
}
