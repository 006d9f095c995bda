import type { RecordKind } from '../model/records.ts';
import { toWire } from '../model/wire.ts';
import type { Service } from '../service.ts';
import { allows, CHALLENGE, Credentials, type Principal, type Scope } from './access.ts';
import type { Api, ApiContext } from './api.ts';
import type { Call, Reply } from './call.ts';
import { EventFeed } from './event-feed.ts';
import { JSON_HEADERS, SECURITY_HEADERS } from './headers.ts';
import { type IngestContext, ingest } from './ingest.ts';
import { parseInstant } from './instant.ts';
import { type Items, itemsOf, parseItems } from './json-items.ts';
import type { CheckedOptions } from './options.ts';
import { clientAddress, isLocal } from './peer.ts';
import { Privacy } from './privacy.ts';
import { Problem, problemOf } from './problem.ts';
import { RateLimit } from './rate-limit.ts';
import { READERS, type RecordReader } from './read-record.ts';

/** Bytes of a body. */
const MAX_BODY = 1_048_576;
/** Wrong credentials that one address may try at once, and in the long run a second. */
const FAILURES = 20;
const FAILURES_PER_SECOND = 0.2;

const API_PATH = '/api/v1/analytics';
const PAGE_PATH = '/dashboard';
/** What is loaded when a handler is made. */
export interface ApiModule {
  createApi(context: ApiContext): Api;
}

/** What may be asked for on this machine where nobody has to say who they are, and everywhere with `allowAnonymous`. */
const ANYBODY: Principal = { scopes: ['read', 'write', 'admin'] };

/**
 * The way of every request: whose it is, whether they may, how much of it, and then to the page, to the API, or into the
 * collector.
 */
export class Gate {
  /** Settles when everything is loaded. */
  readonly ready: Promise<void>;
  readonly #service: Service;
  readonly #options: CheckedOptions;
  readonly #feed: EventFeed;
  readonly #credentials: Credentials | undefined;
  readonly #writes: RateLimit | undefined;
  readonly #failures = new RateLimit(FAILURES_PER_SECOND, FAILURES);
  readonly #ingest: IngestContext;
  readonly #api: Promise<Api>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(service: Service, options: CheckedOptions, load: () => Promise<{ createApi(context: ApiContext): Api }>) {
    const { auth, rateLimit, clock, onError } = options;
    this.#service = service;
    this.#options = options;
    this.#feed = new EventFeed(service, clock);
    this.#credentials = auth === undefined || typeof auth === 'function' ? undefined : new Credentials(auth);
    this.#writes = rateLimit === undefined ? undefined : new RateLimit(rateLimit.perSecond, rateLimit.burst);
    const context = { service, feed: this.#feed, prefix: options.basePath, isGuarded: auth !== undefined, onError };
    this.#api = load().then(({ createApi }) => createApi(context));
    this.ready = this.#api.then(() => {});
    // Whoever does not wait for it is told by the answers.
    this.ready.catch(() => {});
    const schemaIssues: IngestContext['schemaIssues'] = async (kind, item) => (await this.#api).issues(kind, item);
    this.#ingest = { service, privacy: new Privacy(options.privacy), clock, schemaIssues };
  }

  /** `undefined` for a path that is not the handler's. */
  answer(call: Call): Promise<Reply | Response> | undefined {
    const path = this.#within(call.path);
    if (path === undefined) return undefined;
    return this.#respond(call, path).then(
      (reply) => this.#withHeaders(reply, call),
      (error: unknown) => this.#withHeaders(problemOf(error, this.#options.onError).toReply(), call),
    );
  }

  /** A problem as an answer of the handler. */
  finish(problem: Problem): Promise<Reply | Response> {
    return Promise.resolve(this.#withHeaders(problem.toReply(), undefined));
  }

  close(): void {
    this.#feed.close();
  }

  /** The path below where the handler is mounted, whether or not whoever called took that away. */
  #within(full: string): string | undefined {
    const { basePath } = this.#options;
    const path = basePath !== '' && full.startsWith(`${basePath}/`) ? full.slice(basePath.length) : full;
    const isOurs = [API_PATH, PAGE_PATH].some((own) => path === own || path.startsWith(`${own}/`));
    return isOurs ? path : undefined;
  }

  async #respond(call: Call, path: string): Promise<Reply | Response> {
    if (call.method === 'OPTIONS' && call.header('access-control-request-method') !== undefined)
      return this.#preflight();
    const principal = await this.#identify(call);
    if (path === PAGE_PATH || path.startsWith(`${PAGE_PATH}/`))
      return this.#page(call, principal, path.slice(PAGE_PATH.length));
    const name = path.slice(API_PATH.length + 1);
    if (call.method === 'POST') return this.#post(call, principal, name);
    const { paths, respond } = await this.#api;
    if (call.method !== 'GET' && call.method !== 'HEAD') throw this.#wrongMethod(name, paths);
    if (!paths.has(name)) throw this.#wrongMethod(name, paths);
    require(principal, 'read');
    const url = `http://analytics${API_PATH}/${name}${call.search}`;
    const lastEventId = call.header('last-event-id');
    const match = call.header('if-none-match');
    const headers: Record<string, string> = {};
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    if (match !== undefined) headers['if-none-match'] = match;
    return respond(new Request(url, { method: call.method, headers }), principal);
  }

  async #page(call: Call, principal: Principal, path: string): Promise<Response> {
    require(principal, 'read');
    if (call.method !== 'GET' && call.method !== 'HEAD') throw notAllowed('GET, HEAD');
    const response = this.#options.dashboard?.respond(call.request(), path);
    if (response === undefined) throw new Problem(404, 'there is no page under this path');
    return response;
  }

  async #post(call: Call, principal: Principal, name: string): Promise<Reply> {
    const reader = READERS.get(name);
    if (reader === undefined && name !== 'silences' && name !== 'deploys') {
      const { paths } = await this.#api;
      throw paths.has(name) ? this.#wrongMethod(name, paths) : new Problem(404, 'there is nothing under this path');
    }
    require(principal, reader === undefined ? 'admin' : 'write');
    this.#checkOrigin(call);
    const client = principal.name ?? clientAddress(call, this.#options.trustProxy);
    const now = this.#options.clock.now();
    const wait = this.#writes?.wait(client, now) ?? 0;
    if (wait > 0) throw new Problem(429, `come again in ${wait} s`, {}, { 'retry-after': String(wait) });
    this.#writes?.spend(client, 1, now);
    const parsed = this.#items(await this.#body(call));
    const items = parsed instanceof Promise ? await parsed : parsed;
    this.#writes?.spend(client, items.items.length - 1, now);
    return reader === undefined
      ? this.#plan(name as 'silences' | 'deploys', items)
      : ingest(reader as RecordReader<RecordKind>, items, this.#ingest);
  }

  async #body(call: Call): Promise<string | { readonly parsed: unknown }> {
    const type = call.header('content-type');
    const isJson = type !== undefined && /^application\/json *(; *charset="?utf-8"? *)?$/i.test(type);
    if (!isJson) throw new Problem(415, `the content type must be application/json in UTF-8, got ${type ?? 'none'}`);
    const encoding = call.header('content-encoding');
    if (encoding !== undefined && encoding !== 'identity') {
      throw new Problem(415, `the body must not be encoded, got ${encoding}`);
    }
    const body = await call.body(MAX_BODY);
    if (!(body instanceof Uint8Array)) return body;
    try {
      return this.#decoder.decode(body);
    } catch {
      throw new Problem(400, 'the body must be UTF-8', { errors: [{ pointer: '#', detail: 'must be UTF-8' }] });
    }
  }

  #items(body: string | { readonly parsed: unknown }): Items | Promise<Items> {
    if (typeof body !== 'string') return itemsOf(body.parsed);
    return parseItems(body, () => this.#options.clock.pause());
  }

  async #plan(name: 'silences' | 'deploys', { isArray, items }: Items): Promise<Reply> {
    const plan = (await this.#api).checkPlan(name, isArray ? items : items[0]);
    const serviceId = plan['service_id']?.toString();
    const at = (field: string): number | undefined => (plan[field] == null ? undefined : parseInstant(plan[field]));
    if (name === 'silences') {
      const until = at('until') as number;
      const silence = { serviceId, metricName: plan['metric_name']?.toString(), from: at('from'), until };
      this.#service.silence(silence);
      return created(silence);
    }
    const deploy = { timestamp: at('timestamp') ?? this.#options.clock.now(), version: plan['version']?.toString() };
    this.#service.markDeploy(serviceId, deploy);
    return created({ serviceId: serviceId ?? this.#service.serviceId, ...deploy });
  }

  async #identify(call: Call): Promise<Principal> {
    const { auth, allowAnonymous, clock, trustProxy } = this.#options;
    if (auth === undefined) {
      if (allowAnonymous || isLocal(call)) return ANYBODY;
      throw new Problem(
        403,
        'without the option auth only this machine is answered; set auth, or allowAnonymous: true to answer everybody',
      );
    }
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

  /** A browser says where a request of its scripts comes from; one of another site's that writes is refused. */
  #checkOrigin(call: Call): void {
    if (call.header('sec-fetch-site') !== 'cross-site') return;
    if (this.#allowedOrigin(call.header('origin')) === undefined) {
      throw new Problem(403, 'other sites must not write; the option cors says which may');
    }
  }

  #allowedOrigin(origin: string | undefined): string | undefined {
    const { origins } = this.#options;
    if (origin === undefined || origins.length === 0) return undefined;
    return origins.includes('*') ? '*' : origins.find((allowed) => allowed === origin);
  }

  #preflight(): Reply {
    const headers: Record<string, string> =
      this.#options.origins.length === 0
        ? {}
        : {
            'access-control-allow-methods': 'GET, POST',
            'access-control-allow-headers': 'authorization, content-type, last-event-id, if-none-match',
            'access-control-max-age': '600',
          };
    return { status: 204, headers, body: '' };
  }

  #wrongMethod(name: string, paths: ReadonlySet<string>): Problem {
    const methods = [...(paths.has(name) ? ['GET', 'HEAD'] : []), ...(isWritten(name) ? ['POST'] : [])];
    return methods.length === 0 ? new Problem(404, 'there is nothing under this path') : notAllowed(methods.join(', '));
  }

  #withHeaders(reply: Reply | Response, call: Call | undefined): Reply | Response {
    const origin = this.#allowedOrigin(call?.header('origin'));
    const own = this.#options.origins.length === 0 ? SECURITY_HEADERS : { ...SECURITY_HEADERS, ...corsHeaders(origin) };
    if (!(reply instanceof Response)) {
      // What most requests are answered with has them already.
      if (reply.headers === JSON_HEADERS && own === SECURITY_HEADERS) return reply;
      return { ...reply, headers: { ...own, ...reply.headers } };
    }
    for (const [name, value] of Object.entries(own)) {
      if (!reply.headers.has(name)) reply.headers.set(name, value);
    }
    return reply;
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

function isWritten(name: string): boolean {
  return READERS.has(name) || name === 'silences' || name === 'deploys';
}

function require(principal: Principal, scope: Scope): void {
  if (allows(principal, scope)) return;
  throw new Problem(403, `the request must have the scope ${scope}`, {
    scope,
  });
}

function notAllowed(methods: string): Problem {
  return new Problem(405, `the method must be one of ${methods}`, {}, { allow: methods });
}

function created(value: object): Reply {
  return { status: 201, headers: JSON_HEADERS, body: JSON.stringify(toWire(value)) };
}
