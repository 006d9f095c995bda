import type { Slot } from './merged-slots.ts';
import type { Output } from './output.ts';
import type { RecordSample } from './record-facts.ts';
import { isOverflow } from './series-limit.ts';
import type { SeriesState, WatchedSample } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** Slots that are shown early at once. Whoever shows them keeps an undo state for each, so this bounds that memory. */
const MAX_WAITING = 500;

/**
 * Gathers the samples of watched series in slots of `resolutionMs`, and gives out the mean of a slot when the next one
 * begins or its service moves past its end, whichever comes first.
 */
export class SampleSlots {
  readonly #output: Output;
  readonly #resolutionMs: number;
  readonly #holdMs: number;

  /** @param holdMs for how long merged slots wait for what other processes have of them */
  constructor(output: Output, resolutionMs: number, holdMs: number) {
    this.#output = output;
    this.#resolutionMs = resolutionMs;
    this.#holdMs = holdMs;
  }

  /** Takes one sample into the slot of its series, where that is watched. */
  gather(service: ServiceState, series: SeriesState, timestamp: number, sample: RecordSample): void {
    if (!sample.watched || !this.#isKept(series)) return;
    const { isWaiting } = series;
    const ended = series.gather(timestamp, sample.value, this.#resolutionMs);
    if (ended !== undefined) this.#push(series, ended);
    this.await(service, series, isWaiting);
  }

  /** Takes a slot that was gathered elsewhere, which may be part of one that waits here. */
  merge(service: ServiceState, series: SeriesState, slot: Slot): void {
    if (!this.#isKept(series)) return;
    const { isWaiting } = series;
    series.mergeSlot(slot, this.#resolutionMs);
    this.await(service, series, isWaiting);
  }

  /**
   * Has `service` wait for the end of the slot of `series`, where it has one.
   *
   * @param isKnown whether it has been waiting for another slot of this series
   */
  await(service: ServiceState, series: SeriesState, isKnown: boolean): void {
    const end = series.slotEnd(this.#resolutionMs, this.#holdMs);
    if (end === undefined) return;
    if (!isKnown) service.waiting.push(series);
    service.nextSlotEnd = Math.min(service.nextSlotEnd, end);
    service.deadline = Math.min(service.deadline, end);
  }

  /** Ends the slots that are over at `time`. */
  end(service: ServiceState, time: number): void {
    service.nextSlotEnd = Number.POSITIVE_INFINITY;
    service.waiting = service.waiting.filter((series) => {
      const end = this.#endUntil(series, time);
      if (end !== undefined) service.nextSlotEnd = Math.min(service.nextSlotEnd, end);
      return end !== undefined;
    });
  }

  /** Ends the slots of a series that are over; returns when the next one is, `undefined` where none waits. */
  #endUntil(series: SeriesState, time: number): number | undefined {
    while (true) {
      const end = series.slotEnd(this.#resolutionMs, this.#holdMs);
      if (end === undefined || end > time) return end;
      this.#push(series, series.endSlot(this.#resolutionMs) as Slot);
    }
  }

  #isKept(series: SeriesState): boolean {
    return this.#output.keepsSamples && !isOverflow(series.series);
  }

  #push(series: SeriesState, slot: Slot): void {
    this.#output.pushSample(sampleOf(series, slot), slot.count);
  }
}

/** Samples of slots that are not over yet, as they are now; the first `MAX_WAITING`. */
export function waitingSamples(services: Iterable<ServiceState>): WatchedSample[] {
  const samples: WatchedSample[] = [];
  for (const { waiting } of services) {
    for (const series of waiting) {
      if (samples.length === MAX_WAITING) return samples;
      // Of several slots the one that ends next: those after it are news of a later time.
      const [slot] = series.waitingSlots;
      if (slot !== undefined) samples.push(sampleOf(series, slot));
    }
  }
  return samples;
}

function sampleOf({ series }: SeriesState, { timestamp, mean }: Slot): WatchedSample {
  return { series, timestamp, value: mean };
}
