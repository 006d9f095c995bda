import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { SystemClock } from '../clock.ts';
import { invalidOption, numberOption, objectOption } from '../errors.ts';
import type { Call, Reply } from './call.ts';
import type { AnalyticsHandler } from './handler.ts';
import { JSON_HEADERS } from './headers.ts';
import { isLoopback, type Peer, socketPeer } from './peer.ts';
import { nodeBody } from './read-body.ts';

/** Handles a request of `node:http`; `next` where it is not the handler's, as in Express. */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Options of `http.createServer` under which nobody holds a connection by sending slowly: what has not sent its head and
 * body after five seconds is closed within the next half.
 */
export const serverTimeouts: Readonly<
  Required<
    Pick<ServerOptions, 'headersTimeout' | 'requestTimeout' | 'connectionsCheckingInterval' | 'keepAliveTimeout'>
  >
> = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 500, keepAliveTimeout: 5000 };

/** How long `close` waits for answers that are under way. */
const CLOSING_MS = 1000;

/** Of most answers. */
const JSON_PAIRS: readonly string[] = Object.entries(JSON_HEADERS).flat();

/** Options of `serve`. */
export interface ServeOptions {
  /** Default 0, which takes a free one. */
  readonly port?: number | undefined;
  /** Default `'127.0.0.1'`. */
  readonly host?: string | undefined;
}

/** A server that runs. */
export interface AnalyticsServer {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly server: Server;
  /** Ends streams, lets answers that are under way come to their end, and closes all connections within a second. */
  close(): Promise<void>;
}

/**
 * The handler for `node:http`, and for Express, where it can be used like any middleware: other paths go on to `next`.
 * What `express.json()` has read already is taken from it.
 *
 * @example
 * app.use(toNode(createHandler(service)));
 */
export function toNode(handler: AnalyticsHandler): NodeListener {
  const clock = new SystemClock();
  return (request, response, next) => {
    const call = new NodeCall(request, clock);
    const answer = handler.answer(call);
    if (answer !== undefined) {
      // What cannot be sent any more, such as to somebody who left, is not sent.
      answer.then((reply) => send(reply, request, response)).catch(() => response.destroy());
    } else if (next !== undefined) next();
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
  };
}

/**
 * A `node:http` server of the handler alone, with the timeouts that defeat slow senders.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` for a host outside loopback where the handler has neither `auth` nor
 * `allowAnonymous`; `ERR_MISSING_PEER`
 */
export async function serve(handler: AnalyticsHandler, options: ServeOptions = {}): Promise<AnalyticsServer> {
  const { port = 0, host = '127.0.0.1' } = objectOption('options', options);
  numberOption('port', port, { min: 0, max: 65_535, whole: true });
  if (!handler.isOpen && !isLoopback(host)) {
    throw invalidOption('host', 'loopback unless the handler has auth, or allowAnonymous: true', host);
  }
  await handler.ready;
  const server = createServer(serverTimeouts, toNode(handler));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address : { address: host, port, family: 'IPv4' };
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      handler.close();
      const stopTimer = new SystemClock().every(CLOSING_MS, () => server.closeAllConnections());
      server.close(() => {
        stopTimer();
        resolve();
      });
    });
  return { url: `http://${name}:${bound.port}`, server, close };
}

class NodeCall implements Call {
  readonly #incoming: IncomingMessage & { readonly originalUrl?: string };
  readonly #clock: SystemClock;
  readonly path: string;
  readonly search: string;

  constructor(incoming: IncomingMessage, clock: SystemClock) {
    this.#incoming = incoming;
    this.#clock = clock;
    const url = incoming.url ?? '/';
    const query = url.indexOf('?');
    this.path = query < 0 ? url : url.slice(0, query);
    this.search = query < 0 ? '' : url.slice(query);
  }

  get method(): string {
    return this.#incoming.method ?? 'GET';
  }

  get peer(): Peer {
    return socketPeer(this.#incoming.socket);
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  body(limit: number): ReturnType<Call['body']> {
    return nodeBody(this.#incoming, limit, this.#clock);
  }

  request(): Request {
    const headers = new Headers();
    for (const [name, value] of Object.entries(this.#incoming.headers)) {
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
    }
    // The path as the browser sees it, where the framework tells.
    const path = this.#incoming.originalUrl ?? this.#incoming.url ?? '/';
    return new Request(new URL(path, 'http://analytics'), { method: this.method, headers });
  }
}

function send(reply: Reply | Response, request: IncomingMessage, response: ServerResponse): void | Promise<void> {
  if (reply instanceof Response) return sendWeb(reply, request, response);
  response.writeHead(reply.status, rawHeaders(reply));
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}

async function sendWeb(reply: Response, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  if (reply.body === null || request.method === 'HEAD') response.end();
  // A reader who goes away ends it with an error, which is nobody's concern.
  else await pipeline(Readable.fromWeb(reply.body as ReadableStream<Uint8Array>), response).catch(() => {});
}

/** Names and values in turn, which Node writes as they are. */
function rawHeaders({ headers, body }: Reply): string[] {
  const raw = headers === JSON_HEADERS ? JSON_PAIRS.slice() : Object.entries(headers).flat();
  raw.push('content-length', String(Buffer.byteLength(body)));
  return raw;
}
