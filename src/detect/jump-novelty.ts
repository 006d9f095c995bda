import { RankTable, type RankTableSnapshot } from '../stats/rank-table.ts';
import { RobustLevel, type RobustLevelSnapshot } from '../stats/robust-level.ts';

/** Rates of the levels that a value jumps from: the last ten values, the last three. */
const SLOW_RATE = 0.1;
const QUICK_RATE = 0.3;

/** Values whose width is looked at. */
const WINDOW = 12;

/** What is ranked: jumps from both levels, to both sides; the width. */
const SLOW = 0;
const QUICK = 2;
const WIDTH = 4;
const STREAMS = 5;

/** State of {@link JumpNovelty}. */
export interface JumpNoveltySnapshot {
  readonly slow: RobustLevelSnapshot;
  readonly quick: RobustLevelSnapshot;
  readonly window: readonly number[];
  readonly filled: number;
  readonly next: number;
  readonly ranks: RankTableSnapshot;
}

/** Novelty of a sudden change: against the level just before, and in width. */
export class JumpNovelty {
  readonly #slow: RobustLevel;
  readonly #quick: RobustLevel;
  /** Ring of the last values. */
  readonly #window: number[];
  #filled = 0;
  #next = 0;
  readonly #ranks: RankTable;

  constructor(snapshot?: JumpNoveltySnapshot) {
    const start = { level: 0, meanAbsolute: 0, count: 0 };
    this.#slow = new RobustLevel(SLOW_RATE, snapshot?.slow ?? start);
    this.#quick = new RobustLevel(QUICK_RATE, snapshot?.quick ?? start);
    this.#window = snapshot?.window.slice() ?? new Array<number>(WINDOW).fill(0);
    this.#filled = snapshot?.filled ?? 0;
    this.#next = snapshot?.next ?? 0;
    this.#ranks = new RankTable(STREAMS, snapshot?.ranks);
  }

  /**
   * Rarity in decades.
   *
   * @param z the value in standard deviations of all before it
   * @param afterGap whether the values before are too long ago to compare with
   */
  take(value: number, z: number, afterGap: boolean): number {
    if (afterGap) this.#filled = 0;
    const ranks = this.#ranks;
    ranks.showBoth(SLOW, residual(this.#slow, z));
    ranks.showBoth(QUICK, residual(this.#quick, z));
    const window = this.#window;
    window[this.#next] = value;
    this.#next = this.#next + 1 === WINDOW ? 0 : this.#next + 1;
    if (this.#filled < WINDOW) this.#filled++;
    else ranks.show(WIDTH, width(window));
    return ranks.take();
  }

  snapshot(): JumpNoveltySnapshot {
    return {
      slow: this.#slow.snapshot(),
      quick: this.#quick.snapshot(),
      window: this.#window.slice(),
      filled: this.#filled,
      next: this.#next,
      ranks: this.#ranks.snapshot(),
    };
  }
}

/** Distance from a level in its scales; the level learns the value. */
function residual(level: RobustLevel, z: number): number {
  const { scale } = level;
  const distance = scale > 0 ? (z - level.level) / scale : 0;
  level.learn(z);
  return distance;
}

function width(window: readonly number[]): number {
  let lowest = window[0] as number;
  let highest = lowest;
  for (let i = 1; i < WINDOW; i++) {
    const value = window[i] as number;
    if (value < lowest) lowest = value;
    else if (value > highest) highest = value;
  }
  return highest - lowest;
}
