import type { Call, Reply } from './call.ts';
import { SECURITY_HEADERS } from './headers.ts';
import { Problem } from './problem.ts';

/** Whose scripts may call from a browser. */
export class Origins {
  readonly #origins: readonly string[];

  constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  /** Security headers, and what a browser must know to let the origin read the answer. */
  headersFor(origin: string | undefined): Readonly<Record<string, string>> {
    return this.#origins.length === 0
      ? SECURITY_HEADERS
      : { ...SECURITY_HEADERS, ...corsHeaders(this.#allowed(origin)) };
  }

  /** The answer to a browser that asks before it sends. */
  preflight(): Reply {
    const headers: Record<string, string> =
      this.#origins.length === 0
        ? {}
        : {
            'access-control-allow-methods': 'GET, POST',
            'access-control-allow-headers': 'authorization, content-type, last-event-id, if-none-match',
            'access-control-max-age': '600',
          };
    return { status: 204, headers, body: '' };
  }

  /**
   * A browser says where a request of its scripts comes from; one of another site's that writes is refused.
   *
   * @throws Problem 403
   */
  checkWrite(call: Call): void {
    if (call.header('sec-fetch-site') !== 'cross-site') return;
    if (this.#allowed(call.header('origin')) === undefined) {
      throw new Problem(403, 'other sites must not write; the option cors says which may');
    }
  }

  #allowed(origin: string | undefined): string | undefined {
    const origins = this.#origins;
    if (origin === undefined || origins.length === 0) return undefined;
    return origins.includes('*') ? '*' : origins.find((allowed) => allowed === origin);
  }
}

function corsHeaders(origin: string | undefined): Record<string, string> {
  if (origin === undefined) return { vary: 'Origin' };
  const headers = {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Link, ETag',
  };
  return { ...headers, 'cross-origin-resource-policy': 'cross-origin' };
}
