import { sortedQuantile } from '../stats/order.ts';

/** Past forecasts that a band is made from. */
const ORIGINS = 24;
/** Share of a step's own mean square error in its scale; the rest is that of the steps around it. */
const OWN_SHARE = 0.3;
/** Steps to either side that count as around it. */
const NEIGHBOURS = 6;
/** Of more errors than so many, the quantiles are those of a part, evenly spread: sorting them all takes milliseconds. */
const MOST_ERRORS = 10_000;
/** Share of both sides' mean in the quantile of each side: which side erred farther in so few forecasts is half chance. */
const EVEN_SHARE = 0.5;
/**
 * Errors of past forecasts understate those to come: most are of models that have seen what they forecast, or nearly,
 * and a few seasons have not seen much of what happens. Both tuned on earlier windows of the half of M4 Hourly and of the
 * operational series that docs/benchmarks.md measures; by a single factor of 1.15 short histories held three points less.
 */
const INFLATION = 1.05;
const UNSEEN_SEASONS = 4;
/** What counts as a season where there is none, as a share of the forecast. */
const SEASON_SHARE = 0.25;

/** Distances of both ends of an interval from the mean, for each step. */
export interface ErrorBand {
  readonly below: Float64Array;
  readonly above: Float64Array;
}

/**
 * Where to forecast from again to see how it would have gone: up to 24 ends, ascending, with all `steps` outcomes known
 * where the history allows.
 *
 * @param first smallest end worth forecasting from
 * @param season ends are at most this far apart, so that the newest history counts; 1 for no such bound
 */
export function backtestEnds(length: number, first: number, steps: number, season: number): number[] {
  const start = Math.min(first, length - 1);
  const whole = length - steps;
  const last = whole - start >= ORIGINS / 4 ? whole : length - 1;
  const even = Math.floor((last - start) / (ORIGINS - 1));
  const spacing = Math.max(1, season > 1 ? Math.min(season, even) : even);
  const ends: number[] = [];
  for (let end = last; end >= Math.max(1, start) && ends.length < ORIGINS; end -= spacing) ends.push(end);
  return ends.reverse();
}

/** What to multiply a band by that is made from the errors after these ends; `season` is 1 for none. */
export function inflation(ends: readonly number[], season: number, steps: number): number {
  const [first = 0] = ends;
  const last = ends[ends.length - 1] ?? first;
  const seasons = (last - first) / (season > 1 ? season : SEASON_SHARE * steps);
  return INFLATION * Math.sqrt(1 + UNSEEN_SEASONS / (seasons + 1));
}

/**
 * Interval from past errors: each step has its scale, smoothed over its neighbours, and all steps share the quantiles
 * of the errors in units of it (split conformal prediction with a scale, Lei et al., Distribution-free predictive
 * inference for regression, 2018, section 5.2).
 *
 * @param errors outcome less forecast, for each origin a list by step, of up to `steps` numbers
 * @param factor what to multiply the band by
 */
export function errorBand(errors: readonly Float64Array[], steps: number, level: number, factor: number): ErrorBand {
  const scales = errorScales(errors, steps);
  const relative: number[] = [];
  const stride = Math.ceil((errors.length * steps) / MOST_ERRORS);
  for (const [k, run] of errors.entries()) {
    for (let i = k % stride; i < run.length; i += stride) {
      const scale = scales[i] as number;
      if (scale > 0) relative.push((run[i] as number) / scale);
    }
  }
  const sorted = new Float64Array(relative).sort();
  const tail = (1 - level) / 2;
  const lower = sorted.length === 0 ? 0 : Math.max(0, -sortedQuantile(sorted, tail));
  const upper = sorted.length === 0 ? 0 : Math.max(0, sortedQuantile(sorted, 1 - tail));
  const even = (lower + upper) / 2;
  const reach = (side: number): number => factor * ((1 - EVEN_SHARE) * side + EVEN_SHARE * even);
  return {
    below: scales.map((scale) => -scale * reach(lower)),
    above: scales.map((scale) => scale * reach(upper)),
  };
}

/** Root mean square error of each step; beyond the last known one it grows with the root of the step. */
function errorScales(errors: readonly Float64Array[], steps: number): Float64Array {
  const squares = new Float64Array(steps + 1);
  const counts = new Float64Array(steps + 1);
  let known = 0;
  for (const run of errors) {
    for (let i = 0; i < run.length; i++) {
      squares[i] = (squares[i] as number) + (run[i] as number) ** 2;
      counts[i] = (counts[i] as number) + 1;
    }
    known = Math.max(known, run.length);
  }
  return Float64Array.from({ length: steps }, (_, i) => {
    if (known === 0) return 0;
    const at = Math.min(i, known - 1);
    let sum = 0;
    let count = 0;
    for (let k = Math.max(0, at - NEIGHBOURS); k <= Math.min(known - 1, at + NEIGHBOURS); k++) {
      sum += squares[k] as number;
      count += counts[k] as number;
    }
    const own = (squares[at] as number) / (counts[at] as number);
    const scale = Math.sqrt(OWN_SHARE * own + (1 - OWN_SHARE) * (sum / count));
    return scale * Math.sqrt((i + 1) / (at + 1));
  });
}
