/** How a file writes its timestamps: with a time zone, without one (read as UTC), or as a number since 1970. */
export type TimeFormat = 'iso' | 'utc' | 'epoch_s' | 'epoch_ms';

/** Each format in words. */
export const TIME_FORMATS: Readonly<Record<TimeFormat, string>> = {
  iso: 'ISO 8601 with a time zone',
  utc: 'date and time without a time zone, taken as UTC',
  epoch_s: 'seconds since 1970',
  epoch_ms: 'milliseconds since 1970',
};

/** `2014-04-01 00:05:00`, `2014-04-01T00:05:00.250Z`, `2014/04/01 00:05 +02:00`, `2014-04-01`. */
const DATE_TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?$/i;
const NUMBER = /^\d{9,13}(?:\.\d+)?$/;
/** Between these a number is read as a time: 1990 and 2100, seconds. Smaller and larger ones are values. */
const EARLIEST_S = 631_152_000;
const LATEST_S = 4_102_444_800;

/** The format that a cell is in; `undefined` for one that is no time. */
export function timeFormat(cell: string): TimeFormat | undefined {
  const text = cell.trim();
  const match = DATE_TIME.exec(text);
  if (match !== null) {
    const format = match[8] === undefined ? 'utc' : 'iso';
    return parseTime(text, format) === undefined ? undefined : format;
  }
  if (parseTime(text, 'epoch_s') !== undefined) return 'epoch_s';
  return parseTime(text, 'epoch_ms') === undefined ? undefined : 'epoch_ms';
}

/** Epoch milliseconds of a cell; `undefined` for one that is not in that format or no real date. */
export function parseTime(cell: string, format: TimeFormat): number | undefined {
  const text = cell.trim();
  if (format === 'iso' || format === 'utc') return parseDateTime(text);
  if (!NUMBER.test(text)) return undefined;
  const ms = Number(text) * (format === 'epoch_s' ? 1000 : 1);
  return ms >= EARLIEST_S * 1000 && ms < LATEST_S * 1000 ? ms : undefined;
}

function parseDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] = match;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC lets the 31st of June be the 1st of July.
  if (Number(month) > 12 || new Date(date).getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return date + seconds * 1000 + Math.floor(Number(`0.${fraction}`) * 1000) - offsetMs(zone);
}

/** `+02:00` is two hours ahead of UTC. */
function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone.length < 5) return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
}
