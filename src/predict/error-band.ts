import { sortedQuantile } from '../stats/order.ts';

/** Past forecasts that a band is made from. */
const ORIGINS = 24;
/** Share of a step's own mean square error in its scale; the rest is that of the steps around it. */
const OWN_SHARE = 0.3;
/** Steps to either side that count as around it. */
const NEIGHBOURS = 6;

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

/**
 * Interval from past errors: each step has its scale, smoothed over its neighbours, and all steps share the quantiles
 * of the errors in units of it (split conformal prediction with a scale, Lei et al., Distribution-free predictive
 * inference for regression, 2018, section 5.2).
 *
 * @param errors outcome less forecast, for each origin a list by step, of up to `steps` numbers
 * @param inflation what to multiply the band by
 */
export function errorBand(errors: readonly Float64Array[], steps: number, level: number, inflation: number): ErrorBand {
  const scales = errorScales(errors, steps);
  const relative: number[] = [];
  for (const run of errors) {
    for (let i = 0; i < run.length; i++) {
      const scale = scales[i] as number;
      if (scale > 0) relative.push((run[i] as number) / scale);
    }
  }
  const sorted = Float64Array.from(relative).sort();
  const tail = (1 - level) / 2;
  const lower = sorted.length === 0 ? 0 : Math.min(0, sortedQuantile(sorted, tail));
  const upper = sorted.length === 0 ? 0 : Math.max(0, sortedQuantile(sorted, 1 - tail));
  return {
    below: scales.map((scale) => scale * inflation * lower),
    above: scales.map((scale) => scale * inflation * upper),
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
