/** RFC 3339: a date, a time and an offset. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Epoch milliseconds of an instant as the wire has it, ISO 8601 with an offset, or a number that is milliseconds already;
 * NaN for anything else.
 */
export function parseInstant(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return Number.NaN;
  const found = RFC_3339.exec(value);
  if (found === null) return Number.NaN;
  // `Date.parse` takes the 30th of February for the 2nd of March.
  return Number(found[3]) > 28 && !isDay(found) ? Number.NaN : Date.parse(value);
}

function isDay([, year, month, day]: readonly string[]): boolean {
  // The day before the first of the next month is the last of this one.
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}
