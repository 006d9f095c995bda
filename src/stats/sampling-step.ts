import { medianOf } from './order.ts';

/** Gaps that the median is taken over: enough to outvote a restart and a few dropped samples. */
const GAPS = 15;

/** Step between the samples of a series: the median of its last 15 gaps. */
export class SamplingStep {
  readonly #gaps: number[];
  #next = 0;
  #median = 0;

  /** @param gaps the gaps seen so far, oldest first; only the last 15 count */
  constructor(gaps: readonly number[] = []) {
    this.#gaps = gaps.slice(-GAPS);
    this.#next = this.#gaps.length % GAPS;
    this.#median = this.#gaps.length === 0 ? Number.NaN : medianOf(this.#gaps);
  }

  /** Median gap, in the unit of the gaps; `NaN` before the first. */
  get value(): number {
    return this.#median;
  }

  /** Takes the newest gap, which is positive. Free of cost while the gaps stay equal. */
  add(gap: number): void {
    this.#gaps[this.#next] = gap;
    this.#next = (this.#next + 1) % GAPS;
    // Putting the median itself in place of any other gap leaves the median as it is.
    if (gap !== this.#median) this.#median = medianOf(this.#gaps);
  }

  /** The gaps, oldest first: what the constructor takes. */
  snapshot(): number[] {
    return this.#gaps.length < GAPS ? [...this.#gaps] : rotate(this.#gaps, this.#next);
  }
}

function rotate(values: readonly number[], start: number): number[] {
  return [...values.slice(start), ...values.slice(0, start)];
}
