import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service } from '../service.ts';

/** What a route answers. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** What went wrong, for `errorType`; where something did. */
  readonly error?: string | undefined;
}

/** One request as a route sees it. */
export interface RouteRequest {
  /** Last part of the path. */
  readonly id: string;
  readonly userId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Handlers by operation, such as `GET /items/:id`. */
export type Routes = Readonly<Record<string, (request: RouteRequest) => Promise<Reply> | Reply>>;

/** A running HTTP service that records each request with the library. */
export interface DemoServer {
  readonly serviceId: string;
  readonly url: string;
  /** Requests being answered. */
  readonly inFlight: number;
  /** Records what happened since the last call as one snapshot of gauges. */
  recordSnapshot(more?: { readonly cacheHitRate?: number | undefined }): void;
  close(): Promise<void>;
}

/** Starts a `node:http` server on a free port of the loopback interface. */
export async function startServer(serviceId: string, routes: Routes, analytics: Service): Promise<DemoServer> {
  let window = { requests: 0, failures: 0, durations: 0, since: performance.now() };
  let inFlight = 0;

  async function answer(request: IncomingMessage): Promise<Reply> {
    const [, first = '', id = ''] = (request.url ?? '').split('/');
    const operation = `${request.method} /${first}${id === '' ? '' : '/:id'}`;
    const route = routes[operation];
    if (route === undefined) return { status: 404, body: { error: 'not found' } };
    const start = performance.now();
    inFlight++;
    let reply: Reply;
    try {
      const userId = String(request.headers['x-user'] ?? 'anonymous');
      reply = await route({ id, userId, body: await readJson(request) });
    } catch (error) {
      reply = { status: 500, body: { error: 'internal' }, error: (error as Error).name };
    }
    inFlight--;
    const duration = performance.now() - start;
    const success = reply.error === undefined;
    analytics.recordPerformanceMetric({ serviceId, operation, duration, success, errorType: reply.error });
    window.requests++;
    window.durations += duration;
    if (!success) window.failures++;
    return reply;
  }

  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    serviceId,
    url: `http://127.0.0.1:${port}`,
    get inFlight() {
      return inFlight;
    },
    recordSnapshot(more) {
      const { requests, failures, durations, since } = window;
      const now = performance.now();
      window = { requests: 0, failures: 0, durations: 0, since: now };
      analytics.recordMetrics({
        serviceId,
        requestRate: requests / ((now - since) / 1000),
        ...(requests === 0 ? undefined : { errorRate: failures / requests, latency: durations / requests }),
        ...more,
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method === 'GET') return {};
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
