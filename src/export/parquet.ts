import type * as WriterModule from 'hyparquet-writer';
import { type Clock, SystemClock } from '../clock.ts';
import { AnalyticsError } from '../errors.ts';
import { ColumnCells, parquetSchema } from './parquet-columns.ts';
import { type Rows, rowSlices, type WriteOptions } from './row-slices.ts';
import { type Column, type ExportRows, TABLES, type TableName } from './tables.ts';

/**
 * Rows of a row group. A column of a group is encoded in one piece, which for this many takes 2 to 5 ms on a slow core;
 * with fewer rows a group the end of the file, which tells of each column of each group, takes longer than that.
 */
const GROUP_ROWS = 30_000;
/** Of the first group, and how much larger each one after it is: code that was never run before is ten times as slow. */
const FIRST_GROUP_ROWS = 1000;
const GROUP_GROWTH = 2;
/** Bytes of text in one column that end a group early, since rows may have thousands of them. */
const GROUP_TEXT = 1_000_000;
/** Bytes that are handed on at a time, at least. */
const CHUNK_BYTES = 65_536;

/**
 * A table as a Parquet file, piece by piece: compressed with Snappy, timestamps as such (UTC, milliseconds), names in
 * dictionaries. Takes rows as fast as its pieces are read, holds one row group of them, and lets the event loop turn every
 * few milliseconds. Stands on the package hyparquet-writer.
 *
 * @param what which table the rows belong to
 * @throws AnalyticsError `ERR_MISSING_PEER` where hyparquet-writer is not installed; what `rows` throws
 */
export function parquetChunks<Name extends TableName>(
  what: Name,
  rows: Rows<ExportRows[Name]>,
  options: WriteOptions = {},
): AsyncGenerator<Uint8Array, void> {
  return columnChunks<ExportRows[Name]>(TABLES[what], rows, options);
}

/**
 * The same with columns of one's own.
 *
 * @param options `groupRows`: rows of a row group at most, where less is to be read at a time
 */
export async function* columnChunks<Row>(
  columns: readonly Column<Row>[],
  rows: Rows<Row>,
  options: WriteOptions & { readonly groupRows?: number } = {},
): AsyncGenerator<Uint8Array, void> {
  const { clock = new SystemClock(), signal, groupRows = GROUP_ROWS } = options;
  const file = new ParquetFile<Row>(columns, groupRows, await loadWriter());
  for await (const slice of rowSlices(rows, { clock, signal })) {
    file.add(slice);
    if (file.isGroupFull) yield* groupChunks(file, clock, signal);
  }
  yield* groupChunks(file, clock, signal);
  file.finish();
  yield file.takeBytes();
}

/** Writes the rows that came in as one row group, column by column. */
async function* groupChunks<Row>(
  file: ParquetFile<Row>,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  while (file.writeColumn()) {
    if (file.waiting >= CHUNK_BYTES) yield file.takeBytes();
    await clock.pause();
    signal?.throwIfAborted();
  }
}

/** One file that is being written: the rows of its next group, and the bytes that nobody has taken yet. */
class ParquetFile<Row> {
  readonly #columns: readonly ColumnCells<Row>[];
  readonly #bytes: WriterModule.ByteWriter;
  readonly #writer: WriterModule.ParquetWriter;
  readonly #groupRows: number;
  /** Rows of the group. */
  #rows = 0;
  /** Columns of the group that are written already. */
  #written = 0;
  #groups = 0;

  constructor(columns: readonly Column<Row>[], groupRows: number, { ByteWriter, ParquetWriter }: typeof WriterModule) {
    this.#groupRows = groupRows;
    this.#columns = columns.map((column) => new ColumnCells(column));
    this.#bytes = new ByteWriter();
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: parquetSchema(columns),
      createdBy: '@streamgate/analytics',
    });
  }

  add(rows: readonly Row[]): void {
    for (const column of this.#columns) column.add(rows);
    this.#rows += rows.length;
  }

  get isGroupFull(): boolean {
    if (this.#rows >= Math.min(FIRST_GROUP_ROWS * GROUP_GROWTH ** this.#groups, this.#groupRows)) return true;
    return this.#columns.some(({ textBytes }) => textBytes >= GROUP_TEXT);
  }

  /** Writes the next column of the group; returns whether there are more. */
  writeColumn(): boolean {
    const column = this.#columns[this.#written];
    if (column === undefined || this.#rows === 0) return false;
    // The writer takes each call for a group of its own; `#endGroup` makes one of them.
    this.#writer.write({ columnData: [column.take()], rowGroupSize: this.#rows });
    this.#written++;
    if (this.#written < this.#columns.length) return true;
    this.#endGroup();
    return false;
  }

  /** Writes what stands at the end of the file. */
  finish(): void {
    this.#writer.finish();
  }

  /** Bytes that nobody has taken yet. */
  get waiting(): number {
    return this.#bytes.index;
  }

  takeBytes(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return bytes;
  }

  #endGroup(): void {
    const writer = this.#writer;
    const parts = writer.row_groups.splice(this.#groups);
    writer.row_groups.push({
      columns: parts.flatMap(({ columns }) => columns),
      num_rows: BigInt(this.#rows),
      total_byte_size: parts.reduce((sum, part) => sum + part.total_byte_size, 0n),
      total_compressed_size: parts.reduce((sum, part) => sum + (part.total_compressed_size ?? 0n), 0n),
    });
    writer.num_rows -= BigInt(this.#rows * (parts.length - 1));
    this.#groups++;
    this.#rows = this.#written = 0;
  }
}

/**
 * Whether Parquet can be written.
 *
 * @throws AnalyticsError `ERR_MISSING_PEER` where hyparquet-writer is not installed
 */
export async function parquetReady(): Promise<void> {
  await loadWriter();
}

/** Loads what writes Parquet, which is the user's to install. */
async function loadWriter(): Promise<typeof WriterModule> {
  try {
    return await import('hyparquet-writer');
  } catch (cause) {
    const code = (cause as { readonly code?: unknown } | null)?.code;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    const message =
      'package hyparquet-writer must be installed for Parquet, got none: run npm install hyparquet-writer';
    throw new AnalyticsError('ERR_MISSING_PEER', message, { cause });
  }
}
