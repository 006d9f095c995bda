import { ByteReader, ByteWriter } from '../stats/bytes.ts';
import { OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import type { QuantileSketch } from '../stats/quantile-sketch.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { readContents, writeContents } from '../stats/sketch-encoding.ts';
import type { Accumulator, SmallBucket } from './closed-buckets.ts';
import { SeriesAccumulator } from './series-accumulator.ts';

/** What one record, other than of performance, adds to its service's counts. */
export interface ServiceCounts {
  /** 1 for events and behaviours; 0 for samples. */
  readonly events: number;
  readonly errors: number;
}

/** Durations that are those of one operation: kept with it only. */
export interface SoleOperation {
  /** Number of the operation in its service. */
  readonly ordinal: number;
  /** Start of the minute. */
  readonly start: number;
}

/** Adds the durations of an operation in a minute to those in `into`. */
export type DurationsOf = (sole: SoleOperation, into: SeriesAccumulator) => void;

/** In the first varint beside the event count: whose the durations are. */
const OWN_DURATIONS = 1;
const SOLE_OPERATION = 2;
const FORMS = 3;

/** What one service did in one bucket, for readers and for what is merged. */
export class ServiceAccumulator implements Accumulator<ServiceAccumulator> {
  /** Events, performance records and behaviours. */
  eventCount = 0;
  /** Those of them that failed. */
  errorCount = 0;
  /** Performance records. */
  operationCount = 0;
  /** Performance records that failed. */
  failedCount = 0;
  readonly #durationsOf: DurationsOf;
  #durations: SeriesAccumulator | undefined;
  #sole: SoleOperation | undefined;
  /** For the bytes of one bucket after another. */
  #contents: SketchContents | undefined;

  constructor(durationsOf: DurationsOf) {
    this.#durationsOf = durationsOf;
  }

  /** Distribution of the performance durations in milliseconds, not to be changed; `undefined` where there are none. */
  get durations(): QuantileSketch | undefined {
    if (this.#sole === undefined) return this.#durations?.sketch;
    const durations = new SeriesAccumulator();
    this.#durationsOf(this.#sole, durations);
    return durations.sketch;
  }

  /** The operation that all performance records are of, where they are kept with it. */
  get sole(): SoleOperation | undefined {
    return this.#sole;
  }

  add(counts: ServiceCounts): void {
    this.eventCount += counts.events;
    this.errorCount += counts.errors;
  }

  /** Counts performance records, whose durations are added apart. */
  addOperations(count: number, failures: number): void {
    this.eventCount += count;
    this.errorCount += failures;
    this.operationCount += count;
    this.failedCount += failures;
  }

  /** Adds durations. */
  addDurations(durations: SketchContents): void {
    this.#ownDurations().sketch.mergeContents(durations);
  }

  /** Says that all durations are those of one operation in one minute; for an accumulator that has none. */
  addSole(sole: SoleOperation): void {
    this.#sole = sole;
  }

  merge(other: ServiceAccumulator): void {
    this.add({ events: other.eventCount, errors: other.errorCount });
    this.operationCount += other.operationCount;
    this.failedCount += other.failedCount;
    this.#addFrom(other.#sole, other.#durations);
  }

  mergeEncoded(encoded: Uint8Array, start: number): void {
    const reader = new ByteReader('service bucket', encoded);
    const head = reader.varint();
    const form = head % FORMS;
    this.add({ events: Math.floor(head / FORMS), errors: reader.varint() });
    if (form !== 0) {
      this.operationCount += reader.varint();
      this.failedCount += reader.varint();
    }
    if (form === SOLE_OPERATION) this.#addFrom({ ordinal: reader.varint(), start }, undefined);
    if (form === OWN_DURATIONS) {
      this.#contents ??= new SketchContents();
      readContents(reader, this.#contents, OCTAVE_BITS);
      this.#ownDurations().sketch.mergeContents(this.#contents);
    }
    reader.end();
  }

  get small(): SmallBucket | undefined {
    return this.operationCount === 0 ? [this.eventCount, this.errorCount, 0] : undefined;
  }

  /**
   * A few bytes, and the distribution where the durations are not those of one operation. Longer buckets always have their
   * own, since their minutes may go before them.
   */
  encode(_start: number, level: number): Uint8Array {
    const writer = new ByteWriter();
    const sole = level === 0 ? this.#sole : undefined;
    const durations = sole === undefined ? this.durations : undefined;
    const form = sole !== undefined ? SOLE_OPERATION : durations !== undefined ? OWN_DURATIONS : 0;
    writer.varint(this.eventCount * FORMS + form);
    writer.varint(this.errorCount);
    if (form === 0) return writer.toBytes();
    writer.varint(this.operationCount);
    writer.varint(this.failedCount);
    if (sole !== undefined) writer.varint(sole.ordinal);
    if (durations !== undefined) {
      const contents = new SketchContents();
      durations.readContents(contents);
      writeContents(writer, contents, OCTAVE_BITS);
    }
    return writer.toBytes();
  }

  /** Makes the durations of its one operation its own, so that they stay when that goes. */
  keepDurations(): void {
    this.#ownDurations();
  }

  #addFrom(sole: SoleOperation | undefined, durations: SeriesAccumulator | undefined): void {
    if (durations !== undefined) this.#ownDurations().merge(durations);
    if (sole === undefined) return;
    if (this.#sole === undefined && this.#durations === undefined) this.#sole = sole;
    else this.#durationsOf(sole, this.#ownDurations());
  }

  /** Its own durations, those of its one operation copied, where there is one. */
  #ownDurations(): SeriesAccumulator {
    const sole = this.#sole;
    this.#sole = undefined;
    this.#durations ??= new SeriesAccumulator();
    if (sole !== undefined) this.#durationsOf(sole, this.#durations);
    return this.#durations;
  }
}
