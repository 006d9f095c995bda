import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Service } from '@streamgate/analytics';
import { createHandler, serve, toNode } from '@streamgate/analytics/http';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close().closeAllConnections();
});

async function listen(server: Server): Promise<string> {
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = (url: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

describe('in an Express app', () => {
  it('takes what a body parser in front has read already', async () => {
    const app = express().use(express.json(), toNode(createHandler(new Service())));
    const url = await listen(createServer(app));
    const response = await post(`${url}/api/v1/analytics/events`, '[{"event_type":"x"},{}]');
    expect(await response.json()).toMatchObject({ accepted: 1, rejected: 1 });
    expect((await post(`${url}/api/v1/analytics/silences`, '{"until":"tomorrow"}')).status).toBe(400);
  });

  it('leaves other paths to the app', async () => {
    const app = express().use(toNode(createHandler(new Service())));
    app.get('/api/v1/analytics-of-mine', (_, response) => void response.send('mine'));
    const url = await listen(createServer(app));
    expect(await (await fetch(`${url}/api/v1/analytics-of-mine`)).text()).toBe('mine');
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  it('serves a page under whatever path, with what it answers as it is', async () => {
    const asked: string[] = [];
    const respond = async (_: Request, path: string) => {
      asked.push(path);
      return new Response(`page ${path}`, {
        headers: { 'content-security-policy': "default-src 'self'", 'x-own': '1' },
      });
    };
    const handler = createHandler(new Service(), { dashboard: { respond } });
    const url = await listen(createServer(express().use('/a/b', toNode(handler))));
    const response = await fetch(`${url}/a/b/dashboard/app.js?v=1`);
    expect(await response.text()).toBe('page /app.js');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'self'");
    expect([response.headers.get('x-own'), response.headers.get('x-content-type-options')]).toEqual(['1', 'nosniff']);
    await fetch(`${url}/a/b/dashboard`);
    expect(asked).toEqual(['/app.js', '']);
  });
});

it('a page that fails is a problem, and is reported', async () => {
  const errors: unknown[] = [];
  const respond = () => Promise.reject(new Error('no file'));
  const handler = createHandler(new Service(), { dashboard: { respond }, onError: (error) => errors.push(error) });
  const url = await listen(createServer(toNode(handler)));
  expect((await fetch(`${url}/dashboard/`)).status).toBe(500);
  expect(errors).toEqual([new Error('no file')]);
});

describe('a body', () => {
  const BODY = '[{"event_type":"café"},{"event_type":"x"}]';
  const HEAD = 'POST /api/v1/analytics/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  const SIZED = `${HEAD}content-length: ${Buffer.byteLength(BODY)}\r\n\r\n`;
  const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`;
  const bytes = Buffer.from(SIZED + BODY);
  const whole = Buffer.from(BODY);
  const rest = Buffer.concat([Buffer.from(`\r\n${(whole.length - 8).toString(16)}\r\n`), whole.subarray(8)]);

  it.each([
    ['with its head', [bytes]],
    ['after its head', [Buffer.from(SIZED), Buffer.from(BODY)]],
    ['byte by byte', Array.from(bytes, (byte) => Buffer.from([byte]))],
    ['in chunks', [Buffer.from(`${CHUNKED}8\r\n`), whole.subarray(0, 8), rest, Buffer.from('\r\n0\r\n\r\n')]],
    ['twice at once', [Buffer.concat([bytes, bytes])]],
  ])('is taken whole when it comes %s, and the connection goes on', async (_, pieces) => {
    const service = new Service();
    let closed = 0;
    const listener = toNode(createHandler(service));
    const server = createServer((request, response) => {
      request.on('close', () => closed++);
      listener(request, response);
    });
    const port = Number(new URL(await listen(server)).port);
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
    socket.write(SIZED.replace('host', 'connection: close\r\nhost') + BODY);
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    const answers =
      Buffer.concat(received)
        .toString()
        .match(/HTTP\/1\.1 202.*?"accepted":2/gs) ?? [];
    const sent = pieces[0]?.length === 2 * bytes.length ? 3 : 2;
    expect(answers).toHaveLength(sent);
    expect(service.stats().accepted).toBe(2 * sent);
    // Whoever waits for the end of a request is told.
    expect(closed).toBe(sent);
  });
});

describe('serve', () => {
  it('listens on loopback, on a port of its own', async () => {
    const { url, close } = await serve(createHandler(new Service()));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/api/v1/analytics/health`)).status).toBe(200);
    await close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('ends streams when it is closed', async () => {
    const { url, close } = await serve(createHandler(new Service()));
    const stream = await fetch(`${url}/api/v1/analytics/stream`);
    await close();
    expect(await stream.text()).toContain('event: hello');
  });

  it('does not start outside loopback unless it knows who may ask, or is told that everybody may', async () => {
    const service = new Service();
    const refused = {
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/host must be loopback unless .* auth/),
    };
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com']) {
      await expect(serve(createHandler(service), { host })).rejects.toMatchObject(refused);
    }
    const auth = { bearer: [{ token: 'token-of-the-test', scopes: ['read'] as const }] };
    for (const options of [{ auth }, { allowAnonymous: true }]) {
      const { close } = await serve(createHandler(service, options), { host: '0.0.0.0' });
      await close();
    }
  });

  it('says where a port is taken', async () => {
    const first = await serve(createHandler(new Service()));
    const port = Number(new URL(first.url).port);
    await expect(serve(createHandler(new Service()), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
  });
});
