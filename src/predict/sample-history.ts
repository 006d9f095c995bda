import type { SeriesState, StateLayout } from './series-state.ts';

const SIZE = 0;
const NEXT = 1;
const SAMPLES = 2;

/** The newest samples of a series, up to a limit: 16 bytes each, from the beginning. */
export class SampleHistory {
  readonly #limit: number;
  /** Number of samples, where the next one goes, times, values. */
  readonly #at: number;

  constructor(layout: StateLayout, limit: number) {
    this.#limit = limit;
    this.#at = layout.doubles(SAMPLES + 2 * limit);
  }

  /** Samples held. */
  size({ doubles }: SeriesState): number {
    return doubles[this.#at + SIZE] as number;
  }

  /** Time of the `i`-th sample, 0 being the oldest. */
  time(state: SeriesState, i: number): number {
    return state.doubles[this.#place(state, i)] as number;
  }

  /** Value of the `i`-th sample, 0 being the oldest. */
  value(state: SeriesState, i: number): number {
    return state.doubles[this.#place(state, i) + this.#limit] as number;
  }

  add({ doubles: d }: SeriesState, time: number, value: number): void {
    const next = d[this.#at + NEXT] as number;
    d[this.#at + SAMPLES + next] = time;
    d[this.#at + SAMPLES + this.#limit + next] = value;
    d[this.#at + NEXT] = next + 1 === this.#limit ? 0 : next + 1;
    d[this.#at + SIZE] = Math.min(this.#limit, (d[this.#at + SIZE] as number) + 1);
  }

  #place({ doubles: d }: SeriesState, i: number): number {
    const oldest = (d[this.#at + SIZE] as number) < this.#limit ? 0 : (d[this.#at + NEXT] as number);
    return this.#at + SAMPLES + ((oldest + i) % this.#limit);
  }
}
