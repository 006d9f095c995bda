import { createHash, timingSafeEqual } from 'node:crypto';
import { choiceOption, invalidOption, objectOption } from '../errors.ts';

/** What somebody may do: read everything; record; silence, mark deploys. `admin` includes the other two. */
export type Scope = 'read' | 'write' | 'admin';

/** Who asks, and what they may do. */
export interface Principal {
  /** For rate limits, and shown to nobody but them. */
  readonly name?: string | undefined;
  readonly scopes: readonly Scope[];
}

/** A token that programs send as `Authorization: Bearer …`, and people give as the password when a browser asks. */
export interface BearerToken {
  readonly token: string;
  readonly scopes: readonly Scope[];
  readonly name?: string | undefined;
}

/** A user with a password. */
export interface BasicUser {
  readonly user: string;
  readonly password: string;
  readonly scopes: readonly Scope[];
}

/** Says who sent a request, `undefined` for nobody known; gets the request without its body. */
export type AuthFunction = (request: Request) => Principal | undefined | Promise<Principal | undefined>;

/** Who may do what: tokens, users, or a function of your own, such as one that looks at your session cookie. */
export type Auth =
  | { readonly bearer?: readonly BearerToken[] | undefined; readonly basic?: readonly BasicUser[] | undefined }
  | AuthFunction;

const SCOPES: readonly Scope[] = ['read', 'write', 'admin'];

/** What a browser and a program are asked for. */
export const CHALLENGE = 'Basic realm="analytics", charset="UTF-8", Bearer realm="analytics"';

interface Credential {
  readonly digest: Buffer;
  readonly principal: Principal;
}

/** Whether a scope is among those that somebody has. */
export function allows(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes(scope) || principal.scopes.includes('admin');
}

/**
 * Tokens and users that were given as an option. Only digests are kept, and all of them are compared, each in constant
 * time, so that the time of an answer tells nothing.
 */
export class Credentials {
  readonly #bearer: readonly Credential[];
  readonly #basic: readonly Credential[];

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(auth: Exclude<Auth, AuthFunction>) {
    const { bearer = [], basic = [] } = objectOption('auth', auth);
    if (!Array.isArray(bearer) || !Array.isArray(basic) || bearer.length + basic.length === 0) {
      throw invalidOption('auth', 'a function or an object with tokens in bearer or users in basic', auth);
    }
    this.#bearer = (bearer as readonly BearerToken[]).map(({ token, scopes, name }) => ({
      digest: digestOf(secretOption('auth.bearer.token', token)),
      principal: { name, scopes: scopesOption('auth.bearer.scopes', scopes) },
    }));
    this.#basic = (basic as readonly BasicUser[]).map(({ user, password, scopes }) => ({
      digest: digestOf(`${secretOption('auth.basic.user', user)}:${secretOption('auth.basic.password', password)}`),
      principal: { name: user, scopes: scopesOption('auth.basic.scopes', scopes) },
    }));
  }

  /** Who sent an `Authorization` header; `undefined` for nobody known. */
  find(authorization: string | undefined): Principal | undefined {
    const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(authorization ?? '') ?? [];
    if (scheme.toLowerCase() === 'bearer') return match(this.#bearer, value);
    if (scheme.toLowerCase() !== 'basic') return undefined;
    const pair = Buffer.from(value, 'base64').toString('utf8');
    const password = pair.slice(pair.indexOf(':') + 1);
    return match(this.#basic, pair) ?? match(this.#bearer, password);
  }
}

function match(credentials: readonly Credential[], secret: string): Principal | undefined {
  const digest = digestOf(secret);
  let found: Principal | undefined;
  for (const credential of credentials) {
    if (timingSafeEqual(credential.digest, digest)) found = credential.principal;
  }
  return found;
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function secretOption(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  // Not `invalidOption` with the value: it may be most of a secret.
  throw invalidOption(option, 'a text that is not empty', typeof value);
}

function scopesOption(option: string, value: unknown): readonly Scope[] {
  if (!Array.isArray(value) || value.length === 0) throw invalidOption(option, `some of ${SCOPES.join(', ')}`, value);
  return value.map((scope) => choiceOption(option, scope, SCOPES));
}
