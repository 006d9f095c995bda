import { type IncomingMessage, request } from 'node:http';
import { ManualClock, Service } from '@streamgate/analytics';
import { createHandler, serve } from '@streamgate/analytics/http';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { duckdb } from '../export/read-parquet.ts';
import { type Client, client, liveThroughAnHour, NOW } from './client.ts';

let api: Client;
beforeAll(() => {
  api = client();
  liveThroughAnHour(api);
});

async function lines(path: string): Promise<Record<string, string>[]> {
  return parse(await (await api.get(path)).text(), { columns: true });
}

describe('GET export', () => {
  it('gives CSV to be saved under the name of the table', async () => {
    const response = await api.get('export?what=aggregations');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="aggregations.csv"');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    // 59 closed minutes and the open one.
    expect(parse(await response.text(), { columns: true })).toHaveLength(60);
  });

  it('gives Parquet with the counts of the same rows', async () => {
    const response = await api.get('export?what=aggregations&format=parquet');
    expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="aggregations.parquet"');
    const bytes = new Uint8Array(await response.arrayBuffer());
    const [[found] = []] = await duckdb(
      'parquet',
      bytes,
      'SELECT count(*) AS n, sum(event_count)::BIGINT AS events FROM FILE',
    );
    // 3,600 executions, and an event every ten seconds.
    expect(found).toEqual({ n: '60', events: '3960' });
  });

  it('takes service, metric, period and range', async () => {
    const from = new Date(NOW + 10 * 60_000).toISOString();
    const to = NOW + 20 * 60_000;
    const query = `what=series&service_id=shop&metric_name=queue_depth&period=5m&from=${from}&to=${to}`;
    const rows = await lines(`export?${query}`);
    expect(rows.map(({ timestamp, metric_name, labels, period }) => [timestamp, metric_name, labels, period])).toEqual([
      ['2026-01-05T09:10:00.000Z', 'queue_depth', '{"queue":"mail"}', '5m'],
      ['2026-01-05T09:15:00.000Z', 'queue_depth', '{"queue":"mail"}', '5m'],
    ]);
    expect(await lines('export?what=series&service_id=nobody')).toEqual([]);
  });

  it.each(['anomalies', 'predictions', 'business'])('has the %s of the service', async (what) => {
    expect((await lines(`export?what=${what}`)).length).toBeGreaterThan(0);
  });

  it.each([
    ['export', '#/what'],
    ['export?what=users', '#/what'],
    ['export?what=series&format=xlsx', '#/format'],
    ['export?what=series&from=yesterday', '#/from'],
    ['export?what=series&period=2m', '#/period'],
    ['export?what=series&limit=5', '#/limit'],
  ])('answers %s with a problem at %s', async (path, pointer) => {
    const response = await api.get(path);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(((await response.json()) as { errors: unknown[] }).errors).toEqual([
      expect.objectContaining({ pointer: expect.stringMatching(pointer === '#/limit' ? /^#/ : pointer) }),
    ]);
  });

  it('needs the scope read', async () => {
    const guarded = client({ auth: { bearer: [{ token: 'only-for-writing', scopes: ['write'] }] } });
    expect((await guarded.get('export?what=series')).status).toBe(401);
    const headers = { authorization: 'Bearer only-for-writing' };
    expect((await guarded.get('export?what=series', headers)).status).toBe(403);
  });

  it('answers HEAD with the head, and makes nothing', async () => {
    const url = 'http://localhost/api/v1/analytics/export?what=series';
    for (let i = 0; i < 5; i++) {
      const response = await api.handler(new Request(url, { method: 'HEAD' }));
      expect([response.status, await response.text()]).toEqual([200, '']);
    }
    expect((await api.get('export?what=series')).status).toBe(200);
  });

  it('runs two at a time; who leaves makes room', async () => {
    const [first, second] = [await api.get('export?what=series'), await api.get('export?what=series')];
    const readers = [first, second].map(({ body }) => body?.getReader());
    for (const reader of readers) await reader?.read();
    const third = await api.get('export?what=series');
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '5']);
    await readers[0]?.cancel();
    expect((await lines('export?what=anomalies')).length).toBeGreaterThan(0);
    await readers[1]?.cancel();
  });
});

it('an export over a socket goes on only as it is read, and ends when the reader leaves', async () => {
  const clock = new ManualClock(NOW);
  const service = new Service({ clock });
  // 100,000 rows of about 110 bytes: more than the sockets between the two hold.
  for (let minute = 0; minute < 50; minute++) {
    for (let i = 0; i < 2000; i++) {
      service.recordPerformanceMetric({ serviceId: `service-${i}`, operation: 'x', duration: i, success: true });
    }
    clock.advance(60_000);
  }
  const { url, close } = await serve(createHandler(service));
  const path = `${url}/api/v1/analytics/export?what=aggregations`;
  const begin = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request(path, (response) => response.once('readable', () => resolve(response)))
        .on('error', reject)
        .end();
    });
  const unread = [await begin(), await begin()];
  expect((await fetch(path)).status).toBe(503);
  for (const response of unread) response.destroy();
  // The server hears of it some round trips later.
  let third = await fetch(path);
  for (let tries = 0; tries < 1000 && third.status === 503; tries++) third = await fetch(path);
  expect(third.status).toBe(200);
  await third.body?.cancel();
  await close();
  await service.close();
}, 30_000);
