import type { Anomaly } from '../model/anomaly.ts';
import type { MetricDefinition } from '../model/metric-kind.ts';
import { normalTail } from '../stats/normal.ts';

/** What {@link describe} turns into a sentence. */
export type Finding = Pick<
  Anomaly,
  | 'metricName'
  | 'labels'
  | 'currentValue'
  | 'expectedValue'
  | 'lower'
  | 'upper'
  | 'deviation'
  | 'direction'
  | 'startedAt'
>;

/**
 * One sentence: `latency was 400 ms, expected 20.1 ms (11.2 to 29 ms), since 2026-03-01 14:05:30 UTC: 4.2 σ above, as
 * by chance once in about 26 days`.
 * Labels follow the name: `depth (queue mail) was …`.
 */
export function describe(finding: Finding, definition: MetricDefinition, step?: number): string {
  const { currentValue, expectedValue, lower, upper, deviation, direction, startedAt } = finding;
  const value = (v: number): string => quantity(v, definition.unit);
  return (
    `${seriesName(finding)} was ${value(currentValue)}, expected ${value(expectedValue)} ` +
    `(${quantity(lower)} to ${value(upper)}), since ${moment(startedAt)} UTC: ` +
    `${quantity(deviation)} σ ${direction}${rarity(deviation, step)}`
  );
}

/** How often chance deviates so far, in words; nothing where the time between samples is not known. */
function rarity(deviation: number, step: number | undefined): string {
  if (step === undefined) return '';
  const interval = step / (2 * normalTail(deviation));
  if (interval > 10 * YEAR_MS) return ', as by chance less than once in ten years';
  return `, as by chance once in about ${span(interval)}`;
}

/** A span of time, milliseconds, for people: `26 days`, `41 hours`; two digits are enough. */
export function span(ms: number): string {
  const [unit, name] = UNITS.find(([size]) => ms >= 2 * size) ?? [1000, 'seconds'];
  return `${quantity(Number((ms / unit).toPrecision(2)))} ${name}`;
}

const YEAR_MS = 31_557_600_000;
const UNITS = [
  [YEAR_MS, 'years'],
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
] as const;

/** A number for people: four digits, and its unit. A `ratio` needs no unit. */
export function quantity(value: number, unit?: string): string {
  const number = String(Number(value.toPrecision(4)));
  if (unit === undefined || unit === 'ratio') return number;
  return unit === '%' || unit.startsWith('/') ? `${number}${unit}` : `${number} ${unit}`;
}

/** A series as people name it: `depth (queue mail)`. */
export function seriesName({ metricName, labels = {} }: Pick<Finding, 'metricName' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  return pairs.length === 0 ? metricName : `${metricName} (${pairs.join(', ')})`;
}

/** `2026-03-01 14:05:30`, in UTC; a bare number where there is no such date. */
function moment(timestamp: number): string {
  if (Math.abs(timestamp) > LATEST) return String(timestamp);
  return new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ');
}

/** The last millisecond that a `Date` can hold. */
const LATEST = 8.64e15;
