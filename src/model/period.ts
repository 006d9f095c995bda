/** Width of a bucket. Each is a whole multiple of the one before, so that buckets of one are merged into the next. */
export type Period = '1m' | '5m' | '15m' | '1h' | '1d';

/** All periods, shortest first. */
export const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];

/** Width of each period in milliseconds. */
export const PERIOD_MS: Readonly<Record<Period, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
};

/** Start of the UTC-aligned bucket `[start, start + periodMs)` that holds `timestamp` (epoch milliseconds). */
export function bucketStart(timestamp: number, periodMs: number): number {
  return Math.floor(timestamp / periodMs) * periodMs;
}
