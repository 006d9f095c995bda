import { EventEmitter } from 'eventemitter3';
import { AnalyticsError, invalidOption, numberOption, objectOption } from './errors.ts';
import type { Anomaly } from './model/anomaly.ts';
import type { Aggregation } from './model/bucket.ts';
import type { Prediction } from './model/forecast.ts';
import type { Health } from './model/health.ts';
import { callListener, failureText, type Listener, subscription } from './model/listener.ts';
import type { RecordByKind } from './model/records.ts';
import type { Rejection } from './model/rejection.ts';

/** What a `Service` emits, by event. */
export interface ServiceEvents extends RecordByKind {
  /** A bucket closed. */
  readonly aggregation: Aggregation;
  /** An episode opened, or rose in severity. */
  readonly anomaly: Anomaly;
  /** An open episode got another sample. */
  readonly anomalyUpdated: Anomaly;
  /** An episode ended. */
  readonly anomalyClosed: Anomaly;
  /** New forecasts, when a minute of their service closes. */
  readonly prediction: Prediction;
  /** Health changed. */
  readonly health: Health;
  /** Records were refused; at most one a minute and reason. */
  readonly rejected: Rejection;
  /** A listener failed, or work in the background did. */
  readonly error: AnalyticsError;
}

/** Name of an event. */
export type ServiceEvent = keyof ServiceEvents;

type AnyListener = Listener<never>;
type Guard = (payload: unknown) => void;

/** Emits so that no listener can hurt the caller or its siblings: what one throws becomes an `error` event. */
export class GuardedEmitter {
  readonly #emitter = new EventEmitter();
  readonly #guards = new Map<ServiceEvent, WeakMap<AnyListener, Guard>>();
  readonly #queue: (readonly [ServiceEvent, unknown])[] = [];
  #delivering = false;
  #failures = 0;

  /** Failures of listeners so far. */
  get failures(): number {
    return this.#failures;
  }

  on<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): void {
    this.#emitter.on(event, this.#guard(event, listener));
  }

  once<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): void {
    this.#emitter.once(event, this.#guard(event, listener));
  }

  off<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): void {
    const guard = this.#guards.get(event)?.get(listener as AnyListener);
    if (guard !== undefined) this.#emitter.off(event, guard);
  }

  /** Attaches a listener by itself, so that the function returned detaches only this one, wherever else it listens. */
  attach<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): () => void {
    const guard = this.#newGuard(event, listener);
    this.#emitter.on(event, guard);
    return () => this.#emitter.off(event, guard);
  }

  hasListeners(event: ServiceEvent): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** Holds an event until `deliver`, so that listeners never see, or save, a state that is half updated. */
  enqueue<E extends ServiceEvent>(event: E, payload: ServiceEvents[E]): void {
    if (this.hasListeners(event)) this.#queue.push([event, payload]);
  }

  /** Emits what is held, in order; what listeners cause meanwhile comes after it. */
  deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    for (const [event, payload] of this.#queue) this.#emitter.emit(event, payload);
    this.#queue.length = 0;
    this.#delivering = false;
  }

  emit<E extends ServiceEvent>(event: E, payload: ServiceEvents[E]): void {
    this.enqueue(event, payload);
    this.deliver();
  }

  #guard<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): Guard {
    let guards = this.#guards.get(event);
    if (guards === undefined) {
      guards = new WeakMap();
      this.#guards.set(event, guards);
    }
    const known = guards.get(listener as AnyListener);
    if (known !== undefined) return known;
    const guard = this.#newGuard(event, listener);
    guards.set(listener as AnyListener, guard);
    return guard;
  }

  #newGuard<E extends ServiceEvent>(event: E, listener: Listener<ServiceEvents[E]>): Guard {
    if (typeof listener !== 'function') throw invalidOption('listener', 'a function', listener);
    const onFailure = (cause: unknown): void => this.#fail(event, cause);
    return (payload) => callListener(listener as Listener<unknown>, payload, onFailure);
  }

  #fail(event: ServiceEvent, cause: unknown): void {
    this.#failures++;
    // A failing `error` listener is only counted: reporting it to itself would not end.
    if (event === 'error') return;
    const message = `listener of ${event} must not throw, got ${failureText(cause)}`;
    this.#emitter.emit('error', new AnalyticsError('ERR_LISTENER', message, { cause }));
  }
}

/** Options of `Service.stream`. */
export interface StreamOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
  /** Payloads held for a slow reader; beyond them the oldest are dropped and counted. Default 1,000. */
  readonly queueSize?: number | undefined;
}

/**
 * Events as an async iterable with a bounded queue. It listens from the moment it is made; leaving the loop, the
 * signal, or `close()` of its service ends it; what is queued then can still be read.
 */
export class EventStream<T> implements AsyncIterableIterator<T> {
  readonly #queueSize: number;
  readonly #unsubscribe: () => void;
  readonly #queue: T[] = [];
  #waiting: ((result: IteratorResult<T>) => void)[] = [];
  #done = false;
  #dropped = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(attach: (push: (payload: T) => void, end: () => void) => () => void, options: StreamOptions = {}) {
    const { signal, queueSize = 1000 } = objectOption('options', options);
    this.#queueSize = numberOption('queueSize', queueSize, { min: 1, whole: true });
    let detach = (): void => {};
    this.#unsubscribe = subscription(
      () => {
        detach = attach(
          (payload) => this.#push(payload),
          () => this.#unsubscribe(),
        );
      },
      () => {
        detach();
        this.#end();
      },
      signal,
    );
    if (signal?.aborted === true) this.#end();
  }

  /** Payloads that the reader was too slow for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The next payload; waits for one unless the stream has ended. */
  next(): Promise<IteratorResult<T>> {
    const [value] = this.#queue.splice(0, 1);
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the stream and drops what is queued. */
  return(): Promise<IteratorResult<T>> {
    this.#unsubscribe();
    this.#queue.length = 0;
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(payload: T): void {
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader({ value: payload, done: false });
      return;
    }
    this.#queue.push(payload);
    if (this.#queue.length <= this.#queueSize) return;
    this.#queue.shift();
    this.#dropped++;
  }

  #end(): void {
    this.#done = true;
    for (const reader of this.#waiting) reader({ value: undefined, done: true });
    this.#waiting = [];
  }
}
