// What is aimed at, and, written by hand, why a goal is missed and what was tried.

const overProm = 'CPU of a record over prom-client Histogram.observe with labels';

/** `id` is the key under which a part says what it reached; a goal is met at or below `goal`. */
export const GOALS = [
  { id: 'record-100', figure: `recordPerformanceMetric, 100 series: ${overProm}`, goal: 0.08 },
  { id: 'record-10000', figure: 'the same, 10,000 series', goal: 0.15 },
  { id: 'record-100000', figure: 'the same, 100,000 series', goal: 0.2 },
  { id: 'handle-100', figure: `operation() handle, 100 series: ${overProm}`, goal: 0.03 },
  { id: 'handle-10000', figure: 'the same, 10,000 series', goal: 0.05 },
  { id: 'handle-100000', figure: 'the same, 100,000 series', goal: 0.1 },
  { id: 'allocated', figure: 'bytes allocated per record in steady state', goal: 8, unit: ' B' },
  { id: 'error', figure: 'largest relative error of a quantile, after merges too', goal: 1, unit: ' %' },
  { id: 'open-idle', figure: 'open series, idle (one value)', goal: 1000, unit: ' B' },
  { id: 'open-busy', figure: 'open series, busy (60 values)', goal: 2500, unit: ' B' },
  { id: 'closed-minute', figure: 'closed minute of a service with 60 records, index included', goal: 100, unit: ' B' },
  { id: 'stats-off', figure: 'stats().bytes off the measured heap, at most', goal: 20, unit: ' %' },
  { id: 'day-1m', figure: 'quantiles of one service over a day, from 1m buckets', goal: 1, unit: ' ms' },
  { id: 'day-1h', figure: 'the same from 1h buckets', goal: 0.05, unit: ' ms' },
  { id: 'scan', figure: 'reading all of 10,000 series', goal: 20, unit: ' ms' },
  { id: 'scan-block', figure: 'longest block of the event loop meanwhile', goal: 2, unit: ' ms' },
  { id: 'close-10000', figure: 'closing a minute of 10,000 services, longest block', goal: 2, unit: ' ms' },
  { id: 'close-100000', figure: 'closing a minute of 100,000 services, longest block', goal: 2, unit: ' ms' },
];

/** By `id`: why it is missed, and what was tried. Shown only while the goal is missed. */
export const MISSED = {};
