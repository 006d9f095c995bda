import { normalQuantile } from '../stats/normal.ts';
import type { Drift } from './drift.ts';

/** A drift is looked along for so many times as long as it has lasted; one that knows no days, for as long. */
const SIGHT_SPANS = 4;
/** And no farther than a quarter of a year. */
const FARTHEST_MS = 92 * 86_400_000;
/** By this part of itself a rate may have changed once it has gone on for as long again as it has been seen. */
const RATE_CHANGE = 0.25;
/** Moments that are looked at along a drift, evenly. */
const MOMENTS = 1000;

/** Milliseconds until a threshold is passed; `undefined` where that lies out of sight. */
export interface TimeRange {
  readonly earliest: number | undefined;
  readonly expected: number | undefined;
  readonly latest: number | undefined;
  /** How far was looked. */
  readonly sight: number;
}

/** Probability that the threshold is passed at a moment so many milliseconds ahead. */
export interface Chance {
  readonly aheadMs: number;
  readonly probability: number;
}

/**
 * Joins the forecasts for the next hour or so with the drift beyond: whichever passes first.
 *
 * @param chances of the tracked horizons, shortest first
 * @param distance how far a value lies short of the threshold, in the direction of passing; positive now
 */
export function timeRange(
  chances: readonly Chance[],
  drift: Drift | undefined,
  distance: (value: number) => number,
  level: number,
): TimeRange {
  const near = chances[chances.length - 1]?.aheadMs ?? 0;
  const sight = drift === undefined ? near : Math.max(near, sightOf(drift));
  const when = (probability: number): number | undefined => {
    const soon = passedWithin(chances, probability);
    const later = drift === undefined ? undefined : alongDrift(drift, distance, probability, sight);
    return soon === undefined ? later : later === undefined ? soon : Math.min(soon, later);
  };
  const early = (1 - level) / 2;
  return { earliest: when(early), expected: when(0.5), latest: when(1 - early), sight };
}

function sightOf({ spanMs, calendar }: Drift): number {
  return Math.min(FARTHEST_MS, (calendar ? SIGHT_SPANS : 1) * spanMs);
}

/** When the chance first reaches a probability; linear between the horizons, from none now. */
function passedWithin(chances: readonly Chance[], wanted: number): number | undefined {
  let before: Chance = { aheadMs: 0, probability: 0 };
  for (const chance of chances) {
    if (chance.probability >= wanted && chance.probability > before.probability) {
      const part = Math.max(0, wanted - before.probability) / (chance.probability - before.probability);
      return before.aheadMs + part * (chance.aheadMs - before.aheadMs);
    }
    before = chance;
  }
  return undefined;
}

/** First moment at which the drift has the threshold passed with a probability. */
function alongDrift(
  drift: Drift,
  distance: (value: number) => number,
  wanted: number,
  sight: number,
): number | undefined {
  const towards = distance(0) < distance(1) ? -1 : 1;
  const score = towards * normalQuantile(1 - wanted);
  for (let i = 1; i <= MOMENTS; i++) {
    const ahead = (sight * i) / MOMENTS;
    const change = RATE_CHANGE * drift.rate * Math.min(1, ahead / drift.spanMs);
    const rate = drift.rate + score * Math.hypot(drift.rateError, change);
    if (distance(drift.at(ahead, rate) + score * drift.noise) <= 0) return ahead;
  }
  return undefined;
}
