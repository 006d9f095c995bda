import { type Auth, CHALLENGE, Credentials, type Principal } from './access.ts';
import type { Call } from './call.ts';
import type { CheckedOptions } from './options.ts';
import { clientAddress, isLocal } from './peer.ts';
import { Problem } from './problem.ts';
import { RateLimit } from './rate-limit.ts';

/** Wrong credentials that one address may try at once, and in the long run a second. */
const FAILURES = 20;
const FAILURES_PER_SECOND = 0.2;

/** What may be asked for on this machine where nobody has to say who they are, and everywhere with `allowAnonymous`. */
const ANYBODY: Principal = { scopes: ['read', 'write', 'admin'] };

/** Finds out who asks, and holds off whoever tries many wrong credentials. */
export class Entrance {
  readonly #options: CheckedOptions;
  readonly #credentials: Credentials | undefined;
  readonly #failures = new RateLimit(FAILURES_PER_SECOND, FAILURES);

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: CheckedOptions) {
    const { auth } = options;
    this.#options = options;
    this.#credentials = auth === undefined || typeof auth === 'function' ? undefined : new Credentials(auth);
  }

  /** @throws Problem 401, 403, 429 */
  identify(call: Call): Principal | Promise<Principal> {
    const { auth, allowAnonymous } = this.#options;
    if (auth !== undefined) return this.#authenticate(call, auth);
    if (allowAnonymous || isLocal(call)) return ANYBODY;
    throw new Problem(
      403,
      'without the option auth only this machine is answered; set auth, or allowAnonymous: true to answer everybody',
    );
  }

  async #authenticate(call: Call, auth: Auth): Promise<Principal> {
    const { clock, trustProxy } = this.#options;
    const address = clientAddress(call, trustProxy);
    const now = clock.now();
    const wait = this.#failures.wait(address, now);
    if (wait > 0) throw new Problem(429, 'too many wrong credentials', {}, { 'retry-after': String(wait) });
    const authorization = call.header('authorization');
    const principal = typeof auth === 'function' ? await auth(call.request()) : this.#credentials?.find(authorization);
    if (principal !== undefined) return principal;
    // A browser that asks for the first time has not tried anything.
    if (authorization !== undefined) this.#failures.spend(address, 1, now);
    throw new Problem(401, 'the request must say who sends it', {}, { 'www-authenticate': CHALLENGE });
  }
}
