import { type Clock, systemClock } from '../clock.ts';
import { AnalyticsError, checkSnapshotVersion, invalidOption, numberOption } from '../errors.ts';
import { callListener, failureText, type Listener, subscription } from '../model/listener.ts';
import type { InputByKind, RecordByKind, RecordKind } from '../model/records.ts';
import type { Rejection } from '../model/rejection.ts';
import { type BorderLimits, checkRecord, type Refused } from './check-record.ts';
import { checkText } from './refusal.ts';
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

interface BufferedRecord {
  readonly kind: RecordKind;
  readonly record: RecordByKind[RecordKind];
  /** Clock time, epoch milliseconds. */
  readonly cameAt: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
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
  readonly #retentionMs: number;
  readonly #stopTimer: () => void;
  readonly #listeners = new Map<keyof CollectorEvents, readonly Listener<never>[]>();
  #rejections = new RejectionLog();
  #buffer: BufferedRecord[] = [];
  /** Records that are being emitted, from the next one on. */
  #batch: readonly BufferedRecord[] = [];
  #next = 0;
  #flushing = false;
  #cameAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  #accepted = 0;
  #errors = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: CollectorOptions = {}) {
    const {
      serviceId = 'default',
      bufferSize = 1000,
      flushIntervalMs = 5000,
      retentionMs = 30 * DAY_MS,
      clock = systemClock,
    } = options;
    this.#serviceId = serviceIdOption(serviceId);
    this.#bufferSize = numberOption('bufferSize', bufferSize, { min: 1, whole: true });
    this.#retentionMs = numberOption('retentionMs', retentionMs, { min: MINUTE_MS });
    this.#clock = clockOption(clock);
    const interval = numberOption('flushIntervalMs', flushIntervalMs, { min: 10, max: DAY_MS });
    this.#stopTimer = clock.every(interval, () => this.#drain());
  }

  /**
   * Takes one record. Costs a check and a copy; the work on it happens when it is flushed.
   *
   * @returns whether it was accepted
   * @throws AnalyticsError `ERR_CLOSED` after `close()`
   */
  record<K extends RecordKind>(kind: K, input: InputByKind[K]): boolean {
    if (this.#closed)
      throw new AnalyticsError('ERR_CLOSED', 'collector must be open to record, got a record after close()');
    const now = this.#clock.now();
    const checked =
      this.#flushing && this.#buffer.length >= this.#bufferSize ? BUFFER_FULL : this.#check(kind, input, now);
    if ('reason' in checked) {
      this.#rejections.add(kind, checked, now);
      return false;
    }
    this.#accepted++;
    this.#buffer.push({ kind, record: checked, cameAt: now });
    if (this.#buffer.length >= this.#bufferSize && !this.#flushing) this.#drain();
    return true;
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

  /** Clock time at which the record that is being emitted, or was last, came; epoch milliseconds. */
  get cameAt(): number {
    return this.#cameAt;
  }

  /** Counts since the collector was made or, if it was restored, since the first one of its line was. */
  stats(): CollectorStats {
    return {
      accepted: this.#accepted,
      rejected: this.#rejections.counts,
      buffered: this.#batch.length - this.#next + this.#buffer.length,
      errors: this.#errors,
    };
  }

  /** Counts and buffered records; listeners are not part of it. */
  snapshot(): CollectorSnapshot {
    const { accepted, rejected, errors } = this.stats();
    return { version: 1, accepted, rejected, errors, buffer: [...this.#batch.slice(this.#next), ...this.#buffer] };
  }

  /** @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is of another version */
  static restore(snapshot: CollectorSnapshot, options?: CollectorOptions): Collector {
    checkSnapshotVersion('collector', snapshot, 1);
    const collector = new Collector(options);
    collector.#load(snapshot);
    return collector;
  }

  #load(snapshot: CollectorSnapshot): void {
    this.#accepted = snapshot.accepted;
    this.#errors = snapshot.errors;
    this.#buffer = [...snapshot.buffer];
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

  #drain(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    do this.#emitBatch();
    while (
      // What listeners record waits for the next flush, and after `close()` there is none.
      this.#closed &&
      this.#buffer.length > 0
    );
    this.#flushing = false;
    for (const rejection of this.#rejections.takeDue(this.#clock.now())) this.#emit('rejected', rejection);
  }

  #emitBatch(): void {
    this.#batch = this.#buffer;
    this.#buffer = [];
    this.#next = 0;
    while (this.#next < this.#batch.length) {
      const { kind, record, cameAt } = this.#batch[this.#next++] as BufferedRecord;
      this.#cameAt = cameAt;
      this.#emit(kind, record as never);
    }
    this.#batch = [];
    this.#next = 0;
  }

  #emit<E extends keyof CollectorEvents>(event: E, payload: CollectorEvents[E]): void {
    for (const listener of this.#listenersOf(event)) {
      callListener(listener, payload, (cause) => this.#fail(event, cause));
    }
  }

  #fail(event: keyof CollectorEvents, cause: unknown): void {
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

const BUFFER_FULL: Refused = { reason: 'buffer_full', field: '' };

function clockOption(clock: Clock): Clock {
  if (typeof clock?.now === 'function' && typeof clock.every === 'function') return clock;
  throw invalidOption('clock', 'a clock with now() and every()', clock);
}

function serviceIdOption(serviceId: unknown): string {
  try {
    return checkText('serviceId', serviceId);
  } catch {
    throw invalidOption('serviceId', 'a string of 1 to 256 characters', serviceId);
  }
}
