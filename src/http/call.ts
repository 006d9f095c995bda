import type { Origin } from './peer.ts';

/** Where the API lies below whatever the handler is mounted at. */
export const API_PATH = '/api/v1/analytics';

/** One request as the handler sees it, whatever runtime it came from. */
export interface Call extends Origin {
  /** In capitals. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** With its `?`; `''` for none. */
  readonly search: string;
  /**
   * The body, or JSON that somebody has parsed already.
   *
   * @throws Problem 413 beyond `limit` bytes, 408 where it does not come in time
   */
  body(limit: number): Promise<Uint8Array | { readonly parsed: unknown }>;
  /** The request without its body. */
  request(): Request;
}

/** An answer that is all text. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer as a web-standard response. */
export function toResponse(reply: Reply | Response): Response {
  if (reply instanceof Response) return reply;
  // A 304 must not have a body, not even an empty one.
  const body = reply.status === 204 || reply.status === 304 ? null : reply.body;
  return new Response(body, { status: reply.status, headers: reply.headers });
}
