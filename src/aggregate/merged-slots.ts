import { bucketStart } from '../model/period.ts';

/** What one series got in one slot of `resolutionMs`. */
export interface Slot {
  /** Of the first sample, epoch milliseconds. */
  readonly timestamp: number;
  readonly mean: number;
  /** Samples in it. */
  readonly count: number;
}

/** All samples of two slots of the same time; which is which makes no difference. */
function mergeSlots(a: Slot, b: Slot): Slot {
  const count = a.count + b.count;
  // Not the sum of all over their count, which can overflow.
  const mean = a.mean * (a.count / count) + b.mean * (b.count / count);
  return { timestamp: Math.min(a.timestamp, b.timestamp), mean, count };
}

/** State of merged slots. Plain and structured-cloneable. */
export interface MergedSlotsSnapshot {
  readonly endedBefore: number;
  readonly slots: readonly Slot[];
}

/**
 * The slots of a series whose samples come from several processes, each at its own time: they wait side by side until
 * somebody ends the first. What comes later for a slot that has ended is left out, because detectors only look forward.
 */
export class MergedSlots {
  /** Ascending, at most one for each slot. */
  readonly #slots: Slot[];
  /** Slots that start before it have ended. */
  #endedBefore = 0;

  constructor({ endedBefore, slots }: MergedSlotsSnapshot) {
    this.#endedBefore = endedBefore;
    this.#slots = [...slots];
  }

  /** The slots that wait, oldest first; a view. */
  get waiting(): readonly Slot[] {
    return this.#slots;
  }

  add(slot: Slot, resolutionMs: number): void {
    const start = bucketStart(slot.timestamp, resolutionMs);
    if (start < this.#endedBefore) return;
    const at = this.#lowerBound(start);
    const known = this.#slots[at];
    if (known !== undefined && bucketStart(known.timestamp, resolutionMs) === start) {
      this.#slots[at] = mergeSlots(known, slot);
    } else {
      this.#slots.splice(at, 0, slot);
    }
  }

  /** Ends the oldest slot that waits. */
  end(resolutionMs: number): Slot | undefined {
    const slot = this.#slots.shift();
    if (slot !== undefined) this.#endedBefore = bucketStart(slot.timestamp, resolutionMs) + resolutionMs;
    return slot;
  }

  snapshot(): MergedSlotsSnapshot {
    return { endedBefore: this.#endedBefore, slots: [...this.#slots] };
  }

  /** Index of the first slot with a timestamp of `start` or later. */
  #lowerBound(start: number): number {
    let low = 0;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#slots[middle] as Slot).timestamp < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
