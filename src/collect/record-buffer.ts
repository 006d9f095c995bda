import { FAILED, LIVE, type OperationBatch } from '../model/operation-batch.ts';
import type { OperationRef } from '../model/operation-ref.ts';
import type { PerformanceRecord, RecordByKind, RecordKind } from '../model/records.ts';

/** An accepted record as it waits. */
export interface BufferedRecord {
  readonly kind: RecordKind;
  readonly record: RecordByKind[RecordKind];
  /** Whether its timestamp was within a minute of the clock when it came. */
  readonly live: boolean;
}

/** Takes the records of a buffer, in the order in which they came. */
export interface RecordSink {
  /** `live`: the record's timestamp was within a minute of the clock when it came. */
  add<K extends RecordKind>(kind: K, record: RecordByKind[K], live: boolean): void;
  /**
   * Takes performance records without an object for each: those of `batch` from `batch.next` on up to `end` or the first
   * record of another kind, or fewer where one of them made for more work; one at least.
   */
  addOperations(batch: OperationBatch, end: number): void;
}

/** Two doubles, a byte and three references. */
const PLACE_BYTES = 41;

/**
 * Accepted records, up to a fixed number. Performance records, the ones that come by the million, lie in columns that
 * are used again and again.
 */
export class RecordBuffer implements OperationBatch {
  readonly operations: (OperationRef | undefined)[] = [];
  readonly durations: Float64Array;
  readonly timestamps: Float64Array;
  readonly flags: Uint8Array;
  readonly errors: (string | undefined)[] = [];
  next = 0;
  readonly #capacity: number;
  readonly #records: (BufferedRecord | undefined)[] = [];
  #end = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.durations = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity);
  }

  /** Records that wait. */
  get length(): number {
    return this.#end - this.next;
  }

  /** Estimate of the memory held. */
  get byteLength(): number {
    return this.#capacity * PLACE_BYTES;
  }

  get isFull(): boolean {
    return this.#end >= this.#capacity;
  }

  push(buffered: BufferedRecord): void {
    const i = this.#end++;
    this.#records[i] = buffered;
    this.operations[i] = undefined;
  }

  /**
   * Makes a place for a performance record and returns its index, where the caller puts duration and timestamp: passing
   * them would cost an object each.
   */
  claim(operation: OperationRef, live: boolean, success: boolean, errorType: string | undefined): number {
    const i = this.#end++;
    this.operations[i] = operation;
    this.flags[i] = (live ? LIVE : 0) | (success ? 0 : FAILED);
    if (!success) this.errors[i] = errorType ?? '';
    return i;
  }

  /**
   * Hands up to `limit` records to `sink`, fewer where one of them makes for more work. What the sink throws costs one
   * record and goes to `onFailure`. Returns whether any are left.
   */
  drain(sink: RecordSink, onFailure: (cause: unknown) => void, limit: number): boolean {
    const end = Math.min(this.#end, this.next + limit);
    let isWorked = false;
    while (this.next < end && !isWorked) {
      try {
        isWorked = this.#hand(sink, end);
      } catch (cause) {
        onFailure(cause);
      }
    }
    if (this.next < this.#end) return true;
    this.next = 0;
    this.#end = 0;
    return false;
  }

  /** The records that wait, as objects. */
  toArray(): BufferedRecord[] {
    return Array.from({ length: this.length }, (_, offset) => {
      const i = this.next + offset;
      if (this.operations[i] === undefined) return this.#records[i] as BufferedRecord;
      return { kind: 'performance', record: performanceRecord(this, i), live: ((this.flags[i] as number) & LIVE) > 0 };
    });
  }

  /** Hands on the next record, and the operations that follow it; returns whether these made for more work. */
  #hand(sink: RecordSink, end: number): boolean {
    const i = this.next;
    if (this.operations[i] !== undefined) {
      try {
        sink.addOperations(this, end);
      } finally {
        // A sink that failed before it took one would be handed the same one for ever.
        if (this.next === i) this.next++;
      }
      return this.next < end && this.operations[this.next] !== undefined;
    }
    this.next++;
    const { kind, record, live } = this.#records[i] as BufferedRecord;
    this.#records[i] = undefined;
    sink.add(kind, record, live);
    return false;
  }
}

/** The record that stands at `i` of a batch. */
export function performanceRecord(batch: OperationBatch, i: number): PerformanceRecord {
  const { serviceId, operation } = batch.operations[i] as OperationRef;
  const success = ((batch.flags[i] as number) & FAILED) === 0;
  const duration = batch.durations[i] as number;
  const timestamp = batch.timestamps[i] as number;
  const record = { operation, duration, success, serviceId, timestamp };
  const error = success ? '' : (batch.errors[i] as string);
  return error === '' ? record : { ...record, errorType: error };
}
