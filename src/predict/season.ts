import { medianOf } from '../stats/order.ts';
import type { Work } from '../stats/work.ts';

/** Lengths that clocks and calendars make, in steps: hours a day and week, days a week, months a year, … */
const CANDIDATES = [24, 168, 7, 12, 48, 96, 144, 288, 1440] as const;
/** Seasons that must have been seen whole. */
const CYCLES = 3;
/** A season longer than this is averaged down to about it first, so that every length costs the same. */
const RESOLUTION = 96;
/** Autocorrelation that a season must exceed; 2 % of random walks do, no white noise, 99 % of M4's hourly series. */
const CLEAR = 0.3;
/** A longer season must be this much clearer than a shorter one: its multiples are as clear as a season itself. */
const CLEARER = 0.05;
/** It is looked for in so many of the newest values: what repeats now, in steps of about a millisecond. */
const MOST_VALUES = 20_000;
/** Distances from the moving mean count at most this many times their median. */
const CLIP = 5;

/**
 * Length of the season in steps, 1 for none: a length that clocks and calendars make, at which the values repeat more
 * clearly than at half of it. Of a day and a week of hours it is the day.
 */
export function* detectSeason(history: Float64Array): Work<number> {
  const values = history.subarray(-MOST_VALUES);
  let best = 1;
  let clearest = Number.NEGATIVE_INFINITY;
  for (const season of [...CANDIDATES].sort((a, b) => a - b)) {
    if (season === 168 && best === 24) continue;
    if (values.length < CYCLES * season) break;
    yield;
    const clarity = yield* seasonality(values, season);
    if (clarity === undefined || clarity <= clearest + CLEARER) continue;
    best = season;
    clearest = clarity;
  }
  return best;
}

/** Autocorrelation at one season, of the series less its moving mean; `undefined` where that is no season. */
function* seasonality(values: Float64Array, season: number): Work<number | undefined> {
  const block = Math.max(1, Math.floor(season / RESOLUTION));
  const coarse = block === 1 ? values : averages(values, block);
  const length = Math.round(season / block);
  const detrended = lessMovingMean(coarse, length);
  yield;
  const limit = CLIP * medianOf(detrended.map(Math.abs));
  yield;
  const x = limit === 0 ? detrended : detrended.map((value) => Math.max(-limit, Math.min(limit, value)));
  let variance = 0;
  for (const value of x) variance += value * value;
  if (variance === 0) return undefined;
  const full = autocorrelation(x, length, variance);
  return full > CLEAR && full > autocorrelation(x, length >> 1, variance) ? full : undefined;
}

function averages(values: Float64Array, block: number): Float64Array {
  return Float64Array.from({ length: Math.floor(values.length / block) }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < block; k++) sum += values[i * block + k] as number;
    return sum / block;
  });
}

/** What remains of values less the mean of the season around each; where that is cut off, of the nearest whole one. */
function lessMovingMean(values: Float64Array, season: number): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] as number) + (values[i] as number);
  const half = season >> 1;
  return values.map((value, i) => {
    const start = Math.max(0, Math.min(values.length - season, i - half));
    return value - ((sums[start + season] as number) - (sums[start] as number)) / season;
  });
}

function autocorrelation(x: Float64Array, lag: number, variance: number): number {
  let sum = 0;
  for (let i = lag; i < x.length; i++) sum += (x[i] as number) * (x[i - lag] as number);
  return (sum / variance) * (x.length / (x.length - lag));
}
