import { describe, expect, it } from 'vitest';
import { csvInstant, csvText } from '../../../src/dashboard/client/csv.ts';
import {
  bytesText,
  countText,
  durationText,
  errorText,
  horizonText,
  isolated,
  numberText,
  rangeText,
  seriesTitle,
  valueText,
} from '../../../src/dashboard/client/format.ts';

/** Texts as they are read: a narrow space is a space. */
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('numbers on the page', () => {
  it.each([
    [0.012345, '0.0123'],
    [4.5678, '4.57'],
    [789.4, '789'],
    [12_345, '12.3k'],
    [3_450_000, '3.45M'],
    [-12.3, '−12.3'],
    [1e-93, '0'],
    [Number.NaN, '–'],
    [undefined, '–'],
  ])('%d is %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it.each([
    [0.0213, 'ratio', '2.13 %'],
    [87.25, '%', '87.3 %'],
    [250, 'ms', '250 ms'],
    [1250, 'ms', '1.25 s'],
    [14.04, '/s', '14/s'],
    [3, 'mails', '3 mails'],
    [3, undefined, '3'],
  ])('%d in %s is %s', (value, unit, text) => {
    expect(plain(valueText(value, unit))).toBe(text);
  });

  it('have their unit once in a range, unless the ends differ in it', () => {
    expect(plain(rangeText(0.05, 0.124, 'ratio'))).toBe('5 to 12.4 %');
    expect(plain(rangeText(59.5, 72.9, 'ms'))).toBe('59.5 to 72.9 ms');
    expect(plain(rangeText(900, 1200, 'ms'))).toBe('900 ms to 1.2 s');
    expect(plain(rangeText(1, 2, undefined))).toBe('1 to 2');
  });

  it('have the ends of a range in the same steps', () => {
    expect(plain(rangeText(0.000364, 0.1453, 'ratio'))).toBe('0 to 14.5 %');
    expect(plain(rangeText(-0.0021, 12.34, 'ms'))).toBe('0 to 12.3 ms');
    expect(plain(rangeText(70.964, 71.112, '%'))).toBe('71 to 71.1 %');
    expect(plain(rangeText(0, 0, '%'))).toBe('0 to 0 %');
    expect(plain(rangeText(1234.5, 56_789, undefined))).toBe('1235 to 56.8k');
  });

  it('say how far off a forecast was as finely as it is shown itself', () => {
    expect(plain(errorText(0.00971, 71, '%'))).toBe('< 0.1 %');
    expect(plain(errorText(0.0019, 0.209, 'ratio'))).toBe('0.2 %');
    expect(plain(errorText(1.746, 24.4, 'ms'))).toBe('1.7 ms');
    expect(plain(errorText(0, 5, '%'))).toBe('0 %');
    expect(plain(errorText(3, 0, undefined))).toBe('3');
  });

  it('are bytes in the unit that fits', () => {
    expect([82_000, 1_680_000, 0].map(bytesText).map(plain)).toEqual(['82 kB', '1.68 MB', '0 kB']);
  });

  it('are durations in the unit that fits, and counts with their thousands apart', () => {
    expect([42_000, 420_000, 12_000_000, 86_400_000 * 12].map(durationText).map(plain)).toEqual([
      ...['42 s', '7 min', '3 h 20 min', '12 d'],
    ]);
    expect(plain(countText(1_234_567))).toBe('1 234 567');
    // Rounded up, none of its parts is a whole of the next unit.
    expect([59_600, 3_599_000, 7_199_000, 86_399_000].map(durationText).map(plain)).toEqual([
      '1 min',
      '1 h',
      '2 h',
      '1 d',
    ]);
    expect(['5m', '1h', '30s', '7d', 'soon'].map(horizonText).map(plain)).toEqual([
      '5 min',
      '1 h',
      '30 s',
      '7 d',
      'soon',
    ]);
  });
});

describe('a series', () => {
  it('has the name of its metric in words, and its labels', () => {
    expect(seriesTitle('cpu_usage', undefined)).toBe('CPU');
    expect(seriesTitle('business.order_value', { country: 'DE' })).toBe('order_value · country DE');
    expect(seriesTitle('__proto__', undefined)).toBe('__proto__');
  });
});

describe('a name without an element of its own', () => {
  it.each([
    ['shop', 1],
    ['\u202Eevil', 1],
    ['\u202Eevil\u2066 \u2068x', 3],
  ])('%j is closed by %d marks, so that what follows is not turned around', (name, marks) => {
    expect(isolated(name)).toBe(`\u2068${name}${'\u2069'.repeat(marks)}`);
  });
});

describe('CSV', () => {
  it('quotes what RFC 4180 says', () => {
    expect(csvText([['a', 'b"c', 'd,e', 'f\ng', 1.5, undefined, null]])).toBe('a,"b""c","d,e","f\ng",1.5,,\r\n');
  });

  it('has no cell that a spreadsheet runs', () => {
    expect(csvText([['=1+1', '+1', '-1', '@a', '\tb', -1]])).toBe("'=1+1,'+1,'-1,'@a,'\tb,-1\r\n");
  });

  it('has instants as on the wire', () => {
    expect(csvInstant(Date.UTC(2026, 0, 1))).toBe('2026-01-01T00:00:00.000Z');
    expect(csvInstant(undefined)).toBe('');
  });
});
