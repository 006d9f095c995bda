const COUNT = 0;
const NEXT = 1;
const VALUES = 2;

/**
 * Exact median of the last values. An update moves at most as many numbers as the window holds; the state is one
 * array: how many values there are, where the next one goes, the values in order of arrival, the same values sorted.
 */
export class RunningMedian {
  readonly #state: Float64Array;

  /** @param source length of the window, or what `snapshot()` gave, to go on from there */
  constructor(source: number | Float64Array) {
    this.#state = typeof source === 'number' ? new Float64Array(VALUES + 2 * source) : source.slice();
  }

  /** Takes in one value, which must not be NaN; the oldest leaves when the window is full. */
  add(value: number): void {
    const s = this.#state;
    const window = this.#window;
    const sorted = VALUES + window;
    const count = s[COUNT] as number;
    const next = VALUES + (s[NEXT] as number);
    const hole = count < window ? sorted + count : s.indexOf(s[next] as number, sorted);
    const size = Math.min(count + 1, window);
    s[next] = value;
    s[COUNT] = size;
    s[NEXT] = ((s[NEXT] as number) + 1) % window;
    fillHole(s, hole, sorted, sorted + size, value);
  }

  /** The median, the mean of the two middle values where their number is even; `undefined` before the first value. */
  get median(): number | undefined {
    const count = this.#state[COUNT] as number;
    if (count === 0) return undefined;
    const middle = VALUES + this.#window + (count >> 1);
    const upper = this.#state[middle] as number;
    if (count % 2 === 1) return upper;
    const lower = this.#state[middle - 1] as number;
    return lower + (upper - lower) / 2;
  }

  /** Copy of the state. */
  snapshot(): Float64Array {
    return this.#state.slice();
  }

  get #window(): number {
    return (this.#state.length - VALUES) / 2;
  }
}

/** Puts `value` into the run `[start, end)`, sorted but for the hole, shifting what lies between hole and its place. */
function fillHole(run: Float64Array, hole: number, start: number, end: number, value: number): void {
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
