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

/** What `toISOString` gives, and so most programs send; `0` stands for a digit. */
const CANONICAL = '0000-00-00T00:00:00.000Z';
const ZERO = 48;

/**
 * The same for the canonical form, a tenth of the time; `undefined` for anything else, and for the few days and years that
 * need a closer look.
 */
function parseCanonical(text: string): number | undefined {
  for (let i = 0; i < CANONICAL.length; i++) {
    const code = text.charCodeAt(i);
    const expected = CANONICAL.charCodeAt(i);
    if (expected === ZERO ? code < ZERO || code > ZERO + 9 : code !== expected) return undefined;
  }
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  // `Date.UTC` takes the years before 100 for those of the last century.
  if (year < 100 || month < 1 || month > 12 || day < 1 || day > 28) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const millisecond = pair(text, 20) * 10 + text.charCodeAt(22) - ZERO;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

function pair(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}
