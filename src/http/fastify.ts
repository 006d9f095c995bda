import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnalyticsHandler } from './handler.ts';
import { toNode } from './node.ts';

/** What the plugin uses of a Fastify instance. */
export interface FastifyLike {
  readonly prefix: string;
  /** As Fastify has it. */
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
  /** As Fastify has it. */
  all(path: string, handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => void): unknown;
}

/** What the plugin uses of a request. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
}

/** What the plugin uses of a reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  /** Leaves the answer to whoever called it. */
  hijack(): unknown;
}

/**
 * The handler as a Fastify plugin, under the prefix that it is registered with.
 *
 * @example
 * await app.register(toFastify(createHandler(service)), { prefix: '/internal' });
 */
export function toFastify(handler: AnalyticsHandler): (app: FastifyLike) => Promise<void> {
  const listen = toNode(handler);
  return async (app) => {
    const { prefix } = app;
    // Before Fastify reads the body: the handler does that itself, within its own limits. Holds for these paths only.
    app.addHook('onRequest', ({ raw }, reply) => {
      reply.hijack();
      raw.url = raw.url?.slice(prefix.length);
      listen(raw, reply.raw);
    });
    for (const path of ['/api/v1/analytics/*', '/dashboard', '/dashboard/*']) app.all(path, () => {});
  };
}
