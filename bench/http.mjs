// What an event costs that comes over HTTP, beside node:http and fastify that parse the same bodies and do nothing with them.
//
// Each server runs in a process of its own, whose CPU is measured, all threads, the kernel's part for it included. The load
// comes from here over connections that are kept open, one request at a time on each, without pipelining.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fastify } from 'fastify';
import { createHandler, toNode } from '../dist/http.js';
import { Service } from '../dist/index.js';
import { startChild } from './child.mjs';
import { median, processMicroseconds } from './measure.mjs';
import { short, table } from './page.mjs';

const PATH = '/api/v1/analytics/performance';
const CONNECTIONS = 16;
const BATCH = 100;
/** Requests of one round: some seconds. */
const REQUESTS = { single: 20_000, batch: 4000, stamped: 4000 };
const HOSTILE_RUNS = 5;
const IDLE_MS = 2000;
const WAYS = ['analytics', 'node:http', 'fastify'];

/** In the child: a server of one kind. */
export async function subject(way) {
  const { server, count } = await SERVERS[way]();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  let mark = 0;
  let stop = () => 0;
  return {
    port: () => server.address().port,
    watch: () => {
      stop = watchTurns();
    },
    longest: () => stop(),
    begin: () => {
      mark = processMicroseconds();
    },
    end: () => ({ micros: processMicroseconds() - mark, events: count() }),
  };
}

/**
 * Runs a loop of `setImmediate`; the function returned stops it and gives the longest turn in milliseconds. Of its time and
 * its CPU the less counts: a turn that waited for the processor, because the machine has other users, blocked nobody.
 */
function watchTurns() {
  let longest = 0;
  let running = true;
  let before = { now: performance.now(), cpu: processMicroseconds() };
  const tick = () => {
    const after = { now: performance.now(), cpu: processMicroseconds() };
    longest = Math.max(longest, Math.min(after.now - before.now, (after.cpu - before.cpu) / 1000));
    before = after;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  return () => {
    running = false;
    return longest;
  };
}

const SERVERS = {
  analytics: async () => {
    const service = new Service();
    const handler = createHandler(service, { rateLimit: false, onError: console.error });
    await handler.ready;
    return { server: createServer(toNode(handler)), count: () => service.stats().accepted };
  },

  'node:http': () => {
    let events = 0;
    const server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString());
        events += Array.isArray(body) ? body.length : 1;
        const answer = JSON.stringify({ accepted: Array.isArray(body) ? body.length : 1 });
        response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
      });
    });
    return { server, count: () => events };
  },

  fastify: async () => {
    let events = 0;
    const app = fastify();
    app.post(PATH, ({ body }, reply) => {
      events += Array.isArray(body) ? body.length : 1;
      reply.code(202).send({ accepted: Array.isArray(body) ? body.length : 1 });
    });
    await app.ready();
    return { server: app.server, count: () => events };
  },
};

/** Sends a request `total` times over a few connections; resolves when all are answered, all of them with 202. */
export function load(port, request, total) {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    for (let i = 0; i < CONNECTIONS; i++) {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      let text = '';
      const next = () => {
        if (sent++ < total) socket.write(request);
        else socket.end();
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        const head = text.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
        if (text.length < head + 4 + length) return;
        if (!text.startsWith('HTTP/1.1 202')) reject(new Error(text.slice(0, 500)));
        text = '';
        if (++answered === total) resolve();
        next();
      });
    }
  });
}

/** A POST as it goes over the wire. */
export function requestOf(body) {
  const text = JSON.stringify(body);
  const head = `POST ${PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json`;
  return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function bodies() {
  const event = (i) => ({
    service_id: 'shop',
    operation: `GET /items/${i % 20}`,
    duration: 5 + ((i * 37) % 100) / 8,
    success: i % 50 > 0,
  });
  const batch = Array.from({ length: BATCH }, (_, i) => event(i));
  const timestamp = new Date().toISOString();
  return { single: event(1), batch, stamped: batch.map((item) => ({ ...item, timestamp })) };
}

/** Sends bytes and waits until the connection is closed. */
function send(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket
      .on('error', () => {})
      .on('data', () => {})
      .on('close', resolve);
  });
}

/** Longest time for which the event loop stood still while it was sent the hostile requests of the tests; and for none. */
async function hostile(progress) {
  const corpus = fileURLToPath(new URL('../test/scenario/http/hostile-corpus.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [corpus],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const { HOSTILE } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  );
  const { ask, end } = await startChild('./http.mjs', ['analytics']);
  const port = await ask('port');
  const blocks = [];
  let worst = { longest: 0, name: '' };
  // The first time, functions are not compiled yet.
  for (let run = 0; run <= HOSTILE_RUNS; run++) {
    progress(`hostile ${run}/${HOSTILE_RUNS}`);
    let longest = 0;
    for (const { name, bytes } of HOSTILE) {
      await ask('watch');
      await send(port, bytes);
      const block = await ask('longest');
      longest = Math.max(longest, block);
      if (run > 0 && block > worst.longest) worst = { longest: block, name };
    }
    if (run > 0) blocks.push(longest);
  }
  await ask('watch');
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = await ask('longest');
  await end();
  return { requests: HOSTILE.length, longest: median(blocks), worst, idle };
}

export async function run({ rounds, progress }) {
  const found = {};
  for (const kind of Object.keys(REQUESTS)) {
    found[kind] = Object.fromEntries(WAYS.map((way) => [way, []]));
    const children = {};
    for (const way of WAYS) children[way] = await startChild('./http.mjs', [way]);
    for (let round = -1; round < rounds; round++) {
      for (const way of WAYS) {
        progress(`${kind} ${way} ${round + 1}/${rounds}`);
        const { ask } = children[way];
        const before = (await ask('end')).events;
        await ask('begin');
        await load(await ask('port'), requestOf(bodies()[kind]), REQUESTS[kind]);
        const { micros, events } = await ask('end');
        const expected = REQUESTS[kind] * (kind === 'single' ? 1 : BATCH);
        if (events - before !== expected) throw new Error(`${way}: ${events - before} of ${expected} events`);
        // The first round warms up.
        if (round >= 0) found[kind][way].push(micros / expected);
      }
    }
    for (const way of WAYS) await children[way].end();
  }
  const perEvent = (kind, way) => median(found[kind][way]);
  const rows = (kind) =>
    WAYS.map((way) => {
      const micros = perEvent(kind, way);
      return [
        way,
        short(micros),
        Math.round(1e6 / micros).toLocaleString('en'),
        short(micros / perEvent(kind, 'node:http')),
      ];
    });
  const block = await hostile(progress);
  const header = ['server', 'CPU an event, µs', 'events/s of a core', 'over node:http'];
  return {
    text: TEXT,
    tables: [
      table('One event a request', header, rows('single')),
      table(`Batches of ${BATCH}`, header, rows('batch')),
      table(`Batches of ${BATCH}, each event with its timestamp`, header, rows('stamped')),
    ],
    notes: [
      `Longest block of the event loop while it is sent ${block.requests} hostile requests, one after the other: ${short(block.longest)} ms (median of ${HOSTILE_RUNS} runs, ` +
        `the first left out); the worst of all ${short(block.worst.longest)} ms, by “${block.worst.name}”; without any request ${short(block.idle)} ms.`,
    ],
    reached: {
      'http-single': perEvent('single', 'analytics'),
      'http-batch': perEvent('batch', 'analytics'),
      'http-block': block.longest,
    },
  };
}

const TEXT = `Performance records over loopback. *analytics* is \`createHandler\` under \`toNode\` with everything that it does: limits,
checks, security headers, the event in its bucket. The other two read the body, parse it, and answer with the count. CPU of
the server's process, all threads, system calls included, median of the rounds; ${CONNECTIONS} connections, no pipelining.`;
