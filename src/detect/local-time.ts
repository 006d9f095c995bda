import { invalidOption } from '../errors.ts';

const DAY_MS = 86_400_000;
/** Clocks change on quarters of an hour, at most twice a year. */
const QUARTER_MS = 900_000;

/**
 * A function from timestamps to milliseconds that begin days at midnight of a time zone: UTC milliseconds plus the
 * zone's offset at that time. What is looked up is kept for the day that was asked for last, and, on the two days of
 * the year on which clocks change, for the quarter of an hour.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` for a name that is not known
 */
export function localTimeOf(timeZone: string): (timestamp: number) => number {
  if (timeZone === 'UTC') return (timestamp) => timestamp;
  const offsetAt = offsetsOf(timeZone);
  let from = 0;
  let to = 0;
  let offset = 0;
  return (timestamp) => {
    if (timestamp >= from && timestamp < to) return timestamp + offset;
    const day = Math.floor(timestamp / DAY_MS) * DAY_MS;
    offset = offsetAt(day);
    from = day;
    to = day + DAY_MS;
    if (offsetAt(to) !== offset) {
      from = Math.floor(timestamp / QUARTER_MS) * QUARTER_MS;
      to = from + QUARTER_MS;
      offset = offsetAt(from);
    }
    return timestamp + offset;
  };
}

/** Offset of a zone from UTC in milliseconds, at a timestamp; 0 where no calendar reaches. */
function offsetsOf(timeZone: string): (timestamp: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw invalidOption('timeZone', 'an IANA name such as Europe/Berlin', timeZone);
  }
  return (timestamp) => {
    if (Math.abs(timestamp) > LATEST) return 0;
    const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of format.formatToParts(timestamp)) {
      if (type in parts) parts[type as keyof typeof parts] = Number(value);
    }
    const { year, month, day, hour, minute, second } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(timestamp / 1000) * 1000;
  };
}

/** The last millisecond that a `Date` can hold. */
const LATEST = 8.64e15;
