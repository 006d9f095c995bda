/**
 * Asks a running server that mounts the handler, as its users would, and fails where an answer is wrong:
 *
 *   node scripts/check-server.mjs URL [TOKEN]
 *
 * URL is that under which `/api/v1/analytics` lies.
 */
import assert from 'node:assert/strict';

const [url, token] = process.argv.slice(2);
const api = `${url}/api/v1/analytics/`;
const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

const get = (path, headers = {}, more = {}) =>
  fetch(api + path, { headers: { ...authorization, ...headers }, ...more });
const post = (path, body, headers = {}) =>
  fetch(api + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

// Recording: one object, an array with a bad item, what is no JSON at all.
const one = await post('events', { event_type: 'order_placed', user_id: 'u1', metadata: { deep: { er: [1] } } });
assert.equal(one.status, 202);
assert.deepEqual(await one.json(), { status: 'recorded', accepted: 1, rejected: 0, errors: [] });
const good = { operation: 'GET /cart', duration: 12.5, success: true };
const some = await (await post('performance', [good, { ...good, duration: 'long' }, good])).json();
assert.deepEqual([some.accepted, some.rejected, some.errors[0].pointer], [2, 1, '#/1/duration']);
assert.equal((await post('metrics', '{')).status, 400);
assert.equal((await post('metrics', { cpu_usage: 'high' })).status, 400);
assert.equal((await post('events', 'event_type=x', { 'content-type': 'text/plain' })).status, 415);
const batch = Array.from({ length: 3000 }, () => ({ ...good, service_id: 'batch' }));
assert.equal((await (await post('performance', batch)).json()).accepted, 3000);

// A body over the limit is refused, if the connection lasts until the answer.
const large = await post('events', `"${'x'.repeat(1_100_000)}"`).catch(() => undefined);
assert.ok(large === undefined || large.status === 413, `413, got ${large?.status}`);

// Reading: what was recorded, tags, pages, problems.
const [minute] = await (await get('aggregations?service_id=batch')).json();
assert.equal(minute.event_count, 3000);
const stats = await get('services');
const again = await get('services', { 'if-none-match': stats.headers.get('etag') });
assert.equal(again.status, 304);
const wrong = await get('anomalies?limit=0');
assert.deepEqual([wrong.status, wrong.headers.get('content-type')], [400, 'application/problem+json']);
assert.equal(wrong.headers.get('x-content-type-options'), 'nosniff');
assert.equal((await get('nothing')).status, 404);
assert.equal((await (await get('openapi.json')).json()).openapi, '3.1.0');

// Streaming: the first event comes while the connection is open.
const leave = new AbortController();
const stream = await get('stream', {}, { signal: leave.signal });
assert.equal(stream.headers.get('content-type'), 'text/event-stream');
const { value } = await stream.body.getReader().read();
assert.match(new TextDecoder().decode(value), /event: hello/);
leave.abort();

// The page: beside the API, with what it loads below it, and its data.
const page = await fetch(`${url}/dashboard?range=6h`, { headers: authorization });
assert.equal(new URL(page.url).href, `${url}/dashboard/?range=6h`);
assert.match(page.headers.get('content-security-policy'), /script-src 'self'/);
const [, script] = /src="(app\.[^"]+\.js)"/.exec(await page.text());
for (const part of [script, 'data']) {
  assert.equal((await fetch(new URL(part, page.url), { headers: authorization })).status, 200);
}

// Somebody who forwards requests of others is not this machine.
if (token === undefined) assert.equal((await get('stats', { 'x-forwarded-for': '203.0.113.5' })).status, 403);
else assert.equal((await fetch(`${api}stats`)).status, 401);
console.log('ok');
