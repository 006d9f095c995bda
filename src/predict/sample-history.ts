const FIRST_SIZE = 64;

/** Serialised {@link SampleHistory}. */
export interface SampleHistorySnapshot {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly next: number;
}

/** The newest samples of one series, up to a limit; memory grows with them to 16 bytes a sample. */
export class SampleHistory {
  readonly #limit: number;
  #times: Float64Array;
  #values: Float64Array;
  #size: number;
  /** Where the next sample goes. */
  #next: number;

  /** @param snapshot what `snapshot()` gave, to go on from there */
  constructor(limit: number, snapshot?: SampleHistorySnapshot) {
    this.#limit = limit;
    this.#times = snapshot?.times.slice() ?? new Float64Array(Math.min(limit, FIRST_SIZE));
    this.#values = snapshot?.values.slice() ?? new Float64Array(this.#times.length);
    this.#size = snapshot?.times.length ?? 0;
    this.#next = snapshot?.next ?? 0;
  }

  /** Samples held. */
  get size(): number {
    return this.#size;
  }

  /** Time of the `i`-th sample, 0 being the oldest. */
  time(i: number): number {
    return this.#times[this.#position(i)] as number;
  }

  /** Value of the `i`-th sample, 0 being the oldest. */
  value(i: number): number {
    return this.#values[this.#position(i)] as number;
  }

  add(time: number, value: number): void {
    if (this.#size === this.#times.length && this.#size < this.#limit) this.#grow();
    if (this.#next === this.#times.length) this.#next = 0;
    this.#times[this.#next] = time;
    this.#values[this.#next] = value;
    this.#next++;
    if (this.#size < this.#times.length) this.#size++;
  }

  /** Copy of the state. */
  snapshot(): SampleHistorySnapshot {
    return {
      times: this.#times.slice(0, this.#size),
      values: this.#values.slice(0, this.#size),
      next: this.#next,
    };
  }

  #position(i: number): number {
    if (this.#size < this.#limit) return i;
    return (this.#next + i) % this.#limit;
  }

  #grow(): void {
    const length = Math.min(this.#limit, Math.max(FIRST_SIZE, 2 * this.#times.length));
    const times = new Float64Array(length);
    const values = new Float64Array(length);
    times.set(this.#times);
    values.set(this.#values);
    this.#times = times;
    this.#values = values;
  }
}
