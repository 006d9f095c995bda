import { PERIOD_MS } from '../model/period.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { NO_SKETCH } from '../stats/sketch-slab.ts';
import type { OpenRows } from './open-rows.ts';
import type { SeriesState } from './series-state.ts';
import { type DurationsOf, ServiceAccumulator, type ServiceCounts } from './service-accumulator.ts';

const MINUTE_MS = PERIOD_MS['1m'];

/**
 * Operations whose durations are gathered when the minute closes or is read: some tenths of a millisecond of work. That
 * is cheaper than to add each of their records twice, but must not block the host for long.
 */
const MAX_GATHERED = 200;

/**
 * What one service does in one open minute. Its performance records are with their operations, and gathered from them
 * when the minute closes. Beyond some number of operations, whatever one of them puts into its sketch goes into one of
 * the service as well.
 */
export class ServiceMinute {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly #rows: OpenRows;
  #eventCount = 0;
  #errorCount = 0;
  /** The first operation, and the rows of all. */
  #first: SeriesState | undefined;
  readonly #operationRows: number[] = [];
  #sketch = NO_SKETCH;

  constructor(minute: number, rows: OpenRows, counts: ServiceCounts = { events: 0, errors: 0 }) {
    this.minute = minute;
    this.#rows = rows;
    this.add(counts);
  }

  /** Events and errors, without those of performance records. */
  get counts(): ServiceCounts {
    return { events: this.#eventCount, errors: this.#errorCount };
  }

  /** Where rows of its operations must be settled to as well; `NO_SKETCH` while they need not. */
  get sketch(): number {
    return this.#sketch;
  }

  add(counts: ServiceCounts): void {
    this.#eventCount += counts.events;
    this.#errorCount += counts.errors;
  }

  /** Has the row that an operation opened for this minute count for the service. */
  addOperation(operation: SeriesState, row: number): void {
    this.#first ??= operation;
    this.#operationRows.push(row);
    if (this.#sketch !== NO_SKETCH) this.#rows.gatherSettled(row, this.#sketch);
    else if (this.#operationRows.length > MAX_GATHERED) this.#sketch = this.#gatherSettled();
  }

  /** Adds durations that one of its operations has taken in a summary. */
  mergeDurations(durations: SketchContents): void {
    if (this.#sketch !== NO_SKETCH) this.#rows.sketches.merge(this.#sketch, durations);
  }

  /** What came in so far. */
  read(durationsOf: DurationsOf): ServiceAccumulator {
    const accumulator = this.#countsOf(durationsOf);
    if (this.#first === undefined) return accumulator;
    const { sketches } = this.#rows;
    const contents = new SketchContents();
    const whole = this.#gatherSettled();
    for (const row of this.#operationRows) this.#rows.gatherWaiting(row, whole);
    sketches.read(whole, contents);
    sketches.release(whole);
    accumulator.addDurations(contents);
    return accumulator;
  }

  /**
   * The same to be put away, without what is with its only operation anyway; gives all memory back.
   *
   * @param ordinalOf number by which `durationsOf` finds an operation
   */
  close(durationsOf: DurationsOf, ordinalOf: (operation: SeriesState) => number): ServiceAccumulator {
    if (this.#first === undefined || this.#operationRows.length > 1) {
      const accumulator = this.read(durationsOf);
      this.free();
      return accumulator;
    }
    const accumulator = this.#countsOf(durationsOf);
    accumulator.addSole({ ordinal: ordinalOf(this.#first), level: 0, start: this.minute * MINUTE_MS });
    return accumulator;
  }

  /** Gives its memory back. */
  free(): void {
    if (this.#sketch !== NO_SKETCH) this.#rows.sketches.release(this.#sketch);
    this.#sketch = NO_SKETCH;
  }

  /** A new sketch of all that its operations have in theirs. */
  #gatherSettled(): number {
    const { sketches } = this.#rows;
    const gathered = sketches.take();
    if (this.#sketch === NO_SKETCH) {
      for (const row of this.#operationRows) this.#rows.gatherSettled(row, gathered);
    } else {
      const contents = new SketchContents();
      sketches.read(this.#sketch, contents);
      sketches.merge(gathered, contents);
    }
    return gathered;
  }

  #countsOf(durationsOf: DurationsOf): ServiceAccumulator {
    const accumulator = new ServiceAccumulator(durationsOf);
    accumulator.add(this.counts);
    for (const row of this.#operationRows) accumulator.addOperations(this.#rows.count(row), this.#rows.failures(row));
    return accumulator;
  }
}
