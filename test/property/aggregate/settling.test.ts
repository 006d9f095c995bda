import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Aggregator, type AggregatorOptions, type Period } from '../../../src/index.ts';
import type { OperationBatch } from '../../../src/model/operation-batch.ts';
import { OperationRef } from '../../../src/model/operation-ref.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Three minutes before a day ends. */
const START = Date.UTC(2026, 0, 1, 23, 57);
const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];
const SERVICES = ['shop', 'mail'] as const;
const NAMES = ['operation_duration', 'operation_rate', 'operation_latency_p95', 'queue_length', 'business.revenue'];
const RETENTION: AggregatorOptions = { samples: true, retentionMs: HOUR };
const options = fc.constantFrom<AggregatorOptions>(
  RETENTION,
  { ...RETENTION, latenessMs: 0 },
  { ...RETENTION, latenessMs: 30 * MINUTE },
  { ...RETENTION, latenessMs: 2 * HOUR },
  // Fewer than there are, so that some overflow.
  { ...RETENTION, maxSeries: 3 },
);

/** One record, or some of one operation within a second. */
interface Row {
  readonly kind: 'performance' | 'metric' | 'business' | 'event';
  readonly serviceId: string;
  readonly name: string;
  readonly value: number;
  readonly repeats: number;
  readonly gap: number;
  readonly behind: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  kind: fc.constantFrom('performance', 'performance', 'performance', 'metric', 'business', 'event'),
  serviceId: fc.constantFrom(...SERVICES),
  name: fc.constantFrom('a', 'a', 'a', 'b', 'c'),
  value: fc.constantFrom(0, 1, 12.5, 12.75, 40, 1e6),
  repeats: fc.constantFrom(1, 1, 1, 10, 11, 25),
  gap: fc.constantFrom(0, SECOND, 20 * SECOND, MINUTE, MINUTE, 4 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR),
  behind: fc.constantFrom(0, 0, 0, 0, 3 * SECOND, MINUTE, 7 * MINUTE, 40 * MINUTE, 2 * HOUR),
});

/** Rows with what is done behind each: steps of settling, and a number that says whether somebody reads. */
const rows = fc.array(fc.tuple(row, fc.constantFrom(0, 0, 1, 2, 100), fc.nat(9)), { maxLength: 60, size: 'max' });

function add(all: Aggregator, { kind, serviceId, name, value, repeats }: Row, timestamp: number): void {
  for (let i = 0; i < repeats; i++) {
    const origin = { serviceId, timestamp: timestamp + i };
    const success = i % 4 !== 3;
    if (kind === 'performance') all.add(kind, { ...origin, operation: name, duration: value + i, success });
    else if (kind === 'metric') all.add(kind, { ...origin, metricName: 'queue_length', value, labels: { name } });
    else if (kind === 'business') all.add(kind, { ...origin, metricType: 'revenue', value });
    else all.add(kind, { ...origin, eventType: name, userId: name });
  }
}

function everything(all: Aggregator): unknown {
  return SERVICES.map((id) => [
    all.getAggregations(id),
    quantiles(all, id, {}),
    PERIODS.map((period) => [
      all.getAggregations(id, { period }),
      NAMES.map((name) => all.getSeries(id, name, { period })),
      all.getSeries(id, 'operation_duration', { period, labels: { operation: 'a' } }),
      quantiles(all, id, { period }),
    ]),
  ]);
}

function quantiles(all: Aggregator, id: string, query: { readonly period?: Period }): unknown {
  const sketch = all.getDistribution(id, query);
  return sketch === undefined ? undefined : [sketch.count, sketch.sum, sketch.quantiles([0, 0.5, 0.99, 1])];
}

function output(all: Aggregator): unknown {
  return [all.takeClosed(), all.takeSamples(), all.takeEvicted(), { ...all.stats(), bytes: 0 }];
}

/** Shows the difference, but finds quickly that there is none. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

function settleAll(all: Aggregator): void {
  while (all.settleSome());
}

describe('settling', () => {
  it('at any moment, or never, changes no answer, no output and no snapshot', () => {
    fc.assert(
      fc.property(rows, options, (steps, chosen) => {
        const [never, always, sometimes] = [new Aggregator(chosen), new Aggregator(chosen), new Aggregator(chosen)];
        let now = START;
        for (const [row, settled, reader] of steps) {
          now += row.gap;
          for (const all of [never, always, sometimes]) add(all, row, now - row.behind);
          settleAll(always);
          for (let i = 0; i < settled && sometimes.settleSome(); i++);
          if (reader > 0) continue;
          const expected = everything(always);
          expectSame(everything(sometimes), expected);
          expectSame(everything(never), expected);
        }
        const expected = output(always);
        expectSame(output(sometimes), expected);
        expectSame(output(never), expected);
        const saved = structuredClone(always.snapshot());
        expectSame(sometimes.snapshot(), saved);
        expectSame(never.snapshot(), saved);
        expectSame(everything(Aggregator.restore(saved, chosen)), everything(never));
      }),
      { numRuns: 60 },
    );
  });

  it('and reading in between change nothing of what closes', () => {
    fc.assert(
      fc.property(rows, options, (steps, chosen) => {
        const [watched, alone] = [new Aggregator(chosen), new Aggregator(chosen)];
        let now = START;
        for (const [row, settled, reader] of steps) {
          now += row.gap;
          for (const all of [watched, alone]) add(all, row, now - row.behind);
          if (reader < 2) everything(watched);
          if (settled > 0) expectSame([...watched.scan('5m')], [...watched.scan('5m')]);
        }
        expectSame(output(watched), output(alone));
        expectSame(watched.snapshot(), alone.snapshot());
      }),
      { numRuns: 30 },
    );
  });

  it('or not gives up the same for the memory allowed', () => {
    const never = new Aggregator({ maxBytes: 2 ** 20 });
    const always = new Aggregator({ maxBytes: 2 ** 20 });
    for (let minute = 0; minute < 200; minute++) {
      for (let i = 0; i < 400; i++) {
        const one = record(`op${i % 100}`, 1 + ((i * 7919 + minute * 31) % 1000), START + minute * MINUTE + i);
        never.add('performance', one);
        always.add('performance', one);
      }
      settleAll(always);
    }
    expect(never.stats().dropped).toBeGreaterThan(0);
    expect(never.stats().dropped).toBe(always.stats().dropped);
    for (const period of PERIODS) {
      expectSame(never.getAggregations('shop', { period }), always.getAggregations('shop', { period }));
      const [series, same] = [never, always].map((one) => one.getSeries('shop', 'operation_duration', { period }));
      expectSame(series, same);
    }
  });
});

describe('durations', () => {
  it('are in every period what was recorded, however late', () => {
    const executions = fc.array(fc.tuple(row, fc.nat(2)), { maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(executions, (steps) => {
        const all = new Aggregator();
        const expected = new Map<string, [count: number, sum: number]>();
        let now = START;
        for (const [row, settled] of steps) {
          now += row.gap;
          add(all, { ...row, kind: 'performance' }, now - row.behind);
          for (let i = 0; i < settled && all.settleSome(); i++);
          const [count, sum] = expected.get(row.serviceId) ?? [0, 0];
          // value, value + 1, value + 2 …, all multiples of 1/4: exact in any order.
          const added = row.repeats * row.value + (row.repeats * (row.repeats - 1)) / 2;
          expected.set(row.serviceId, [count + row.repeats, sum + added]);
        }
        for (const [id, totals] of expected) {
          for (const period of [undefined, ...PERIODS]) {
            const sketch = all.getDistribution(id, { period });
            expect([sketch?.count, sketch?.sum]).toEqual(totals);
            const buckets = all.getSeries(id, 'operation_duration', { period });
            expect(buckets.reduce((sum, bucket) => sum + bucket.sum, 0)).toBe(totals[1]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

const record = (operation: string, duration: number, timestamp: number) => ({
  ...{ serviceId: 'shop', operation, duration, timestamp },
  success: true,
});

describe.each(['never', 'at once'])('where closed minutes are settled %s', (when) => {
  const settle = (all: Aggregator): void => {
    if (when === 'at once') settleAll(all);
  };

  it('late records of the only operation, of another, and of none count once', () => {
    const all = new Aggregator();
    const minute = () => all.getAggregations('shop', { period: '1m', to: START + MINUTE })[0];
    for (let i = 1; i <= 20; i++) all.add('performance', record('a', i, START + i));
    all.add('performance', record('a', 1, START + 2 * MINUTE));
    settle(all);
    expect(minute()).toMatchObject({ eventCount: 20, avgLatency: 10.5, complete: true });
    all.add('event', { serviceId: 'shop', eventType: 'e', timestamp: START + 5 });
    settle(all);
    expect(minute()).toMatchObject({ eventCount: 21, avgLatency: 10.5 });
    all.add('performance', record('a', 21, START + 30));
    settle(all);
    // 1 + 2 + … + 21 = 231.
    expect(minute()).toMatchObject({ eventCount: 22, avgLatency: 11 });
    all.add('performance', record('b', 209, START + 40));
    settle(all);
    expect(minute()).toMatchObject({ eventCount: 23, avgLatency: 20 });
    expect(all.getSeries('shop', 'operation_duration', { to: START + MINUTE })).toMatchObject([
      { count: 22, sum: 440, max: 209, last: 209 },
    ]);
    expect(all.stats()).toMatchObject({ late: 3, dropped: 0 });
  });

  it('the durations of an operation that goes stay with its service', () => {
    const all = new Aggregator({ retentionMs: 2 * HOUR });
    const day = START - 23 * HOUR - 57 * MINUTE;
    // In the first minute of an hour only `gone`; ten minutes later, and then every five minutes, only `stays`.
    for (let i = 1; i <= 20; i++) all.add('performance', record('gone', i, day + i));
    let known = 20;
    for (let at = day + 10 * MINUTE; at <= day + 4 * HOUR; at += 5 * MINUTE) {
      all.add('performance', record('stays', 30.5, at));
      settle(all);
      known++;
    }
    expect(all.takeEvicted().series).toContainEqual({
      ...{ serviceId: 'shop', metricName: 'operation_duration', labels: { operation: 'gone' } },
    });
    const [bucket] = all.getAggregations('shop', { period: '1d' });
    expect(bucket?.eventCount).toBe(known);
    // 1 + … + 20 = 210.
    expect(bucket?.avgLatency).toBeCloseTo((210 + (known - 20) * 30.5) / known, 9);
    const restored = Aggregator.restore(structuredClone(all.snapshot()), { retentionMs: 2 * HOUR });
    expect(restored.getAggregations('shop', { period: '1d' })).toEqual([bucket]);
  });

  it('an operation that is silent for longer than the retention keeps what is still open', () => {
    // Used to lose it, and its service with it: with such a lateness, minutes are open for longer than closed ones are kept.
    const all = new Aggregator({ latenessMs: 24 * HOUR, retentionMs: HOUR });
    for (let i = 0; i < 20; i++) all.add('performance', record('silent', 7, START + i));
    for (let minute = 1; minute < 24 * 60; minute += 5) {
      all.add('performance', record('other', 1, START + minute * MINUTE));
      settle(all);
    }
    expect(all.getAggregations('shop', { period: '1m', limit: 1, to: START + MINUTE })).toMatchObject([
      { eventCount: 20, avgLatency: 7, complete: false },
    ]);
    all.add('performance', record('other', 1, START + 24 * HOUR + MINUTE + 5000));
    expect(all.takeClosed()[0]).toMatchObject({ timestamp: START, eventCount: 20, avgLatency: 7, complete: true });
  });

  it('an operation that comes back in the instant in which it went is a series again', () => {
    const all = new Aggregator({ retentionMs: HOUR });
    const refs = { busy: new OperationRef('shop', 'busy'), back: new OperationRef('shop', 'back') };
    let evicted = 0;
    const addAll = (names: readonly (keyof typeof refs)[], timestamp: number): void => {
      const batch: OperationBatch = {
        operations: names.map((name) => refs[name]),
        durations: new Float64Array(names.length).fill(7),
        timestamps: new Float64Array(names.length).fill(timestamp),
        flags: new Uint8Array(names.length),
        errors: [],
        next: 0,
      };
      while (batch.next < names.length) {
        all.addOperations(batch, names.length);
        all.takeClosed();
        evicted += all.takeEvicted().series.length;
      }
    };
    addAll(['busy', 'back'], START);
    for (let minute = 1; minute <= 62; minute++) addAll(['busy'], START + minute * MINUTE);
    expect(evicted).toBe(0);
    // With the first of these the hour closes, and `back`, which was silent for so long, goes.
    addAll(['busy', 'busy', 'back', 'back'], START + 63 * MINUTE + 5000);
    settle(all);
    expect(evicted).toBe(1);
    const [open] = all.getSeries('shop', 'operation_duration', { labels: { operation: 'back' } });
    expect(open).toMatchObject({ count: 2, sum: 14, complete: false });
    // 2 + 62 + 4, without the four of the day before, which is no longer kept.
    expect(all.getAggregations('shop', { period: '1d' })).toMatchObject([{ eventCount: 64 }]);
    const restored = Aggregator.restore(structuredClone(all.snapshot()), { retentionMs: HOUR });
    expect(restored.getAggregations('shop')).toEqual(all.getAggregations('shop'));
  });

  it('a service that goes before what it closed was taken is told whole', () => {
    // Used to be told without its durations.
    const all = new Aggregator({ retentionMs: HOUR });
    for (let i = 0; i < 20; i++) all.add('performance', { ...record('a', 7, START + i), serviceId: 'silent' });
    for (let minute = 0; minute <= 60; minute++) all.add('performance', record('b', 1, START + minute * MINUTE));
    all.add('performance', { ...record('a', 9, START + MINUTE + 5000), serviceId: 'silent' });
    settle(all);
    for (let minute = 61; minute <= 200; minute++) all.add('performance', record('b', 1, START + minute * MINUTE));
    expect(all.takeEvicted().serviceIds).toEqual(['silent']);
    expect(all.takeClosed().filter(({ serviceId }) => serviceId === 'silent')).toMatchObject([
      { timestamp: START, period: '1m', eventCount: 20, avgLatency: 7 },
    ]);
  });

  it.each([199, 200, 201, 202, 450])(
    'the durations of %i operations of one minute are those of their service',
    (operations) => {
      const all = new Aggregator();
      let count = 0;
      let sum = 0;
      const add = (operation: number, duration: number, at: number): void => {
        all.add('performance', record(`op${operation}`, duration, START + at));
        count++;
        sum += duration;
      };
      const expectAll = (complete: boolean): void => {
        const [minute] = all.getAggregations('shop', { period: '1m', to: START + MINUTE });
        expect(minute).toMatchObject({ eventCount: count, avgLatency: sum / count, complete });
        const [series] = all.getSeries('shop', 'operation_duration', { to: START + MINUTE });
        expect(series).toMatchObject({ count, sum, p50: minute?.p50Latency, p99: minute?.p99Latency });
      };
      // Some before the limit is passed, some afterwards, and of the first ones more than wait in a row.
      for (let i = 0; i < operations; i++) for (let n = 0; n < 3; n++) add(i, i + n, n);
      expectAll(false);
      for (let n = 0; n < 30; n++) for (const i of [0, 1, operations - 1]) add(i, 5 * n, 100 + n);
      expectAll(false);
      const restored = Aggregator.restore(structuredClone(all.snapshot()));
      expect(restored.getAggregations('shop')).toEqual(all.getAggregations('shop'));
      all.add('performance', record('op0', 1, START + 2 * MINUTE));
      settle(all);
      expectAll(true);
      add(7, 1234, 50);
      settle(all);
      expectAll(true);
    },
  );

  it('a minute of one operation that gets a second one holds both', () => {
    const all = new Aggregator();
    for (let i = 0; i < 15; i++) all.add('performance', record('a', 2, START + i));
    expect(all.getAggregations('shop', { period: '1m' })).toMatchObject([{ eventCount: 15, avgLatency: 2 }]);
    for (let i = 0; i < 15; i++) all.add('performance', record('b', 4, START + i));
    expect(all.getAggregations('shop', { period: '1m' })).toMatchObject([{ eventCount: 30, avgLatency: 3 }]);
    // The next minute has only the second one.
    all.add('performance', record('b', 8, START + MINUTE));
    all.add('performance', record('b', 8, START + 3 * MINUTE));
    settle(all);
    expect(all.getAggregations('shop', { period: '1m' })).toMatchObject([
      { eventCount: 30, avgLatency: 3, p50Latency: expect.closeTo(2, 1) as number, complete: true },
      { eventCount: 1, avgLatency: 8, complete: true },
      { eventCount: 1, avgLatency: 8, complete: false },
    ]);
    // 30 of them in the minutes of the day so far, and two.
    expect(all.getAggregations('shop', { period: '5m' })).toMatchObject([
      { eventCount: 31, avgLatency: (15 * 2 + 15 * 4 + 8) / 31 },
      { eventCount: 1, avgLatency: 8 },
    ]);
  });
});
