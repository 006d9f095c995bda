import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { parquetReadObjects } from 'hyparquet';

/** All chunks as one piece. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

/** Rows of a Parquet file as hyparquet reads them. */
export async function hyparquetRows(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = new Uint8Array(bytes).buffer;
  return parquetReadObjects({ file });
}

/** Answers of DuckDB to questions about files; `FILE` in a question stands for the path of the file. */
export async function duckdb(
  extension: string,
  bytes: Uint8Array,
  ...questions: string[]
): Promise<Record<string, Json>[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-export-'));
  const path = join(folder, `table.${extension}`);
  writeFileSync(path, bytes);
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const answers: Record<string, Json>[][] = [];
    for (const question of questions) {
      const reader = await connection.runAndReadAll(question.replaceAll('FILE', `'${path}'`));
      answers.push(reader.getRowObjectsJson());
    }
    return answers;
  } finally {
    connection.closeSync();
    database.closeSync();
    rmSync(folder, { recursive: true });
  }
}
