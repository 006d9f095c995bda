import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/clock.ts';
import { exportCsv, exportParquet, exportRows } from '../../../src/export/index.ts';
import type { ExportRows } from '../../../src/export/tables.ts';
import { PERIODS } from '../../../src/model/period.ts';
import { Service } from '../../../src/service.ts';
import { collect, duckdb } from './read-parquet.ts';
import { NINE, ROWS } from './sample-rows.ts';

const HOURS = 30;
const MINUTES = HOURS * 60;
let service: Service;

/** Thirty hours of two services: a record and a gauge each minute, revenue by shelf. */
beforeAll(() => {
  const clock = new ManualClock(NINE);
  service = new Service({ clock });
  for (let minute = 0; minute < MINUTES; minute++) {
    for (const serviceId of ['shop', 'mail']) {
      service.recordPerformanceMetric({ serviceId, operation: 'GET /', duration: 20 + (minute % 7), success: true });
    }
    service.recordMetric({ serviceId: 'mail', metricName: 'queue_depth', value: minute, labels: { queue: 'out' } });
    service.recordMetric({ serviceId: 'mail', metricName: 'queue_depth', value: 1, labels: { queue: 'in' } });
    service.recordBusinessMetric({ serviceId: 'shop', metricType: 'revenue', value: 2, dimension: 'books' });
    const cpuUsage = minute > MINUTES - 30 ? 95 : 30 + (minute % 5);
    service.recordMetrics({ serviceId: 'shop', cpuUsage });
    clock.advance(60_000);
  }
});

afterAll(() => service.close());

async function rowsOf<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

describe('an export of a service', () => {
  it.each(PERIODS)('has its aggregations of %s as they are answered', async (period) => {
    const expected = ['shop', 'mail'].flatMap((serviceId) => service.getAggregations(serviceId, { period, from: 0 }));
    expect(await rowsOf(exportRows(service, { what: 'aggregations', period }))).toEqual(expected);
    expect(expected.length).toBeGreaterThanOrEqual(4);
  });

  it('has its aggregations of a range, to the millisecond', async () => {
    const [from, to] = [NINE + 90 * 60_000, NINE + 26 * 3_600_000];
    const rows = await rowsOf(exportRows(service, { what: 'aggregations', serviceId: 'shop', from, to }));
    expect(rows).toEqual(service.getAggregations('shop', { period: '1m', from, to }));
    expect(rows).toHaveLength(26 * 60 - 90);
    expect(rows[0]?.timestamp).toBe(from);
  });

  it('has every series of every label set, those made from performance records too', async () => {
    const rows = await rowsOf(exportRows(service, { what: 'series', period: '1h' }));
    const names = new Set(rows.map((row) => `${row.serviceId} ${row.metricName} ${JSON.stringify(row.labels)}`));
    expect([...names].sort()).toEqual([
      'mail operation_duration {"operation":"GET /"}',
      'mail operation_error_rate undefined',
      'mail operation_latency_p95 undefined',
      'mail operation_rate undefined',
      'mail queue_depth {"queue":"in"}',
      'mail queue_depth {"queue":"out"}',
      'shop business.revenue {"dimension":"books"}',
      'shop cpu_usage undefined',
      'shop operation_duration {"operation":"GET /"}',
      'shop operation_error_rate undefined',
      'shop operation_latency_p95 undefined',
      'shop operation_rate undefined',
    ]);
    const out = rows.filter(({ labels }) => labels?.['queue'] === 'out');
    // Σ i for i < 1800.
    expect(out.reduce((sum, row) => sum + row.sum, 0)).toBe((MINUTES * (MINUTES - 1)) / 2);
  });

  it('has business metrics under their own names, with their sums', async () => {
    const csv = await collect(exportCsv(service, { what: 'business', period: '1d' }));
    const lines = parse(Buffer.from(csv), { columns: true }) as Record<string, string>[];
    expect(lines.map(({ metric_type, labels }) => ({ metric_type, labels }))).toEqual([
      { metric_type: 'revenue', labels: '{"dimension":"books"}' },
      { metric_type: 'revenue', labels: '{"dimension":"books"}' },
    ]);
    expect(lines.reduce((sum, line) => sum + Number(line['sum']), 0)).toBe(2 * MINUTES);
  });

  it('has anomalies and predictions oldest first, of the metric that is asked for', async () => {
    const anomalies = await rowsOf(exportRows(service, { what: 'anomalies' }));
    expect(anomalies).toEqual(service.getAnomalies(undefined, Number.POSITIVE_INFINITY).toReversed());
    expect(anomalies.some(({ metricName }) => metricName === 'cpu_usage')).toBe(true);
    const predictions = await rowsOf(exportRows(service, { what: 'predictions', metricName: 'cpu_usage' }));
    expect(predictions.map(({ timeHorizon }) => timeHorizon).sort()).toEqual(['15m', '1h', '5m']);
  });

  it('leaves out what is outside of its range', async () => {
    const all = await rowsOf(exportRows(service, { what: 'anomalies' }));
    const timestamp = all[0]?.timestamp as number;
    expect(await rowsOf(exportRows(service, { what: 'anomalies', to: timestamp }))).toEqual([]);
    expect(await rowsOf(exportRows(service, { what: 'anomalies', from: timestamp }))).toEqual(all);
    expect(await rowsOf(exportRows(service, { what: 'aggregations', from: NINE + MINUTES * 60_000 }))).toEqual([]);
    expect(await rowsOf(exportRows(service, { what: 'series', serviceId: 'nobody' }))).toEqual([]);
  });

  it('is the same in Parquet as in CSV and in what the service answers', async () => {
    const question =
      'SELECT count(*) AS n, sum(event_count)::BIGINT AS events, round(sum(avg_latency::DOUBLE), 6) AS latencies, ' +
      'epoch_ms(min(timestamp)) AS first, epoch_ms(max(timestamp)) AS last FROM FILE';
    const [fromParquet] = await duckdb(
      'parquet',
      await collect(exportParquet(service, { what: 'aggregations' })),
      question,
    );
    const [fromCsv] = await duckdb('csv', await collect(exportCsv(service, { what: 'aggregations' })), question);
    const answered = ['shop', 'mail'].flatMap((id) => service.getAggregations(id, { period: '1m' }));
    const latencies = answered.reduce((sum, { avgLatency = 0 }) => sum + avgLatency, 0);
    expect(fromParquet).toEqual([
      {
        n: String(answered.length),
        events: String(answered.reduce((sum, { eventCount }) => sum + eventCount, 0)),
        latencies: Number(latencies.toFixed(6)),
        first: String(answered[0]?.timestamp),
        last: String(answered.at(-1)?.timestamp),
      },
    ]);
    expect(fromCsv).toEqual(fromParquet);
  });

  it('says that a service keeps no single events', () => {
    expect(() => exportRows(service, { what: 'events' })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: 'option what must be one of aggregations, series, business, anomalies, predictions, got "events"',
      }),
    );
  });

  it.each([
    [{ what: 'agregations' }, 'option what must be one of'],
    [{ what: 'series', period: '2m' }, 'option period must be one of'],
    [{ what: 'series', from: 'yesterday' }, 'option from must be epoch milliseconds or a valid Date'],
    [{ what: 'series', to: new Date(Number.NaN) }, 'option to must be epoch milliseconds or a valid Date'],
    [undefined, 'option options must be an object'],
  ])('refuses %j', (options, message) => {
    expect(() => exportCsv(service, options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });
});

describe('an exported stream', () => {
  it('goes through a Node pipeline into a file, and through Readable.fromWeb', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-export-'));
    const path = join(folder, 'anomalies.csv');
    await pipeline(exportCsv(ROWS.anomalies, { what: 'anomalies' }), createWriteStream(path));
    expect(readFileSync(path, 'utf8').split('\r\n')).toHaveLength(4);
    rmSync(folder, { recursive: true });
    const read = await collect(Readable.fromWeb(exportCsv(ROWS.anomalies, { what: 'anomalies' })));
    expect(Buffer.from(read).toString().split('\r\n')).toHaveLength(4);
  });

  it('takes no row before it is read, few rows ahead, and closes its source when it is cancelled', async () => {
    let taken = 0;
    let closed = false;
    const source = async function* (): AsyncGenerator<ExportRows['events']> {
      try {
        while (true) {
          taken++;
          yield ROWS.events[0] as ExportRows['events'];
        }
      } finally {
        closed = true;
      }
    };
    const reader = exportCsv(source(), { what: 'events' }).getReader();
    expect(taken).toBe(0);
    await reader.read();
    await reader.read();
    expect(taken).toBeLessThanOrEqual(250);
    await reader.cancel();
    expect(closed).toBe(true);
  });

  it('fails with what its source throws', async () => {
    const source = async function* (): AsyncGenerator<ExportRows['events']> {
      yield ROWS.events[0] as ExportRows['events'];
      throw new Error('the database is gone');
    };
    await expect(collect(exportParquet(source(), { what: 'events' }))).rejects.toThrow('the database is gone');
  });

  it('fails with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('changed my mind'));
    await expect(collect(exportCsv(service, { what: 'series', signal }))).rejects.toThrow('changed my mind');
  });
});
