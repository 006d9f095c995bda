import { bucketStart } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { ByteBudget } from './bucket-log.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import { Timeline, type TimelineSnapshot } from './timeline.ts';

/** A sample for detector and predictor: the mean of what one series got in one slot of `resolutionMs`. */
export interface WatchedSample {
  readonly series: SeriesId;
  /** Of the first sample in the slot, epoch milliseconds. */
  readonly timestamp: number;
  readonly value: number;
}

interface Slot {
  start: number;
  timestamp: number;
  mean: number;
  count: number;
}

/** State of one series. Plain and structured-cloneable. */
export interface SeriesStateSnapshot {
  readonly series: SeriesId;
  readonly newest: number;
  readonly slot: Slot | undefined;
  readonly timeline: TimelineSnapshot;
}

/** Buckets of one series, and the slot in which its next sample gathers. */
export class SeriesState {
  readonly series: SeriesId;
  readonly timeline: Timeline<SeriesAccumulator>;
  /** Of its samples, epoch milliseconds. */
  newest: number = Number.NEGATIVE_INFINITY;
  #slot: Slot | undefined;

  constructor(series: SeriesId, budget: ByteBudget, snapshot?: SeriesStateSnapshot) {
    this.series = series;
    if (snapshot === undefined) {
      this.timeline = new Timeline(SeriesAccumulator.type, budget);
    } else {
      this.timeline = Timeline.restore(snapshot.timeline, SeriesAccumulator.type, budget);
      this.newest = snapshot.newest;
      this.#slot = snapshot.slot === undefined ? undefined : { ...snapshot.slot };
    }
  }

  /** End of the slot that waits, epoch milliseconds; `undefined` where none does. */
  slotEnd(resolutionMs: number): number | undefined {
    return this.#slot === undefined ? undefined : this.#slot.start + resolutionMs;
  }

  /**
   * Takes one sample into its slot. Returns the sample of the slot before, where this one begins a new slot; samples of
   * older slots are left out, because detectors only look forward.
   */
  gather(timestamp: number, value: number, resolutionMs: number): WatchedSample | undefined {
    const start = bucketStart(timestamp, resolutionMs);
    const slot = this.#slot;
    if (slot !== undefined && start === slot.start) {
      slot.count++;
      // Not (value − mean) / count, which can overflow.
      slot.mean += value / slot.count - slot.mean / slot.count;
      return undefined;
    }
    if (start <= bucketStart(this.newest, resolutionMs)) return undefined;
    const ended = this.endSlot();
    this.#slot = { start, timestamp, mean: value, count: 1 };
    return ended;
  }

  /** Ends the slot that waits and returns its sample. */
  endSlot(): WatchedSample | undefined {
    const sample = this.waitingSample;
    this.#slot = undefined;
    return sample;
  }

  /** The slot that waits, as it is now. */
  get waitingSample(): WatchedSample | undefined {
    const slot = this.#slot;
    return slot === undefined ? undefined : { series: this.series, timestamp: slot.timestamp, value: slot.mean };
  }

  snapshot(): SeriesStateSnapshot {
    const slot = this.#slot === undefined ? undefined : { ...this.#slot };
    return { series: this.series, newest: this.newest, slot, timeline: this.timeline.snapshot() };
  }
}
