import type { Clock } from '../clock.ts';
import type { ServiceEvents } from '../events.ts';
import { toWire } from '../model/wire.ts';
import type { Service } from '../service.ts';
import { Problem } from './problem.ts';

/** Events that are streamed, under the names that `Service.on` knows. */
export const STREAMED = [
  'anomaly',
  'anomalyUpdated',
  'anomalyClosed',
  'aggregation',
  'prediction',
  'metrics',
  'health',
] as const;

/** Name of a streamed event. */
export type StreamedEvent = (typeof STREAMED)[number];

/** What one reader wants to hear. */
export interface FeedQuery {
  readonly types: readonly StreamedEvent[];
  /** Events of this service only; health is that of all and always told. */
  readonly serviceId?: string | undefined;
  /** Id of the last event that was received; what came after it is told first. */
  readonly lastEventId?: string | undefined;
}

interface Frame {
  readonly number: number;
  readonly type: StreamedEvent;
  readonly serviceId: string | undefined;
  /** Encoded once, for all readers. */
  readonly bytes: Uint8Array;
}

interface Reader {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly query: FeedQuery;
}

/** Shorter than the minute after which most proxies close a quiet connection. */
const HEARTBEAT_MS = 15_000;
/** Events, and their bytes, that are kept for readers who come back. */
const RING_EVENTS = 1000;
const RING_BYTES = 524_288;
/** Bytes that may wait for one reader: the whole ring, and as much again of what comes meanwhile. */
const READER_BYTES = 2 * RING_BYTES;
/** Readers at a time; each holds a connection. */
const MAX_READERS = 1000;
/** How long events are kept after the last reader left: as long as a laptop takes to change networks, or a page to reload. */
const LINGER_MS = 300_000;
/** Milliseconds after which a reader comes back by itself. */
const RETRY_MS = 2000;

/**
 * The service's events as server-sent events for any number of readers. It listens while there are readers, and some
 * minutes longer. A reader that is too slow is cut off; it comes back and gets what it missed.
 */
export class EventFeed {
  readonly #service: Service;
  readonly #clock: Clock;
  readonly #readers = new Set<Reader>();
  readonly #subscriptions = new Map<StreamedEvent, () => void>();
  readonly #encoder = new TextEncoder();
  /** What is kept, oldest first. */
  #ring: Frame[] = [];
  #ringBytes = 0;
  /** Stands for the run of numbers that an id belongs to; another process, or another time of listening, has another. */
  #run = '';
  #next = 1;
  #leftAt = 0;
  #stopTimer: (() => void) | undefined;

  constructor(service: Service, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  /** Readers at the moment. */
  get readers(): number {
    return this.#readers.size;
  }

  /**
   * A stream of what is asked for.
   *
   * @throws Problem 503 beyond a thousand readers
   */
  open(query: FeedQuery): ReadableStream<Uint8Array> {
    if (this.#readers.size >= MAX_READERS) {
      throw new Problem(503, `at most ${MAX_READERS} streams are open at a time`, {}, { 'retry-after': '30' });
    }
    this.#listen(query.types);
    let reader: Reader | undefined;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      reader = { controller, query };
      this.#readers.add(reader);
      const hello = JSON.stringify({ time: new Date(this.#clock.now()).toISOString() });
      controller.enqueue(this.#encoder.encode(`retry: ${RETRY_MS}\nevent: hello\ndata: ${hello}\n\n`));
      for (const bytes of this.#missed(query)) controller.enqueue(bytes);
    };
    const cancel = (): void => {
      if (reader !== undefined) this.#leave(reader);
    };
    return new ReadableStream<Uint8Array>(
      { start, cancel },
      { highWaterMark: READER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** Ends all streams and listens no more. */
  close(): void {
    for (const { controller } of this.#readers) controller.close();
    this.#readers.clear();
    this.#stop();
  }

  #listen(types: readonly StreamedEvent[]): void {
    if (this.#stopTimer === undefined) {
      this.#run = this.#clock.now().toString(36);
      this.#stopTimer = this.#clock.every(HEARTBEAT_MS, () => this.#beat());
    }
    for (const type of types) {
      if (this.#subscriptions.has(type)) continue;
      this.#subscriptions.set(
        type,
        this.#service.subscribe(type, (payload) => this.#publish(type, payload)),
      );
    }
  }

  #stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    for (const unsubscribe of this.#subscriptions.values()) unsubscribe();
    this.#subscriptions.clear();
    this.#ring = [];
    this.#ringBytes = 0;
  }

  #publish(type: StreamedEvent, payload: ServiceEvents[StreamedEvent]): void {
    const number = this.#next++;
    const text = `id: ${this.#run}-${number}\nevent: ${type}\ndata: ${JSON.stringify(toWire(payload))}\n\n`;
    const serviceId = 'serviceId' in payload ? payload.serviceId : undefined;
    const frame: Frame = { number, type, serviceId, bytes: this.#encoder.encode(text) };
    this.#ring.push(frame);
    this.#ringBytes += frame.bytes.byteLength;
    while (this.#ring.length > RING_EVENTS || this.#ringBytes > RING_BYTES) {
      this.#ringBytes -= this.#ring.shift()?.bytes.byteLength ?? 0;
    }
    for (const reader of this.#readers) {
      if (wants(reader.query, frame)) this.#send(reader, frame.bytes);
    }
  }

  #send(reader: Reader, bytes: Uint8Array): void {
    if ((reader.controller.desiredSize ?? 0) > 0) {
      reader.controller.enqueue(bytes);
      return;
    }
    this.#leave(reader);
    reader.controller.error(new Error('the reader was too slow'));
  }

  /** What a reader who comes back has missed; a `gap` where that is not kept any more. */
  #missed({ lastEventId, ...query }: FeedQuery): Uint8Array[] {
    if (lastEventId === undefined || lastEventId === '') return [];
    const [, run, digits] = /^([0-9a-z]{1,12})-(\d{1,15})$/.exec(lastEventId) ?? [];
    const last = Number(digits);
    const oldest = this.#ring[0]?.number ?? this.#next;
    if (run !== this.#run || last < oldest - 1 || last >= this.#next) {
      return [this.#encoder.encode('event: gap\ndata: {}\n\n')];
    }
    return this.#ring.filter((frame) => frame.number > last && wants(query, frame)).map(({ bytes }) => bytes);
  }

  #beat(): void {
    const beat = this.#encoder.encode(':\n\n');
    for (const reader of this.#readers) this.#send(reader, beat);
    if (this.#readers.size === 0 && this.#clock.now() - this.#leftAt >= LINGER_MS) this.#stop();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    this.#leftAt = this.#clock.now();
  }
}

function wants({ types, serviceId }: FeedQuery, frame: Frame): boolean {
  if (!types.includes(frame.type)) return false;
  return serviceId === undefined || frame.serviceId === undefined || frame.serviceId === serviceId;
}
