import type { SeriesBucket } from '@streamgate/analytics';
import { beforeAll, describe, expect, it } from 'vitest';
import { thinOut } from '../../../src/http/paging.ts';
import { type Client, client, liveThroughAnHour, NOW } from './client.ts';

type Row = Readonly<Record<string, unknown>>;

const api = client();
beforeAll(() => liveThroughAnHour(api));

const rows = async (path: string): Promise<Row[]> => (await api.get(path)).json() as Promise<Row[]>;

/** All pages of a list, by their links. */
async function pages({ get }: Client, path: string): Promise<Row[][]> {
  const [name = '', query = ''] = path.split('?');
  const found: Row[][] = [];
  for (let next: string | undefined = `?${query}`; next !== undefined; ) {
    const response = await get(name + next);
    expect(response.status).toBe(200);
    found.push((await response.json()) as Row[]);
    next = /^<(\?[^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return found;
}

describe('aggregations', () => {
  it('without a question are the newest of each period', async () => {
    const found = await rows('aggregations?service_id=shop');
    expect(found.map(({ period }) => period)).toEqual(['1m', '5m', '15m', '1h', '1d']);
    // An hour of a record a second, and an event every ten.
    expect(found.at(-1)).toMatchObject({ id: `shop:1d:${Date.UTC(2026, 0, 5)}`, event_count: 3960, complete: false });
  });

  it('come in pages from the newest to the oldest, each oldest first, none twice, none left out', async () => {
    const found = await pages(api, 'aggregations?period=1m&limit=25');
    expect(found.map((page) => page.length)).toEqual([25, 25, 10]);
    const minutes = found
      .reverse()
      .flat()
      .map(({ timestamp }) => Date.parse(timestamp as string));
    expect(minutes).toEqual(Array.from({ length: 60 }, (_, i) => NOW + i * 60_000));
  });

  it('of a range begin in it', async () => {
    const found = await rows('aggregations?period=5m&from=2026-01-05T09:10:00Z&to=2026-01-05T10:25:00%2B00:30');
    expect(found[0]).toMatchObject({ timestamp: '2026-01-05T09:10:00.000Z' });
    expect(found.at(-1)).toMatchObject({ timestamp: '2026-01-05T09:50:00.000Z' });
  });

  it('of the default service are meant where none is named; of an unknown one there are none', async () => {
    expect(await rows('aggregations')).toEqual(await rows('aggregations?service_id=shop'));
    expect(await rows('aggregations?service_id=nobody')).toEqual([]);
  });
});

describe('series', () => {
  it('can be asked for by label set', async () => {
    const labels = encodeURIComponent('{"operation":"GET /1"}');
    const [of1] = await rows(`series?metric_name=operation_duration&period=1h&labels=${labels}`);
    const [ofAll] = await rows('series?metric_name=operation_duration&period=1h');
    expect([of1?.['count'], ofAll?.['count']]).toEqual([1200, 3600]);
  });

  it('are thinned out for a chart, of a period that fits, with peak and dip', async () => {
    const found = await rows('series?metric_name=operation_duration&points=10&field=max');
    expect(found.length).toBeLessThanOrEqual(10);
    // 60 minutes are more than twice ten points, 12 times 5 minutes are not.
    expect(new Set(found.map(({ period }) => period))).toEqual(new Set(['5m']));
    // 20 + 12 + 3 + 70, see liveThroughAnHour.
    expect(Math.max(...found.map(({ max }) => max as number))).toBe(105);
  });

  it('thinned out keep the lowest and the highest of each run', () => {
    const buckets = [5, 1, 9, 5, 5, 5, 2, 8].map((avg, i) => ({ timestamp: i, avg }) as SeriesBucket);
    // Two runs of four: 1 and 9 of the first, 2 and 8 of the second.
    expect(thinOut(buckets, 4, 'avg').map(({ avg }) => avg)).toEqual([1, 9, 2, 8]);
    expect(thinOut(buckets, 8, 'avg')).toBe(buckets);
  });

  it('latest are one bucket for each label set', async () => {
    const found = await rows('series/latest?metric_name=operation_duration&period=1h');
    expect(found.map(({ labels }) => (labels as Row)['operation']).sort()).toEqual(['GET /0', 'GET /1', 'GET /2']);
    expect(await rows('series/latest?limit=1')).toHaveLength(1);
  });
});

describe('anomalies and predictions', () => {
  it('can be told apart by status, severity, metric and time', async () => {
    const [episode] = await rows('anomalies');
    expect(episode).toMatchObject({ metric_name: 'operation_latency_p95', status: 'open', direction: 'above' });
    const { metric_name, severity, timestamp } = episode as Record<string, string>;
    expect(
      await rows(`anomalies?status=open&severity=${severity}&metric_name=${metric_name}&from=${timestamp}`),
    ).toHaveLength(1);
    expect(await rows(`anomalies?to=${timestamp}`)).toEqual([]);
    expect(await rows('anomalies?status=closed')).toEqual([]);
  });

  it('come in pages, none twice, none left out', async () => {
    const all = api.service.getPredictions(undefined, Number.POSITIVE_INFINITY).map(({ id }) => id);
    const found = await pages(api, 'predictions?limit=4');
    expect(found.flat().map(({ id }) => id)).toEqual(all);
    expect(found.slice(0, -1).every((page) => page.length === 4)).toBe(true);
  });

  it('come ten at a time unless asked otherwise', async () => {
    expect(await rows('predictions')).toHaveLength(10);
    expect((await rows('predictions?metric_name=memory_usage')).map(({ time_horizon }) => time_horizon).sort()).toEqual(
      ['15m', '1h', '5m'],
    );
  });
});

it('names, units and numbers of label sets of all metrics of a service', async () => {
  const found = new Map((await rows('metrics/names')).map((row) => [row['metric_name'], row]));
  expect(found.get('operation_duration')).toMatchObject({ series: 3 });
  expect(found.get('cpu_usage')).toMatchObject({ unit: '%', series: 1 });
});

it('an answer that is known already is not sent again', async () => {
  const first = await api.get('series?metric_name=cpu_usage');
  const etag = first.headers.get('etag') ?? '';
  const second = await api.get('series?metric_name=cpu_usage', { 'if-none-match': etag });
  expect([second.status, await second.text(), second.headers.get('etag')]).toEqual([304, '', etag]);
  expect((await api.get('stats', { 'if-none-match': etag })).status).toBe(200);
});

it('HEAD is GET without a body', async () => {
  const response = await api.handler(new Request('http://localhost/api/v1/analytics/stats', { method: 'HEAD' }));
  expect([response.status, await response.text()]).toEqual([200, '']);
});

it('silences and deploys are what was posted, newest first', async () => {
  const { get, post, service } = client();
  await post('silences', { until: '2026-01-05T10:00:00Z' });
  await post('silences', { service_id: 'shop', metric_name: 'cpu_usage', from: NOW, until: NOW + 1000 });
  expect(await (await get('silences')).json()).toEqual([
    {
      service_id: 'shop',
      metric_name: 'cpu_usage',
      from: '2026-01-05T09:00:00.000Z',
      until: '2026-01-05T09:00:01.000Z',
    },
    { service_id: null, metric_name: null, from: null, until: '2026-01-05T10:00:00.000Z' },
  ]);
  expect((await post('silences', { from: NOW, until: NOW })).status).toBe(400);
  await post('deploys', { version: '1.0.0', timestamp: '2026-01-05T08:00:00Z' });
  const created = await post('deploys', { version: '1.1.0' });
  expect([created.status, await created.json()]).toEqual([
    201,
    { service_id: 'shop', timestamp: '2026-01-05T09:00:00.000Z', version: '1.1.0' },
  ]);
  expect(((await (await get('deploys')).json()) as Row[]).map(({ version }: Row) => version)).toEqual([
    '1.1.0',
    '1.0.0',
  ]);
  expect(service.anomalyDetector.silences).toHaveLength(2);
});

it.each([
  ['threshold?metric_name=cpu_usage&threshold=', '#/threshold', 'must be a number'],
  ['threshold?metric_name=cpu_usage', '#/threshold', 'expected string'],
  ['anomalies?limit=0x10', '#/limit', 'must be a number'],
  ['anomalies?limit=1.5', '#/limit', 'expected int'],
  ['chart?metric_name=cpu_usage&points=1e9', '#/points', 'Too big'],
  ['forecast?metric_name=cpu_usage&horizon=0s', '#/horizon', 'must be milliseconds above 0'],
  ['forecast?metric_name=cpu_usage&horizon=999999d', '#/horizon', 'up to a year'],
])('%s is refused with a pointer to what is wrong', async (path, pointer, detail) => {
  const response = await api.get(path);
  const { errors } = (await response.json()) as { readonly errors: readonly Row[] };
  expect([response.status, errors]).toEqual([400, [{ pointer, detail: expect.stringContaining(detail) }]]);
});

it.each([
  [{ from: NOW, until: NOW }, '#/until', 'must be later than from'],
  [{}, '#/until', 'must be ISO 8601'],
  [{ until: true }, '#/until', 'must be ISO 8601'],
])('a silence of %j is refused with a pointer to what is wrong', async (body, pointer, detail) => {
  const response = await client().post('silences', body);
  const { errors } = (await response.json()) as { readonly errors: readonly Row[] };
  expect([response.status, errors]).toEqual([400, [{ pointer, detail: expect.stringContaining(detail) }]]);
});

describe('where it is mounted', () => {
  const ask = (basePath: string, path: string) =>
    client({ basePath }).handler(new Request(`http://localhost${path}/api/v1/analytics/access`));

  it('under a base path it answers there, and where a proxy took it away', async () => {
    expect((await ask('/internal', '/internal')).status).toBe(200);
    expect((await ask('/internal', '')).status).toBe(200);
    expect((await ask('/internal', '/elsewhere')).status).toBe(404);
    expect((await ask('', '/internal')).status).toBe(404);
  });

  it('the document says where', async () => {
    const document = await (await client({ basePath: '/internal' }).get('openapi.json')).json();
    expect(document).toMatchObject({ servers: [{ url: '/internal' }] });
  });
});
