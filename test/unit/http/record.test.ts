import { describe, expect, it } from 'vitest';
import { client, NOW } from './client.ts';

interface Recorded {
  readonly status: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly errors: readonly { readonly index: number; readonly pointer: string; readonly reason: string }[];
}

const AT = new Date(NOW).toISOString();

/** The mission's own examples, and one for each kind that it does not have. */
const EXAMPLES: Readonly<Record<string, object>> = {
  events: {
    event_type: 'user_action',
    service_id: 'api-gateway',
    user_id: 'u1',
    metadata: { action: 'upload' },
    tags: { env: 'prod' },
  },
  metrics: {
    service_id: 'api-gateway',
    cpu_usage: 45.5,
    memory_usage: 62.3,
    disk_usage: 78.1,
    request_rate: 1250.5,
    error_rate: 0.02,
    latency: 125.3,
    cache_hit_rate: 0.95,
  },
  behaviors: {
    user_id: 'u1',
    action: 'play',
    content_id: 'c1',
    duration: 1500,
    success: true,
    service_id: 'api-gateway',
  },
  performance: {
    service_id: 'api-gateway',
    operation: 'upload',
    duration: 12.5,
    success: true,
    resource_used: 3,
    throughput: 9,
    error_type: null,
  },
  business: {
    metric_type: 'revenue',
    value: 99.5,
    unit: 'EUR',
    dimension: { country: 'de' },
    service_id: 'api-gateway',
  },
  custom: { metric_name: 'queue_depth', value: 17, labels: { queue: 'mail' }, unit: 'jobs', service_id: 'api-gateway' },
};

describe.each(Object.entries(EXAMPLES))('POST %s', (path, example) => {
  it('takes one object, and an array, with timestamps as ISO 8601 or as numbers', async () => {
    const { post, service } = client();
    const one = await post(path, { ...example, timestamp: AT });
    expect(one.status).toBe(202);
    expect(await one.json()).toEqual({ status: 'recorded', accepted: 1, rejected: 0, errors: [] });
    const many = await post(path, [example, { ...example, timestamp: NOW }]);
    expect(await many.json()).toEqual({ status: 'recorded', accepted: 2, rejected: 0, errors: [] });
    expect(service.stats()).toMatchObject({ accepted: 3, rejected: {} });
  });

  it('gives every field to the service under its own name', async () => {
    const { post, service } = client();
    const kind = { events: 'event', behaviors: 'behavior', custom: 'metric' }[path] ?? path;
    const heard: object[] = [];
    service.on(kind as 'event', (record) => heard.push(record));
    await post(path, { ...example, timestamp: AT });
    await service.flush();
    const camel = Object.entries(example).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
      value,
    ]);
    const given = Object.fromEntries(camel.filter(([, value]) => value !== null));
    expect(heard).toEqual([{ ...given, timestamp: NOW }]);
  });
});

describe('a request with bad items', () => {
  it('records the good ones and says of each other one which, where and why', async () => {
    const { post, service } = client();
    const good = EXAMPLES['performance'];
    const response = await post('performance', [good, { ...good, duration: -1 }, 5, { ...good, durations: 1 }, good]);
    expect(response.status).toBe(202);
    const body = (await response.json()) as Recorded;
    expect(body).toMatchObject({ status: 'partial', accepted: 2, rejected: 3 });
    expect(body.errors.map(({ index, pointer, reason }) => [index, pointer, reason])).toEqual([
      [1, '#/1/duration', 'out_of_range'],
      [2, '#/2', 'not_a_record'],
      [3, '#/3/durations', 'unknown_field'],
    ]);
    expect(service.stats().accepted).toBe(2);
  });

  it('is a problem where none of them could be recorded', async () => {
    const { post } = client();
    const response = await post('custom', [{ metric_name: 'a' }, { value: 1 }]);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    const { accepted, rejected, errors } = (await response.json()) as Recorded;
    expect({ accepted, rejected, pointers: errors.map(({ pointer }) => pointer) }).toEqual({
      accepted: 0,
      rejected: 2,
      pointers: ['#/0/value', '#/1/metric_name'],
    });
  });

  it.each([
    ['timestamp in the future', { timestamp: NOW + 600_000 }, 'future', '#/timestamp'],
    ['timestamp before the retention', { timestamp: '2020-01-01T00:00:00Z' }, 'expired', '#/timestamp'],
    ['label that is too long', { labels: { queue: 'x'.repeat(257) } }, 'too_long', '#/labels/queue'],
    ['name that is reserved', { metric_name: 'operation_rate' }, 'reserved_name', '#/metric_name'],
  ])('names the reason of the border: %s', async (_, change, reason, pointer) => {
    const response = await client().post('custom', { ...EXAMPLES['custom'], ...change });
    const { errors } = (await response.json()) as Recorded;
    expect(errors[0]).toMatchObject({ reason, pointer });
  });

  it('is answered with 503 after the service was closed', async () => {
    const { post, service, get } = client();
    await service.close();
    expect((await post('events', { event_type: 'x' })).status).toBe(503);
    expect((await get('stats')).status).toBe(200);
  });

  it('with more than 32 kB it is cut into pieces, each item in its place', async () => {
    const { post } = client();
    const items: unknown[] = Array.from({ length: 1500 }, (_, i) => ({ event_type: `event "${i}", [of] {many}` }));
    items[700] = {
      event_type: 'x',
      metadata: { a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] },
    };
    items[1400] = { event_type: 5 };
    const { accepted, errors } = (await (await post('events', items)).json()) as Recorded;
    expect(accepted).toBe(1498);
    expect(errors.map(({ index, reason }) => [index, reason])).toEqual([
      [700, 'too_deep'],
      [1400, 'invalid_string'],
    ]);
  });
});

describe('personal data', () => {
  const behavior = { user_id: 'ann@example.com', action: 'play', success: true };

  async function recorded(fields: object, privacy?: object): Promise<Record<string, unknown>> {
    const { post, service } = client(privacy === undefined ? {} : { privacy });
    let record: object = {};
    service.on('behavior', (heard) => {
      record = heard;
    });
    expect((await post('behaviors', { ...behavior, ...fields })).status).toBe(202);
    await service.flush();
    return record as Record<string, unknown>;
  }

  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['2001:db8:abcd:12:1:2:3:4', '2001:db8:abcd::'],
    ['2001:DB8::1', '2001:db8:0::'],
    ['[2001:db8:1:2::3]:443', '2001:db8:1::'],
    ['fe80::1%eth0', 'fe80:0:0::'],
    ['::1', '0:0:0::'],
    ['999.1.1.1', undefined],
    ['ann@example.com', undefined],
    ['1:2:3', undefined],
  ])('%s is recorded as %s', async (address, expected) => {
    expect((await recorded({ client_ip: address }))['clientIp']).toBe(expected);
  });

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36', 'Chrome'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0', 'Edge'],
    ['Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15', 'Safari'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
    ['curl/8.5.0', 'curl'],
    ['My secret name', 'other'],
  ])('%s is recorded as %s', async (agent, family) => {
    expect((await recorded({ user_agent: agent }))['userAgent']).toBe(family);
  });

  it('is kept or dropped where that is asked for', async () => {
    const fields = { client_ip: '203.0.113.77', user_agent: 'curl/8.5.0' };
    expect(await recorded(fields, { clientIps: 'keep', userAgents: 'keep' })).toMatchObject({
      clientIp: '203.0.113.77',
      userAgent: 'curl/8.5.0',
    });
    const dropped = await recorded(fields, { clientIps: 'drop', userAgents: 'drop' });
    expect([dropped['clientIp'], dropped['userAgent']]).toEqual([undefined, undefined]);
  });

  it('user ids become a keyed hash, the same each time, of events too', async () => {
    const key = 'a key of the test';
    // printf 'ann@example.com' | openssl dgst -sha256 -hmac 'a key of the test' -binary | head -c 16 | basenc --base64url
    const expected = '5dlLUcwsf8y1uqNbK7V-Ew';
    expect((await recorded({}, { hashUserIds: { key } }))['userId']).toBe(expected);
    const { post, service } = client({ privacy: { hashUserIds: { key } } });
    await post('events', { event_type: 'x', user_id: 'ann@example.com' });
    expect(service.getDashboardData().topUsers).toEqual([{ userId: expected, count: 1 }]);
  });
});
