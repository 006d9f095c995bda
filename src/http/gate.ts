import type { RecordKind } from '../model/records.ts';
import { toWire } from '../model/wire.ts';
import type { Service } from '../service.ts';
import { allows, type Principal, type Scope } from './access.ts';
import type { Api, ApiContext } from './api.ts';
import { API_PATH, type Call, type Reply } from './call.ts';
import { Entrance } from './entrance.ts';
import { EventFeed } from './event-feed.ts';
import { JSON_HEADERS, SECURITY_HEADERS } from './headers.ts';
import { type IngestContext, ingest } from './ingest.ts';
import { parseInstant } from './instant.ts';
import { type Items, itemsOf, parseItems } from './json-items.ts';
import type { CheckedOptions } from './options.ts';
import { Origins } from './origins.ts';
import { clientAddress } from './peer.ts';
import { Privacy } from './privacy.ts';
import { Problem, problemOf } from './problem.ts';
import { RateLimit } from './rate-limit.ts';
import { READERS, type RecordReader } from './read-record.ts';

/** Bytes of a body. */
const MAX_BODY = 1_048_576;
const PAGE_PATH = '/dashboard';

/** What is loaded when a handler is made. */
export interface ApiModule {
  createApi(context: ApiContext): Api;
}

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
  readonly #entrance: Entrance;
  readonly #origins: Origins;
  readonly #writes: RateLimit | undefined;
  readonly #ingest: IngestContext;
  readonly #api: Promise<Api>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(service: Service, options: CheckedOptions, load: () => Promise<ApiModule>) {
    const { auth, rateLimit, clock, onError } = options;
    this.#service = service;
    this.#options = options;
    this.#feed = new EventFeed(service, clock);
    this.#entrance = new Entrance(options);
    this.#origins = new Origins(options.origins);
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
    const isPreflight = call.method === 'OPTIONS' && call.header('access-control-request-method') !== undefined;
    if (isPreflight) return this.#origins.preflight();
    const isPage = path === PAGE_PATH || path.startsWith(`${PAGE_PATH}/`);
    const name = isPage ? path.slice(PAGE_PATH.length) : path.slice(API_PATH.length + 1);
    if (call.method !== 'GET' && call.method !== 'HEAD' && (isPage || call.method !== 'POST')) {
      throw isPage ? notAllowed('GET, HEAD') : this.#wrongMethod(name, (await this.#api).paths);
    }
    const found = this.#entrance.identify(call);
    const principal = found instanceof Promise ? await found : found;
    if (isPage) return this.#page(call, principal, name);
    return call.method === 'POST' ? this.#post(call, principal, name) : this.#read(call, principal, name);
  }

  async #read(call: Call, principal: Principal, name: string): Promise<Response> {
    const { paths, respond } = await this.#api;
    if (!paths.has(name)) throw this.#wrongMethod(name, paths);
    // A stream without a body would be one that nobody can end.
    if (call.method === 'HEAD' && name === 'stream') throw notAllowed('GET');
    demand(principal, 'read');
    const headers: Record<string, string> = {};
    for (const passed of ['last-event-id', 'if-none-match']) {
      const value = call.header(passed);
      if (value !== undefined) headers[passed] = value;
    }
    const url = `http://analytics${API_PATH}/${name}${call.search}`;
    return respond(new Request(url, { method: call.method, headers }), principal);
  }

  async #page(call: Call, principal: Principal, path: string): Promise<Response> {
    demand(principal, 'read');
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
    demand(principal, reader === undefined ? 'admin' : 'write');
    this.#origins.checkWrite(call);
    const client = principal.name ?? clientAddress(call, this.#options.trustProxy);
    const now = this.#options.clock.now();
    const wait = this.#writes?.wait(client, now) ?? 0;
    if (wait > 0) throw new Problem(429, `come again in ${wait} s`, {}, { 'retry-after': String(wait) });
    this.#writes?.spend(client, 1, now);
    checkBodyType(call);
    const parsed = this.#items(await call.body(MAX_BODY));
    const items = parsed instanceof Promise ? await parsed : parsed;
    this.#writes?.spend(client, items.items.length - 1, now);
    return reader === undefined
      ? this.#plan(name as 'silences' | 'deploys', items)
      : ingest(reader as RecordReader<RecordKind>, items, this.#ingest);
  }

  #items(body: Uint8Array | { readonly parsed: unknown }): Items | Promise<Items> {
    if (!(body instanceof Uint8Array)) return itemsOf(body.parsed);
    return parseItems(this.#text(body), () => this.#options.clock.pause());
  }

  #text(body: Uint8Array): string {
    try {
      return this.#decoder.decode(body);
    } catch {
      throw new Problem(400, 'the body must be UTF-8', { errors: [{ pointer: '#', detail: 'must be UTF-8' }] });
    }
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

  #wrongMethod(name: string, paths: ReadonlySet<string>): Problem {
    const methods = [...(paths.has(name) ? ['GET', 'HEAD'] : []), ...(isWritten(name) ? ['POST'] : [])];
    return methods.length === 0 ? new Problem(404, 'there is nothing under this path') : notAllowed(methods.join(', '));
  }

  #withHeaders(reply: Reply | Response, call: Call | undefined): Reply | Response {
    const own = this.#origins.headersFor(call?.header('origin'));
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

function isWritten(name: string): boolean {
  return READERS.has(name) || name === 'silences' || name === 'deploys';
}

function demand(principal: Principal, scope: Scope): void {
  if (allows(principal, scope)) return;
  throw new Problem(403, `the request must have the scope ${scope}`, {
    scope,
  });
}

/** Without white space around it, as most programs write it. */
const JSON_TYPE = 'application/json';

/** @throws Problem 415 */
function checkBodyType(call: Call): void {
  const type = call.header('content-type');
  if (type !== JSON_TYPE && !/^application\/json *(; *charset="?utf-8"? *)?$/i.test(type ?? '')) {
    throw new Problem(415, `the content type must be application/json in UTF-8, got ${type ?? 'none'}`);
  }
  const encoding = call.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Problem(415, `the body must not be encoded, got ${encoding}`);
  }
}

function notAllowed(methods: string): Problem {
  return new Problem(405, `the method must be one of ${methods}`, {}, { allow: methods });
}

function created(value: object): Reply {
  return { status: 201, headers: JSON_HEADERS, body: JSON.stringify(toWire(value)) };
}
