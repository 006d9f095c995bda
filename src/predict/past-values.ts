import type { SeriesState, StateLayout } from './series-state.ts';

/** Enough to know a share to within a tenth. */
const VALUES = 32;
/** What the values are taken from; a week has every time of the day and every day. */
const SPAN_MS = 7 * 86_400_000;

const NEXT = 0;
const COUNT = 1;
const TIME = 2;
const DOUBLES = 3;

/**
 * A few values of the past week, or of all time where that is shorter, evenly spread: how often a series has been above
 * something, whatever the shape of its distribution, ties included.
 */
export class PastValues {
  readonly #doubles: number;
  readonly #floats: number;

  constructor(layout: StateLayout) {
    this.#doubles = layout.doubles(DOUBLES);
    this.#floats = layout.floats(VALUES);
  }

  /** Takes in one value of a series that is `ageMs` old. */
  observe({ doubles: d, floats }: SeriesState, timestamp: number, value: number, ageMs: number): void {
    const at = this.#doubles;
    if (timestamp - (d[at + TIME] as number) < Math.min(SPAN_MS, ageMs) / VALUES) return;
    const next = d[at + NEXT] as number;
    floats[this.#floats + next] = value;
    d[at + NEXT] = next + 1 === VALUES ? 0 : next + 1;
    d[at + COUNT] = Math.max(d[at + COUNT] as number, next + 1);
    d[at + TIME] = timestamp;
  }

  /** The values, in no order. */
  values({ doubles, floats }: SeriesState): Float32Array {
    return floats.slice(this.#floats, this.#floats + (doubles[this.#doubles + COUNT] as number));
  }
}

/** Mean distance from the mean. */
export function meanDeviation(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  const mean = sum / values.length;
  let deviation = 0;
  for (let i = 0; i < values.length; i++) deviation += Math.abs((values[i] as number) - mean);
  return deviation / values.length;
}

/** Share above a threshold. */
export function shareAbove(values: Float32Array, threshold: number): number {
  let above = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > threshold) above++;
  return above / values.length;
}
