import type { SeriesBucket } from '../model/bucket.ts';
import type { Period } from '../model/period.ts';
import type { SketchContents } from '../stats/sketch-contents.ts';

/** Those of every bucket. */
export const QUANTILES = [0.5, 0.95, 0.99] as const;

/** What a reader gets of a bucket that holds at least one sample. */
export function seriesBucket(
  contents: SketchContents,
  last: number,
  timestamp: number,
  period: Period,
  complete: boolean,
): SeriesBucket {
  const { count, min, max } = contents;
  const sum = contents.sum.value;
  const [p50, p95, p99] = contents.quantiles(QUANTILES) as [number, number, number];
  return { timestamp, period, count, sum, min, max, avg: mean(sum, count, min, max), last, p50, p95, p99, complete };
}

/** Mean of at least one number, inside their range even where the sum overflowed. */
export function mean(sum: number, count: number, min: number, max: number): number {
  return Math.min(Math.max(sum / count, min), max);
}
