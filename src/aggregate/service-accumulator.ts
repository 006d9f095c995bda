import { ByteReader, ByteWriter } from '../stats/bytes.ts';
import { QuantileSketch } from '../stats/quantile-sketch.ts';
import type { Accumulator, AccumulatorType, SmallBucket } from './closed-buckets.ts';
import type { SeriesAccumulator } from './series-accumulator.ts';

/** What one record, other than of performance, adds to its service's counts. */
export interface ServiceCounts {
  /** 1 for events and behaviours; 0 for samples. */
  readonly events: number;
  readonly errors: number;
}

/**
 * What one service did in one bucket. While the bucket is open its performance records are still with their operations;
 * they are merged in when it closes, or when somebody reads it.
 */
export class ServiceAccumulator implements Accumulator<ServiceAccumulator> {
  /** Events, performance records and behaviours. */
  eventCount = 0;
  /** Those of them that failed. */
  errorCount = 0;
  /** Performance records. */
  operationCount = 0;
  /** Performance records that failed. */
  failedCount = 0;
  #durations: QuantileSketch | undefined;

  static readonly type: AccumulatorType<ServiceAccumulator> = {
    create: () => new ServiceAccumulator(),
    decode: (encoded) => ServiceAccumulator.#decode(encoded),
    fromSmall: ([eventCount, errorCount]) => ServiceAccumulator.#of(eventCount, errorCount),
  };

  /** Distribution of the performance durations in milliseconds; `undefined` where there are none. */
  get durations(): QuantileSketch | undefined {
    return this.#durations;
  }

  add(counts: ServiceCounts): void {
    this.eventCount += counts.events;
    this.errorCount += counts.errors;
  }

  /** Takes in all performance records of one operation. */
  mergeOperation(operation: SeriesAccumulator): void {
    this.eventCount += operation.count;
    this.errorCount += operation.failures;
    this.operationCount += operation.count;
    this.failedCount += operation.failures;
    this.#durations ??= new QuantileSketch();
    operation.addTo(this.#durations);
  }

  merge(other: ServiceAccumulator): void {
    this.eventCount += other.eventCount;
    this.errorCount += other.errorCount;
    this.operationCount += other.operationCount;
    this.failedCount += other.failedCount;
    if (other.#durations === undefined) return;
    this.#durations ??= new QuantileSketch();
    this.#durations.merge(other.#durations);
  }

  get small(): SmallBucket | undefined {
    return this.operationCount === 0 ? [this.eventCount, this.errorCount, 0] : undefined;
  }

  encode(): Uint8Array {
    const writer = new ByteWriter();
    writer.varint(this.eventCount);
    writer.varint(this.errorCount);
    writer.varint(this.operationCount);
    writer.varint(this.failedCount);
    this.#durations?.writeTo(writer);
    return writer.toBytes();
  }

  static #decode(encoded: Uint8Array): ServiceAccumulator {
    const reader = new ByteReader('service bucket', encoded);
    const accumulator = ServiceAccumulator.#of(reader.varint(), reader.varint());
    accumulator.operationCount = reader.varint();
    accumulator.failedCount = reader.varint();
    if (accumulator.operationCount > 0) accumulator.#durations = QuantileSketch.readFrom(reader);
    reader.end();
    return accumulator;
  }

  static #of(eventCount: number, errorCount: number): ServiceAccumulator {
    const accumulator = new ServiceAccumulator();
    accumulator.eventCount = eventCount;
    accumulator.errorCount = errorCount;
    return accumulator;
  }
}
