import { CommandError } from './command-error.ts';
import { parseTime, type TimeFormat, timeFormat } from './csv-time.ts';

/** What the columns of a file are, as far as its first records tell. */
export interface CsvLayout {
  /** Whether the first record names the columns. */
  readonly header: boolean;
  /** Names of all columns; `column_1` … where the file names none. */
  readonly names: readonly string[];
  /** Index of the timestamp column. */
  readonly time: number;
  readonly timeFormat: TimeFormat;
  /** Indices of the value columns. */
  readonly values: readonly number[];
  /** Whether `12,5` is twelve and a half. */
  readonly decimalComma: boolean;
  /** Median gap between the first timestamps, milliseconds; `undefined` where all are the same. */
  readonly stepMs: number | undefined;
}

/** Share of the cells that must be times for a timestamp column: a few broken ones are common. */
const TIMES = 0.8;
/** Share of the cells, empty ones aside, that must be numbers for a value column. */
const NUMBERS = 0.5;
const TIME_NAME = /time|date|stamp|^(ts|t|at|epoch|day|hour|minute)$/i;
const MISSING: ReadonlySet<string> = new Set(['', '-', 'na', 'n/a', 'nan', 'null', 'none', 'nil']);

/** Whether a cell says that there is no value. */
export function isMissing(cell: string): boolean {
  return cell === '' || MISSING.has(cell.trim().toLowerCase());
}

/** The number in a cell; `undefined` for anything else, Infinity included. */
export function parseNumber(cell: string, decimalComma: boolean): number | undefined {
  const value = Number(decimalComma ? cell.replace(',', '.') : cell);
  return Number.isFinite(value) && cell.trim() !== '' ? value : undefined;
}

/**
 * Guesses the columns of a file from its first records: the timestamp column is the one whose cells are times, one with
 * a name such as `time` or with rising values before others; value columns are the other numeric ones.
 *
 * @param metrics value columns that the user named; none to take all numeric ones
 * @throws CommandError where there is no timestamp column, no numeric column, or none of a name that the user gave
 */
export function guessLayout(
  records: readonly (readonly string[])[],
  delimiter: string,
  metrics: readonly string[],
): CsvLayout {
  const first = records[0] ?? [];
  const width = Math.max(...records.map((cells) => cells.length));
  // A decimal comma can only be told from a separator where the comma is not one.
  const decimalComma = delimiter !== ',' && hasDecimalComma(records);
  const header = isHeader(first, decimalComma);
  const body = header ? records.slice(1) : records;
  if (body.length === 0) throw new CommandError('the file has a header but no rows');
  const names = columnNames(header ? first : [], width);
  const columns = names.map((name, index): TimeColumn | undefined => timeColumn(index, name, body));
  const time = columns
    .filter((column) => column !== undefined)
    .reduce<TimeColumn | undefined>((best, column) => (best && best.rank >= column.rank ? best : column), undefined);
  if (time === undefined) {
    throw new CommandError(
      `no timestamp column among ${names.join(', ')}: it must hold ISO 8601, YYYY-MM-DD hh:mm:ss, or epoch seconds or ` +
        `milliseconds; its first cells are ${sampleCells(first, body)}`,
    );
  }
  const isNumeric = (index: number): boolean => index !== time.index && isNumberColumn(index, body, decimalComma);
  const values = metrics.length > 0 ? namedColumns(metrics, names, time.index) : [...names.keys()].filter(isNumeric);
  if (!values.some(isNumeric)) {
    const columnsOfValues = values.length > 0 ? values : [...names.keys()].filter((index) => index !== time.index);
    const shown = columnsOfValues.map((index) => names[index]).join(', ');
    throw new CommandError(`no numeric column${shown === '' ? '' : ` among ${shown}`} beside ${names[time.index]}`);
  }
  return {
    header,
    names,
    time: time.index,
    timeFormat: time.format,
    values,
    decimalComma,
    stepMs: medianStep(body, time.index, time.format),
  };
}

interface TimeColumn {
  readonly index: number;
  readonly format: TimeFormat;
  /** The highest wins; the leftmost of equals. */
  readonly rank: number;
}

function timeColumn(index: number, name: string, body: readonly (readonly string[])[]): TimeColumn | undefined {
  const counts = new Map<TimeFormat, number>();
  for (const cells of body) {
    const format = timeFormat(cells[index] ?? '');
    if (format !== undefined) counts.set(format, (counts.get(format) ?? 0) + 1);
  }
  const [format, count] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['utc', 0]);
  if (count === 0 || count < TIMES * body.length) return undefined;
  if (format === 'iso' || format === 'utc') return { index, format, rank: TIME_NAME.test(name) ? 4 : 3 };
  // A number of ten digits may as well be a count of bytes: without a name for it, it must rise as time does.
  if (TIME_NAME.test(name)) return { index, format, rank: 2 };
  return isRising(body, index, format) ? { index, format, rank: 1 } : undefined;
}

function isRising(body: readonly (readonly string[])[], index: number, format: TimeFormat): boolean {
  const times = body.flatMap((cells) => parseTime(cells[index] ?? '', format) ?? []);
  return times.every((time, i) => i === 0 || time >= (times[i - 1] as number));
}

function isNumberColumn(index: number, body: readonly (readonly string[])[], decimalComma: boolean): boolean {
  const cells = body.map((row) => row[index] ?? '').filter((cell) => !isMissing(cell));
  const numbers = cells.filter((cell) => parseNumber(cell, decimalComma) !== undefined);
  return numbers.length > 0 && numbers.length >= NUMBERS * cells.length;
}

/** A header has no cell that is a time or a number. */
function isHeader(first: readonly string[], decimalComma: boolean): boolean {
  return first.every((cell) => timeFormat(cell) === undefined && parseNumber(cell, decimalComma) === undefined);
}

/** Some cell is `12,5`, and none has a point that could be the decimal one. */
function hasDecimalComma(records: readonly (readonly string[])[]): boolean {
  const cells = records.flat();
  const points = cells.some((cell) => /^\s*[-+]?\d+\.\d+\s*$/.test(cell));
  return !points && cells.some((cell) => /^\s*[-+]?\d+,\d+\s*$/.test(cell));
}

/** Every column has a name of its own: an empty one becomes `column_3`, a second `value` becomes `value_2`. */
function columnNames(header: readonly string[], width: number): string[] {
  const taken = new Map<string, number>();
  return Array.from({ length: width }, (_, index) => {
    const name = header[index]?.trim() || `column_${index + 1}`;
    const uses = (taken.get(name) ?? 0) + 1;
    taken.set(name, uses);
    return uses === 1 ? name : `${name}_${uses}`;
  });
}

function namedColumns(metrics: readonly string[], names: readonly string[], time: number): number[] {
  return [...new Set(metrics)].map((metric) => {
    const index = names.indexOf(metric);
    if (index < 0) throw new CommandError(`no column ${metric}; there are ${names.join(', ')}`);
    if (index === time) throw new CommandError(`column ${metric} is the timestamp column, not a metric`);
    return index;
  });
}

function medianStep(body: readonly (readonly string[])[], time: number, format: TimeFormat): number | undefined {
  const times = body.flatMap((cells) => parseTime(cells[time] ?? '', format) ?? []);
  const gaps = times.map((t, i) => Math.abs(t - (times[i - 1] ?? t))).filter((gap) => gap > 0);
  return gaps.sort((a, b) => a - b)[gaps.length >> 1];
}

function sampleCells(first: readonly string[], body: readonly (readonly string[])[]): string {
  const cells = body[0] ?? first;
  return cells
    .slice(0, 3)
    .map((cell) => JSON.stringify(cell.length > 30 ? `${cell.slice(0, 30)}…` : cell))
    .join(', ');
}
