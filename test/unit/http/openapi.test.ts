import { createConfig, lintFromString } from '@redocly/openapi-core';
import Ajv2020, { type Format, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { client, liveThroughAnHour, NOW } from './client.ts';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Record<string, unknown>>> };
}

const ROOT = '/api/v1/analytics';
const api = client({ auth: { bearer: [{ token: 'token-of-the-test', scopes: ['admin'] }] } });
const AUTHORIZED = { authorization: 'Bearer token-of-the-test' };
let document: Document;
let ajv: Ajv2020;

beforeAll(async () => {
  liveThroughAnHour(api);
  api.service.silence({ metricName: 'cpu_usage', until: NOW + 7_200_000 });
  api.service.markDeploy('shop', { version: '1.2.3' });
  document = (await (await api.get('openapi.json', AUTHORIZED)).json()) as Document;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('date-time', fullFormats['date-time'] as Format);
  // A field that the document does not have is as wrong as one of another type.
  for (const schema of Object.values(document.components.schemas)) {
    if (schema['type'] === 'object') schema['additionalProperties'] ??= false;
  }
  ajv.addSchema(document, 'document');
});

function validatorOf(method: string, path: string, status: number, type: string): ValidateFunction {
  const steps = ['paths', `${ROOT}${path}`, method, 'responses', String(status), 'content', type, 'schema'];
  const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('/', '~1'))).join('/');
  const validate = ajv.getSchema(`document#/${pointer}`);
  if (validate === undefined) throw new Error(`the document has no ${method} ${path} ${status} ${type}`);
  return validate;
}

async function expectDescribed(method: string, path: string, response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  const body: unknown = await response.json();
  const validate = validatorOf(method, path, response.status, type);
  expect(validate(body) ? [] : validate.errors, `${method} ${path} ${response.status}`).toEqual([]);
  return body;
}

describe('the OpenAPI document', () => {
  it('is 3.1 and has nothing that a linter would warn of', async () => {
    expect(document.openapi).toBe('3.1.0');
    const source = await (await api.get('openapi.json', AUTHORIZED)).text();
    const problems = await lintFromString({ source, config: await createConfig({ extends: ['recommended'] }) });
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual(
      [],
    );
  });

  it('has every path of the API, and names each operation once', () => {
    const paths = Object.keys(document.paths).map((path) => path.slice(ROOT.length + 1));
    const posts = ['events', 'metrics', 'behaviors', 'performance', 'business', 'custom', 'silences', 'deploys'];
    const gets = [
      'aggregations',
      'anomalies',
      'predictions',
      'dashboard',
      'series',
      'stream',
      'health',
      'stats',
      'explain',
    ];
    expect(paths).toEqual(expect.arrayContaining([...posts, ...gets]));
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const READS: readonly (readonly [path: string, query: string, rows: number])[] = [
  ['/dashboard', '', 0],
  ['/aggregations', '', 5],
  ['/aggregations', '?period=1m&limit=7', 7],
  ['/series', '?metric_name=operation_duration&period=5m', 12],
  ['/series', '?metric_name=cpu_usage&points=10', 10],
  ['/series/latest', '?metric_name=operation_duration&period=1h', 3],
  ['/chart', '?metric_name=operation_latency_p95', 0],
  ['/anomalies', '', 1],
  ['/predictions', '?metric_name=memory_usage', 3],
  ['/forecast', '?metric_name=memory_usage&horizon=30m', 0],
  ['/threshold', '?metric_name=memory_usage&threshold=90', 0],
  ['/prediction-accuracy', '?metric_name=memory_usage', 0],
  ['/explain', '?metric_name=operation_latency_p95', 0],
  ['/explain', '?metric_name=nobody_knows', 0],
  ['/services', '', 1],
  ['/metrics/names', '', 1],
  ['/silences', '', 1],
  ['/deploys', '', 1],
  ['/stats', '', 0],
  ['/health', '', 0],
  ['/access', '', 0],
];

describe('what is answered is as the document says', () => {
  it.each(READS)('GET %s%s', async (path, query, rows) => {
    const body = await expectDescribed('get', path, await api.get(`${path.slice(1)}${query}`, AUTHORIZED));
    if (rows > 0) expect((body as unknown[]).length).toBeGreaterThanOrEqual(rows);
  });

  it.each([
    ['/events', [{ event_type: 'x' }, {}], 202],
    ['/events', { event_type: '' }, 400],
    ['/performance', { operation: 'x', duration: 1, success: true }, 202],
    ['/silences', { until: '2026-01-06T00:00:00Z', service_id: 'other' }, 201],
    ['/silences', { until: 'tomorrow' }, 400],
    ['/deploys', { version: '2' }, 201],
  ])('POST %s %j', async (path, body, status) => {
    const response = await api.post(path.slice(1), body, AUTHORIZED);
    expect(response.status).toBe(status);
    await expectDescribed('post', path, response);
  });

  it('problems of every kind', async () => {
    await expectDescribed('get', '/anomalies', await api.get('anomalies'));
    await expectDescribed('get', '/anomalies', await api.get('anomalies?limit=0&foo=1', AUTHORIZED));
    await expectDescribed('get', '/forecast', await api.get('forecast?metric_name=unknown', AUTHORIZED));
    await expectDescribed(
      'post',
      '/events',
      await api.post('events', {}, { 'content-type': 'text/plain', ...AUTHORIZED }),
    );
  });
});
