/** Largest values kept of a stream. 24 to 64 gave the same on recorded series, 16 less. */
const KEPT = 32;

/** Values from the k-th largest on are tail: 2 % of all, but never fewer than six nor more than are kept. */
const TAIL_SHARE = 0.02;
const FEWEST = 6;

/** Most decades that a record adds to its rank, by how far it lies beyond the last one. */
const MOST_BEYOND = 2;

/** Values nearer than this part of themselves are one: rounding must not decide on ranks. */
const TIE = 1e-9;

/** At so many values the history of a stream is halved, so that what was rare a year ago may be rare again. */
const MEMORY = 65_536;

/** Numbers a stream has beside its peaks: the value below which nothing is rare, how many it saw, its peaks' number. */
const HEAD = 3;

/** State of a {@link RankTable}. */
export type RankTableSnapshot = Float64Array;

/**
 * How rare what several streams show of one thing is, each by its rank among all that it showed before and not by a law:
 * one of a hundred, 2 decades; a record after a thousand, 3, and up to two more for how far it lies beyond the last
 * record, in widths of the tail. 0 within the body of the distribution, whatever its shape. Large is rare; of a stream
 * that may be skewed both sides are streams, see {@link RankTable.showBoth}.
 *
 * 35 numbers a stream, all in one array; a comparison a value, and an insertion where it belongs to the largest.
 */
export class RankTable {
  readonly #streams: number;
  /** Stream by stream the first number of the head, then the second, the third; then stream by stream its peaks, largest first. */
  readonly #state: Float64Array;
  /** Rarest of what was shown since the last `take`, and the sum of twelfth powers of all in units of it. */
  #most = 0;
  #sum = 0;

  constructor(streams: number, snapshot?: RankTableSnapshot) {
    this.#streams = streams;
    this.#state = snapshot?.slice() ?? empty(streams);
  }

  /** Takes what a stream shows now; not twice between two calls of `take`. */
  show(stream: number, x: number): void {
    const state = this.#state;
    const streams = this.#streams;
    const count = (state[streams + stream] as number) + 1;
    state[streams + stream] = count;
    if (x > (state[stream] as number)) this.#rank(stream, x);
    if (count >= MEMORY) this.#forget(stream);
  }

  /** The same for a stream and the next one, which shows the opposite. */
  showBoth(stream: number, x: number): void {
    this.show(stream, x);
    this.show(stream + 1, -x);
  }

  /**
   * Rarity in decades, from 0, of what was shown since it was asked last. Together streams are little rarer than the rarest
   * of them, since they see one thing: the 12th root of the sum of 12th powers; 8 to 20 served recorded series alike.
   */
  take(): number {
    const most = this.#most;
    if (most === 0) return 0;
    const sum = this.#sum;
    this.#most = 0;
    this.#sum = 0;
    return sum > 1 ? most * sum ** (1 / 12) : most;
  }

  snapshot(): RankTableSnapshot {
    return this.#state.slice();
  }

  #rank(stream: number, x: number): void {
    const rarity = this.#rarity(stream, x);
    this.#insert(stream, x);
    if (rarity > this.#most) {
      this.#sum = 1 + this.#sum * power12(this.#most / rarity);
      this.#most = rarity;
    } else if (rarity > 0) this.#sum += power12(rarity / this.#most);
  }

  #rarity(stream: number, x: number): number {
    const state = this.#state;
    const streams = this.#streams;
    const first = HEAD * streams + KEPT * stream;
    const before = (state[streams + stream] as number) - 1;
    const size = state[2 * streams + stream] as number;
    if (size < FEWEST) return 0;
    const last = Math.min(size - 1, Math.max(FEWEST - 1, Math.floor(TAIL_SHARE * before)));
    const start = state[first + last] as number;
    const tie = TIE * Math.abs(x);
    if (!(x > start + tie)) return 0;
    let rank = 0;
    while ((state[first + rank] as number) >= x - tie) rank++;
    const decades = Math.log10(before / (rank + 1));
    if (rank > 0) return decades;
    const record = state[first] as number;
    const width = record - start;
    return decades + (width > tie ? Math.min(MOST_BEYOND, (x - record) / width) : MOST_BEYOND);
  }

  #insert(stream: number, x: number): void {
    const state = this.#state;
    const streams = this.#streams;
    const first = HEAD * streams + KEPT * stream;
    const size = Math.min(KEPT, (state[2 * streams + stream] as number) + 1);
    state[2 * streams + stream] = size;
    let at = first + size - 1;
    while (at > first && (state[at - 1] as number) < x) {
      state[at] = state[at - 1] as number;
      at--;
    }
    state[at] = x;
    if (size === KEPT) state[stream] = state[first + KEPT - 1] as number;
  }

  /** Halves what a stream saw: its number, and every second peak. */
  #forget(stream: number): void {
    const state = this.#state;
    const streams = this.#streams;
    const first = HEAD * streams + KEPT * stream;
    const size = Math.ceil((state[2 * streams + stream] as number) / 2);
    for (let rank = 1; rank < size; rank++) state[first + rank] = state[first + 2 * rank] as number;
    state[stream] = Number.NEGATIVE_INFINITY;
    state[streams + stream] = (state[streams + stream] as number) / 2;
    state[2 * streams + stream] = size;
  }
}

function empty(streams: number): Float64Array {
  const state = new Float64Array((HEAD + KEPT) * streams);
  state.fill(Number.NEGATIVE_INFINITY, 0, streams);
  return state;
}

function power12(x: number): number {
  const x3 = x * x * x;
  const x6 = x3 * x3;
  return x6 * x6;
}
