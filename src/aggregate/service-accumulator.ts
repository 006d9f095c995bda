import { ByteReader, ByteWriter } from '../stats/bytes.ts';
import { OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import type { QuantileSketch } from '../stats/quantile-sketch.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { readContents, writeContents } from '../stats/sketch-encoding.ts';
import type { Accumulator, SmallBucket } from './closed-buckets.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import { readServiceHead, type ServiceReading, writeServiceHead } from './service-encoding.ts';

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
  /** The bucket of the operation. */
  readonly level: number;
  readonly start: number;
}

/** Adds the durations of an operation in a bucket to those in `into`. */
export type DurationsOf = (sole: SoleOperation, into: SeriesAccumulator) => void;

/** What one service did in one bucket, for readers and for what is merged. */
export class ServiceAccumulator implements Accumulator<ServiceAccumulator>, ServiceReading {
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
  /** Buckets of the one operation that all performance records are of, while there is just one and they are with it. */
  #soles: SoleOperation[] = [];
  /** For the bytes of one bucket after another. */
  #contents: SketchContents | undefined;

  constructor(durationsOf: DurationsOf) {
    this.#durationsOf = durationsOf;
  }

  /** Distribution of the performance durations in milliseconds, not to be changed; `undefined` where there are none. */
  get durations(): QuantileSketch | undefined {
    if (this.#soles.length === 0) return this.#durations?.sketch;
    const durations = new SeriesAccumulator();
    for (const sole of this.#soles) this.#durationsOf(sole, durations);
    return durations.sketch;
  }

  /** Number of the operation that all performance records are of, where they are kept with it. */
  get ordinal(): number | undefined {
    return this.#soles[0]?.ordinal;
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

  /** Adds the durations of an operation in a bucket, which stay with it if possible. */
  addSole(sole: SoleOperation): void {
    const { ordinal } = this;
    const isOnly = this.#durations === undefined && (ordinal === undefined || ordinal === sole.ordinal);
    if (isOnly) this.#soles.push(sole);
    else this.#durationsOf(sole, this.#ownDurations());
  }

  merge(other: ServiceAccumulator): void {
    this.#addCounts(other);
    if (other.#durations !== undefined) this.#ownDurations().merge(other.#durations);
    for (const sole of other.#soles) this.addSole(sole);
  }

  mergeEncoded(encoded: Uint8Array, start: number, level: number): void {
    const reader = new ByteReader('service bucket', encoded);
    const head = readServiceHead(reader);
    this.#addCounts(head);
    if (head.ordinal !== undefined) this.addSole({ ordinal: head.ordinal, level, start });
    if (head.hasDurations) {
      this.#contents ??= new SketchContents();
      readContents(reader, this.#contents, OCTAVE_BITS);
      this.#ownDurations().sketch.mergeContents(this.#contents);
    }
    reader.end();
  }

  get small(): SmallBucket | undefined {
    return this.operationCount === 0 ? [this.eventCount, this.errorCount, 0] : undefined;
  }

  /** A few bytes, and the distribution where the durations are not those of one operation. */
  encode(): Uint8Array {
    const writer = new ByteWriter();
    const { ordinal } = this;
    const durations = ordinal === undefined ? this.#durations?.sketch : undefined;
    const { eventCount, errorCount, operationCount, failedCount } = this;
    const hasDurations = durations !== undefined;
    writeServiceHead(writer, { eventCount, errorCount, operationCount, failedCount, hasDurations, ordinal });
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

  #addCounts(counts: ServiceReading): void {
    this.eventCount += counts.eventCount;
    this.errorCount += counts.errorCount;
    this.operationCount += counts.operationCount;
    this.failedCount += counts.failedCount;
  }

  /** Its own durations, with those copied that were with one operation. */
  #ownDurations(): SeriesAccumulator {
    const soles = this.#soles;
    this.#soles = [];
    this.#durations ??= new SeriesAccumulator();
    for (const sole of soles) this.#durationsOf(sole, this.#durations);
    return this.#durations;
  }
}
