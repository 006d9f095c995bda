import { byteStream } from '../export/byte-stream.ts';
import { csvChunks } from '../export/csv.ts';
import { parquetChunks, parquetReady } from '../export/parquet.ts';
import { exportRows, type ServiceTable } from '../export/service-rows.ts';
import type { Period } from '../model/period.ts';
import type { Service } from '../service.ts';
import { Problem } from './problem.ts';

/** What a table can be exported as, with the media type of each. */
export const EXPORT_TYPES = {
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
} as const;

/** Name of a format. */
export type ExportFormat = keyof typeof EXPORT_TYPES;

/** What to export, and as what. */
export interface TableQuery {
  readonly what: ServiceTable;
  readonly format: ExportFormat;
  readonly service_id?: string | undefined;
  readonly metric_name?: string | undefined;
  readonly period?: Period | undefined;
  /** Epoch milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Exports at a time: each takes some milliseconds whenever the event loop turns. */
const MAX_EXPORTS = 2;

/** Tables of a service as files, made while they are sent. */
export class Exports {
  readonly #service: Service;
  #running = 0;

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * A file of what is asked for, made as fast as it is read; whoever goes away ends it.
   *
   * @throws Problem 503 beyond two at a time
   * @throws AnalyticsError `ERR_MISSING_PEER` for Parquet where hyparquet-writer is not installed
   */
  async open({
    what,
    format,
    service_id: serviceId,
    metric_name: metricName,
    ...range
  }: TableQuery): Promise<Response> {
    if (format === 'parquet') await parquetReady();
    if (this.#running >= MAX_EXPORTS) {
      throw new Problem(503, `at most ${MAX_EXPORTS} exports run at a time`, {}, { 'retry-after': '5' });
    }
    const rows = exportRows(this.#service, { what, serviceId, metricName, ...range });
    const chunks = format === 'csv' ? csvChunks(what, rows) : parquetChunks(what, rows);
    const headers = {
      'content-type': EXPORT_TYPES[format],
      'content-disposition': `attachment; filename="${what}.${format}"`,
    };
    return new Response(byteStream(this.#counted(chunks)), { headers });
  }

  async *#counted(chunks: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
    this.#running++;
    try {
      yield* chunks;
    } finally {
      this.#running--;
    }
  }
}
