import type { SeriesState, StateLayout } from './series-state.ts';

/** Enough to know a share to within a tenth. */
const VALUES = 20;
/** What the values are taken from; a week has every time of the day and every day. */
const SPAN_MS = 7 * 86_400_000;

const NEXT = 0;
const COUNT = 1;
const TIME = 2;
const DEVIATION = 3;
const DOUBLES = 4;

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
    d[at + DEVIATION] = meanDeviation(this.values({ doubles: d, floats }));
  }

  /** Mean distance of the values from their mean. */
  deviation({ doubles }: SeriesState): number {
    return doubles[this.#doubles + DEVIATION] as number;
  }

  /** The values, in no order; not a typed array, which takes longer to make than a forecast does. */
  values({ doubles, floats }: SeriesState): readonly number[] {
    const count = doubles[this.#doubles + COUNT] as number;
    const values: number[] = [];
    for (let i = 0; i < count; i++) values.push(floats[this.#floats + i] as number);
    return values;
  }
}

function meanDeviation(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let deviation = 0;
  for (const value of values) deviation += Math.abs(value - mean);
  return deviation / values.length;
}

/** Share above a threshold. */
export function shareAbove(values: readonly number[], threshold: number): number {
  let above = 0;
  for (const value of values) if (value > threshold) above++;
  return above / values.length;
}
