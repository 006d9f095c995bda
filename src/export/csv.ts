import { stringify } from 'csv-stringify/sync';
import { type Rows, rowSlices, type WriteOptions } from './row-slices.ts';
import { type Column, type ExportRows, TABLES, type TableName } from './tables.ts';

/** A comma, CRLF and doubled quotes, as RFC 4180 has them. */
const FORMAT = {
  record_delimiter: '\r\n',
  cast: { boolean: String },
  // Puts an apostrophe before texts that a spreadsheet would take for a formula; numbers stay as they are.
  escape_formulas: true,
  // A bare line feed or carriage return too: many readers take it for the end of a line.
  quote_record_delimiter: true,
} as const;

const encoder = new TextEncoder();

/**
 * A table as CSV, piece by piece: a header, timestamps in ISO 8601 (UTC), numbers with all their digits, nothing where
 * there is nothing. Takes rows as fast as its pieces are read, and lets the event loop turn every few milliseconds.
 *
 * @param what which table the rows belong to
 * @throws what `rows` throws
 */
export async function* csvChunks<Name extends TableName>(
  what: Name,
  rows: Rows<ExportRows[Name]>,
  options: WriteOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const columns: readonly Column<ExportRows[Name]>[] = TABLES[what];
  yield encoder.encode(stringify([columns.map(({ name }) => name)], FORMAT));
  for await (const slice of rowSlices(rows, options)) {
    const records = slice.map((row) => columns.map((column) => cellOf(column, row)));
    yield encoder.encode(stringify(records, FORMAT));
  }
}

function cellOf<Row>({ type, read }: Column<Row>, row: Row): string | number | boolean | undefined {
  const cell = read(row);
  if (typeof cell !== 'number') return cell;
  if (!Number.isFinite(cell)) return undefined;
  return type === 'timestamp' ? new Date(cell).toISOString() : cell;
}
