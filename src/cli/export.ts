import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AnalyticsError } from '../errors.ts';
import { csvChunks } from '../export/csv.ts';
import { parquetChunks } from '../export/parquet.ts';
import { type ExportQuery, exportRows } from '../export/service-rows.ts';
import type { ExportRows, TableName } from '../export/tables.ts';
import { BUSINESS_PREFIX } from '../model/metric-kind.ts';
import { type SeriesId, seriesKey } from '../model/series-key.ts';
import type { Service } from '../service.ts';
import { CommandError } from './command-error.ts';

/** What to export, as what, and where to. */
export interface ExportRequest extends ExportQuery<TableName> {
  readonly format: 'csv' | 'parquet';
  /** Path of the file. */
  readonly out: string;
}

/** How far an export is. */
export interface ExportProgress {
  /** Of `total`: services or series, the last one in part. */
  readonly done: number;
  readonly total: number;
  readonly rows: number;
  readonly bytes: number;
}

/** What was written. */
export type ExportResult = Pick<ExportProgress, 'rows' | 'bytes'>;

/**
 * Writes a table of a service into a file, which is there when all of it is.
 *
 * @throws CommandError where it cannot be written, or `signal` says to stop
 */
export async function exportTable(
  request: ExportRequest,
  service: Service,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportResult> {
  const { what, format, out, signal } = request;
  // What is no file, such as a pipe, is written to as it is.
  const isFile = await stat(out).then(
    (found) => found.isFile(),
    () => true,
  );
  const path = isFile ? `${out}.partial` : out;
  const total = await partsOf(service, request);
  const course = new Course();
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    const rows = course.follow(exportRows(service, request), service.aggregator.newestTimestamp());
    for await (const chunk of format === 'csv' ? csvChunks(what, rows) : parquetChunks(what, rows)) {
      bytes += chunk.length;
      onProgress({ done: course.done, total, rows: course.rows, bytes });
      yield chunk;
    }
  }
  try {
    await pipeline(counted(), createWriteStream(path), { signal });
    if (isFile) await rename(path, out);
  } catch (cause) {
    if (isFile) await rm(path, { force: true });
    throw failure(cause, out, signal);
  }
  return { rows: course.rows, bytes };
}

function failure(cause: unknown, out: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return new CommandError(`interrupted; ${out} was not written`, undefined, { cause });
  if (cause instanceof AnalyticsError) return new CommandError(cause.message, undefined, { cause });
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === undefined) return cause;
  return new CommandError(`${out} cannot be written: ${message}`, undefined, { cause });
}

/** How many services or series the rows come from, one after the other; 1 where they come all together. */
async function partsOf(service: Service, { what, serviceId, metricName }: ExportRequest): Promise<number> {
  if (what !== 'aggregations' && what !== 'series' && what !== 'business') return 1;
  const services = serviceId === undefined ? await service.history.serviceIds() : [serviceId];
  if (what === 'aggregations') return services.length;
  const all = services.flatMap((id) => [...service.aggregator.listSeries(id), ...service.listSeries(id)]);
  const wanted = all.filter(
    (series) =>
      (metricName ?? series.metricName) === series.metricName &&
      (what === 'series' || series.metricName.startsWith(BUSINESS_PREFIX)),
  );
  return new Set(wanted.map(seriesKey)).size;
}

/** Follows rows that come part by part, each in the order of its times. */
class Course {
  #part = '';
  #parts = 0;
  #share = 0;
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Parts that are done, the last one in part. */
  get done(): number {
    return Math.max(0, this.#parts - 1) + this.#share;
  }

  /** The same rows. @param newest timestamp that they lead up to */
  async *follow<Row extends ExportRows[TableName]>(
    rows: AsyncIterable<Row>,
    newest: number | undefined,
  ): AsyncGenerator<Row> {
    let first = 0;
    for await (const row of rows) {
      const part = partOf(row);
      if (part !== this.#part || this.#rows === 0) {
        this.#part = part;
        this.#parts++;
        first = row.timestamp;
      }
      this.#rows++;
      const span = (newest ?? row.timestamp) - first;
      this.#share = span > 0 ? Math.min(1, (row.timestamp - first) / span) : 0;
      yield row;
    }
  }
}

/** Of a bucket its service or series; of all else the same. */
function partOf(row: ExportRows[TableName]): string {
  if (!('complete' in row)) return 'all';
  return 'metricName' in row ? seriesKey(row as SeriesId) : row.serviceId;
}
