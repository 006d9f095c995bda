import { AnalyticsError } from '../errors.ts';
import type { Service } from '../service.ts';
import type { Call, Reply } from './call.ts';
import { toResponse } from './call.ts';
import { type ApiModule, Gate } from './gate.ts';
import { checkOptions, type HandlerOptions } from './options.ts';
import { peerOf } from './peer.ts';
import { Problem } from './problem.ts';
import { webBody } from './read-body.ts';

/**
 * Answers requests to the API and the page. A function for every runtime that speaks the web's `Request` and `Response`;
 * what the runtime passes beside the request is looked through for the address of the other side.
 */
export interface AnalyticsHandler {
  (request: Request, ...context: readonly unknown[]): Promise<Response>;
  /** Whether what is called from elsewhere than this machine is answered: with `auth`, or with `allowAnonymous`. */
  readonly isOpen: boolean;
  /** Settles when everything is loaded; rejects with `ERR_MISSING_PEER` where a package is missing. */
  readonly ready: Promise<void>;
  /** Answers a call that an adapter has made; `undefined` for a path that is not the handler's. */
  answer(call: Call): Promise<Reply | Response> | undefined;
  /** Ends all streams. The service goes on. */
  close(): void;
}

/**
 * The REST API of a service, and the page where one is given, as one function. It never throws: what goes wrong becomes an
 * answer.
 *
 * Without `auth` only this machine is answered, as far as the runtime says who asks; `allowAnonymous` answers everybody.
 *
 * @example
 * const handler = createHandler(service, { auth: { bearer: [{ token, scopes: ['read', 'write'] }] } });
 * http.createServer(toNode(handler)).listen(3000); // or Bun.serve({ fetch: handler }), Deno.serve(handler)
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 */
export function createHandler(service: Service, options: HandlerOptions = {}): AnalyticsHandler {
  const checked = checkOptions(options);
  const gate = new Gate(service, checked, loadApi);
  const handler = async (request: Request, ...context: readonly unknown[]): Promise<Response> => {
    const answer = gate.answer(webCall(request, context));
    return toResponse(await (answer ?? gate.finish(new Problem(404, 'there is nothing under this path'))));
  };
  const { clock } = checked;
  function webCall(request: Request, context: readonly unknown[]): Call {
    const { pathname, search } = new URL(request.url);
    return {
      method: request.method,
      path: pathname,
      search,
      peer: peerOf(request, context),
      header: (name) => request.headers.get(name) ?? undefined,
      body: (limit) => webBody(request, limit, clock),
      request: () => request,
    };
  }
  return Object.assign(handler, {
    isOpen: checked.allowAnonymous || checked.auth !== undefined,
    ready: gate.ready,
    answer: (call: Call) => gate.answer(call),
    close: () => gate.close(),
  });
}

/** Loads what stands on hono and zod, which are the user's to install. */
async function loadApi(): Promise<ApiModule> {
  try {
    return await import('./api.ts');
  } catch (cause) {
    const code = (cause as { readonly code?: unknown } | null)?.code;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    const message =
      'packages hono, @hono/zod-openapi and zod must be installed for the HTTP API, got none or not all of them: ' +
      'run npm install hono @hono/zod-openapi zod';
    throw new AnalyticsError('ERR_MISSING_PEER', message, { cause });
  }
}
