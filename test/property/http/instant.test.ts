import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../src/http/instant.ts';

describe('an instant on the wire', () => {
  it('is what Date.parse makes of every ISO 8601 text that a date gives', () => {
    const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.constantFrom('Z', '+00:00', '-11:30', '+14:00'), (moment, offset) => {
        const text = moment.toISOString().replace('Z', offset);
        expect(parseInstant(text)).toBe(Date.parse(text));
      }),
    );
  });

  it('is none where a part is out of its range', () => {
    const parts = fc.tuple(...[99, 99, 99, 99, 99].map((max) => fc.integer({ min: 0, max })));
    fc.assert(
      fc.property(parts, ([month = 0, day = 0, hour = 0, minute = 0, second = 0]) => {
        const two = (part: number) => String(part).padStart(2, '0');
        const text = `2024-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}.000Z`;
        const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
        // ISO 8601 also has the hour 24 for the end of a day.
        const isTime = (hour < 24 && minute < 60 && second < 60) || (hour === 24 && minute === 0 && second === 0);
        expect(Number.isNaN(parseInstant(text))).toBe(!(day >= 1 && day <= days && isTime));
      }),
    );
  });

  it.each([
    ['2023-02-29T00:00:00.000Z', Number.NaN],
    ['2024-02-29T00:00:00.000Z', Date.UTC(2024, 1, 29)],
    ['1900-02-29T00:00:00Z', Number.NaN],
    ['2024-04-31T00:00:00.000Z', Number.NaN],
    ['2024-01-01', Number.NaN],
    ['2024-01-01T00:00:00', Number.NaN],
    ['2024-01-01T00:00:00.000z', Date.UTC(2024, 0, 1)],
    ['2024-01-01T00:00:00.0000001Z', Date.UTC(2024, 0, 1)],
    ['Mon, 01 Jan 2024 00:00:00 GMT', Number.NaN],
    [1704067200000, Date.UTC(2024, 0, 1)],
    [true, Number.NaN],
    [null, Number.NaN],
  ])('%s is %d', (value, expected) => {
    expect(parseInstant(value)).toBe(expected);
  });
});
