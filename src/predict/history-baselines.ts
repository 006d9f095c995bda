import { linearRegression } from 'simple-statistics';
import { medianOf } from '../stats/order.ts';
import { type HistoryModelFactory, plain } from './history-model.ts';

/** Seasons that make a cycle of their own for days: the week. */
export const CYCLE = 7;
/** Without a season, the flat median covers this many values. */
const FLAT_WINDOW = 24;

/** Repeats the last value. */
export const naive: HistoryModelFactory = (values) =>
  plain((end, steps) => new Float64Array(steps).fill(values[end - 1] as number));

/** Repeats the last season; the last value where there is no season or not a whole one yet. */
export const seasonalNaive: HistoryModelFactory = (values, season) =>
  plain((end, steps) => repeated(values, end, steps, season));

/** Repeats the last seven seasons; the last one where there are not so many yet. */
export const cycleNaive: HistoryModelFactory = (values, season) =>
  plain((end, steps) => repeated(values, end, steps, end < CYCLE * season ? season : CYCLE * season));

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

/** The median of the last seven seasons for every step: the usual level, whatever happened last. */
export const flatMedian: HistoryModelFactory = (values, season) =>
  plain((end, steps) => {
    const length = season === 1 ? FLAT_WINDOW : CYCLE * season;
    return new Float64Array(steps).fill(medianOf(values.subarray(Math.max(0, end - length), end)));
  });

/** The last `length` of the first `end` values over and over; the last one where they are fewer. */
function repeated(values: Float64Array, end: number, steps: number, length: number): Float64Array {
  const known = end < length ? 1 : length;
  return Float64Array.from({ length: steps }, (_, i) => values[end - known + (i % known)] as number);
}
