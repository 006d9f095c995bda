import { invalidOption } from '../errors.ts';
import type { Horizon } from '../model/forecast.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const UNIT_WORDS = { s: 'second', m: 'minute', h: 'hour', d: 'day' } as const;
type Unit = keyof typeof UNIT_MS;

const SHORT_FORM = /^(\d+(?:\.\d+)?)([smhd])$/;

/** A year: beyond it nothing learned from samples seconds to minutes apart says anything. */
const LONGEST_MS = 366 * UNIT_MS.d;

/**
 * A horizon in milliseconds.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` unless it is a number of milliseconds above 0 and up to a year, or a short
 * form of that such as `'5m'`
 */
export function horizonMs(horizon: Horizon): number {
  const match = typeof horizon === 'string' ? SHORT_FORM.exec(horizon) : null;
  const ms = match === null ? horizon : Number(match[1]) * UNIT_MS[match[2] as Unit];
  if (typeof ms === 'number' && ms > 0 && ms <= LONGEST_MS) return ms;
  throw invalidOption('horizon', "milliseconds above 0 and up to a year, or a short form such as '5m'", horizon);
}

/** A horizon's short form: `'5m'` as it is, 300,000 as `'5m'`, 1,500 as `'1.5s'`. */
export function horizonName(horizon: Horizon): string {
  if (typeof horizon === 'string') return horizon;
  const unit = (['d', 'h', 'm'] as const).find((u) => horizon % UNIT_MS[u] === 0) ?? 's';
  return `${horizon / UNIT_MS[unit]}${unit}`;
}

/** A horizon's name in words: `'5m'` is `5 minutes`, `'1h'` is `hour`, as it follows "over the next". */
export function horizonWords(name: string): string {
  const match = SHORT_FORM.exec(name);
  if (match === null) return name;
  const word = UNIT_WORDS[match[2] as Unit];
  return match[1] === '1' ? word : `${match[1]} ${word}s`;
}

/**
 * A level of prediction intervals.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` unless it is in (0, 1)
 */
export function levelOption(level: number): number {
  if (typeof level === 'number' && level > 0 && level < 1) return level;
  throw invalidOption('level', 'a number above 0 and below 1', level);
}
