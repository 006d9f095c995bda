/** A request that somebody might send to do harm, as bytes, and the status that is right for it. */
export interface HostileRequest {
  readonly name: string;
  readonly bytes: Buffer;
  readonly status: number;
  /** Pointer of the field that the problem must name. */
  readonly pointer?: string;
  /** What a framework in front refuses by itself, with a status of its own. */
  readonly isProtocol?: boolean;
}

const ROOT = '/api/v1/analytics/';

interface Parts {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

function http({ method = 'POST', path = `${ROOT}events`, headers = {}, body = '' }: Parts): Buffer {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const all: Record<string, string> = { host: '127.0.0.1', connection: 'close', ...headers };
  if (method === 'POST') {
    all['content-type'] ??= 'application/json';
    all['content-length'] ??= String(content.length);
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'), content]);
}

const post = (name: string, path: string, body: unknown, status: number, pointer?: string): HostileRequest => {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return {
    name: `${path} ${name}`,
    bytes: http({ path: ROOT + path, body: text }),
    status,
    ...(pointer && { pointer }),
  };
};

const get = (name: string, path: string, status: number, headers: Parts['headers'] = {}): HostileRequest => ({
  name,
  bytes: http({ method: 'GET', path, headers }),
  status,
});

const EVENT = '{"event_type":"x"}';
const MEGABYTE = 1_048_576;

/** Texts that are no JSON, after the rules of RFC 8259. */
const NOT_JSON = [
  '',
  ' ',
  '{',
  '}',
  '[',
  ']',
  '[1,]',
  '[,1]',
  '[1,,2]',
  '[1 2]',
  '{"a":1,}',
  '{"a" 1}',
  '{"a":}',
  '{a:1}',
  "{'a':1}",
  '{"a":1',
  '{"a":"b}',
  '"unfinished',
  '[1}',
  '{"a":1]',
  'nul',
  'undefined',
  'NaN',
  'Infinity',
  '-Infinity',
  '+1',
  '01',
  '1.',
  '.5',
  '1e',
  '0x10',
  '-',
  '"\\x00"',
  '"\\u12G4"',
  '"\\',
  '"tab\there"',
  '"line\nhere"',
  '{"event_type":"x"} {"event_type":"y"}',
  '{"event_type":"x"}garbage',
  '// comment\n{"event_type":"x"}',
  '/* */{"event_type":"x"}',
  '<xml/>',
  '{"event_type":"x"};',
  '\u0000',
  '{"event_type":\u0001}',
  'event_type=x&service_id=y',
];

/** JSON that is no record and no array of records. */
const NO_RECORD = [
  'null',
  'true',
  '1',
  '"text"',
  '[]',
  '[[]]',
  '[null]',
  '[1,2,3]',
  '["a"]',
  '[[{"event_type":"x"}]]',
  '{}',
  '[{}]',
  '-0',
  '1e999',
];

/** A fit record of each kind, and for each field what it must not be. */
const RECORDS: Readonly<Record<string, readonly [fit: object, wrong: Readonly<Record<string, readonly unknown[]>>]>> = {
  events: [
    { event_type: 'x' },
    {
      event_type: [1, '', null, {}, [], true, 'x'.repeat(257)],
      service_id: ['', 5, [], 'x'.repeat(257)],
      user_id: ['', 5, {}],
      metadata: [5, 'text', []],
      tags: [5, 'text', [1], { a: 1 }, Array.from({ length: 33 }, () => 't')],
      timestamp: ['yesterday', '2026-01-05', '2026-02-30T00:00:00Z', true, {}, '2026-01-05T25:00:00Z'],
    },
  ],
  metrics: [
    { cpu_usage: 1 },
    {
      cpu_usage: ['high', [], {}, true],
      error_rate: [2, -0.1, '0'],
      cache_hit_rate: [1.01],
      latency: ['5ms'],
      disk_usage: [false],
    },
  ],
  behaviors: [
    { user_id: 'u', action: 'a', success: true },
    {
      user_id: [null, '', 5],
      action: [null, '', {}],
      success: [null, 'true', 1],
      duration: [-1, 'long'],
      client_ip: [5, ''],
      user_agent: [5, 'x'.repeat(16_385)],
      error_message: [5],
    },
  ],
  performance: [
    { operation: 'o', duration: 1, success: true },
    {
      operation: [null, '', 5],
      duration: [-1, '1', null, [], {}],
      success: [null, 0, 'yes'],
      throughput: ['1'],
      error_type: [5, {}],
    },
  ],
  business: [
    { metric_type: 'm', value: 1 },
    { metric_type: [null, '', 5], value: [null, '1', true, {}], unit: ['', 5], dimension: ['', 5, { a: 5 }, []] },
  ],
  custom: [
    { metric_name: 'm', value: 1 },
    { metric_name: [null, '', 5, 'x'.repeat(257)], value: [null, '1', {}], labels: [5, 'a', { a: 1 }, { '': 'x' }] },
  ],
};

function wrongFields(): HostileRequest[] {
  return Object.entries(RECORDS).flatMap(([path, [fit, wrong]]) =>
    Object.entries(wrong).flatMap(([field, values]) =>
      values.map((value) => {
        const shown = JSON.stringify(value).slice(0, 30);
        return post(`${field} ${shown}`, path, { ...fit, [field]: value }, 400, `#/${field}`);
      }),
    ),
  );
}

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const withKeys = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
const eventWith = (metadata: string): string => `{"event_type":"x","metadata":${metadata}}`;

const LARGE: readonly HostileRequest[] = [
  post('metadata 33 levels deep', 'events', eventWith(nested(32)), 400),
  post('100,000 arrays in each other', 'events', '['.repeat(100_000) + ']'.repeat(100_000), 400),
  post('100,000 arrays that do not end', 'events', '['.repeat(100_000), 400),
  post('objects nested through a megabyte', 'events', nested(170_000), 400),
  post('1,001 keys', 'events', eventWith(withKeys(1001)), 400),
  post('60,000 keys', 'events', withKeys(60_000), 400),
  post('an item that is deep among good ones', 'events', `[${EVENT},${eventWith(nested(40))},${EVENT}]`, 202),
  post('the same in a long array', 'events', `[${`${EVENT},`.repeat(3000)}${eventWith(nested(5000))},${EVENT}]`, 202),
  post('10,001 items', 'events', `[${`${EVENT},`.repeat(10_000)}${EVENT}]`, 413),
  post('350,000 empty objects', 'events', `[${'{},'.repeat(340_000)}{}]`, 413),
  post('10,000 items that are all wrong', 'events', `[${'0,'.repeat(9999)}0]`, 400),
  post('a long array with a comma too many', 'events', `[${`${EVENT},`.repeat(3000)}]`, 400),
  post('a long array with two commas', 'events', `[${`${EVENT},`.repeat(3000)},${EVENT}]`, 400),
  post('a long array that does not end', 'events', `[${`${EVENT},`.repeat(3000)}${EVENT}`, 400),
  post('a long text that does not end', 'events', `["${'x'.repeat(500_000)}`, 400),
  post('a long item of many empty ones', 'events', eventWith(`[${'[],'.repeat(300_000)}[]]`), 400),
  post('a body of a megabyte and a byte', 'events', `"${'x'.repeat(MEGABYTE - 1)}"`, 413),
  post('a name of half a megabyte', 'events', { event_type: 'x'.repeat(500_000) }, 400),
  post('metadata of 17 kB', 'events', { event_type: 'x', metadata: { a: 'x'.repeat(17_000) } }, 400),
  post('metadata of 9 levels', 'events', eventWith(nested(9)), 400),
  post('a number of 100,000 digits', 'metrics', `{"cpu_usage":${'9'.repeat(100_000)}}`, 400),
  post('escapes through half a megabyte', 'events', `{"event_type":"${'\\u0041'.repeat(80_000)}"}`, 400),
  post('50,000 backslashes', 'events', `{"event_type":"${'\\\\'.repeat(50_000)}"}`, 400),
];

const TEXT: readonly HostileRequest[] = [
  post('bytes that are no UTF-8', 'events', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400),
  post(
    'an overlong encoding',
    'events',
    Buffer.concat([Buffer.from('{"event_type":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    400,
  ),
  post('UTF-16', 'events', Buffer.from(EVENT, 'utf16le'), 400),
  post('a byte order mark, which may be there', 'events', `\ufeff${EVENT}`, 202),
  post('half a surrogate pair, which JSON may escape', 'events', '{"event_type":"\\ud800"}', 202),
  post('NUL in a name', 'events', '{"event_type":"\\u0000"}', 202),
  post('right-to-left in a name', 'events', '{"event_type":"\u202eabc"}', 202),
  post('markup in a name', 'events', { event_type: '<img src=x onerror=alert(1)>' }, 202),
];

const PROTOTYPE: readonly HostileRequest[] = [
  post('__proto__ as a field', 'events', '{"event_type":"x","__proto__":{"polluted":1}}', 400, '#/__proto__'),
  post(
    'constructor as a field',
    'events',
    '{"event_type":"x","constructor":{"prototype":{"polluted":1}}}',
    400,
    '#/constructor',
  ),
  post('__proto__ in metadata', 'events', eventWith('{"__proto__":{"polluted":1}}'), 202),
  post('constructor in metadata', 'events', eventWith('{"constructor":{"prototype":{"polluted":1}}}'), 202),
  post('__proto__ as a label', 'custom', '{"metric_name":"m","value":1,"labels":{"__proto__":"x"}}', 202),
  post('__proto__ as a metric', 'custom', { metric_name: '__proto__', value: 1 }, 202),
  post('__proto__ as a service', 'events', { event_type: 'x', service_id: '__proto__' }, 202),
  post('toString as an operation', 'performance', { operation: 'toString', duration: 1, success: true }, 202),
  post('a reserved metric', 'custom', { metric_name: 'operation_rate', value: 1 }, 400, '#/metric_name'),
  get('__proto__ in a query', `${ROOT}anomalies?__proto__=1`, 400),
  get('__proto__ as the service asked for', `${ROOT}aggregations?service_id=__proto__`, 200),
  get('constructor as the metric asked for', `${ROOT}series?metric_name=constructor`, 200),
  get('__proto__ as a path', `${ROOT}__proto__`, 404),
  get('constructor as a path', `${ROOT}constructor`, 404),
];

const PATHS: readonly HostileRequest[] = [
  ...[
    '../../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e/%2e%2e/etc/passwd',
    '..\\..\\etc',
    '....//etc',
    '%00',
    '%',
    '%zz',
    '%c0%ae',
    'events/',
    'events/1',
    'EVENTS',
    'nothing',
    'aggregations/../stats',
    'x'.repeat(4000),
    '%u0041',
  ].map((path) => ({
    ...get(`GET ${path.slice(0, 40)}`, ROOT + path, 404),
    // A router that decodes paths refuses what cannot be decoded.
    isProtocol: path.startsWith('%'),
  })),
  ...['/dashboard/../../etc/passwd', '/dashboard/%2e%2e%2f', '/dashboard/app.js%00', '/dashboard'].map((path) =>
    get(`GET ${path}`, path, 404),
  ),
  post('of nothing', 'nothing', {}, 404),
  post('of a path that can only be read', 'stats', {}, 405),
  get('of a path that can only be written', `${ROOT}events`, 405),
];

const QUERIES: readonly HostileRequest[] = [
  'anomalies?limit=0',
  'anomalies?limit=-1',
  'anomalies?limit=1001',
  'anomalies?limit=1e9',
  'anomalies?limit=ten',
  'anomalies?limit=1.5',
  'anomalies?limit=NaN',
  'anomalies?limit=1&limit=2',
  'anomalies?unknown=1',
  'anomalies?status=ajar',
  'anomalies?severity=terrible',
  'anomalies?cursor=x',
  'anomalies?cursor=W10',
  'anomalies?cursor=bnVsbA',
  `anomalies?cursor=${'A'.repeat(600)}`,
  'anomalies?from=yesterday',
  'anomalies?from=99999999999999999999',
  'anomalies?to[]=1',
  'aggregations?period=2m',
  'aggregations?period=',
  'aggregations?service_id=',
  `aggregations?service_id=${'x'.repeat(257)}`,
  'aggregations?service_id=a&service_id=b',
  'series',
  'series?metric_name=',
  'series?metric_name=x&points=1',
  'series?metric_name=x&points=1e6',
  'series?metric_name=x&field=constructor',
  'series?metric_name=x&labels=x',
  'series?metric_name=x&labels=[]',
  'series?metric_name=x&labels={"a":1}',
  'series?metric_name=x&labels=null',
  'forecast?metric_name=x&horizon=1y',
  'forecast?metric_name=x&horizon=99999999d',
  'forecast?metric_name=x&level=1',
  'forecast?metric_name=x&level=-1',
  'stream?type=everything',
  'stream?type=',
  'health?verbose=1',
  'stats?a=b',
].map((query) => get(`GET ${query.slice(0, 60)}`, ROOT + query.replaceAll('"', '%22').replaceAll(' ', '%20'), 400));

const HEADERS: readonly HostileRequest[] = [
  ...[
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/jsonx',
    'application/json, text/plain',
    '',
  ].map((type) => ({
    name: `content type ${JSON.stringify(type)}`,
    bytes: http({ headers: { 'content-type': type }, body: EVENT }),
    status: 415,
  })),
  ...['gzip', 'br', 'identity, gzip', 'x'].map((encoding) => ({
    name: `content encoding ${encoding}`,
    bytes: http({ headers: { 'content-encoding': encoding }, body: EVENT }),
    status: 415,
  })),
  ...['APPLICATION/JSON', 'application/json;charset=UTF-8', 'application/json; charset="utf-8"'].map((type) => ({
    name: `content type ${type}, which is fine`,
    bytes: http({ headers: { 'content-type': type }, body: EVENT }),
    status: 202,
  })),
  ...['evil.example', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:127.0.0.1'].map(
    (host) => get(`a name that was made to point here: ${host}`, `${ROOT}stats`, 403, { host }),
  ),
  ...['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host'].map((header) =>
    get(`passed on by a proxy: ${header}`, `${ROOT}stats`, 403, { [header]: '203.0.113.5' }),
  ),
  {
    name: 'a write of another site',
    bytes: http({ headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, body: EVENT }),
    status: 403,
  },
  ...['Bearer x', 'Basic Og==', 'Basic %%%', 'Digest a=b', 'x'.repeat(7000)].map((authorization) =>
    get(`authorization ${authorization.slice(0, 20)}, which nobody asked for`, `${ROOT}stats`, 200, { authorization }),
  ),
  get('an entity tag that is none', `${ROOT}stats`, 200, { 'if-none-match': '"x", W/"y", *z' }),
  get('an event id that is none, on another path', `${ROOT}stats`, 200, { 'last-event-id': '\u00ff'.repeat(100) }),
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'].map((method) => ({
    name: method,
    bytes: http({ method, path: `${ROOT}events` }),
    status: 405,
    // A framework knows only some methods.
    isProtocol: method === 'PROPFIND',
  })),
];

const raw = (name: string, text: string, status = 400): HostileRequest => ({
  name,
  bytes: Buffer.from(text, 'latin1'),
  status,
  isProtocol: true,
});
const head = (lines: string): string =>
  `POST ${ROOT}events HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n${lines}`;

/** What the HTTP parser of Node must refuse before anybody sees it. */
const PROTOCOL: readonly HostileRequest[] = [
  raw('no HTTP', 'HELLO\r\n\r\n'),
  raw('a version that does not exist', `GET ${ROOT}stats HTTP/9.9\r\n\r\n`),
  raw('two lengths', head(`content-length: 18\r\ncontent-length: 5\r\n\r\n${EVENT}`)),
  raw('a length and chunks', head(`content-length: 18\r\ntransfer-encoding: chunked\r\n\r\n${EVENT}`)),
  raw('a negative length', head('content-length: -1\r\n\r\n')),
  raw('a length in words', head('content-length: ten\r\n\r\n')),
  raw('a length beyond all numbers', head(`content-length: ${'9'.repeat(30)}\r\n\r\n`)),
  raw('chunks of no size', head('transfer-encoding: chunked\r\n\r\nZZ\r\nabc\r\n')),
  raw('a header without a colon', head('nonsense\r\n\r\n')),
  raw('a space in the name of a header', head('bad header: x\r\n\r\n')),
  raw('NUL in a header', head('x-a: a\u0000b\r\n\r\n')),
  raw('a folded header', head('x-a: a\r\n b\r\n\r\n')),
  raw('no host', `GET ${ROOT}stats HTTP/1.1\r\nconnection: close\r\n\r\n`),
  raw('32 kB of headers', head(`x-a: ${'a'.repeat(32_768)}\r\n\r\n`), 431),
  raw('a path of 32 kB', `GET ${ROOT}${'a'.repeat(32_768)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`, 431),
  raw('a transfer encoding that does not exist', head('transfer-encoding: magic\r\n\r\n'), 400),
];

/** More than two hundred of them. */
export const HOSTILE: readonly HostileRequest[] = [
  ...NOT_JSON.map((text) => post(`not JSON: ${JSON.stringify(text)}`, 'events', text, 400)),
  ...NO_RECORD.map((text) => post(`no record: ${text}`, 'events', text, 400)),
  ...wrongFields(),
  ...LARGE,
  ...TEXT,
  ...PROTOTYPE,
  ...PATHS,
  ...QUERIES,
  ...HEADERS,
  ...PROTOCOL,
];
