import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import type { RecordKind } from '../model/records.ts';
import { toWire } from '../model/wire.ts';
import type { Service } from '../service.ts';
import type { Principal } from './access.ts';
import { ANSWERS } from './answer-schemas.ts';
import { API_PATH, toResponse } from './call.ts';
import { describePosts, documentHead, operationId, problemsOf } from './document.ts';
import { type EventFeed, STREAMED } from './event-feed.ts';
import { EXPORT_TYPES, Exports, type TableQuery } from './exports.ts';
import { type Issue, Problem, problemOf } from './problem.ts';
import { QUERIES, type StreamQuery } from './queries.ts';
import { type Read, Reads } from './reads.ts';
import { deployInput, issuesOf, RECORD_SCHEMAS, schemaIssues, silenceInput } from './record-schemas.ts';

/** Everything that stands on hono and zod; loaded when a handler is made. */
export interface Api {
  /** Answers a GET of somebody who may read. */
  respond(request: Request, principal: Principal): Promise<Response>;
  /** Paths that can be read, without what they begin with. */
  readonly paths: ReadonlySet<string>;
  /** All that is wrong with a record. */
  issues(kind: RecordKind, item: unknown): readonly Issue[];
  /** The checked body of `POST /silences` or `POST /deploys`. @throws Problem 400 */
  checkPlan(path: 'silences' | 'deploys', body: unknown): Readonly<Record<string, string | number | null | undefined>>;
}

/** What the API needs. */
export interface ApiContext {
  readonly service: Service;
  readonly feed: EventFeed;
  /** Path before `/dashboard` and `/api`. */
  readonly prefix: string;
  /** Whether callers have to say who they are. */
  readonly isGuarded: boolean;
  readonly onError: (error: unknown) => void;
}

interface Env {
  readonly Bindings: { readonly principal: Principal };
}

const PLANS = { silences: silenceInput, deploys: deployInput } as const;

/** Paths where nothing can be said before enough samples came. */
const FORECASTS: ReadonlySet<string> = new Set(['/forecast', '/prediction-accuracy', '/threshold']);

/** Builds the routes and the document that describes them, both from the same schemas. */
export function createApi(context: ApiContext): Api {
  const { service, feed } = context;
  const app = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = issuesOf(result.error as unknown as z.ZodError);
      const [first] = errors;
      throw new Problem(400, `${first?.pointer.slice(2)} ${first?.detail}`, { errors });
    },
  }).basePath(API_PATH);
  const cached = etag();
  // No digest is taken of what has no end, or one that is far off.
  const streams: ReadonlySet<string> = new Set([`${API_PATH}/stream`, `${API_PATH}/export`]);
  app.use((c, next) => (streams.has(c.req.path) ? next() : cached(c, next)));
  app.onError((error) => toResponse(problemOf(error, context.onError).toReply()));
  app.notFound(() => toResponse(new Problem(404, 'there is nothing under this path').toReply()));

  const paths = new Set<string>();
  const get = <Q>(
    path: string,
    summary: string,
    query: z.ZodType<Q>,
    answer: z.ZodType,
    read: (query: Q, principal: Principal) => Read | Promise<Read>,
  ): void => {
    paths.add(path.slice(1));
    const route = createRoute({
      method: 'get',
      path,
      summary,
      operationId: operationId('get', path),
      tags: ['read'],
      request: { query: query as z.ZodType as z.ZodObject },
      responses: {
        200: { description: 'What was asked for.', content: { 'application/json': { schema: answer } } },
        ...problemsOf([400, 401, 403, ...(FORECASTS.has(path) ? [404 as const] : [])]),
      },
    });
    // The types of hono follow a route that is written out, not one that is made from parameters.
    app.openapi(route, (async (c: Context) => {
      const found = await read(c.req.valid('query') as Q, c.env.principal);
      if (found.cursor !== undefined) c.header('link', `<${nextPage(c.req.url, found.cursor)}>; rel="next"`);
      return c.body(JSON.stringify(toWire(found.answer)), 200, { 'content-type': 'application/json' });
    }) as never);
  };

  const reads = new Reads(service);
  const list = z.array;
  get('/dashboard', 'All that one page needs', QUERIES.service, ANSWERS.dashboard, (q) => reads.dashboard(q));
  get('/aggregations', 'Buckets of a service', QUERIES.aggregations, list(ANSWERS.aggregation), (q) =>
    reads.aggregations(q),
  );
  get('/series', 'Buckets of a metric', QUERIES.series, list(ANSWERS.seriesBucket), (q) => reads.series(q));
  get('/series/latest', 'The newest bucket of each series', QUERIES.latest, list(ANSWERS.reading), (q) =>
    reads.latest(q),
  );
  get('/chart', 'A series with what was expected of it', QUERIES.chart, ANSWERS.chart, (q) => reads.chart(q));
  get('/anomalies', 'Episodes, newest first', QUERIES.anomalies, list(ANSWERS.anomaly), (q) => reads.anomalies(q));
  get('/predictions', 'Forecasts, newest first', QUERIES.predictions, list(ANSWERS.prediction), (q) =>
    reads.predictions(q),
  );
  get('/forecast', 'A forecast of one series', QUERIES.forecast, ANSWERS.forecast, (q) => reads.forecast(q));
  get(
    '/prediction-accuracy',
    'How forecasts of a series turned out',
    QUERIES.explain,
    ANSWERS.predictionAccuracy,
    (q) => reads.predictionAccuracy(q),
  );
  get('/threshold', 'When a series passes a threshold', QUERIES.threshold, ANSWERS.thresholdTime, (q) =>
    reads.threshold(q),
  );
  get('/explain', 'Why there is, or is not, an anomaly', QUERIES.explain, ANSWERS.explanation, (q) => reads.explain(q));
  get('/services', 'The services', QUERIES.none, list(ANSWERS.service), () => reads.services());
  get('/metrics/names', 'The metrics of a service', QUERIES.service, list(ANSWERS.metric), (q) => reads.metricNames(q));
  get('/silences', 'Silences, newest first', QUERIES.none, list(ANSWERS.silence), () => reads.silences());
  get('/deploys', 'Deploys of a service, newest first', QUERIES.service, list(ANSWERS.deploy), (q) => reads.deploys(q));
  get('/stats', 'What came in, and what it costs', QUERIES.none, ANSWERS.stats, () => ({ answer: service.stats() }));
  get('/health', 'How the services are', QUERIES.service, ANSWERS.health, (q) => ({
    answer: service.getHealth(q.service_id),
  }));
  get('/access', 'What the caller may do', QUERIES.none, ANSWERS.access, (_, { name, scopes }) => ({
    answer: { name, scopes },
  }));

  paths.add('stream');
  const stream = createRoute({
    method: 'get',
    path: '/stream',
    summary: 'Events as they happen (server-sent events)',
    operationId: 'getStream',
    tags: ['read'],
    request: {
      query: QUERIES.stream as z.ZodType as z.ZodObject,
      headers: z.object({
        'last-event-id': z.string().optional().openapi({ description: 'What came after it is told first.' }),
      }),
    },
    responses: {
      200: {
        description: 'Events until the connection ends.',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      ...problemsOf([400, 401, 403, 503]),
    },
  });
  app.openapi(stream, (c) => {
    const { service_id: serviceId, type = STREAMED } = c.req.valid('query') as StreamQuery;
    const body = feed.open({ types: type, serviceId, lastEventId: c.req.header('last-event-id') });
    // The second header keeps nginx from holding events back.
    const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
    return new Response(body, { headers }) as never;
  });

  paths.add('export');
  const exports = new Exports(service);
  const file = z.string().openapi({ format: 'binary' });
  const exported = createRoute({
    method: 'get',
    path: '/export',
    summary: 'A table as a file',
    operationId: 'getExport',
    tags: ['read'],
    request: { query: QUERIES.export as z.ZodType as z.ZodObject },
    responses: {
      200: {
        description: 'The file, made while it is sent.',
        content: { [EXPORT_TYPES.csv]: { schema: z.string() }, [EXPORT_TYPES.parquet]: { schema: file } },
      },
      ...problemsOf([400, 401, 403, 503]),
    },
  });
  app.openapi(exported, (async (c: Context) => exports.open(c.req.valid('query') as TableQuery)) as never);

  describePosts(app.openAPIRegistry);
  paths.add('openapi.json');
  let document: string | undefined;
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document(documentHead(app.openAPIRegistry, context)));
    return c.body(document, 200, { 'content-type': 'application/json' });
  });

  return {
    respond: async (request, principal) => app.fetch(request, { principal }),
    paths,
    issues: (kind, item) => schemaIssues(RECORD_SCHEMAS[kind], item),
    checkPlan: (path, body) => {
      const result = (PLANS[path] as z.ZodType<Record<string, string | number | null | undefined>>).safeParse(body);
      if (result.success) return result.data;
      const errors = issuesOf(result.error);
      throw new Problem(400, errors[0]?.detail ?? 'refused', { errors });
    },
  };
}

interface Context {
  readonly req: { readonly url: string; valid(part: 'query'): unknown };
  readonly env: Env['Bindings'];
  header(name: string, value: string): void;
  body(text: string, status: 200, headers: Record<string, string>): Response;
}

/** Relative, so that it is right under any path and behind any proxy. */
function nextPage(url: string, cursor: string): string {
  const { searchParams } = new URL(url);
  searchParams.set('cursor', cursor);
  return `?${searchParams}`;
}
