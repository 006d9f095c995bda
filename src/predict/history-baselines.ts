import { linearRegression } from 'simple-statistics';
import { medianOf } from '../stats/order.ts';
import { type HistoryModelFactory, plain } from './history-model.ts';

/** Seasons that make a cycle of their own for days: the week. */
const CYCLE = 7;
/** Cycles that the weekly mean looks back on, and how much less each counts than the one after it. */
const CYCLES = 4;
const CYCLE_DECAY = 0.8;
/** Without a season, the flat median covers this many values. */
const FLAT_WINDOW = 24;

/** Repeats the last value. */
export const naive: HistoryModelFactory = (values) =>
  plain((end, steps) => new Float64Array(steps).fill(values[end - 1] as number));

/** Repeats the last season; the last value where there is no season or not a whole one yet. */
export const seasonalNaive: HistoryModelFactory = (values, season) =>
  plain((end, steps) => {
    const length = end < season ? 1 : season;
    return Float64Array.from({ length: steps }, (_, i) => values[end - length + (i % length)] as number);
  });

/** The line from the first to the last value, carried on. */
export const drift: HistoryModelFactory = (values) =>
  plain((end, steps) => {
    const last = values[end - 1] as number;
    const perStep = end < 2 ? 0 : (last - (values[0] as number)) / (end - 1);
    return Float64Array.from({ length: steps }, (_, i) => last + perStep * (i + 1));
  });

/** The least-squares line through all values, carried on. */
export const line: HistoryModelFactory = (values) =>
  plain((end, steps) => {
    const { m, b } = linearRegression(Array.from({ length: end }, (_, i) => [i, values[i] as number]));
    return Float64Array.from({ length: steps }, (_, i) => b + m * (end + i));
  });

/** For each step the mean of the same place in the last four cycles of seven seasons, newer ones counting more. */
export const cycleMean: HistoryModelFactory = (values, season) =>
  plain((end, steps) =>
    perStep(end, steps, CYCLE * season, (at) => {
      let sum = 0;
      let weights = 0;
      for (let k = 0, weight = 1; k < CYCLES && at >= 0; k++, at -= CYCLE * season, weight *= CYCLE_DECAY) {
        sum += weight * (values[at] as number);
        weights += weight;
      }
      return sum / weights;
    }),
  );

/** For each step the median of the same place in the last seven seasons. */
export const seasonMedian: HistoryModelFactory = (values, season) =>
  plain((end, steps) => {
    const places = Array.from({ length: Math.min(steps, season) }, (_, i) => {
      const same: number[] = [];
      for (let at = end + i - season; at >= 0 && same.length < CYCLE; at -= season) same.push(values[at] as number);
      return same.length === 0 ? (values[end - 1] as number) : medianOf(same);
    });
    return Float64Array.from({ length: steps }, (_, i) => places[i % season] as number);
  });

/** The median of the last seven seasons for every step: the usual level, whatever happened last. */
export const flatMedian: HistoryModelFactory = (values, season) =>
  plain((end, steps) => {
    const length = season === 1 ? FLAT_WINDOW : CYCLE * season;
    return new Float64Array(steps).fill(medianOf(values.subarray(Math.max(0, end - length), end)));
  });

/** `of` the newest known place that lies a whole number of lengths before each step; the last value before one length. */
function perStep(end: number, steps: number, length: number, of: (at: number) => number): Float64Array {
  return Float64Array.from({ length: steps }, (_, i) => {
    const at = end + i - length * (Math.floor(i / length) + 1);
    return of(at >= 0 ? at : end - 1);
  });
}
