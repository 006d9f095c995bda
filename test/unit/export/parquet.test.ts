import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { parquetChunks } from '../../../src/export/parquet.ts';
import { type ExportRows, TABLE_NAMES, TABLES, type TableName } from '../../../src/export/tables.ts';
import { toWire } from '../../../src/model/wire.ts';
import { collect, duckdb, hyparquetRows } from './read-parquet.ts';
import { HOSTILE, NINE, ROWS } from './sample-rows.ts';

describe('a Parquet file', () => {
  it.each(TABLE_NAMES)('of %s has the rows that were written, for DuckDB and for hyparquet', async (what) => {
    const bytes = await collect(parquetChunks(what, ROWS[what] as Iterable<ExportRows[TableName]>));
    const names = TABLES[what].map(({ name }) => name);
    const [fromDuckdb = []] = await duckdb('parquet', bytes, 'SELECT * FROM FILE');
    const fromHyparquet = await hyparquetRows(bytes);
    for (const rows of [fromDuckdb, fromHyparquet]) {
      expect(rows).toHaveLength(ROWS[what].length);
      for (const row of rows) expect(Object.keys(row)).toEqual(names);
    }
    // What the REST API answers for the same objects is made by other code.
    for (const [index, row] of ROWS[what].entries()) {
      const wire = toWire(row) as Record<string, unknown>;
      for (const name of names.filter((field) => field in wire && typeof wire[field] !== 'object')) {
        expect(plain(fromHyparquet[index]?.[name]), name).toEqual(wire[name]);
      }
    }
  });

  it('has timestamps as such, in UTC, for readers that calculate with them', async () => {
    const bytes = await collect(parquetChunks('aggregations', ROWS.aggregations));
    const [types, times] = await duckdb(
      'parquet',
      bytes,
      "SELECT column_type FROM (DESCRIBE SELECT * FROM FILE) WHERE column_name = 'timestamp'",
      'SELECT epoch_ms(max(timestamp)) AS ms, hour(max(timestamp)) AS hour FROM FILE',
    );
    expect(types).toEqual([{ column_type: 'TIMESTAMP WITH TIME ZONE' }]);
    expect(times).toEqual([{ ms: String(NINE), hour: '9' }]);
    expect((await hyparquetRows(bytes))[0]?.['timestamp']).toEqual(new Date(NINE));
  });

  it('has names in dictionaries', async () => {
    const { row_groups: groups } = parquetMetadata(
      new Uint8Array(await collect(parquetChunks('series', ROWS.series))).buffer,
    );
    const columns = groups[0]?.columns.filter(({ meta_data: meta }) => meta?.encodings.includes('RLE_DICTIONARY'));
    const named = columns?.map(({ meta_data: meta }) => meta?.path_in_schema[0]);
    expect(named).toEqual(expect.arrayContaining(['service_id', 'metric_name', 'labels', 'period']));
  });

  it('has label sets, tags and metadata as JSON that can be asked', async () => {
    const series = await collect(parquetChunks('series', ROWS.series));
    const [labels] = await duckdb('parquet', series, "SELECT labels, labels->>'queue' AS queue FROM FILE");
    expect(labels).toEqual([
      { labels: '{"env":"prod","queue":"mail"}', queue: 'mail' },
      { labels: null, queue: null },
    ]);
    const events = await collect(parquetChunks('events', ROWS.events));
    const [metadata] = await duckdb('parquet', events, "SELECT metadata->>'$.nested.at' AS at, tags FROM FILE");
    expect(metadata?.[0]).toEqual({ at: '2026-01-05T09:00:00.000Z', tags: '["a","b"]' });
  });

  it('keeps hostile texts as they are', async () => {
    const rows = HOSTILE.map((text, index) => ({
      timestamp: NINE + index,
      serviceId: text,
      eventType: text,
      userId: text,
    }));
    const bytes = await collect(parquetChunks('events', rows));
    const [fromDuckdb] = await duckdb('parquet', bytes, 'SELECT service_id, user_id FROM FILE ORDER BY timestamp');
    const fromHyparquet = await hyparquetRows(bytes);
    for (const [index, text] of HOSTILE.entries()) {
      expect(fromDuckdb?.[index]).toEqual({ service_id: text, user_id: text });
      expect(fromHyparquet[index]).toMatchObject({ service_id: text, user_id: text });
    }
  });

  it.each(TABLE_NAMES)('of no %s has its columns and no rows', async (what) => {
    const bytes = await collect(parquetChunks(what, []));
    const [columns, counted] = await duckdb(
      'parquet',
      bytes,
      'SELECT column_name FROM (DESCRIBE SELECT * FROM FILE)',
      'SELECT count(*) AS rows FROM FILE',
    );
    expect(columns?.map((column) => column['column_name'])).toEqual(TABLES[what].map(({ name }) => name));
    expect(counted).toEqual([{ rows: '0' }]);
    expect(await hyparquetRows(bytes)).toEqual([]);
  });

  it('of many row groups has the sums of what was written, to the last row', async () => {
    // 1,000 + 2,000 + 4,000 + 8,000 + 16,000 + 30,000 rows and one more; Σ i = n (n − 1) / 2.
    const n = 61_001;
    const rows = async function* (): AsyncGenerator<ExportRows['series']> {
      for (let i = 0; i < n; i++) {
        const series = ROWS.series[0] as ExportRows['series'];
        yield { ...series, timestamp: NINE + i * 60_000, count: i, sum: i / 2, serviceId: `s${i % 7}` };
      }
    };
    const bytes = await collect(parquetChunks('series', rows()));
    const question =
      'SELECT count(*) AS n, sum(count)::BIGINT AS counts, sum(sum) AS sums, epoch_ms(max(timestamp)) AS last, ' +
      'count(DISTINCT service_id) AS services FROM FILE';
    const [[answer] = [], groups] = await duckdb(
      'parquet',
      bytes,
      question,
      'SELECT DISTINCT row_group_id, row_group_num_rows AS n FROM parquet_metadata(FILE) ORDER BY ALL',
    );
    const expected = (n * (n - 1)) / 2;
    expect(answer).toEqual({
      n: String(n),
      counts: String(expected),
      sums: expected / 2,
      last: String(NINE + (n - 1) * 60_000),
      services: '7',
    });
    expect(groups?.map(({ n: size }) => Number(size))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 1]);
    const read = await hyparquetRows(bytes);
    expect(read.reduce((sum, row) => sum + Number(row['count']), 0)).toBe(expected);
  });

  it('does not gather megabytes of text in one row group', async () => {
    const text = 'a word '.repeat(2000);
    const rows = Array.from({ length: 500 }, (_, i) => ({
      ...(ROWS.anomalies[0] as ExportRows['anomalies']),
      description: `${text}${i}`,
    }));
    const { row_groups: groups } = parquetMetadata(
      new Uint8Array(await collect(parquetChunks('anomalies', rows))).buffer,
    );
    // 250 rows come at a time, and are 3.5 MB already.
    expect(groups.map(({ num_rows }) => Number(num_rows))).toEqual([250, 250]);
  });

  it('ends with the reason of its signal, and closes what it read from', async () => {
    const stop = new AbortController();
    let closed = false;
    const rows = function* (): Generator<ExportRows['events']> {
      try {
        for (let i = 0; ; i++) {
          if (i === 5000) stop.abort(new Error('enough'));
          yield ROWS.events[0] as ExportRows['events'];
        }
      } finally {
        closed = true;
      }
    };
    await expect(collect(parquetChunks('events', rows(), { signal: stop.signal }))).rejects.toThrow('enough');
    expect(closed).toBe(true);
  });
});

/** A cell as JSON has it. */
function plain(cell: unknown): unknown {
  if (cell instanceof Date) return cell.toISOString();
  return typeof cell === 'bigint' ? Number(cell) : (cell ?? null);
}
