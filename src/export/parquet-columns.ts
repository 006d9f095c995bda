import type { ColumnSource, SchemaElement } from 'hyparquet-writer';
import type { Column, ColumnType } from './tables.ts';

/** How the cells of a type lie in the file, without the name of their column. */
type Layout = Omit<SchemaElement, 'name' | 'repetition_type'>;

/** Both notations of a type are written, the old one for readers that know no other. */
const TEXT: Layout = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
const LAYOUTS: Readonly<Record<ColumnType, Layout>> = {
  timestamp: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
  name: TEXT,
  id: TEXT,
  text: TEXT,
  count: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  flag: { type: 'BOOLEAN' },
};

/**
 * Encodings that fit, where the writer is not left to choose: names in dictionaries, differences for what grows from row
 * to row. Extremes by which readers skip row groups are written of what tables are asked by, times and names: those of all
 * columns would be a sixth of the work.
 */
const ENCODINGS: Readonly<Record<ColumnType, Pick<ColumnSource, 'encoding' | 'statistics'>>> = {
  timestamp: { encoding: 'DELTA_BINARY_PACKED' },
  name: { encoding: 'RLE_DICTIONARY' },
  id: { encoding: 'DELTA_BYTE_ARRAY', statistics: false },
  text: { encoding: 'PLAIN', statistics: false },
  count: { statistics: false },
  number: { statistics: false },
  flag: { statistics: false },
};

/** The columns of a table as the head of a file has them. */
export function parquetSchema<Row>(columns: readonly Column<Row>[]): SchemaElement[] {
  const elements = columns.map(
    ({ name, type, required }): SchemaElement => ({
      name,
      ...LAYOUTS[type],
      repetition_type: required ? 'REQUIRED' : 'OPTIONAL',
    }),
  );
  return [{ name: 'root', num_children: columns.length }, ...elements];
}

const encoder = new TextEncoder();

/** What stands for a cell in the file; texts are encoded as they come, not all at once with their group. */
const CELLS: Readonly<Record<ColumnType, (cell: unknown) => unknown>> = {
  timestamp: (cell) => cell,
  name: (cell) => cell,
  id: textBytes,
  text: textBytes,
  count: (cell) => (Number.isInteger(cell) ? BigInt(cell as number) : undefined),
  number: (cell) => (Number.isFinite(cell) ? cell : undefined),
  flag: (cell) => cell,
};

function textBytes(cell: unknown): Uint8Array | undefined {
  return cell === undefined ? undefined : encoder.encode(cell as string);
}

/** The cells of one column for a group of rows. */
export class ColumnCells<Row> {
  readonly #column: Column<Row>;
  #cells: unknown[] = [];
  #textBytes = 0;

  constructor(column: Column<Row>) {
    this.#column = column;
  }

  /** Bytes of texts in it, without those of names, which are written once. */
  get textBytes(): number {
    return this.#textBytes;
  }

  add(rows: readonly Row[]): void {
    const { read, type } = this.#column;
    const cellOf = CELLS[type];
    for (const row of rows) {
      const cell = cellOf(read(row));
      this.#cells.push(cell);
      if (cell instanceof Uint8Array) this.#textBytes += cell.length;
    }
  }

  /** What is to be written; begins anew. */
  take(): ColumnSource {
    const { name, type } = this.#column;
    const data = this.#cells;
    this.#cells = [];
    this.#textBytes = 0;
    return { name, data, ...ENCODINGS[type] };
  }
}
