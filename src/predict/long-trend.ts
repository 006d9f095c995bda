import type { SeriesState, StateLayout } from './series-state.ts';

/** Four weeks of the longest slots. */
const SLOTS = 112;
/** The longest slot; all others are it halved again and again, so that a day has a whole number of each. */
const LONGEST_MS = 6 * 3_600_000;

const SLOT_MS = 0;
const SLOT = 1;
const OLDEST = 2;
const SUM = 3;
const COUNT = 4;
const ANCHOR = 5;
const DOUBLES = 6;

/** The course of a series over all that is remembered. */
export interface Course {
  /** Mean of each slot, oldest first; NaN where there was no sample. The last slot may not be over. */
  readonly means: Float64Array;
  /** Width of a slot in milliseconds. */
  readonly slotMs: number;
}

/**
 * The long memory of a series: means of up to 112 slots. Slots begin about as long as a sampling step and double when
 * there are too many, up to six hours; from then on the oldest of four weeks are forgotten. An update is an addition.
 */
export class LongTrend {
  readonly #at: number;
  readonly #means: number;

  constructor(layout: StateLayout) {
    this.#at = layout.doubles(DOUBLES);
    this.#means = layout.floats(SLOTS);
  }

  /** Begins a series. */
  start({ doubles: d, floats }: SeriesState, value: number, stepMs: number): void {
    let slotMs = LONGEST_MS;
    while (slotMs / 2 >= stepMs) slotMs /= 2;
    d[this.#at + SLOT_MS] = slotMs;
    d[this.#at + SLOT] = Number.NaN;
    d[this.#at + ANCHOR] = value;
    floats.fill(Number.NaN, this.#means, this.#means + SLOTS);
  }

  /** Takes in one value. */
  observe(state: SeriesState, timestamp: number, value: number): void {
    const d = state.doubles;
    const at = this.#at;
    const slot = Math.floor(timestamp / (d[at + SLOT_MS] as number));
    if (slot !== d[at + SLOT]) this.#open(state, timestamp, slot);
    d[at + SUM] = (d[at + SUM] as number) + value - (d[at + ANCHOR] as number);
    d[at + COUNT] = (d[at + COUNT] as number) + 1;
  }

  /** All that is remembered. */
  course({ doubles: d, floats }: SeriesState): Course {
    const at = this.#at;
    const anchor = d[at + ANCHOR] as number;
    const oldest = d[at + OLDEST] as number;
    const slot = d[at + SLOT] as number;
    const means = new Float64Array(slot - oldest + 1);
    for (let i = 0; i < means.length - 1; i++) means[i] = anchor + (floats[this.#place(oldest + i)] as number);
    means[means.length - 1] = anchor + (d[at + SUM] as number) / (d[at + COUNT] as number);
    return { means, slotMs: d[at + SLOT_MS] as number };
  }

  /** Puts the slot that is over away and opens the one of `timestamp`. */
  #open({ doubles: d, floats }: SeriesState, timestamp: number, slot: number): void {
    const at = this.#at;
    const before = d[at + SLOT] as number;
    let opened = slot;
    if (Number.isNaN(before)) d[at + OLDEST] = slot;
    else {
      floats[this.#place(before)] = (d[at + SUM] as number) / (d[at + COUNT] as number);
      let last = before;
      while (opened - (d[at + OLDEST] as number) >= SLOTS && (d[at + SLOT_MS] as number) < LONGEST_MS) {
        this.#coarsen(d, floats, last);
        last = Math.floor(last / 2);
        opened = Math.floor(timestamp / (d[at + SLOT_MS] as number));
      }
      if (opened === last) {
        // The slot that was over is half of a longer one that is not.
        d[at + SLOT] = opened;
        d[at + SUM] = floats[this.#place(opened)] as number;
        d[at + COUNT] = 1;
        return;
      }
      for (let missed = Math.max(last + 1, opened - SLOTS); missed < opened; missed++) {
        floats[this.#place(missed)] = Number.NaN;
      }
      d[at + OLDEST] = Math.max(d[at + OLDEST] as number, opened - SLOTS + 1);
    }
    d[at + SLOT] = opened;
    d[at + SUM] = 0;
    d[at + COUNT] = 0;
  }

  /** Makes one slot of every two, up to `last`. */
  #coarsen(d: Float64Array, floats: Float32Array, last: number): void {
    const at = this.#at;
    const oldest = d[at + OLDEST] as number;
    const means = floats.slice(this.#means, this.#means + SLOTS);
    const mean = (slot: number): number =>
      slot < oldest || slot > last ? Number.NaN : (means[this.#place(slot) - this.#means] as number);
    for (let slot = Math.floor(oldest / 2); slot <= Math.floor(last / 2); slot++) {
      const first = mean(2 * slot);
      const second = mean(2 * slot + 1);
      floats[this.#place(slot)] = Number.isNaN(first) ? second : Number.isNaN(second) ? first : (first + second) / 2;
    }
    d[at + OLDEST] = Math.floor(oldest / 2);
    d[at + SLOT_MS] = 2 * (d[at + SLOT_MS] as number);
  }

  #place(slot: number): number {
    const place = slot % SLOTS;
    return this.#means + (place < 0 ? place + SLOTS : place);
  }
}
