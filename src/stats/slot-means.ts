/** As in {@link RobustLevel}. */
const CLIP = 4;
const SCALE_RATE = 0.005;
const SD_OVER_MEAN_ABSOLUTE = Math.sqrt(Math.PI / 2);

/** State of {@link SlotMeans}. */
export interface SlotMeansSnapshot {
  readonly means: Float64Array;
  readonly slot: number;
  readonly sum: number;
  readonly count: number;
  readonly meanAbsolute: number;
  readonly learned: number;
}

/**
 * What a value was at this time a period ago, as the mean of the slot of the period that it falls into, and how far
 * values usually lie from that. One number a slot; O(1) a value.
 */
export class SlotMeans {
  readonly #period: number;
  readonly #means: Float64Array;
  /** The slot that is being filled, its sum and count; −1 before the first. */
  #slot = 0;
  #sum = 0;
  #count = 0;
  #meanAbsolute = 0;
  #learned = 0;
  /** The time asked for last, and its slot. */
  #time: number = Number.NaN;
  #slotAtTime = 0;

  /**
   * @param period milliseconds
   * @param start number of slots, or what `snapshot()` gave
   */
  constructor(period: number, start: number | SlotMeansSnapshot) {
    this.#period = period;
    const snapshot = typeof start === 'number' ? undefined : start;
    this.#means = snapshot?.means.slice() ?? new Float64Array(start as number).fill(Number.NaN);
    this.#slot = snapshot?.slot ?? -1;
    this.#sum = snapshot?.sum ?? 0;
    this.#count = snapshot?.count ?? 0;
    this.#meanAbsolute = snapshot?.meanAbsolute ?? 0;
    this.#learned = snapshot?.learned ?? 0;
  }

  /** Standard deviation of the distances, if they are normal; 0 where all were 0. */
  get scale(): number {
    return SD_OVER_MEAN_ABSOLUTE * this.#meanAbsolute;
  }

  /** Mean at this time a period ago, or before; `NaN` where there was none. */
  at(time: number): number {
    return this.#means[this.#slotOf(time)] as number;
  }

  learn(time: number, value: number): void {
    const slot = this.#slotOf(time);
    if (slot !== this.#slot) {
      if (this.#slot >= 0) this.#means[this.#slot] = this.#sum / this.#count;
      this.#slot = slot;
      this.#sum = 0;
      this.#count = 0;
    }
    this.#sum += value;
    this.#count++;
    const before = this.#means[slot] as number;
    if (Number.isNaN(before)) return;
    this.#learned++;
    const clip = this.#meanAbsolute > 0 ? CLIP * this.scale : Number.MAX_VALUE;
    const absolute = Math.min(Math.abs(value - before), clip);
    this.#meanAbsolute += Math.max(SCALE_RATE, 1 / this.#learned) * (absolute - this.#meanAbsolute);
  }

  snapshot(): SlotMeansSnapshot {
    return {
      means: this.#means.slice(),
      slot: this.#slot,
      sum: this.#sum,
      count: this.#count,
      meanAbsolute: this.#meanAbsolute,
      learned: this.#learned,
    };
  }

  /** A time is asked for twice, before and after its value came. */
  #slotOf(time: number): number {
    if (time !== this.#time) {
      this.#time = time;
      this.#slotAtTime = slotOf(time, this.#period, this.#means.length);
    }
    return this.#slotAtTime;
  }
}

/** Number of the slot that `time` falls into, from 0, where a period has so many. Exact at the borders of slots. */
export function slotOf(time: number, period: number, slots: number): number {
  const within = time - Math.floor(time / period) * period;
  return Math.min(slots - 1, Math.floor((within * slots) / period));
}
