import { describe, expect, it } from 'vitest';
import { parseTime, timeFormat } from '../../../src/cli/csv-time.ts';

describe('timestamps of a file', () => {
  it.each([
    ['2014-04-01 00:05:00', 'utc', '2014-04-01T00:05:00.000Z'],
    ['2014-04-01T00:05:00', 'utc', '2014-04-01T00:05:00.000Z'],
    ['2014/04/01 00:05', 'utc', '2014-04-01T00:05:00.000Z'],
    ['2014-04-01', 'utc', '2014-04-01T00:00:00.000Z'],
    ['2016-02-29 23:59:59.25', 'utc', '2016-02-29T23:59:59.250Z'],
    ['2014-04-01T00:05:00Z', 'iso', '2014-04-01T00:05:00.000Z'],
    ['2014-04-01T02:05:00+02:00', 'iso', '2014-04-01T00:05:00.000Z'],
    ['2014-03-31 19:35:00 -0430', 'iso', '2014-04-01T00:05:00.000Z'],
    // `date -u -d @1396310700` says 2014-04-01 00:05:00.
    ['1396310700', 'epoch_s', '2014-04-01T00:05:00.000Z'],
    ['1396310700.5', 'epoch_s', '2014-04-01T00:05:00.500Z'],
    ['1396310700000', 'epoch_ms', '2014-04-01T00:05:00.000Z'],
    [' 2014-04-01 00:05:00 ', 'utc', '2014-04-01T00:05:00.000Z'],
  ] as const)('%s is %s', (cell, format, instant) => {
    expect(timeFormat(cell)).toBe(format);
    expect(parseTime(cell, format)).toBe(Date.parse(instant));
  });

  it.each([
    '',
    'x',
    '12.5',
    '2014',
    '2014-02-30',
    '2014-13-01',
    '2015-02-29 00:00:00',
    '2014-04-01 25:00',
    '99999999999999',
  ])('%j is no time', (cell) => {
    expect(timeFormat(cell)).toBeUndefined();
  });

  it('does not depend on the time zone of the machine', () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/New_York';
    try {
      expect(parseTime('2014-03-09 02:30:00', 'utc')).toBe(Date.UTC(2014, 2, 9, 2, 30));
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});
