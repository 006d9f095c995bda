import type { ThresholdTime } from '../model/threshold-time.ts';
import { metricWords, quantityText } from './quantity-text.ts';

const MINUTE_MS = 60_000;
const UNITS = [
  { name: 'day', ms: 1440 * MINUTE_MS, from: 2 * 1440 * MINUTE_MS },
  { name: 'hour', ms: 60 * MINUTE_MS, from: 120 * MINUTE_MS },
  { name: 'minute', ms: MINUTE_MS, from: 0 },
] as const;

/**
 * A threshold time in words: `disk usage passes 90 % in 11 days (80 %: 9 to 15 days)`.
 *
 * @param unit of the metric
 */
export function thresholdText(time: Omit<ThresholdTime, 'text'>, unit: string | undefined): string {
  const { metricName, threshold, direction, earliest, expected, latest, state } = time;
  const name = metricWords(metricName);
  const limit = quantityText(threshold, unit);
  const verb = direction === 'above' ? 'passes' : 'falls below';
  if (state === 'passed') return `${name} is ${direction} ${limit}, at ${quantityText(time.value, unit)}`;
  const chance = `${Number((time.level * 100).toPrecision(4))} %`;
  if (expected !== undefined && earliest !== undefined) {
    const range = latest === undefined ? `from ${duration(earliest)} on` : span(earliest, latest);
    return `${name} ${verb} ${limit} in ${duration(expected)} (${chance}: ${range})`;
  }
  if (earliest !== undefined)
    return `${name} may ${direction === 'above' ? 'pass' : 'fall below'} ${limit} in ${duration(earliest)} or later`;
  return `nothing says that ${name} ${verb} ${limit} within ${duration(time.sight)}`;
}

function span(earliest: number, latest: number): string {
  const unit = unitOf(latest);
  const from = count(earliest, unit.ms);
  const to = duration(latest);
  return unitOf(earliest) === unit ? `${from} to ${to}` : `${duration(earliest)} to ${to}`;
}

function duration(ms: number): string {
  const unit = unitOf(ms);
  const number = count(ms, unit.ms);
  return `${number} ${unit.name}${number === '1' ? '' : 's'}`;
}

function unitOf(ms: number): (typeof UNITS)[number] {
  return UNITS.find(({ from }) => ms >= from) ?? UNITS[2];
}

/** Whole units, at least one. */
function count(ms: number, unitMs: number): string {
  return String(Math.max(1, Math.round(ms / unitMs)));
}
