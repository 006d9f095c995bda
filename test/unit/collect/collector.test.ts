import { describe, expect, it } from 'vitest';
import { type AnalyticsError, Collector, type EventRecord, ManualClock, type Rejection } from '../../../src/index.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const MINUTE = 60_000;

function setUp(options: ConstructorParameters<typeof Collector>[0] = {}) {
  const clock = new ManualClock(NOW);
  const collector = new Collector({ clock, ...options });
  const seen: string[] = [];
  collector.on('event', ({ eventType }) => seen.push(eventType));
  const record = (eventType: string): boolean => collector.record('event', { eventType });
  return { clock, collector, seen, record };
}

describe('a flush', () => {
  it('comes every five seconds unless told otherwise', () => {
    const { clock, seen, record } = setUp();
    record('a');
    clock.advance(4999);
    expect(seen).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual(['a']);
  });

  it('comes at once with the thousandth record', () => {
    const { seen, record } = setUp();
    for (let i = 0; i < 999; i++) record('a');
    expect(seen).toHaveLength(0);
    record('a');
    expect(seen).toHaveLength(1000);
  });

  it('keeps the order of records of all kinds', async () => {
    const { collector } = setUp();
    const kinds: string[] = [];
    for (const kind of ['event', 'metric', 'business'] as const) collector.on(kind, () => kinds.push(kind));
    collector.record('metric', { metricName: 'm', value: 1 });
    collector.record('event', { eventType: 'e' });
    collector.record('business', { metricType: 'revenue', value: 1 });
    collector.record('metric', { metricName: 'm', value: 2 });
    await collector.flush();
    expect(kinds).toEqual(['metric', 'event', 'business', 'metric']);
  });

  it('leaves what listeners record meanwhile to the next one', async () => {
    const { collector, seen } = setUp();
    collector.on('event', ({ eventType }) => {
      if (eventType === 'a') collector.record('event', { eventType: 'echo' });
    });
    collector.record('event', { eventType: 'a' });
    await collector.flush();
    expect([seen, collector.stats().buffered]).toEqual([['a'], 1]);
    await collector.flush();
    expect(seen).toEqual(['a', 'echo']);
  });

  it('is bounded where a listener records without end, and counts what there was no room for', async () => {
    const { collector, seen } = setUp({ bufferSize: 10 });
    collector.on('event', () => {
      for (let i = 0; i < 100; i++) collector.record('event', { eventType: 'echo' });
    });
    collector.record('event', { eventType: 'a' });
    await collector.flush();
    expect(collector.stats()).toMatchObject({ accepted: 11, buffered: 10, rejected: { buffer_full: 90 } });
    expect(seen).toEqual(['a']);
  });
});

describe('close', () => {
  it('emits what is buffered, stops the timer, and lets nothing in', async () => {
    const { clock, collector, seen, record } = setUp();
    record('a');
    await collector.close();
    expect(seen).toEqual(['a']);
    expect(() => record('b')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await collector.close();
    clock.advance(MINUTE);
    expect(seen).toEqual(['a']);
  });

  it('loses nothing when a listener calls it in the middle of a flush', async () => {
    const { collector, seen } = setUp();
    collector.on('event', ({ eventType }) => {
      if (eventType !== 'a') return;
      collector.record('event', { eventType: 'echo' });
      void collector.close();
    });
    collector.record('event', { eventType: 'a' });
    collector.record('event', { eventType: 'b' });
    await collector.flush();
    expect(seen).toEqual(['a', 'b', 'echo']);
  });
});

describe('rejections', () => {
  it('are reported once a minute and reason, with their count and the newest field', async () => {
    const { clock, collector, record } = setUp();
    const rejections: Rejection[] = [];
    collector.on('rejected', (rejection) => rejections.push(rejection));
    record('');
    record('x'.repeat(257));
    await collector.flush();
    expect(rejections.map(({ reason, count }) => [reason, count])).toEqual([
      ['invalid_string', 1],
      ['too_long', 1],
    ]);
    for (let second = 0; second < 59; second++) {
      record('');
      clock.advance(1000);
    }
    expect(rejections).toHaveLength(2);
    clock.advance(6000);
    expect(rejections.slice(2)).toEqual([
      { reason: 'invalid_string', count: 59, kind: 'event', field: 'eventType', timestamp: NOW + 58_000 },
    ]);
    expect(collector.stats().rejected).toEqual({ invalid_string: 60, too_long: 1 });
  });

  it('go on being reported when the clock is set back an hour', () => {
    const { clock, collector, record } = setUp();
    let reports = 0;
    collector.on('rejected', () => reports++);
    record('');
    clock.advance(5000);
    clock.set(NOW - 60 * MINUTE);
    record('');
    clock.advance(5000);
    expect(reports).toBe(2);
  });
});

describe('listeners', () => {
  it('that throw or reject hurt neither the caller nor their siblings', async () => {
    const { collector, seen, record } = setUp({ bufferSize: 1 });
    const errors: AnalyticsError[] = [];
    const cause = new Error('broken');
    collector.on('error', (error) => errors.push(error));
    collector.on('event', () => {
      throw cause;
    });
    collector.on('event', () => Promise.reject(cause));
    collector.on('event', ({ eventType }) => seen.push(`again ${eventType}`));
    expect(record('a')).toBe(true);
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual(['a', 'again a']);
    expect(errors.map((error) => [error.code, error.cause])).toEqual([
      ['ERR_LISTENER', cause],
      ['ERR_LISTENER', cause],
    ]);
    expect(collector.stats().errors).toBe(2);
  });

  it('of error that fail are only counted', () => {
    const { collector, record } = setUp({ bufferSize: 1 });
    const fail = (): void => {
      throw new Error('broken');
    };
    collector.on('error', fail).on('event', fail);
    expect(record('a')).toBe(true);
    expect(collector.stats().errors).toBe(2);
  });

  it('may leave while they are called', () => {
    const { collector, record } = setUp({ bufferSize: 1 });
    const heard: string[] = [];
    const leave = collector.subscribe('event', () => {
      heard.push('first');
      leave();
    });
    collector.subscribe('event', () => heard.push('second'));
    record('a');
    record('b');
    expect(heard).toEqual(['first', 'second', 'second']);
  });

  it('that are subscribed twice are heard twice, and leave one at a time', () => {
    const { collector, record } = setUp({ bufferSize: 1 });
    let heard = 0;
    const listener = (): number => heard++;
    const leave = collector.subscribe('event', listener);
    collector.subscribe('event', listener);
    record('a');
    leave();
    leave();
    record('b');
    expect(heard).toBe(3);
  });

  it('leave with their signal, and never come where it has fired', () => {
    const { collector, record } = setUp({ bufferSize: 1 });
    const controller = new AbortController();
    let heard = 0;
    collector.subscribe('event', () => heard++, { signal: controller.signal });
    record('a');
    controller.abort();
    record('b');
    collector.subscribe('event', () => heard++, { signal: controller.signal });
    record('c');
    expect(heard).toBe(1);
  });
});

describe('a snapshot', () => {
  it('holds what is buffered, and the counts', async () => {
    const { clock, collector, record } = setUp();
    record('a');
    record('');
    record('b');
    const restored = Collector.restore(structuredClone(collector.snapshot()), { clock });
    expect(restored.stats()).toEqual({ accepted: 2, rejected: { invalid_string: 1 }, buffered: 2, errors: 0 });
    const seen: EventRecord[] = [];
    restored.on('event', (event) => seen.push(event));
    await restored.flush();
    expect(seen.map(({ eventType }) => eventType)).toEqual(['a', 'b']);
  });

  it('taken by a listener holds what has not been emitted yet', async () => {
    const { collector, record } = setUp();
    let saved = collector.snapshot();
    collector.on('event', ({ eventType }) => {
      if (eventType === 'b') saved = collector.snapshot();
    });
    for (const type of ['a', 'b', 'c', 'd']) record(type);
    await collector.flush();
    const restored = Collector.restore(saved);
    const seen: string[] = [];
    restored.on('event', ({ eventType }) => seen.push(eventType));
    await restored.flush();
    expect(seen).toEqual(['c', 'd']);
  });

  it('of another version is refused', () => {
    for (const snapshot of [{}, { version: 2 }, null, 'x']) {
      expect(() => Collector.restore(snapshot as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_SNAPSHOT' }),
      );
    }
  });
});
