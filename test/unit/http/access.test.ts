import { createHandler } from '@streamgate/analytics/http';
import { describe, expect, it } from 'vitest';
import { client } from './client.ts';

const bearer = [
  { token: 'reading-token', scopes: ['read'], name: 'wallboard' },
  { token: 'writing-token', scopes: ['write'] },
  { token: 'admin-token', scopes: ['admin'] },
] as const;
const basic = [{ user: 'ann', password: 'pässword:1', scopes: ['read'] }] as const;
const as = (authorization: string) => ({ authorization });
const basicOf = (pair: string) => as(`Basic ${Buffer.from(pair).toString('base64')}`);
const EVENT = { event_type: 'x' };

describe('with credentials', () => {
  const api = client({ auth: { bearer, basic } });

  it('nobody unknown is answered, and a browser is asked for a password', async () => {
    for (const headers of [{}, as('Bearer wrong'), as('bearer'), as('Bearer reading-token x'), basicOf('ann:wrong')]) {
      const response = await api.get('stats', headers);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=.*Bearer realm=/);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it.each([
    ['a bearer token', as('Bearer reading-token')],
    ['a scheme in capitals', as('BEARER reading-token')],
    ['a user with a password that has a colon and an umlaut', basicOf('ann:pässword:1')],
    ['a token as the password of anybody', basicOf('anybody:reading-token')],
  ])('%s may read and do no more', async (_, headers) => {
    expect((await api.get('stats', headers)).status).toBe(200);
    const refused = await api.post('events', EVENT, headers);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ scope: 'write' });
  });

  it('who may write may not read, and neither may silence; an admin may all', async () => {
    const silence = { until: '2026-01-06T00:00:00Z' };
    const statuses = async (token: string) => {
      const headers = as(`Bearer ${token}`);
      const answers = [
        api.get('stats', headers),
        api.post('events', EVENT, headers),
        api.post('silences', silence, headers),
      ];
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses('reading-token')).toEqual([200, 403, 403]);
    expect(await statuses('writing-token')).toEqual([403, 202, 403]);
    expect(await statuses('admin-token')).toEqual([200, 202, 201]);
  });

  it('says who one is', async () => {
    const response = await api.get('access', as('Bearer reading-token'));
    expect(await response.json()).toEqual({ name: 'wallboard', scopes: ['read'] });
  });

  it('guards the page as it guards the API', async () => {
    const dashboard = { respond: async () => new Response('page') };
    const { handler } = client({ auth: { bearer }, dashboard });
    const ask = (headers = {}) => handler(new Request('http://localhost/dashboard/app.js', { headers }));
    expect((await ask()).status).toBe(401);
    expect(await (await ask(as('Bearer reading-token'))).text()).toBe('page');
    expect((await ask(as('Bearer writing-token'))).status).toBe(403);
  });

  it('stops answering an address that tries too many, for a while', async () => {
    const { get, clock } = client({ auth: { bearer } });
    const statuses = new Set<number>();
    for (let i = 0; i < 25; i++) statuses.add((await get('stats', as(`Bearer guess-${i}`))).status);
    expect(statuses).toEqual(new Set([401, 429]));
    const response = await get('stats', as('Bearer reading-token'));
    expect(response.status).toBe(429);
    clock.advance(Number(response.headers.get('retry-after')) * 1000);
    expect((await get('stats', as('Bearer reading-token'))).status).toBe(200);
  });
});

describe('with a function', () => {
  it('may answer later, by whatever the request has', async () => {
    const { get } = client({
      auth: async (request) =>
        request.headers.get('cookie') === 'session=1' ? { name: 'ann', scopes: ['read'] } : undefined,
    });
    expect((await get('stats', { cookie: 'session=1' })).status).toBe(200);
    expect((await get('stats')).status).toBe(401);
  });

  it('that throws lets nobody in and is reported', async () => {
    const errors: unknown[] = [];
    const auth = () => {
      throw new Error('directory is down');
    };
    const response = await client({ auth, onError: (error) => errors.push(error) }).get('stats');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('directory');
    expect(errors).toEqual([new Error('directory is down')]);
  });
});

describe('without credentials', () => {
  const { handler, service } = client({ allowAnonymous: false });
  const request = (headers: Record<string, string> = { host: 'localhost:3000' }) =>
    new Request('http://localhost:3000/api/v1/analytics/stats', { headers });
  const bun = (address: string) => ({ requestIP: () => ({ address, port: 1, family: 'IPv4' }) });
  const deno = (hostname: string) => ({ remoteAddr: { transport: 'tcp', hostname, port: 1 } });
  const hono = (remoteAddress: string, localAddress: string) => ({
    incoming: { socket: { remoteAddress, localAddress } },
  });

  it.each([
    ['Bun on loopback', bun('127.0.0.1'), 200],
    ['Bun on loopback of IPv6', bun('::1'), 200],
    ['Bun from elsewhere', bun('203.0.113.5'), 403],
    ['Deno on loopback', deno('127.0.0.1'), 200],
    ['Deno from elsewhere', deno('10.0.0.7'), 403],
    ['Hono on Node on loopback', hono('::ffff:127.0.0.1', '::ffff:127.0.0.1'), 200],
    ['Hono on Node from elsewhere', hono('10.0.0.7', '10.0.0.1'), 403],
    ['a runtime that says nothing', { params: {} }, 403],
    ['an address that only looks like it', bun('127.0.0.1.example.com'), 403],
  ])('%s', async (_, context, status) => {
    expect((await handler(request(), context)).status).toBe(status);
  });

  it('whatever a proxy passed on, or was sent to another name, is from elsewhere', async () => {
    for (const headers of [
      { 'x-forwarded-for': '127.0.0.1' },
      { via: '1.1 proxy' },
      { forwarded: 'for=127.0.0.1' },
      { host: 'rebound.example' },
    ]) {
      expect((await handler(request(headers), bun('127.0.0.1'))).status).toBe(403);
    }
  });

  it('says what to do', async () => {
    expect(await (await handler(request())).json()).toMatchObject({
      detail: expect.stringMatching(/auth.*allowAnonymous/),
    });
  });

  it('answers everybody with allowAnonymous', async () => {
    const open = createHandler(service, { allowAnonymous: true });
    expect((await open(request({ host: 'rebound.example' }), bun('203.0.113.5'))).status).toBe(200);
  });
});

describe('writes are limited', () => {
  it('to so many records a second, for each client by itself', async () => {
    const { post, clock } = client({ rateLimit: { perSecond: 10, burst: 20 }, trustProxy: 1 });
    const from = (address: string) => ({ 'x-forwarded-for': `203.0.113.9, ${address}` });
    const batch = Array.from({ length: 25 }, () => EVENT);
    expect((await post('events', batch, from('10.0.0.1'))).status).toBe(202);
    const refused = await post('events', EVENT, from('10.0.0.1'));
    // 25 of 20 leave 5 to be paid, and one more must be there: 6 at 10 a second.
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await post('events', EVENT, from('10.0.0.2'))).status).toBe(202);
    clock.advance(1000);
    expect((await post('events', EVENT, from('10.0.0.1'))).status).toBe(202);
  });

  it('not at all with false', async () => {
    const { post } = client({ rateLimit: false });
    const batch = Array.from({ length: 10_000 }, () => EVENT);
    for (let i = 0; i < 6; i++) expect((await post('events', batch)).status).toBe(202);
  });
});

describe('other origins', () => {
  const origin = 'https://ops.example.com';
  const preflight = (api: ReturnType<typeof client>, from = origin) =>
    api.handler(
      new Request('http://localhost/api/v1/analytics/events', {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST' },
      }),
    );

  it('are allowed nothing by default', async () => {
    const api = client();
    expect((await preflight(api)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await api.get('stats', { origin })).headers.get('access-control-allow-origin')).toBeNull();
    expect((await api.post('events', EVENT, { origin, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('that are listed may ask and record', async () => {
    const api = client({ cors: { origins: [origin] } });
    expect((await preflight(api)).headers.get('access-control-allow-origin')).toBe(origin);
    expect((await preflight(api, 'https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const response = await api.post('events', EVENT, { origin, 'sec-fetch-site': 'cross-site' });
    expect([
      response.status,
      response.headers.get('access-control-allow-origin'),
      response.headers.get('vary'),
    ]).toEqual([202, origin, 'Origin']);
  });
});

it('every answer has the headers that keep browsers from mischief', async () => {
  const api = client();
  for (const response of [
    await api.get('stats'),
    await api.post('events', EVENT),
    await api.get('nothing'),
    await api.post('events', '{'),
  ]) {
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'cross-origin-resource-policy': 'same-origin',
    });
  }
});

it.each([
  ['auth', { auth: {} }],
  ['auth', { auth: 'secret' }],
  ['auth.bearer.token', { auth: { bearer: [{ token: '', scopes: ['read'] }] } }],
  ['auth.bearer.scopes', { auth: { bearer: [{ token: 't', scopes: ['everything'] }] } }],
  ['auth.basic.password', { auth: { basic: [{ user: 'u', password: '', scopes: ['read'] }] } }],
  ['allowAnonymous', { allowAnonymous: 'yes' }],
  ['basePath', { basePath: 'internal' }],
  ['basePath', { basePath: '/internal/' }],
  ['trustProxy', { trustProxy: true }],
  ['cors.origins', { cors: { origins: ['example.com'] } }],
  ['rateLimit.perSecond', { rateLimit: { perSecond: 0 } }],
  ['privacy.clientIps', { privacy: { clientIps: 'hide' } }],
  ['privacy.hashUserIds.key', { privacy: { hashUserIds: { key: 'short' } } }],
  ['dashboard', { dashboard: {} }],
])('the option %s is checked', (option, options) => {
  const rule = expect.stringContaining(`option ${option} must be `);
  expect(() => client(options as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: rule }),
  );
});
