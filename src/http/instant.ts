/** RFC 3339: a date, a time and an offset. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Epoch milliseconds of an instant as the wire has it, ISO 8601 with an offset, or a number that is milliseconds already;
 * NaN for anything else.
 */
export function parseInstant(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return Number.NaN;
  return value.length === CANONICAL.length ? (parseCanonical(value) ?? parseAny(value)) : parseAny(value);
}

function parseAny(text: string): number {
  const found = RFC_3339.exec(text);
  if (found === null) return Number.NaN;
  // `Date.parse` takes the 30th of February for the 2nd of March.
  return Number(found[3]) > 28 && !isDay(found) ? Number.NaN : Date.parse(text);
}

function isDay([, year, month, day]: readonly string[]): boolean {
  // The day before the first of the next month is the last of this one.
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/** What `toISOString` gives, and so most programs send. */
const CANONICAL = '0000-00-00T00:00:00.000Z';
/** Where it has no digit. */
const SEPARATORS: readonly (readonly [at: number, code: number])[] = [...CANONICAL].flatMap((character, at) =>
  character === '0' ? [] : [[at, character.charCodeAt(0)] as const],
);
const ZERO = 48;

/**
 * The same for the canonical form, a twentieth of the time; `undefined` for anything else, and for the few days and years
 * that need a closer look.
 */
function parseCanonical(text: string): number | undefined {
  for (const [at, code] of SEPARATORS) if (text.charCodeAt(at) !== code) return undefined;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  const hundredths = pair(text, 20);
  const thousandth = text.charCodeAt(22) - ZERO;
  // What has no digits is below zero by far.
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 28) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  if (hundredths < 0 || thousandth < 0 || thousandth > 9) return undefined;
  const seconds = ((daysTo(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return seconds * 1000 + hundredths * 10 + thousandth;
}

/** Far enough below zero to stay there as either half of a year. */
const NO_DIGITS = -10_000;

function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_DIGITS;
}

/** Days before the epoch that the years of the calculation begin, on the 1st of March of the year 0. */
const EPOCH_DAYS = 719_468;

/**
 * Days from the epoch to a day of the Gregorian calendar, a fifth of the time of `Date.UTC`. The year begins in March here,
 * so that a leap day is its last.
 *
 * Source: `days_from_civil` in https://howardhinnant.github.io/date_algorithms.html, for years from 1 on
 */
function daysTo(year: number, month: number, day: number): number {
  const march = month > 2 ? year : year - 1;
  const leaps = Math.floor(march / 4) - Math.floor(march / 100) + Math.floor(march / 400);
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return march * 365 + leaps + inYear - EPOCH_DAYS;
}
