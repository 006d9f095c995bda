import type { StateLayout } from './series-state.ts';

/** Away is what lies this many times the usual distance from the average; a random walk gets there once in 100,000 steps. */
const FAR = 6;
/**
 * So many in a row are a new level. After fewer, bursts count as one, from which values come back (1 % more error five
 * minutes ahead); after eight, forecasts trail a true shift for longer and gain nothing.
 */
const CONFIRMED = 5;
/** The usual distance is a mean over about the last 200 samples; nothing is away before this many of them. */
const DISTANCE_WEIGHT = 0.005;
const LEAST_AGE = 60;

const USUAL = 0;
const AWAY = 1;
const DOUBLES = 2;

/**
 * Tells when a series has moved to another level, so that its averages can start anew instead of trailing behind for as
 * long as they are slow: the incident began, or it is over. One update takes constant time.
 */
export class LevelShift {
  readonly #at: number;

  constructor(layout: StateLayout) {
    this.#at = layout.doubles(DOUBLES);
  }

  /**
   * Takes in how far the newest value lies from the slow average.
   *
   * @param age of the series, in sampling steps
   * @returns whether a shift is confirmed with this one
   */
  observe(d: Float64Array, distance: number, age: number): boolean {
    const usual = d[this.#at + USUAL] as number;
    const most = usual === 0 ? distance : FAR * usual;
    const weight = Math.max(DISTANCE_WEIGHT, 1 / (2 + age));
    d[this.#at + USUAL] = usual + weight * (Math.min(distance, most) - usual);
    const isAway = age > LEAST_AGE && usual > 0 && distance > most;
    const inARow = isAway ? (d[this.#at + AWAY] as number) + 1 : 0;
    d[this.#at + AWAY] = inARow === CONFIRMED ? 0 : inARow;
    return inARow === CONFIRMED;
  }
}
