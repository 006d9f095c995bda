import { type Clock, SlicedWork, SystemClock } from '../clock.ts';
import { AnalyticsError, invalidOption, numberOption, objectOption, restoring } from '../errors.ts';
import { callListener, failureText, type Listener, subscription } from '../model/listener.ts';
import type { OperationRef } from '../model/operation-ref.ts';
import type { InputByKind, PerformanceInput, RecordByKind, RecordKind } from '../model/records.ts';
import type { Refused, Rejection } from '../model/rejection.ts';
import { type BorderLimits, checkRecord, isName, isPlainOutcome } from './check-record.ts';
import { OperationTable } from './operation-table.ts';
import { type BufferedRecord, performanceRecord, RecordBuffer, type RecordSink } from './record-buffer.ts';
import { type RejectionCounts, RejectionLog } from './rejection-log.ts';

/** Options of a `Collector`. */
export interface CollectorOptions {
  /** For records that name no service. Default `'default'`. */
  readonly serviceId?: string | undefined;
  /** Records held before they are flushed at once; at least 1, default 1,000. */
  readonly bufferSize?: number | undefined;
  /** Milliseconds between flushes; at least 10, default 5,000. */
  readonly flushIntervalMs?: number | undefined;
  /** Milliseconds that data is kept; older records are rejected as `expired`. At least a minute, default 30 days. */
  readonly retentionMs?: number | undefined;
  /** Default the machine's clock; a `ManualClock` for tests and for replaying what is older than the retention. */
  readonly clock?: Clock | undefined;
  /** Operations that are remembered from record to record, so that they need not be looked up; default 10,000. */
  readonly maxSeries?: number | undefined;
  /** Gets every record when it is flushed, before the listeners do, and performance records without an object each. */
  readonly sink?: RecordSink | undefined;
}

/** What a collector emits: each kind of record when it is flushed, and what went wrong. */
export interface CollectorEvents extends RecordByKind {
  readonly rejected: Rejection;
  readonly error: AnalyticsError;
}

/** Counts since the collector was made. */
export interface CollectorStats {
  readonly accepted: number;
  /** Records rejected, by reason; only reasons that occurred. */
  readonly rejected: RejectionCounts;
  /** Accepted and not yet flushed. */
  readonly buffered: number;
  /** Failures of listeners. */
  readonly errors: number;
}

/** State of a collector. Plain and structured-cloneable. */
export interface CollectorSnapshot {
  readonly version: 1;
  readonly accepted: number;
  readonly rejected: RejectionCounts;
  readonly errors: number;
  readonly buffer: readonly BufferedRecord[];
}

/** A recorder for one operation of one service, to be made once and kept. */
export interface OperationHandle {
  /** Records one execution; `duration` in milliseconds. Returns whether it was accepted. */
  record(duration: number, success: boolean, errorType?: string): boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A service is live while its newest record was so near to the clock when it came. */
const LIVE_MS = MINUTE_MS;
/** How far a timestamp may lie ahead of the clock: hosts of a fleet are rarely further apart. */
const MAX_AHEAD_MS = 5 * MINUTE_MS;

/**
 * The border: checks records, copies them into a bounded buffer and emits them in order, every few seconds and at once
 * when the buffer is full. `record` never throws on bad data: it is refused, counted by reason and reported.
 *
 * @example
 * const collector = new Collector({ serviceId: 'shop' });
 * collector.on('event', (e) => console.log(e.eventType)); // "order_placed", when flushed
 * collector.record('event', { eventType: 'order_placed' }); // true
 * await collector.flush();
 */
export class Collector {
  readonly #clock: Clock;
  readonly #serviceId: string;
  readonly #bufferSize: number;
  #retentionMs: number;
  readonly #stopTimer: () => void;
  readonly #listeners = new Map<keyof CollectorEvents, readonly Listener<never>[]>();
  readonly #draining: SlicedWork;
  #rejections = new RejectionLog();
  readonly #sink: RecordSink;
  readonly #operations: OperationTable;
  /** Takes records. */
  #buffer: RecordBuffer;
  /** Is being flushed, in steps; mostly empty. */
  #full: RecordBuffer;
  /** Whether a step of flushing is running, and listeners with it. */
  #flushing = false;
  #closed = false;
  #accepted = 0;
  #errors = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: CollectorOptions = {}) {
    objectOption('options', options);
    const {
      serviceId = 'default',
      bufferSize = 1000,
      flushIntervalMs = 5000,
      retentionMs = 30 * DAY_MS,
      maxSeries = 10_000,
      clock = new SystemClock(),
    } = options;
    this.#serviceId = nameOption('serviceId', serviceId);
    this.#bufferSize = numberOption('bufferSize', bufferSize, { min: 1, whole: true });
    this.#retentionMs = numberOption('retentionMs', retentionMs, { min: MINUTE_MS });
    this.#clock = clockOption(clock);
    this.#draining = new SlicedWork(clock, () => this.#stepInSlices());
    const interval = numberOption('flushIntervalMs', flushIntervalMs, { min: 10, max: DAY_MS });
    this.#buffer = new RecordBuffer(this.#bufferSize);
    this.#full = new RecordBuffer(this.#bufferSize);
    this.#operations = new OperationTable(numberOption('maxSeries', maxSeries, { min: 1, whole: true }));
    this.#sink = this.#withListeners(options.sink);
    this.#stopTimer = clock.every(interval, () => this.#drainInSlices());
  }

  /**
   * Takes one record. Costs a check and a copy; the work on it happens when it is flushed.
   *
   * @returns whether it was accepted
   * @throws AnalyticsError `ERR_CLOSED` after `close()`
   */
  record<K extends RecordKind>(kind: K, input: InputByKind[K]): boolean {
    return this.offer(kind, input) === undefined;
  }

  /**
   * Takes one record as `record` does, and says why where it does not: for callers who have to answer for each record.
   *
   * @returns `undefined` where it was accepted
   * @throws AnalyticsError `ERR_CLOSED` after `close()`
   */
  offer<K extends RecordKind>(kind: K, input: InputByKind[K]): Refused | undefined {
    this.#checkOpen();
    if (kind === 'performance' && this.#takePlain(input as PerformanceInput)) return undefined;
    const now = this.#clock.now();
    const checked = this.#makeRoom() ? this.#check(kind, input, now) : BUFFER_FULL;
    if ('reason' in checked) {
      this.#rejections.add(kind, checked, now);
      return checked;
    }
    this.#buffer.push({ kind, record: checked, live: isLive(checked.timestamp, now) });
    this.#pushed();
    return undefined;
  }

  /**
   * A recorder bound to one operation: it spares each record the look-ups.
   *
   * @throws AnalyticsError `ERR_INVALID_OPTION` for names that are no strings of 1 to 256 characters
   */
  operation(serviceId: string, operation: string): OperationHandle {
    nameOption('serviceId', serviceId);
    nameOption('operation', operation);
    const ref = this.#operations.find(serviceId, operation) ?? this.#operations.add(serviceId, operation);
    return {
      record: (duration, success, errorType) => {
        if (this.#closed || !isPlainOutcome(duration, success, errorType) || !this.#makeRoom()) {
          return this.record('performance', { serviceId, operation, duration, success, errorType });
        }
        const buffer = this.#buffer;
        const i = buffer.claim(ref, true, success, errorType);
        buffer.durations[i] = duration;
        buffer.timestamps[i] = this.#clock.coarseNow();
        this.#pushed();
        return true;
      },
    };
  }

  /**
   * Refuses records that are older than `ms`, too, as `expired`.
   *
   * @internal
   */
  refuseOlderThan(ms: number): void {
    this.#retentionMs = Math.min(this.#retentionMs, ms);
  }

  /** Calls `listener` for each record of `kind` when it is flushed, or for `rejected` and `error`. */
  on<E extends keyof CollectorEvents>(event: E, listener: Listener<CollectorEvents[E]>): this {
    if (typeof listener !== 'function') throw invalidOption('listener', 'a function', listener);
    this.#listeners.set(event, [...this.#listenersOf(event), listener]);
    return this;
  }

  /** Removes a listener that `on` added. */
  off<E extends keyof CollectorEvents>(event: E, listener: Listener<CollectorEvents[E]>): this {
    const kept = [...this.#listenersOf(event)];
    const index = kept.indexOf(listener);
    if (index >= 0) kept.splice(index, 1);
    this.#listeners.set(event, kept);
    return this;
  }

  /** Like `on`; returns the way to unsubscribe, which `signal` does as well. */
  subscribe<E extends keyof CollectorEvents>(
    event: E,
    listener: Listener<CollectorEvents[E]>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): () => void {
    return subscription(
      () => this.on(event, listener),
      () => this.off(event, listener),
      options.signal,
    );
  }

  /** Emits what is buffered, in the order in which it was recorded. The work is done when the call returns. */
  flush(): Promise<void> {
    this.#drain();
    return Promise.resolve();
  }

  /** Flushes, reports outstanding rejections and stops the timer. Further records throw; calling it again does nothing. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#stopTimer();
    this.#drain();
    for (const rejection of this.#rejections.takeDue(this.#clock.now(), true)) this.#emit('rejected', rejection);
    return Promise.resolve();
  }

  /**
   * One step of flushing what waits, for hosts that must not be blocked; returns whether there is more.
   *
   * @internal
   */
  drainSome(): boolean {
    if (this.#flushing) return false;
    if (this.#full.length === 0) this.#swap();
    return this.#step();
  }

  /** Estimate of the memory held, in bytes. */
  get byteLength(): number {
    return this.#buffer.byteLength + this.#full.byteLength + this.#operations.byteLength;
  }

  /** Counts since the collector was made or, if it was restored, since the first one of its line was. */
  stats(): CollectorStats {
    return {
      accepted: this.#accepted,
      rejected: this.#rejections.counts,
      buffered: this.#full.length + this.#buffer.length,
      errors: this.#errors,
    };
  }

  /** Counts and buffered records; listeners are not part of it. */
  snapshot(): CollectorSnapshot {
    const { accepted, rejected, errors } = this.stats();
    const buffer = [...this.#full.toArray(), ...this.#buffer.toArray()];
    return { version: 1, accepted, rejected, errors, buffer };
  }

  /** @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is of another version */
  static restore(snapshot: CollectorSnapshot, options?: CollectorOptions): Collector {
    return restoring('collector', snapshot, 1, () => {
      const collector = new Collector(options);
      try {
        collector.#load(snapshot);
      } catch (cause) {
        collector.#stopTimer();
        throw cause;
      }
      return collector;
    });
  }

  #load(snapshot: CollectorSnapshot): void {
    this.#accepted = snapshot.accepted;
    this.#errors = snapshot.errors;
    this.#buffer = new RecordBuffer(Math.max(this.#bufferSize, snapshot.buffer.length));
    for (const buffered of snapshot.buffer) this.#buffer.push(buffered);
    this.#rejections = new RejectionLog(snapshot.rejected);
  }

  #check<K extends RecordKind>(kind: K, input: InputByKind[K], now: number): RecordByKind[K] | Refused {
    const limits: BorderLimits = {
      serviceId: this.#serviceId,
      now,
      oldest: now - this.#retentionMs,
      newest: now + MAX_AHEAD_MS,
    };
    return checkRecord(kind, input, limits);
  }

  /**
   * Whether there is room for a record. A buffer that listeners filled, or a snapshot, is flushed first; there is no room
   * while listeners are being called, or where they fill it again at once.
   */
  #makeRoom(): boolean {
    if (!this.#buffer.isFull) return true;
    this.#drainInSlices();
    return !this.#buffer.isFull;
  }

  #checkOpen(): void {
    if (!this.#closed) return;
    throw new AnalyticsError('ERR_CLOSED', 'collector must be open to record, got a record after close()');
  }

  /**
   * Takes a performance record that has nothing unusual, in columns and without a copy; leaves every other, the bad ones
   * included, to the general way.
   */
  #takePlain(input: PerformanceInput): boolean {
    try {
      const { serviceId = this.#serviceId, operation, duration, success, errorType, resourceUsed, throughput } = input;
      const now = this.#clock.coarseNow();
      const { timestamp = now } = input;
      if (!isPlainOutcome(duration, success, errorType) || resourceUsed !== undefined || throughput !== undefined) {
        return false;
      }
      if (typeof timestamp !== 'number' || !(timestamp <= now + MAX_AHEAD_MS)) return false;
      if (!(timestamp >= now - this.#retentionMs) || !this.#makeRoom()) return false;
      const ref = this.#operations.find(serviceId, operation) ?? this.#newOperation(serviceId, operation);
      if (ref === undefined) return false;
      const buffer = this.#buffer;
      const i = buffer.claim(ref, isLive(timestamp, now), success, errorType);
      buffer.durations[i] = duration;
      buffer.timestamps[i] = timestamp;
    } catch {
      return false;
    }
    this.#pushed();
    return true;
  }

  /** `undefined` for what is not fit to be a name; what is known already need not be looked at again. */
  #newOperation(serviceId: unknown, operation: unknown): OperationRef | undefined {
    return isName(serviceId) && isName(operation) ? this.#operations.add(serviceId, operation) : undefined;
  }

  #pushed(): void {
    this.#accepted++;
    if (this.#buffer.isFull && !this.#flushing) this.#drainInSlices();
  }

  /** Flushes all that waits now, without blocking for long; but waits for what is still being flushed from before. */
  #drainInSlices(): void {
    if (this.#flushing) return;
    while (this.#full.length > 0) this.#step();
    this.#swap();
    this.#draining.begin();
  }

  /** Flushes all that waits now. */
  #drain(): void {
    if (this.#flushing) return;
    do {
      while (this.#full.length > 0) this.#step();
      this.#swap();
      while (this.#step());
    } while (
      // What listeners record waits for the next flush, and after `close()` there is none.
      this.#closed &&
      this.#buffer.length > 0
    );
  }

  #swap(): void {
    const full = this.#buffer;
    this.#buffer = this.#full;
    this.#full = full;
  }

  /** One step of flushing; returns whether there is more to flush. */
  #step(): boolean {
    if (this.#flushing) return false;
    this.#flushing = true;
    const more = this.#full.drain(this.#sink, (cause) => this.#fail('flush', cause), STEP_RECORDS);
    this.#flushing = false;
    if (more) return true;
    for (const rejection of this.#rejections.takeDue(this.#clock.now())) this.#emit('rejected', rejection);
    return false;
  }

  #stepInSlices(): boolean {
    const more = this.#step();
    if (!this.#closed) return more;
    // A listener closed the collector, which could not flush while it was being called.
    this.#drain();
    return false;
  }

  /** First the sink, if there is one, then the listeners of the record's kind. */
  #withListeners(sink: RecordSink | undefined): RecordSink {
    return {
      add: (kind, record, live) => {
        sink?.add(kind, record, live);
        this.#emit(kind, record as never);
      },
      addOperations: (batch, end) => {
        const isHeard = this.#listenersOf('performance').length > 0;
        if (sink !== undefined) sink.addOperations(batch, isHeard ? batch.next + 1 : end);
        else batch.next++;
        if (isHeard) this.#emit('performance', performanceRecord(batch, batch.next - 1));
      },
    };
  }

  #emit<E extends keyof CollectorEvents>(event: E, payload: CollectorEvents[E]): void {
    for (const listener of this.#listenersOf(event)) {
      callListener(listener, payload, (cause) => this.#fail(event, cause));
    }
  }

  #fail(event: keyof CollectorEvents | 'flush', cause: unknown): void {
    this.#errors++;
    // A failing `error` listener is only counted: reporting it to itself would not end.
    if (event === 'error') return;
    this.#emit(
      'error',
      new AnalyticsError('ERR_LISTENER', `listener of ${event} must not throw, got ${failureText(cause)}`, { cause }),
    );
  }

  #listenersOf<E extends keyof CollectorEvents>(event: E): readonly Listener<CollectorEvents[E]>[] {
    return (this.#listeners.get(event) ?? []) as readonly Listener<CollectorEvents[E]>[];
  }
}

/** Plain records of one step of flushing: some microseconds of work, so that looking at the clock costs next to nothing. */
const STEP_RECORDS = 250;
const BUFFER_FULL: Refused = { reason: 'buffer_full', field: '' };

function isLive(timestamp: number, now: number): boolean {
  return Math.abs(now - timestamp) <= LIVE_MS;
}

function clockOption(clock: Clock): Clock {
  const { now, coarseNow, every, slice, pause } = clock ?? {};
  if ([now, coarseNow, every, slice, pause].every((method) => typeof method === 'function')) return clock;
  throw invalidOption('clock', 'a clock with now(), coarseNow(), every(), slice() and pause()', clock);
}

function nameOption(option: string, value: unknown): string {
  if (isName(value)) return value;
  throw invalidOption(option, 'a string of 1 to 256 characters', value);
}
