import { describe, expect, it } from 'vitest';
import { type EventRecord, ManualClock, Service } from '../../../src/index.ts';

function setUp() {
  const service = new Service({ clock: new ManualClock(Date.UTC(2026, 0, 1)), bufferSize: 1 });
  const send = (...types: string[]): void => {
    for (const eventType of types) service.recordEvent({ eventType });
  };
  return { service, send };
}

async function take(stream: AsyncIterable<EventRecord>, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  for await (const { eventType } of stream) {
    taken.push(eventType);
    if (taken.length === count) break;
  }
  return taken;
}

describe('a stream', () => {
  it('gives the events since it was made, in order', async () => {
    const { service, send } = setUp();
    send('before');
    const stream = service.stream('event');
    send('a', 'b');
    expect(await take(stream, 2)).toEqual(['a', 'b']);
  });

  it('holds the newest for a slow reader and counts what it dropped', async () => {
    const { service, send } = setUp();
    const stream = service.stream('event', { queueSize: 2 });
    send('a', 'b', 'c', 'd');
    expect(stream.dropped).toBe(2);
    expect(await take(stream, 2)).toEqual(['c', 'd']);
  });

  it('ends when its loop is left, and takes nothing in from then on', async () => {
    const { service, send } = setUp();
    const stream = service.stream('event', { queueSize: 1 });
    send('a');
    expect(await take(stream, 1)).toEqual(['a']);
    send('b', 'c');
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(stream.dropped).toBe(0);
  });

  it('ends with its signal, for readers who wait as well, after what is queued', async () => {
    const { service, send } = setUp();
    const controller = new AbortController();
    const waiting = take(service.stream('event', { signal: controller.signal }));
    const queued = service.stream('event', { signal: controller.signal });
    send('a');
    controller.abort();
    send('b');
    expect(await waiting).toEqual(['a']);
    expect(await take(queued)).toEqual(['a']);
    expect(await take(service.stream('event', { signal: controller.signal }))).toEqual([]);
  });

  it('ends when the service closes', async () => {
    const { service, send } = setUp();
    const reader = take(service.stream('event'));
    send('a');
    await service.close();
    expect(await reader).toEqual(['a']);
    expect(await take(service.stream('event'))).toEqual([]);
  });

  it('serves two readers by turns, and two streams in full', async () => {
    const { service, send } = setUp();
    const shared = service.stream('event');
    const other = service.stream('event');
    const readers = [shared.next(), shared.next()];
    send('a', 'b');
    expect((await Promise.all(readers)).map(({ value }) => value?.eventType)).toEqual(['a', 'b']);
    expect(await take(other, 2)).toEqual(['a', 'b']);
  });

  it.each([0, -1, 1.5, '10', Number.NaN])('refuses a queue of %s', (queueSize) => {
    const { service } = setUp();
    expect(() => service.stream('event', { queueSize: queueSize as number })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringMatching(/^option queueSize must be/) as string,
      }),
    );
  });
});
