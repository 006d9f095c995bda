import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi';
import type { RecordKind } from '../model/records.ts';
import { ANSWERS } from './answer-schemas.ts';
import { bodyOf, deployInput, RECORD_SCHEMAS, recordedSchema, silenceInput } from './record-schemas.ts';

type Registry = OpenAPIHono['openAPIRegistry'];
type Responses = RouteConfig['responses'];

const PROBLEMS = {
  400: 'Something about the request is wrong; `errors` says what.',
  401: 'Nobody known asks.',
  403: 'Whoever asks may not.',
  404: 'There is nothing of that kind.',
  408: 'The body did not come in time.',
  413: 'The body is larger than 1 MB, or holds more than 10,000 items.',
  415: 'The body is not JSON.',
  429: 'Too much at once; `Retry-After` says when to come again.',
  503: 'Not now.',
} as const;

/** The problems that a path may answer with. */
export function problemsOf(statuses: readonly (keyof typeof PROBLEMS)[]): Responses {
  const content = { 'application/problem+json': { schema: ANSWERS.problem } };
  return Object.fromEntries(statuses.map((status) => [status, { description: PROBLEMS[status], content }]));
}

/** `getSeriesLatest` for `get` and `/series/latest`. */
export function operationId(method: string, path: string): string {
  return method + path.replace(/[/.](\w)/g, (_, letter: string) => letter.toUpperCase());
}

const RECORDS: readonly (readonly [path: string, kind: RecordKind, summary: string])[] = [
  ['/events', 'event', 'Record events'],
  ['/metrics', 'metrics', 'Record snapshots of gauges'],
  ['/behaviors', 'behavior', 'Record what users did'],
  ['/performance', 'performance', 'Record executions of operations'],
  ['/business', 'business', 'Record business amounts'],
  ['/custom', 'metric', 'Record samples of metrics of your own'],
];

/** Puts into the document what is answered without hono, which would cost more than the recording. */
export function describePosts(registry: Registry): void {
  for (const [path, kind, summary] of RECORDS) {
    const answer = { description: 'At least one item was recorded; `errors` has the others.', schema: recordedSchema };
    registry.registerPath(post(path, 'write', summary, bodyOf(RECORD_SCHEMAS[kind]), 202, answer));
  }
  const silence = { description: 'The silence as it is kept.', schema: ANSWERS.silence };
  registry.registerPath(post('/silences', 'admin', 'Silence a service or a metric', silenceInput, 201, silence));
  const deploy = { description: 'The deploy as it is kept.', schema: ANSWERS.deploy };
  registry.registerPath(post('/deploys', 'admin', 'Note a deploy', deployInput, 201, deploy));
}

function post(
  path: string,
  tag: string,
  summary: string,
  schema: z.ZodType,
  status: 201 | 202,
  answer: { readonly description: string; readonly schema: z.ZodType },
): RouteConfig {
  return {
    method: 'post',
    path,
    summary,
    operationId: operationId('post', path),
    tags: [tag],
    request: { body: { required: true, content: { 'application/json': { schema } } } },
    responses: {
      [status]: { description: answer.description, content: { 'application/json': { schema: answer.schema } } },
      ...problemsOf([400, 401, 403, 408, 413, 415, 429, 503]),
    },
  };
}

type DocumentHead = Parameters<OpenAPIHono['getOpenAPI31Document']>[0];

/** What stands before the paths of the document. */
export function documentHead(
  registry: Registry,
  { prefix, isGuarded }: { readonly prefix: string; readonly isGuarded: boolean },
): DocumentHead {
  if (isGuarded) {
    registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
    registry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'StreamGate Analytics',
      version: '1',
      description: 'What the services do, how they are, and what is to be expected of them.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: prefix === '' ? '/' : prefix }],
    security: isGuarded ? [{ bearer: [] }, { basic: [] }] : [],
    tags: [
      { name: 'read', description: 'Ask; needs the scope `read`.' },
      { name: 'write', description: 'Record; needs the scope `write`.' },
      { name: 'admin', description: 'Plan; needs the scope `admin`.' },
    ],
  };
}
