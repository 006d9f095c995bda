import type { Readable } from 'node:stream';
import { AnalyticsError } from '../errors.ts';
import { type BacktestReport, backtest, type SeriesModelName } from '../index.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { type CsvLayout, guessLayout, parseNumber } from './csv-layout.ts';
import { type CsvRecord, openCsv } from './csv-records.ts';
import { parseTime } from './csv-time.ts';

/** What to backtest. */
export interface BacktestRequest {
  /** Path of a CSV file, or `-` for standard input. */
  readonly path: string;
  /** Columns to take; none for all numeric ones. */
  readonly metrics: readonly string[];
  /** Steps, or milliseconds that are made steps of the file. */
  readonly horizon: { readonly steps: number } | { readonly ms: number };
  /** None for all. */
  readonly models: readonly string[];
  readonly origins: number;
  readonly season: number | 'auto';
  readonly level: number;
}

/** One column of the file, and how the models did on it. */
export interface ColumnBacktest {
  readonly metricName: string;
  /** Values on the grid of steps. */
  readonly values: number;
  /** Of them those that the file does not have: the value before stands in. */
  readonly filled: number;
  readonly report: BacktestReport;
}

/** What a file held, and how the models did. */
export interface FileBacktest {
  readonly path: string;
  /** Milliseconds from value to value: the median gap of the file. */
  readonly stepMs: number;
  readonly columns: readonly ColumnBacktest[];
}

/** How far it is, over all columns. */
export interface BacktestShare {
  readonly done: number;
  readonly total: number;
  /** What was done last. */
  readonly note: string;
}

/** More steps than this between two rows, and the rows are not one series. */
const MOST_GRID = 1_000_000;

/**
 * Backtests the columns of a file, one after the other, on an even grid of its median step: several samples of a step
 * are averaged, a step without one holds the value before.
 *
 * @throws CommandError where the file cannot be read or is too short
 */
export async function backtestFile(
  request: BacktestRequest,
  stdin: Readable,
  onProgress: (share: BacktestShare) => void,
): Promise<FileBacktest> {
  const { path } = request;
  const source = await openCsv(path, stdin);
  const records: CsvRecord[] = [];
  for await (const record of source.records()) records.push(record);
  if (records.length === 0) throw new CommandError(`${path} has no rows`);
  const rows = records.map(({ cells }) => cells);
  const layout = guessLayout(rows, source.delimiter, request.metrics);
  const { stepMs } = layout;
  if (stepMs === undefined) throw new CommandError(`${path} has no two different times: nothing to forecast`);
  const steps = 'steps' in request.horizon ? request.horizon.steps : Math.round(request.horizon.ms / stepMs);
  if (steps < 1) throw new CommandError(`--horizon is shorter than the step of the file`, EXIT_CODES.usage);
  const columns: ColumnBacktest[] = [];
  for (const [i, column] of layout.values.entries()) {
    const metricName = layout.names[column] as string;
    const { values, filled } = onGrid(rows, layout, column, stepMs);
    const report = await backtest(values, {
      steps,
      models: request.models.length === 0 ? undefined : (request.models as readonly SeriesModelName[]),
      origins: request.origins,
      seasonLength: request.season,
      level: request.level,
      onProgress: ({ done, total, model }) =>
        onProgress({ done: i * total + done, total: layout.values.length * total, note: `${metricName}, ${model}` }),
    }).catch((cause: unknown) => {
      throw told(cause, metricName);
    });
    columns.push({ metricName, values: values.length, filled, report });
  }
  return { path, stepMs, columns };
}

/** The user's own mistakes, in the words of the command. */
function told(cause: unknown, metricName: string): unknown {
  if (!(cause instanceof AnalyticsError)) return cause;
  if (cause.code === 'ERR_INVALID_VALUE')
    return new CommandError(`${metricName}: ${cause.message}`, undefined, { cause });
  return new CommandError(
    cause.message.replace(/^option (\w+)/, '--$1').replace(' or a forecaster', ''),
    EXIT_CODES.usage,
    { cause },
  );
}

/** The numbers of a column, one a step from its first to its last. */
function onGrid(
  rows: readonly (readonly string[])[],
  { header, time, timeFormat, decimalComma }: CsvLayout,
  column: number,
  stepMs: number,
): { readonly values: Float64Array; readonly filled: number } {
  const samples = rows.slice(header ? 1 : 0).flatMap((cells) => {
    const at = parseTime(cells[time] ?? '', timeFormat);
    const value = parseNumber(cells[column] ?? '', decimalComma);
    return at === undefined || value === undefined ? [] : [{ at, value }];
  });
  const first = samples.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = samples.reduce((most, { at }) => Math.max(most, at), first);
  const length = samples.length === 0 ? 0 : Math.round((last - first) / stepMs) + 1;
  if (length > MOST_GRID) throw new CommandError(`the times span ${length} steps, more than ${MOST_GRID}`);
  const sums = new Float64Array(length);
  const counts = new Float64Array(length);
  for (const { at, value } of samples) {
    const i = Math.round((at - first) / stepMs);
    sums[i] = (sums[i] as number) + value;
    counts[i] = (counts[i] as number) + 1;
  }
  let known = 0;
  const values = sums.map((sum, i) => {
    if (counts[i] !== 0) known = sum / (counts[i] as number);
    return known;
  });
  return { values, filled: counts.filter((count) => count === 0).length };
}
