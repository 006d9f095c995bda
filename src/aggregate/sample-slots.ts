import type { Output } from './output.ts';
import type { RecordSample } from './record-facts.ts';
import { isOverflow } from './series-limit.ts';
import type { SeriesState, WatchedSample } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Slots that are shown early at once. Whoever shows them keeps an undo state for each, so this bounds that memory. */
const MAX_WAITING = 1000;

/**
 * Gathers the samples of watched series in slots of `resolutionMs`, and gives out the mean of a slot when the next one
 * begins or its service moves past its end, whichever comes first.
 */
export class SampleSlots {
  readonly #output: Output;
  readonly #resolutionMs: number;

  constructor(output: Output, resolutionMs: number) {
    this.#output = output;
    this.#resolutionMs = resolutionMs;
  }

  /** Takes one sample into the slot of its series, where that is watched. */
  gather(service: ServiceState, series: SeriesState, timestamp: number, sample: RecordSample): void {
    if (!this.#output.keepsSamples || !sample.watched || isOverflow(series.series)) return;
    const ended = series.gather(timestamp, sample.value, this.#resolutionMs);
    if (ended !== undefined) this.#output.pushSample(ended);
    this.await(service, series);
  }

  /** Has `service` wait for the end of the slot of `series`, where it has one. */
  await(service: ServiceState, series: SeriesState): void {
    const end = series.slotEnd(this.#resolutionMs);
    if (end === undefined) return;
    service.waiting.add(series);
    service.nextSlotEnd = Math.min(service.nextSlotEnd, end);
    service.deadline = Math.min(service.deadline, end);
  }

  /** Ends the slots that are over at `time`. */
  end(service: ServiceState, time: number): void {
    service.nextSlotEnd = Number.POSITIVE_INFINITY;
    for (const series of service.waiting) {
      const end = series.slotEnd(this.#resolutionMs);
      if (end === undefined || end <= time) {
        const ended = series.endSlot();
        if (ended !== undefined) this.#output.pushSample(ended);
        service.waiting.delete(series);
      } else {
        service.nextSlotEnd = Math.min(service.nextSlotEnd, end);
      }
    }
  }
}

/** Samples of slots that are not over yet, as they are now; the first `MAX_WAITING`. */
export function waitingSamples(services: Iterable<ServiceState>): WatchedSample[] {
  const samples: WatchedSample[] = [];
  for (const { waiting } of services) {
    for (const { waitingSample } of waiting) {
      if (samples.length === MAX_WAITING) return samples;
      if (waitingSample !== undefined) samples.push(waitingSample);
    }
  }
  return samples;
}
