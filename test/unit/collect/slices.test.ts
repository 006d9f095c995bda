import '../../property/seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { performanceRecord, type RecordSink } from '../../../src/collect/record-buffer.ts';
import { type Clock, Collector, ManualClock, type PerformanceRecord } from '../../../src/index.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
/** Records that one step hands on. */
const STEP = 250;

/** A clock whose slices do one step and then wait until the loop turns, as a slow machine's do. */
class SteppedClock implements Clock {
  readonly #time = new ManualClock(NOW);
  readonly #waiting: (() => boolean)[] = [];

  now(): number {
    return this.#time.now();
  }

  coarseNow(): number {
    return this.#time.now();
  }

  every(intervalMs: number, tick: () => void): () => void {
    return this.#time.every(intervalMs, tick);
  }

  slice(step: () => boolean): void {
    if (step()) this.#waiting.push(step);
  }

  pause(): Promise<void> {
    return Promise.resolve();
  }

  advance(ms: number): void {
    this.#time.advance(ms);
  }

  /** Lets each slice that waits do one step; returns whether any did. */
  turn(): boolean {
    const steps = this.#waiting.splice(0);
    for (const step of steps) this.slice(step);
    return steps.length > 0;
  }
}

/** What came out, in order: event types and durations. */
function setUp(bufferSize: number, sink?: RecordSink) {
  const clock = new SteppedClock();
  const collector = new Collector({ clock, bufferSize, sink });
  const seen: (string | number)[] = [];
  collector.on('event', ({ eventType }) => seen.push(eventType));
  collector.on('performance', ({ duration }) => seen.push(duration));
  const event = (eventType: string): boolean => collector.record('event', { eventType });
  const operation = (duration: number): boolean =>
    collector.record('performance', { operation: 'read', duration, success: true });
  return { clock, collector, seen, event, operation };
}

describe('flushing in slices', () => {
  it('hands on a step of records at a time, in order', () => {
    const { clock, seen, event } = setUp(1000);
    const types = Array.from({ length: 1000 }, (_, i) => `e${i}`);
    for (const type of types) event(type);
    expect(seen).toHaveLength(STEP);
    clock.turn();
    expect(seen).toHaveLength(2 * STEP);
    while (clock.turn());
    expect(seen).toEqual(types);
  });

  it('shows in a snapshot and in the counts what has not been handed on', () => {
    const { collector, seen, event, operation } = setUp(600);
    for (let i = 0; i < 600; i++) i % 3 === 0 ? operation(i) : event(`e${i}`);
    for (let i = 600; i < 650; i++) operation(i);
    const saved = structuredClone(collector.snapshot());
    expect(collector.stats()).toMatchObject({ accepted: 650, buffered: 650 - seen.length });
    const restored = Collector.restore(saved, { clock: new ManualClock(NOW) });
    restored.on('event', ({ eventType }) => seen.push(eventType));
    restored.on('performance', ({ duration }) => seen.push(duration));
    void restored.flush();
    expect(seen).toEqual(Array.from({ length: 650 }, (_, i) => (i % 3 === 0 || i >= 600 ? i : `e${i}`)));
  });

  it('finishes what was begun before it begins anew, so that memory stays bounded', () => {
    const { clock, collector, seen, operation } = setUp(300);
    for (let i = 0; i < 10_000; i++) {
      expect(operation(i)).toBe(true);
      expect(collector.stats().buffered).toBeLessThanOrEqual(2 * 300);
    }
    while (clock.turn());
    void collector.flush();
    expect(seen).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  });

  it('is done at once by close(), and what waits for its turn then finds nothing', async () => {
    const { clock, collector, seen, event } = setUp(1000);
    for (let i = 0; i < 1300; i++) event(`e${i}`);
    expect(seen).toHaveLength(STEP);
    await collector.close();
    expect(seen).toEqual(Array.from({ length: 1300 }, (_, i) => `e${i}`));
    while (clock.turn());
    expect(seen).toHaveLength(1300);
  });

  it('loses nothing where a listener closes the collector in one of its steps', () => {
    // Used to lose what was recorded since the flush began.
    const { clock, collector, seen, event, operation } = setUp(600);
    collector.on('performance', ({ duration }) => {
      if (duration !== 300) return;
      event('echo');
      void collector.close();
    });
    for (let i = 0; i < 650; i++) operation(i);
    while (clock.turn());
    expect(seen).toEqual([...Array.from({ length: 650 }, (_, i) => i), 'echo']);
    expect(collector.stats().buffered).toBe(0);
  });

  it('goes on in order where a listener flushes, reads or saves', () => {
    const { clock, collector, seen, operation } = setUp(600);
    const snapshots: number[] = [];
    collector.on('performance', ({ duration }) => {
      void collector.flush();
      if (duration % 100 === 0) snapshots.push(collector.snapshot().buffer.length + duration);
    });
    for (let i = 0; i < 600; i++) operation(i);
    while (clock.turn());
    expect(seen).toEqual(Array.from({ length: 600 }, (_, i) => i));
    // When 0 is handed on, 599 wait.
    expect(snapshots).toEqual([599, 599, 599, 599, 599, 599]);
  });

  it('tells what was recorded, once and in order, whatever happens in between', () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 700 }) },
      { weight: 5, arbitrary: fc.constant('turn' as const) },
      { weight: 1, arbitrary: fc.constant('flush' as const) },
      { weight: 1, arbitrary: fc.constant('wait' as const) },
      { weight: 1, arbitrary: fc.constant('save' as const) },
    );
    const sizes = fc.constantFrom(1, 2, 249, 250, 251, 500, 1000);
    const echoes = fc.constantFrom(0, 1, 3, 40);
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 25 }),
        sizes,
        echoes,
        fc.boolean(),
        (actions, bufferSize, echo, closes) => {
          const clock = new SteppedClock();
          const collector = new Collector({ clock, bufferSize });
          const seen: number[] = [];
          const taken: number[] = [];
          let recorded = 0;
          // Ids of echoes, which listeners record, have a half.
          const record = (half: number): void => {
            const id = recorded++ + half;
            const isTaken =
              id % 3 < 1
                ? collector.record('event', { eventType: `${id}` })
                : collector.record('performance', { operation: 'o', duration: id, success: id % 2 < 1 });
            if (isTaken) taken.push(id);
          };
          const hear = (id: number): void => {
            seen.push(id);
            if (id % 97 >= 1) return;
            for (let i = 0; i < echo; i++) record(0.5);
            if (closes && id > 2000) void collector.close();
          };
          collector.on('event', ({ eventType }) => hear(Number(eventType)));
          collector.on('performance', ({ duration, success }) => hear(success === duration % 2 < 1 ? duration : -1));
          const isOpen = (): boolean => !closes || !seen.some((id) => id % 97 < 1 && id > 2000);
          for (const action of actions) {
            if (!isOpen()) break;
            if (action === 'turn') clock.turn();
            else if (action === 'flush') void collector.flush();
            else if (action === 'wait') clock.advance(5000);
            else if (action === 'save') {
              const waiting = collector.snapshot().buffer.map(({ record }) => idOf(record));
              expect([...seen, ...waiting].sort(ascending)).toEqual([...taken].sort(ascending));
            } else for (let i = 0; i < action && isOpen(); i++) record(0);
          }
          while (clock.turn());
          void collector.close();
          for (const half of [0, 0.5]) {
            expect(seen.filter((id) => id % 1 === half)).toEqual(taken.filter((id) => id % 1 === half).sort(ascending));
          }
          expect(collector.stats()).toMatchObject({ accepted: seen.length, buffered: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });
});

function idOf(record: object): number {
  const { eventType, duration } = record as { eventType?: string; duration?: number };
  return Number(eventType ?? duration);
}

function ascending(a: number, b: number): number {
  return a - b;
}

describe('a buffer that listeners filled', () => {
  it.each([
    ['record', (collector: Collector, duration: number) => record(collector, duration)],
    [
      'a handle',
      (collector: Collector, duration: number) => collector.operation('default', 'read').record(duration, true),
    ],
  ])('is flushed before %s adds to it', async (_, add) => {
    // The next duration used to lie beyond the end of the buffer, and to come out as undefined.
    const { collector, seen, event } = setUp(3);
    collector.on('event', () => {
      for (let i = 0; i < 5; i++) record(collector, i);
    });
    event('a');
    await collector.flush();
    expect(add(collector, 42)).toBe(true);
    await collector.flush();
    expect(seen).toEqual(['a', 0, 1, 2, 42]);
    expect(collector.stats()).toMatchObject({ accepted: 5, rejected: { buffer_full: 2 } });
  });

  it('and fill again at once has no room', async () => {
    const { collector, seen } = setUp(3);
    collector.on('performance', () => {
      for (let i = 0; i < 5; i++) record(collector, 7);
    });
    for (let i = 0; i < 30; i++) record(collector, i);
    await collector.close();
    expect(seen.every((duration) => typeof duration === 'number')).toBe(true);
    expect(collector.stats()).toMatchObject({ accepted: seen.length, buffered: 0 });
  });

  it('is flushed too where a snapshot filled it', () => {
    const { collector, event } = setUp(1000);
    for (let i = 0; i < 20; i++) event('saved');
    const restored = Collector.restore(collector.snapshot(), { clock: new SteppedClock(), bufferSize: 10 });
    const seen: number[] = [];
    restored.on('performance', ({ duration }) => seen.push(duration));
    for (let i = 0; i < 3; i++) record(restored, i);
    void restored.flush();
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe('a sink that throws', () => {
  /** Takes all, but throws at durations that end in 7 and at each event of type `bad`. */
  class PickySink implements RecordSink {
    readonly taken: (string | number)[] = [];

    add(_kind: unknown, record: object): void {
      const { eventType } = record as { eventType: string };
      if (eventType === 'bad') throw new Error('bad event');
      this.taken.push(eventType);
    }

    addOperations(batch: Parameters<RecordSink['addOperations']>[0], end: number): void {
      while (batch.next < end && batch.operations[batch.next] !== undefined) {
        const { duration } = performanceRecord(batch, batch.next++) as PerformanceRecord;
        if (duration % 10 === 7) throw new Error('bad duration');
        this.taken.push(duration);
      }
    }
  }

  it('costs one record each time, and an error', () => {
    const sink = new PickySink();
    const clock = new SteppedClock();
    const collector = new Collector({ clock, bufferSize: 400, sink });
    const errors: string[] = [];
    collector.on('error', ({ message }) => errors.push(message));
    const expected: (string | number)[] = [];
    for (let i = 0; i < 400; i++) {
      if (i % 5 === 4) collector.record('event', { eventType: i % 20 === 4 ? 'bad' : `e${i}` });
      else record(collector, i);
      if (i % 5 === 4 ? i % 20 !== 4 : i % 10 !== 7) expected.push(i % 5 === 4 ? `e${i}` : i);
    }
    while (clock.turn());
    expect(sink.taken).toEqual(expected);
    // 40 durations end in 7, every twentieth of 400 records is a bad event.
    expect([errors.length, collector.stats().errors]).toEqual([60, 60]);
    expect(new Set(errors)).toEqual(
      new Set(
        [
          'listener of flush must not throw, got "bad duration"',
          'listener of flush must not throw, got "bad event"',
        ].map((message) => message.replaceAll('"', '')),
      ),
    );
  });

  it('before it has taken anything costs one record too, and no endless loop', () => {
    // Used to be handed the same record for ever.
    const sink: RecordSink = {
      add: () => {},
      addOperations: () => {
        throw new Error('broken');
      },
    };
    const { collector, operation } = setUp(10, sink);
    for (let i = 0; i < 25; i++) operation(i);
    void collector.close();
    expect(collector.stats()).toMatchObject({ accepted: 25, buffered: 0, errors: 25 });
  });
});

function record(collector: Collector, duration: number): boolean {
  return collector.record('performance', { operation: 'read', duration, success: true });
}
