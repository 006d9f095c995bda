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
  /** A performance record without an object for it; `error` is `undefined` where it succeeded. */
  addOperation(
    operation: OperationRef,
    duration: number,
    timestamp: number,
    error: string | undefined,
    live: boolean,
  ): void;
}

/**
 * Accepted records, up to a fixed number. Performance records, the ones that come by the million, lie in columns that
 * are used again and again, so that they cost no object each.
 */
export class RecordBuffer {
  readonly #capacity: number;
  readonly #records: (BufferedRecord | undefined)[] = [];
  readonly #operations: (OperationRef | undefined)[] = [];
  readonly #errors: (string | undefined)[] = [];
  readonly #durations: Float64Array;
  readonly #timestamps: Float64Array;
  readonly #live: Uint8Array;
  /** Records before it have been drained. */
  #next = 0;
  #end = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#durations = new Float64Array(capacity);
    this.#timestamps = new Float64Array(capacity);
    this.#live = new Uint8Array(capacity);
  }

  /** Records that wait. */
  get length(): number {
    return this.#end - this.#next;
  }

  get isFull(): boolean {
    return this.#end >= this.#capacity;
  }

  push(buffered: BufferedRecord): void {
    const i = this.#end++;
    this.#records[i] = buffered;
    this.#operations[i] = undefined;
  }

  pushOperation(
    operation: OperationRef,
    duration: number,
    timestamp: number,
    error: string | undefined,
    live: boolean,
  ): void {
    const i = this.#end++;
    this.#operations[i] = operation;
    this.#durations[i] = duration;
    this.#timestamps[i] = timestamp;
    this.#errors[i] = error;
    this.#live[i] = live ? 1 : 0;
  }

  /** Hands all records to `sink` and is empty afterwards. What the sink throws goes to `onFailure`, a record at a time. */
  drain(sink: RecordSink, onFailure: (cause: unknown) => void): void {
    while (this.#next < this.#end) {
      const i = this.#next++;
      try {
        this.#hand(i, sink);
      } catch (cause) {
        onFailure(cause);
      }
    }
    this.#next = 0;
    this.#end = 0;
  }

  /** The records that wait, as objects. */
  toArray(): BufferedRecord[] {
    return Array.from({ length: this.length }, (_, offset) => {
      const i = this.#next + offset;
      const operation = this.#operations[i];
      if (operation === undefined) return this.#records[i] as BufferedRecord;
      const duration = this.#durations[i] as number;
      const timestamp = this.#timestamps[i] as number;
      const record = performanceRecord(operation, duration, timestamp, this.#errors[i]);
      return { kind: 'performance', record, live: this.#live[i] === 1 };
    });
  }

  #hand(i: number, sink: RecordSink): void {
    const operation = this.#operations[i];
    if (operation === undefined) {
      const { kind, record, live } = this.#records[i] as BufferedRecord;
      this.#records[i] = undefined;
      sink.add(kind, record, live);
    } else {
      const duration = this.#durations[i] as number;
      const timestamp = this.#timestamps[i] as number;
      sink.addOperation(operation, duration, timestamp, this.#errors[i], this.#live[i] === 1);
    }
  }
}

/** The record that a buffered operation stands for. */
export function performanceRecord(
  { serviceId, operation }: OperationRef,
  duration: number,
  timestamp: number,
  error: string | undefined,
): PerformanceRecord {
  const record = { operation, duration, success: error === undefined, serviceId, timestamp };
  return error === undefined || error === '' ? record : { ...record, errorType: error };
}
