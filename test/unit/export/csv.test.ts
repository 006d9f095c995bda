import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvText } from '../../../src/dashboard/client/csv.ts';
import { csvChunks } from '../../../src/export/csv.ts';
import { type ExportRows, TABLE_NAMES, TABLES, type TableName } from '../../../src/export/tables.ts';
import { collect, duckdb } from './read-parquet.ts';
import { HOSTILE, NINE, ROWS } from './sample-rows.ts';

const text = async (chunks: AsyncIterable<Uint8Array>): Promise<string> =>
  Buffer.from(await collect(chunks)).toString();

describe('a CSV file', () => {
  it('has a header, CRLF, ISO timestamps, exact numbers and nothing where there is nothing', async () => {
    expect(await text(csvChunks('aggregations', ROWS.aggregations))).toBe(
      [
        'id,timestamp,service_id,period,event_count,avg_latency,p50_latency,p95_latency,p99_latency,error_count,' +
          'error_rate,success_rate,throughput,distinct_users,complete',
        `shop:1h:${NINE},2026-01-05T09:00:00.000Z,shop,1h,3600,28.125,28.1,95,103.5,72,0.02,0.98,1,12,true`,
        `shop:1m:${NINE},2026-01-05T09:00:00.000Z,shop,1m,0,,,,,0,,,0,,false`,
        '',
      ].join('\r\n'),
    );
  });

  it('has every digit of a number, and a minus that stays a number', async () => {
    const csv = await text(csvChunks('series', ROWS.series));
    // 0.1 + 0.2 in binary; 17 digits tell it from its neighbours.
    expect(csv).toContain(',0.30000000000000004,0.1,0.2,');
    expect(csv).toContain(',-12.5,');
  });

  it('quotes as RFC 4180 has it', async () => {
    const csv = await text(csvChunks('series', ROWS.series));
    expect(csv).toContain('"{""env"":""prod"",""queue"":""mail""}"');
  });

  it.each(TABLE_NAMES)('of %s has as many cells in each line as in the header', async (what) => {
    const csv = await text(csvChunks(what, ROWS[what] as Iterable<ExportRows[TableName]>));
    const [header, ...lines] = parse(csv, { relax_column_count: true }) as string[][];
    expect(header).toEqual(TABLES[what].map(({ name }) => name));
    expect(lines.map((line) => line.length)).toEqual(ROWS[what].map(() => header?.length));
  });

  it('keeps hostile texts, with an apostrophe before what a spreadsheet would run', async () => {
    const rows = HOSTILE.map((userId, index) => ({ timestamp: NINE + index, serviceId: 's', eventType: 'e', userId }));
    const csv = await text(csvChunks('events', rows));
    const lines = parse(csv, { columns: true }) as Record<string, string>[];
    const expected = HOSTILE.map((value) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value));
    expect(lines.map((line) => line['user_id'])).toEqual(expected);
    const [read] = await duckdb('csv', Buffer.from(csv), 'SELECT user_id FROM read_csv(FILE, all_varchar = true)');
    expect(read?.map((row) => row['user_id'])).toEqual(expected);
    // No line, and no quoted cell, begins with one of them.
    expect(csv).not.toMatch(/(^|,|\n)"?[=+@\t]/);
    expect(expected.filter((value) => value.startsWith("'"))).toHaveLength(7);
  });

  it('is read by DuckDB with the sums and timestamps of what was written', async () => {
    // Σ i for i < 5000 = 5000 · 4999 / 2; the last minute is 4,999 after nine.
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      ...(ROWS.series[0] as ExportRows['series']),
      timestamp: NINE + i * 60_000,
      count: i,
      sum: i / 8,
    }));
    const [[answer] = []] = await duckdb(
      'csv',
      await collect(csvChunks('series', rows)),
      'SELECT count(*) AS n, sum(count)::BIGINT AS counts, sum(sum) AS sums, epoch_ms(max(timestamp)) AS last, ' +
        "any_value(labels->>'queue') AS queue FROM read_csv(FILE)",
    );
    expect(answer).toEqual({
      n: '5000',
      counts: '12497500',
      sums: 12_497_500 / 8,
      last: String(NINE + 4999 * 60_000),
      queue: 'mail',
    });
  });

  it('has the cells that the page saves for the same texts', async () => {
    for (const userId of [...HOSTILE, '＝1+1', '＠SUM(A1)']) {
      const csv = await text(csvChunks('events', [{ timestamp: NINE, serviceId: 's', eventType: 'e', userId }]));
      const saved = csvText([['2026-01-05T09:00:00.000Z', 's', 'e', userId, undefined, undefined]]);
      expect(csv.slice(csv.indexOf('\r\n') + 2)).toBe(saved);
    }
  });

  it('of no rows is a header', async () => {
    expect(await text(csvChunks('events', []))).toBe('timestamp,service_id,event_type,user_id,tags,metadata\r\n');
  });
});
