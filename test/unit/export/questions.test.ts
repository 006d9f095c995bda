import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parquetChunks } from '../../../src/export/parquet.ts';
import type { ExportRows, TableName } from '../../../src/export/tables.ts';
import { collect, duckdb } from './read-parquet.ts';
import { ROWS } from './sample-rows.ts';

/** The questions of the page, by the name of the file that they ask. */
const questions = [
  ...readFileSync(new URL('../../../docs/export.md', import.meta.url), 'utf8').matchAll(/\| `(SELECT [^|]*)` \|/g),
].map(([, sql = '']): [file: string, sql: string] => [/FROM '(\S+?)'/.exec(sql)?.[1] ?? '', sql]);

/** The table that a file of the page has. */
const TABLE_OF: Readonly<Record<string, TableName>> = {
  'hours.parquet': 'aggregations',
  'series.parquet': 'series',
  'business.parquet': 'business',
  'predictions.parquet': 'predictions',
  'exports/*.parquet': 'aggregations',
};

describe('docs/export.md', () => {
  it('shows questions', () => expect(questions.length).toBeGreaterThanOrEqual(5));

  it.each(questions)('asks %s what DuckDB answers', async (file, sql) => {
    const what = TABLE_OF[file] as TableName;
    const bytes = await collect(parquetChunks(what, ROWS[what] as Iterable<ExportRows[TableName]>));
    const [rows] = await duckdb('parquet', bytes, sql.replace(`'${file}'`, 'FILE'));
    expect(rows?.length).toBeGreaterThan(0);
  });
});
