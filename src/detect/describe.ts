import type { Anomaly } from '../model/anomaly.ts';
import type { MetricDefinition } from '../model/metric-kind.ts';

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
 * One sentence: `latency was 400 ms, expected 20.1 ms (11.2 to 29 ms), since 2026-03-01 14:05:30 UTC: 8.2 σ above`.
 * Labels follow the name: `depth (queue mail) was …`.
 */
export function describe(finding: Finding, definition: MetricDefinition): string {
  const { currentValue, expectedValue, lower, upper, deviation, direction, startedAt } = finding;
  const value = (v: number): string => quantity(v, definition.unit);
  return (
    `${seriesName(finding)} was ${value(currentValue)}, expected ${value(expectedValue)} ` +
    `(${quantity(lower)} to ${value(upper)}), since ${moment(startedAt)} UTC: ` +
    `${quantity(deviation)} σ ${direction}`
  );
}

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
