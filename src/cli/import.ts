import type { Readable } from 'node:stream';
import { TABLE_NAMES, TABLES } from '../export/tables.ts';
import { BUSINESS_PREFIX, OPERATION_DURATION } from '../model/metric-kind.ts';
import type { Sample } from '../model/sample.ts';
import type { Labels } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import { CommandError } from './command-error.ts';
import { type CsvLayout, isMissing, parseNumber } from './csv-layout.ts';
import type { CsvRecord } from './csv-records.ts';
import { type CsvTable, openTable, type ReadProgress, type Unused, UnusedCells } from './csv-table.ts';
import { parseTime } from './csv-time.ts';

/** What to import. */
export interface ImportRequest {
  /** Path of a CSV file, or `-` for standard input. */
  readonly path: string;
  /** Of rows that name no service. */
  readonly serviceId: string;
  /** Columns to take; none for all numeric ones. */
  readonly metrics: readonly string[];
}

/** What takes the samples in; a `Service`. */
export interface Learner {
  backfill(samples: Iterable<Sample>): number;
}

/** What a file held and what became of it. */
export interface ImportReport {
  readonly request: ImportRequest;
  readonly layout: CsvLayout;
  readonly rows: number;
  /** Numbers of the file that are samples of series that are watched. */
  readonly samples: number;
  /** Samples that were learned; the others are not newer than what was known of their series. */
  readonly taken: number;
  readonly series: number;
  /** Cells without a value. */
  readonly missing: number;
  readonly unused: readonly Unused[];
  /** First and last timestamp, epoch milliseconds; `undefined` where no row could be used. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Samples that are learned at a time. */
const BATCH = 1000;

/** Tables of which the numbers are no samples of what they are named after. */
const NOT_LEARNED = TABLE_NAMES.filter((name) => name !== 'series');

/**
 * Opens the file of an import.
 *
 * @throws CommandError where it cannot be read, or is a table that was exported and is not `series`
 */
export async function openImport({ path, metrics }: ImportRequest, stdin: Readable): Promise<CsvTable> {
  const table = await openTable(path, stdin, metrics);
  const columns = table.layout.names.join();
  const exported = NOT_LEARNED.find((name) => TABLES[name].map((column) => column.name).join() === columns);
  if (exported === undefined) return table;
  throw new CommandError(`${path} is an exported table of ${exported}; export and import series`);
}

/**
 * Has a service learn what is normal from a file: a column for each metric, or a row for each bucket as `export` writes them.
 *
 * @throws CommandError where the file cannot be read or has nothing to learn
 */
export async function importHistory(
  request: ImportRequest,
  { layout, rows }: CsvTable,
  learner: Learner,
  onProgress: (progress: ReadProgress) => void,
): Promise<ImportReport> {
  const run = new Import(request, layout, learner);
  for await (const record of rows(onProgress)) run.add(record);
  return run.finish();
}

class Import {
  readonly #request: ImportRequest;
  readonly #layout: CsvLayout;
  readonly #learner: Learner;
  readonly #samplesOf: (record: CsvRecord, timestamp: number) => Iterable<Sample>;
  readonly #unused = new UnusedCells();
  readonly #series = new SeriesMap<true>();
  /** Of business metrics: sums over all label sets by time, which is what is watched of them. */
  readonly #sums = new SeriesMap<Map<number, number>>();
  #batch: Sample[] = [];
  #rows = 0;
  #samples = 0;
  #taken = 0;
  #missing = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  constructor(request: ImportRequest, layout: CsvLayout, learner: Learner) {
    this.#request = request;
    this.#layout = layout;
    this.#learner = learner;
    const buckets = bucketColumns(layout.names);
    this.#samplesOf =
      buckets === undefined
        ? (record, at) => this.#ofColumns(record, at)
        : (record, at) => this.#ofBucket(buckets, record, at);
  }

  add(record: CsvRecord): void {
    this.#rows++;
    const cell = record.cells[this.#layout.time] ?? '';
    const timestamp = parseTime(cell, this.#layout.timeFormat);
    if (timestamp === undefined) {
      this.#unused.add(cell.trim() === '' ? 'no timestamp' : 'timestamp that cannot be read', record.line);
      return;
    }
    for (const sample of this.#samplesOf(record, timestamp)) this.#learn(sample);
  }

  finish(): ImportReport {
    for (const [series, sums] of this.#sums.entries()) {
      for (const [timestamp, value] of [...sums].sort(([a], [b]) => a - b))
        this.#learn({ ...series, timestamp, value });
    }
    this.#taken += this.#learner.backfill(this.#batch);
    if (this.#samples === 0) throw new CommandError(`${this.#request.path} has no samples that can be learned`);
    return {
      request: this.#request,
      layout: this.#layout,
      rows: this.#rows,
      samples: this.#samples,
      taken: this.#taken,
      series: this.#series.size,
      missing: this.#missing,
      unused: this.#unused.all(),
      from: this.#from,
      to: this.#to,
    };
  }

  #learn(sample: Sample): void {
    const timestamp = Number(sample.timestamp);
    this.#samples++;
    this.#from = Math.min(this.#from, timestamp);
    this.#to = Math.max(this.#to, timestamp);
    this.#series.set(sample, true);
    if (this.#batch.push(sample) < BATCH) return;
    this.#taken += this.#learner.backfill(this.#batch);
    this.#batch = [];
  }

  /** A sample for each value column. */
  *#ofColumns({ cells, line }: CsvRecord, timestamp: number): Generator<Sample> {
    const { names, values, decimalComma } = this.#layout;
    for (const column of values) {
      const cell = cells[column] ?? '';
      const metricName = names[column] as string;
      const value = parseNumber(cell, decimalComma);
      if (value !== undefined) yield { serviceId: this.#request.serviceId, metricName, timestamp, value };
      else if (isMissing(cell)) this.#missing++;
      else this.#unused.add(`${metricName} that is not a number`, line);
    }
  }

  /** What the bucket of a row says of its series; nothing yet of a business metric, which is summed up first. */
  *#ofBucket(columns: BucketColumns, { cells, line }: CsvRecord, timestamp: number): Generator<Sample> {
    const metricName = cells[columns.metricName] ?? '';
    const serviceId = cells[columns.serviceId ?? -1] || this.#request.serviceId;
    const labels = labelsOf(cells[columns.labels ?? -1] ?? '');
    const isBusiness = metricName.startsWith(BUSINESS_PREFIX);
    const value = parseNumber(cells[isBusiness ? columns.sum : columns.avg] ?? '', this.#layout.decimalComma);
    if (metricName === '') this.#unused.add('no metric name', line);
    else if (labels === undefined) this.#unused.add('labels that cannot be read', line);
    else if (value === undefined) this.#unused.add('no number', line);
    else if (cells[columns.complete ?? -1] === 'false') this.#unused.add('bucket that was still open', line);
    else if (metricName === OPERATION_DURATION) this.#unused.add('metric that is not watched', line);
    else if (!isBusiness) yield { serviceId, metricName, labels, timestamp, value };
    else {
      const series = { serviceId, metricName };
      const sums = this.#sums.get(series) ?? this.#sums.add(series, () => new Map());
      sums.set(timestamp, (sums.get(timestamp) ?? 0) + value);
    }
  }
}

/** Where a table as `export` writes it has what; `undefined` for columns that it does not have. */
interface BucketColumns {
  readonly metricName: number;
  readonly avg: number;
  readonly sum: number;
  readonly serviceId: number | undefined;
  readonly labels: number | undefined;
  readonly complete: number | undefined;
}

/** `undefined` where the file is no table of buckets. */
function bucketColumns(names: readonly string[]): BucketColumns | undefined {
  const find = (name: string): number | undefined => (names.includes(name) ? names.indexOf(name) : undefined);
  const [metricName, avg, sum] = [find('metric_name'), find('avg'), find('sum')];
  if (metricName === undefined || avg === undefined || sum === undefined) return undefined;
  return { metricName, avg, sum, serviceId: find('service_id'), labels: find('labels'), complete: find('complete') };
}

/** `undefined` where it is neither empty nor a JSON object of texts. */
function labelsOf(cell: string): Labels | undefined {
  if (cell === '') return {};
  try {
    const labels: unknown = JSON.parse(cell);
    const isObject = typeof labels === 'object' && labels !== null && !Array.isArray(labels);
    return isObject && Object.values(labels).every((value) => typeof value === 'string')
      ? (labels as Labels)
      : undefined;
  } catch {
    return undefined;
  }
}
