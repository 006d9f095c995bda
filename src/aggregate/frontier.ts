import { bucketStart, PERIOD_MS } from '../model/period.ts';
import type { Closing } from './closing.ts';
import { markReturn } from './cut-minutes.ts';
import type { SampleSlots } from './sample-slots.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];

/**
 * Moves services on in event time: each has a watermark of its own, its newest timestamp less the allowed lateness, and
 * what is over by then ends. Most records move nothing on, which the service's deadline tells by one comparison.
 */
export class Frontier {
  readonly #latenessMs: number;
  readonly #slots: SampleSlots;
  readonly #closing: Closing;

  constructor(latenessMs: number, slots: SampleSlots, closing: Closing) {
    this.#latenessMs = latenessMs;
    this.#slots = slots;
    this.#closing = closing;
  }

  /** Takes note of a record's time: late, ordinary, or one that moves its service on. Returns whether it is late. */
  arrive(service: ServiceState, timestamp: number, live: boolean): boolean {
    service.changed = true;
    if (timestamp >= service.newest) {
      markReturn(service, timestamp);
      service.newest = timestamp;
      service.live = live;
      const watermark = timestamp - this.#latenessMs;
      if (timestamp >= service.deadline) this.#moveOn(service, timestamp, watermark);
      else service.watermark = Math.max(service.watermark, watermark);
    }
    return timestamp < service.watermark;
  }

  /** Moves a service, or only a live one, on to what the clock says, less the lateness. */
  advance(service: ServiceState, nowMs: number, liveOnly: boolean): void {
    const watermark = nowMs - this.#latenessMs;
    if (service.live || !liveOnly) this.#moveOn(service, watermark, watermark);
  }

  /** Ends the slots that are over at `time`, and closes the buckets that end by `watermark`. */
  #moveOn(service: ServiceState, time: number, watermark: number): void {
    if (time >= service.nextSlotEnd) this.#slots.end(service, time);
    if (watermark > service.watermark) {
      service.changed = true;
      service.watermark = watermark;
      const closedUpTo = bucketStart(watermark, MINUTE_MS);
      if (closedUpTo > service.closedUpTo) this.#closing.close(service, closedUpTo);
    }
    service.deadline = Math.min(service.nextSlotEnd, service.closedUpTo + MINUTE_MS + this.#latenessMs);
  }
}
