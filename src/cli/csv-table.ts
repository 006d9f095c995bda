import type { Readable } from 'node:stream';
import { CommandError } from './command-error.ts';
import { type CsvLayout, guessLayout } from './csv-layout.ts';
import { type CsvRecord, openCsv } from './csv-records.ts';

/** How far a file has been read. */
export interface ReadProgress {
  readonly bytes: number;
  /** Of the file; `undefined` for standard input. */
  readonly size: number | undefined;
  readonly rows: number;
}

/** Rows, or cells, that could not be used for one reason. */
export interface Unused {
  readonly reason: string;
  readonly count: number;
  /** Line of the first of them, from 1. */
  readonly firstLine: number;
}

/** A CSV file of which the columns are known. */
export interface CsvTable {
  readonly delimiter: string;
  readonly layout: CsvLayout;
  /** Its records, without the header; `onProgress` is called whenever more of the file has been read. */
  rows(onProgress: (progress: ReadProgress) => void): AsyncGenerator<CsvRecord>;
}

/** Records that the columns are guessed from. */
const GUESS_ROWS = 200;

/**
 * Opens a file, or standard input for `-`, and guesses its columns.
 *
 * @param metrics value columns; none to take all numeric ones
 * @throws CommandError where it cannot be read or has nothing to use
 */
export async function openTable(path: string, stdin: Readable, metrics: readonly string[]): Promise<CsvTable> {
  const source = await openCsv(path, stdin);
  const records = source.records();
  const head: CsvRecord[] = [];
  for (let next = await records.next(); next.done !== true; next = await records.next()) {
    head.push(next.value);
    if (head.length >= GUESS_ROWS) break;
  }
  if (head.length === 0) throw new CommandError(`${path} has no rows`);
  const cells = head.map((record) => record.cells);
  const layout = guessLayout(cells, source.delimiter, metrics);
  if (layout.header) head.shift();
  async function* rows(onProgress: (progress: ReadProgress) => void): AsyncGenerator<CsvRecord> {
    yield* head;
    let count = head.length;
    let reported = 0;
    for await (const record of records) {
      yield record;
      count++;
      const bytes = source.bytesRead();
      if (bytes === reported) continue;
      reported = bytes;
      onProgress({ bytes, size: source.size, rows: count });
    }
  }
  return { delimiter: source.delimiter, layout, rows };
}

/** Counts what cannot be used, by reason. */
export class UnusedCells {
  readonly #reasons = new Map<string, { reason: string; count: number; firstLine: number }>();

  add(reason: string, line: number): void {
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { reason, count: 1, firstLine: line });
    else known.count++;
  }

  /** In the order of their first lines. */
  all(): Unused[] {
    return [...this.#reasons.values()].sort((a, b) => a.firstLine - b.firstLine);
  }
}
