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

/** Numbers a stream has beside its peaks: what it shows, the value below which nothing is rare, how many it saw, its peaks' number. */
const HEAD = 4;

/** State of a {@link RankTable}. */
export type RankTableSnapshot = Float64Array;

/**
 * How rare what several streams show of one thing is, each by its rank among all that it showed before and not by a law:
 * one of a hundred, 2 decades; a record after a thousand, 3, and up to two more for how far it lies beyond the last
 * record, in widths of the tail. 0 within the body of the distribution, whatever its shape. Large is rare; of a stream
 * that may be skewed both sides are streams, see {@link RankTable.showBoth}.
 *
 * 36 numbers a stream, all in one array; a comparison a value, and an insertion where it belongs to the largest.
 */
export class RankTable {
  readonly #streams: number;
  /** Stream by stream what it shows, `NaN` for nothing; the same for the rest of the head; then stream by stream its peaks, largest first. */
  readonly #state: Float64Array;

  constructor(streams: number, snapshot?: RankTableSnapshot) {
    this.#streams = streams;
    this.#state = snapshot?.slice() ?? empty(streams);
  }

  /** Tells what a stream shows now. */
  show(stream: number, x: number): void {
    this.#state[stream] = x;
  }

  /** The same for a stream and the next one, which shows the opposite. */
  showBoth(stream: number, x: number): void {
    this.#state[stream] = x;
    this.#state[stream + 1] = -x;
  }

  /**
   * Rarity of what is shown in decades, from 0; takes it in afterwards. Together streams are little rarer than the rarest
   * of them, since they see one thing: the 12th root of the sum of 12th powers; 8 to 20 served recorded series alike.
   */
  take(): number {
    const state = this.#state;
    const streams = this.#streams;
    let most = 0;
    let sum = 0;
    for (let stream = 0; stream < streams; stream++) {
      const x = state[stream] as number;
      if (Number.isNaN(x)) continue;
      state[stream] = Number.NaN;
      const count = (state[2 * streams + stream] as number) + 1;
      state[2 * streams + stream] = count;
      if (x > (state[streams + stream] as number)) {
        const rarity = this.#rarity(stream, x);
        this.#insert(stream, x);
        if (rarity > most) {
          sum = 1 + sum * power12(most / rarity);
          most = rarity;
        } else if (rarity > 0) sum += power12(rarity / most);
      }
      if (count >= MEMORY) this.#forget(stream);
    }
    return sum > 1 ? most * sum ** (1 / 12) : most;
  }

  snapshot(): RankTableSnapshot {
    return this.#state.slice();
  }

  #rarity(stream: number, x: number): number {
    const state = this.#state;
    const streams = this.#streams;
    const first = HEAD * streams + KEPT * stream;
    const before = (state[2 * streams + stream] as number) - 1;
    const size = state[3 * streams + stream] as number;
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
    const size = Math.min(KEPT, (state[3 * streams + stream] as number) + 1);
    state[3 * streams + stream] = size;
    let at = first + size - 1;
    while (at > first && (state[at - 1] as number) < x) {
      state[at] = state[at - 1] as number;
      at--;
    }
    state[at] = x;
    if (size === KEPT) state[streams + stream] = state[first + KEPT - 1] as number;
  }

  /** Halves what a stream saw: its number, and every second peak. */
  #forget(stream: number): void {
    const state = this.#state;
    const streams = this.#streams;
    const first = HEAD * streams + KEPT * stream;
    const size = Math.ceil((state[3 * streams + stream] as number) / 2);
    for (let rank = 1; rank < size; rank++) state[first + rank] = state[first + 2 * rank] as number;
    state[streams + stream] = Number.NEGATIVE_INFINITY;
    state[2 * streams + stream] = (state[2 * streams + stream] as number) / 2;
    state[3 * streams + stream] = size;
  }
}

function empty(streams: number): Float64Array {
  const state = new Float64Array((HEAD + KEPT) * streams);
  state.fill(Number.NaN, 0, streams);
  state.fill(Number.NEGATIVE_INFINITY, streams, 2 * streams);
  return state;
}

function power12(x: number): number {
  const x3 = x * x * x;
  const x6 = x3 * x3;
  return x6 * x6;
}
