import { choiceOption, objectOption } from '../errors.ts';
import { byteStream } from './byte-stream.ts';
import { csvChunks } from './csv.ts';
import { parquetChunks } from './parquet.ts';
import type { Rows, WriteOptions } from './row-slices.ts';
import { type ExportedService, type ExportQuery, exportRows } from './service-rows.ts';
import { type ExportRows, TABLE_NAMES, type TableName } from './tables.ts';

/** What is exported where the rows are given. */
export interface RowsOptions<Name extends TableName> extends WriteOptions {
  /** The table that the rows belong to. */
  readonly what: Name;
}

/**
 * A table as CSV (RFC 4180): a header with the names of the REST API, timestamps in ISO 8601 (UTC), numbers with all their
 * digits, nothing where there is nothing. A text that a spreadsheet would take for a formula gets an apostrophe before it.
 *
 * Made as it is read, a few hundred rows at a time, between which the event loop turns. It is an async iterable in Node, and
 * `stream.pipeline` takes it as it is.
 *
 * @param source a service, or rows: anything that can be iterated
 * @example
 * await pipeline(exportCsv(service, { what: 'aggregations' }), createWriteStream('aggregations.csv'));
 * @throws AnalyticsError `ERR_INVALID_OPTION`; what `source` throws becomes the stream's error
 */
export function exportCsv<Name extends TableName>(
  source: ExportedService,
  options: ExportQuery<Name>,
): ReadableStream<Uint8Array>;
export function exportCsv<Name extends TableName>(
  source: Rows<ExportRows[Name]>,
  options: RowsOptions<Name>,
): ReadableStream<Uint8Array>;
export function exportCsv<Name extends TableName>(
  source: ExportedService | Rows<ExportRows[Name]>,
  options: ExportQuery<Name>,
): ReadableStream<Uint8Array> {
  const rows = rowsOf(source, options);
  return byteStream(csvChunks(options.what, rows, options));
}

/**
 * A table as a Parquet file: the columns of the REST API, timestamps as such (UTC, milliseconds), names in dictionaries,
 * compressed with Snappy. Stands on the package hyparquet-writer, which is yours to install.
 *
 * Made as it is read, a row group at a time, while the event loop turns every few milliseconds.
 *
 * @param source a service, or rows: anything that can be iterated
 * @example
 * await pipeline(exportParquet(service, { what: 'series', period: '1h' }), createWriteStream('series.parquet'));
 * @throws AnalyticsError `ERR_INVALID_OPTION`; `ERR_MISSING_PEER` and what `source` throws become the stream's error
 */
export function exportParquet<Name extends TableName>(
  source: ExportedService,
  options: ExportQuery<Name>,
): ReadableStream<Uint8Array>;
export function exportParquet<Name extends TableName>(
  source: Rows<ExportRows[Name]>,
  options: RowsOptions<Name>,
): ReadableStream<Uint8Array>;
export function exportParquet<Name extends TableName>(
  source: ExportedService | Rows<ExportRows[Name]>,
  options: ExportQuery<Name>,
): ReadableStream<Uint8Array> {
  const rows = rowsOf(source, options);
  return byteStream(parquetChunks(options.what, rows, options));
}

function rowsOf<Name extends TableName>(
  source: ExportedService | Rows<ExportRows[Name]>,
  options: ExportQuery<Name>,
): Rows<ExportRows[Name]> {
  choiceOption('what', objectOption('options', options).what, TABLE_NAMES);
  objectOption('source', source);
  return 'aggregator' in source ? exportRows(source, options) : source;
}
