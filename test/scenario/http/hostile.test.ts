import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Service } from '@streamgate/analytics';
import { createHandler, serverTimeouts, toFastify, toNode } from '@streamgate/analytics/http';
import express from 'express';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE } from './hostile-corpus.ts';
import { exchange, received } from './raw-client.ts';

const errors: unknown[] = [];

function newHandler() {
  return createHandler(new Service(), { rateLimit: false, onError: (error) => errors.push(error) });
}

const SERVERS: Readonly<Record<string, () => Server | Promise<Server>>> = {
  'node:http': () => createServer(serverTimeouts, toNode(newHandler())),
  'Express 5': () => createServer(serverTimeouts, express().use(toNode(newHandler()))),
  'Fastify 5': async () => {
    const app = fastify({ serverFactory: (handler) => createServer(serverTimeouts, handler) });
    await app.register(toFastify(newHandler()));
    await app.ready();
    return app.server;
  },
};

it('the corpus has at least 200 requests, no two alike', () => {
  expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
  expect(new Set(HOSTILE.map(({ bytes }) => bytes.toString('latin1'))).size).toBe(HOSTILE.length);
});

describe.each(Object.entries(SERVERS))('%s', (name, start) => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = await start();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('answers each hostile request with the right status, and goes on', async () => {
    const wrong: string[] = [];
    for (const { name: what, bytes, status, pointer, isProtocol } of HOSTILE) {
      const answer = await exchange(port, bytes);
      if (answer.status !== status && !(isProtocol && name !== 'node:http')) {
        wrong.push(`${what}: ${answer.status} in place of ${status} ${answer.body.slice(0, 200)}`);
      } else if (
        answer.status >= 400 &&
        !isProtocol &&
        !/content-type: application\/problem\+json/i.test(answer.head)
      ) {
        wrong.push(`${what}: not a problem: ${answer.head}`);
      } else if (pointer !== undefined) {
        const { errors: found = [] } = JSON.parse(answer.body) as { errors?: { pointer: string }[] };
        if (!found.some((one) => one.pointer.startsWith(pointer)))
          wrong.push(`${what}: does not name ${pointer}: ${answer.body.slice(0, 200)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(errors).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/analytics/health`)).status).toBe(200);
  });

  it('closes on everybody who sends slowly', async () => {
    const headers = 'host: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n';
    const beginnings = [
      '',
      'POST /api/v1',
      `POST /api/v1/analytics/events HTTP/1.1\r\nx: `,
      `POST /api/v1/analytics/events HTTP/1.1\r\n${headers}`,
      `POST /api/v1/analytics/events HTTP/1.1\r\n${headers}\r\n`,
      `POST /api/v1/analytics/events HTTP/1.1\r\n${headers}\r\n{"event_type":`,
    ];
    const answers = await Promise.all(
      beginnings.map((text) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        // A byte now and then does not help.
        const drip = setInterval(() => socket.write('x'), 400);
        socket.on('error', () => {}).on('close', () => clearInterval(drip));
        return received(socket);
      }),
    );
    for (const { status } of answers) expect([0, 400, 403, 408]).toContain(status);
  });
});
