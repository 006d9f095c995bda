import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { CommandError } from './command-error.ts';

/** Cells of one record, and the line of the file that it begins on, from 1. */
export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** An open CSV file. */
export interface CsvSource {
  readonly delimiter: string;
  /** Bytes of the file; `undefined` for what comes through a pipe. */
  readonly size: number | undefined;
  /** Bytes read so far. */
  bytesRead(): number;
  /** Records in order, without the empty lines. Throws a `CommandError` where the file cannot be read any further. */
  records(): AsyncGenerator<CsvRecord>;
}

/** Bytes that the delimiter is guessed from. */
const PEEK_BYTES = 65_536;
/** Characters of one record: a quote that is never closed must not swallow the rest of the file. */
const MAX_RECORD = 1_000_000;
const DELIMITERS = [',', ';', '\t', '|'] as const;

/**
 * Opens a file, or standard input for `-`, and guesses its delimiter. It is read in pieces: memory does not grow with
 * it.
 *
 * @throws CommandError where it cannot be opened or has no bytes
 */
export async function openCsv(path: string, stdin: Readable): Promise<CsvSource> {
  const size = path === '-' ? undefined : await fileSize(path);
  const chunks = (path === '-' ? stdin : createReadStream(path))[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const head = await firstBytes(chunks, path);
  const delimiter = guessDelimiter(head.toString('utf8'));
  let bytes = head.length;
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => chunks };
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    for await (const chunk of rest) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { delimiter, size, bytesRead: () => bytes, records: () => parseRecords(all(), delimiter, path) };
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw new CommandError(`${path} is a folder, not a file`);
    return file.isFile() ? file.size : undefined;
  } catch (cause) {
    throw readError(path, cause);
  }
}

async function firstBytes(chunks: AsyncIterator<Buffer>, path: string): Promise<Buffer> {
  const head: Buffer[] = [];
  let length = 0;
  try {
    while (length < PEEK_BYTES) {
      const { value, done } = await chunks.next();
      if (done === true) break;
      const chunk = Buffer.from(value);
      head.push(chunk);
      length += chunk.length;
    }
  } catch (cause) {
    throw readError(path, cause);
  }
  if (length === 0) throw new CommandError(`${path} is empty`);
  return Buffer.concat(head);
}

/** The delimiter that cuts the first lines into the most columns, the same number in each; a comma where none does. */
function guessDelimiter(head: string): string {
  const lines = head
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(0, 20)
    .map((line) => line.replace(/"[^"]*"/g, ''));
  let best = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const fewest = Math.min(...lines.map((line) => line.split(delimiter).length - 1));
    if (fewest > most) {
      best = delimiter;
      most = fewest;
    }
  }
  return best;
}

async function* parseRecords(bytes: AsyncIterable<Buffer>, delimiter: string, path: string): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: MAX_RECORD,
  });
  // An error of the source destroys the parser, which throws it below.
  pipeline(Readable.from(bytes, { objectMode: false }), parser, () => {});
  let line = 1;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (cells.length > 1 || cells[0]?.trim() !== '') yield { cells, line };
      line += 1 + newlinesIn(cells);
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** Line breaks inside quoted cells. */
function newlinesIn(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) if (cell.includes('\n')) count += cell.split('\n').length - 1;
  return count;
}

function readError(path: string, cause: unknown): CommandError {
  if (cause instanceof CommandError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new CommandError(`${path} does not exist`, undefined, { cause });
  if (code === 'EACCES') return new CommandError(`${path} may not be read`, undefined, { cause });
  if (code === 'CSV_MAX_RECORD_SIZE' || code === 'CSV_QUOTE_NOT_CLOSED') {
    const record = (cause as { readonly records: number }).records + 1;
    return new CommandError(`${path} has a quote that is not closed in record ${record}`, undefined, { cause });
  }
  return new CommandError(`${path} cannot be read: ${message}`, undefined, { cause });
}
