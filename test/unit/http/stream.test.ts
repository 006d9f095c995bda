import { describe, expect, it } from 'vitest';
import { type Client, client } from './client.ts';

interface Heard {
  readonly id?: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream of events, as the standard has it. */
class Listener {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';

  constructor(response: Response) {
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  /** The next event, or the next comment as `''`. */
  async next(): Promise<Heard | undefined> {
    while (!this.#text.includes('\n\n')) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += new TextDecoder().decode(value);
    }
    const end = this.#text.indexOf('\n\n');
    const lines = this.#text.slice(0, end).split('\n');
    this.#text = this.#text.slice(end + 2);
    const fields = Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2)));
    return { ...fields, data: fields['data'] === undefined ? {} : JSON.parse(fields['data']) } as Heard;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function listen({ get }: Client, query = '', headers: Record<string, string> = {}): Promise<Listener> {
  const listener = new Listener(await get(`stream${query}`, headers));
  expect((await listener.next())?.event).toBe('hello');
  return listener;
}

const cpu = ({ service }: Client, serviceId: string, cpuUsage: number) => {
  service.recordMetrics({ serviceId, cpuUsage });
  return service.flush();
};

describe('the stream', () => {
  it('tells events under their names, as the wire has them', async () => {
    const api = client();
    const listener = await listen(api, '?type=metrics');
    await cpu(api, 'shop', 5);
    expect(await listener.next()).toMatchObject({
      event: 'metrics',
      id: expect.stringMatching(/^[0-9a-z]+-\d+$/),
      data: { service_id: 'shop', cpu_usage: 5, timestamp: '2026-01-05T09:00:00.000Z' },
    });
  });

  it('tells only what was asked for: types, and events of one service', async () => {
    const api = client();
    const listener = await listen(api, '?type=metrics,aggregation&service_id=b');
    await cpu(api, 'a', 1);
    await cpu(api, 'b', 2);
    expect((await listener.next())?.data).toMatchObject({ service_id: 'b', cpu_usage: 2 });
  });

  it('goes on after the last event that was received', async () => {
    const api = client();
    const first = await listen(api, '?type=metrics');
    for (const value of [1, 2, 3]) await cpu(api, 'shop', value);
    const { id = '' } = (await first.next()) ?? {};
    await first.cancel();
    await cpu(api, 'shop', 4);
    const second = await listen(api, '?type=metrics', { 'last-event-id': id });
    for (const value of [2, 3, 4]) expect((await second.next())?.data).toMatchObject({ cpu_usage: value });
  });

  it.each(['0-0', 'nonsense', 'zzz-1', '__proto__'])(
    'says that there is a gap after %s, which it does not know',
    async (id) => {
      const listener = await listen(client(), '', { 'last-event-id': id });
      expect((await listener.next())?.event).toBe('gap');
    },
  );

  it('says that there is a gap where what was missed is not kept any more', async () => {
    const api = client();
    const first = await listen(api, '?type=metrics');
    await cpu(api, 'shop', 1);
    const { id = '' } = (await first.next()) ?? {};
    // The ring keeps 1,000.
    for (let i = 0; i < 1002; i++) api.service.recordMetrics({ cpuUsage: 1 });
    await api.service.flush();
    const second = await listen(api, '?type=metrics', { 'last-event-id': id });
    expect((await second.next())?.event).toBe('gap');
  });

  it('beats, so that nobody closes a quiet connection', async () => {
    const api = client();
    const listener = await listen(api);
    api.clock.advance(15_000);
    expect(await listener.next()).toEqual({ '': '', data: {} });
  });

  it('cuts a reader who does not read, and not the one who does', async () => {
    const api = client();
    const slow = (await api.get('stream?type=metrics')).body as ReadableStream<Uint8Array>;
    const quick = await listen(api, '?type=metrics');
    // Each is about 200 bytes long: 10,000 are beyond the megabyte that may wait.
    for (let i = 0; i < 10_000; i++) {
      await cpu(api, 'shop', i);
      expect((await quick.next())?.data).toMatchObject({ cpu_usage: i });
    }
    const reader = slow.getReader();
    const readAll = async () => {
      while (!(await reader.read()).done);
    };
    await expect(readAll()).rejects.toThrow('too slow');
  });

  it('listens while somebody does, and some minutes longer', async () => {
    const api = client();
    const listener = await listen(api, '?type=metrics');
    await cpu(api, 'shop', 1);
    const { id = '' } = (await listener.next()) ?? {};
    await listener.cancel();
    api.clock.advance(400_000);
    await cpu(api, 'shop', 2);
    const second = await listen(api, '?type=metrics', { 'last-event-id': id });
    expect((await second.next())?.event).toBe('gap');
  });

  it('cannot be asked for without its body, which would leave one that nobody ends', async () => {
    const { handler } = client();
    const response = await handler(new Request('http://localhost/api/v1/analytics/stream', { method: 'HEAD' }));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('ends when the handler is closed', async () => {
    const api = client();
    const listener = await listen(api);
    api.handler.close();
    expect(await listener.next()).toBeUndefined();
  });
});
