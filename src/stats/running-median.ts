const COUNT = 0;
const NEXT = 1;
const VALUES = 2;

/**
 * Exact median of the last values. An update moves at most as many numbers as the window holds.
 *
 * It keeps no state of its own: `size` numbers, zero at first, from a place in the caller's array: how many values
 * there are, where the next one goes, the values in order of arrival, the same values sorted.
 */
export class RunningMedian {
  /** How many numbers of state it takes. */
  readonly size: number;
  readonly #window: number;

  /** @param window how many values it is the median of */
  constructor(window: number) {
    this.#window = window;
    this.size = VALUES + 2 * window;
  }

  /** Takes in one value, which must not be NaN; the oldest leaves when the window is full. */
  add(state: Float32Array | Float64Array, at: number, value: number): void {
    const window = this.#window;
    const sorted = at + VALUES + window;
    const count = state[at + COUNT] as number;
    const next = at + VALUES + (state[at + NEXT] as number);
    let hole = sorted + count;
    if (count === window) {
      const oldest = state[next] as number;
      hole = sorted;
      while (state[hole] !== oldest) hole++;
    } else state[at + COUNT] = count + 1;
    state[next] = value;
    const following = (state[at + NEXT] as number) + 1;
    state[at + NEXT] = following < window ? following : 0;
    fillHole(state, hole, sorted, sorted + Math.min(count + 1, window), value);
  }

  /** The median, the mean of the two middle values where their number is even; `undefined` before the first value. */
  median(state: Float32Array | Float64Array, at: number): number | undefined {
    const count = state[at + COUNT] as number;
    if (count === 0) return undefined;
    const middle = at + VALUES + this.#window + (count >> 1);
    const upper = state[middle] as number;
    if ((count & 1) === 1) return upper;
    const lower = state[middle - 1] as number;
    return lower + (upper - lower) / 2;
  }
}

/** Puts `value` into the run `[start, end)`, sorted but for the hole, shifting what lies between hole and its place. */
function fillHole(run: Float32Array | Float64Array, hole: number, start: number, end: number, value: number): void {
  let at = hole;
  while (at > start && (run[at - 1] as number) > value) {
    run[at] = run[at - 1] as number;
    at--;
  }
  while (at < end - 1 && (run[at + 1] as number) < value) {
    run[at] = run[at + 1] as number;
    at++;
  }
  run[at] = value;
}
