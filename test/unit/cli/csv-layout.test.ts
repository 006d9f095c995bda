import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/cli/command-error.ts';
import { guessLayout, isMissing, parseNumber } from '../../../src/cli/csv-layout.ts';

/** Cells of a file with commas. */
const cells = (...lines: string[]): string[][] => lines.map((line) => line.split(','));

describe('the columns of a file', () => {
  it('are guessed from names and cells', () => {
    const records = cells('host,time,cpu,note', 'a,2024-01-01 00:00:00,1,x', 'a,2024-01-01 00:05:00,,y');
    expect(guessLayout(records, ',', [])).toEqual({
      header: true,
      names: ['host', 'time', 'cpu', 'note'],
      time: 1,
      timeFormat: 'utc',
      values: [2],
      decimalComma: false,
      stepMs: 300_000,
    });
  });

  it('are numbered where the file has no header', () => {
    const layout = guessLayout(cells('1700000000,5', '1700000060,6'), ',', []);
    expect(layout).toMatchObject({ header: false, names: ['column_1', 'column_2'], time: 0, values: [1] });
  });

  it('have names of their own where the header repeats or omits them', () => {
    const layout = guessLayout(cells('time,,value,value', '2024-01-01,1,2,3'), ',', []);
    expect(layout.names).toEqual(['time', 'column_2', 'value', 'value_2']);
  });

  it('take a date for the time before a number that could be one', () => {
    const layout = guessLayout(cells('timestamp,day', '1700000000,2024-01-01', '1700000000,2024-01-02'), ',', []);
    expect(layout).toMatchObject({ time: 1, values: [0] });
  });

  it('take a number for a time only if its name says so or it rises', () => {
    expect(guessLayout(cells('bytes,at', '1700000000,1600000000', '1500000000,1600000060'), ',', []).time).toBe(1);
    expect(() => guessLayout(cells('bytes,n', '1700000000,1', '1500000000,2'), ',', [])).toThrow(CommandError);
  });

  it('survive some cells that cannot be read', () => {
    const rows = ['2024-01-01,1', '2024-01-02,n/a', 'oops,3', '2024-01-04,4', '2024-01-05,5'];
    expect(guessLayout(cells('day,value', ...rows), ',', [])).toMatchObject({ time: 0, values: [1] });
  });

  it('may have decimal commas where the comma is not the delimiter', () => {
    const records = [
      ['time', 'value'],
      ['2024-01-01', '12,5'],
    ];
    expect(guessLayout(records, ';', [])).toMatchObject({ values: [1], decimalComma: true });
    expect(parseNumber('12,5', true)).toBe(12.5);
    expect(parseNumber('12,5', false)).toBeUndefined();
  });

  it('are those that the user names, in that order, each once', () => {
    const records = cells('time,a,b,c', '2024-01-01,1,2,3');
    expect(guessLayout(records, ',', ['c', 'a', 'c']).values).toEqual([3, 1]);
  });

  it.each([
    ['no timestamp column among a, b', cells('a,b', '1,2'), []],
    ['no numeric column among name beside time', cells('time,name', '2024-01-01,x'), []],
    ['no column cpu; there are time, value', cells('time,value', '2024-01-01,1'), ['cpu']],
    ['column time is the timestamp column', cells('time,value', '2024-01-01,1'), ['time']],
    ['the file has a header but no rows', cells('time,value'), []],
  ])('cannot be guessed: %s', (message, records, metrics) => {
    expect(() => guessLayout(records, ',', metrics)).toThrow(message);
  });
});

describe('a cell', () => {
  it.each(['', '  ', 'NaN', 'null', 'N/A', '-', 'None'])('%j has no value', (cell) => {
    expect(isMissing(cell)).toBe(true);
    expect(parseNumber(cell, false)).toBeUndefined();
  });

  it.each([
    ['0', 0],
    [' -1.5e3 ', -1500],
    ['Infinity', undefined],
    ['12px', undefined],
    ['1,234', undefined],
  ])('%j is the number %j', (cell, value) => {
    expect(parseNumber(cell, false)).toBe(value);
  });
});
