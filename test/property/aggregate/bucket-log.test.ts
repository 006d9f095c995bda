import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketLog, type ByteBudget } from '../../../src/aggregate/bucket-log.ts';

const STEP = 60_000;

/** Starts before the epoch and after it, close together so that they meet again. */
const start = fc.integer({ min: -12, max: 12 }).map((step) => step * STEP);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40, size: 'max' }),
  fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 100, max: 400 })).map(([byte, length]) => {
    return new Uint8Array(length).fill(byte);
  }),
);
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), start, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const), start, compact: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('jump' as const), by: fc.integer({ min: -1e6, max: 1e6 }) }) },
);

/** All that a log answers, with text for bytes: so that one comparison tells. */
function answers(log: BucketLog, starts: readonly number[], [from, to]: readonly [number, number]): unknown {
  const near = starts.flatMap((one) => [one - STEP, one, one + STEP]);
  const show = (one: number): string => {
    const encoded = log.get(one);
    return encoded === undefined ? '-' : Buffer.from(encoded).toString('hex');
  };
  return [log.starts(from, to), log.firstStart, log.lastStart, near.map(show).join()];
}

function expectSame(log: BucketLog, model: ReadonlyMap<number, Uint8Array>): void {
  const starts = [...model.keys()].sort((a, b) => a - b);
  const near = starts.flatMap((one) => [one - STEP, one, one + STEP]);
  const show = (one: number): string => {
    const encoded = model.get(one);
    return encoded === undefined ? '-' : Buffer.from(encoded).toString('hex');
  };
  const all = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
  expect(answers(log, starts, all)).toEqual([starts, starts[0], starts.at(-1), near.map(show).join()]);
  const [from, to] = [starts[1] ?? 0, (starts.at(-2) ?? 0) + 1];
  expect(log.starts(from, to)).toEqual(starts.filter((one) => one >= from && one < to));
}

describe('a bucket log', () => {
  it('is a map in the order of its starts, whatever is put, replaced, inserted, evicted and restored', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
        const budget: ByteBudget = { used: 0 };
        let log = new BucketLog(budget, STEP);
        let base = 0;
        const model = new Map<number, Uint8Array>();
        for (const action of actions) {
          if (action.kind === 'put') {
            log.put(base + action.start, action.bytes);
            model.set(base + action.start, action.bytes);
          } else if (action.kind === 'evict') {
            const before = base + action.start;
            const gone = [...model.keys()].filter((known) => known < before);
            for (const known of gone) model.delete(known);
            expect(log.evictBefore(before, action.compact)).toBe(gone.length);
          } else if (action.kind === 'jump') {
            base += action.by * STEP;
          } else {
            const saved = structuredClone(log.snapshot());
            log.release();
            expect(budget.used).toBe(0);
            log = BucketLog.restore(saved, budget, STEP);
            expect(log.snapshot()).toEqual(saved);
          }
          expectSame(log, model);
        }
        log.release();
        expect(budget.used).toBe(0);
      }),
      { numRuns: 120 },
    );
  });

  it('holds at most three times what is in it, and a little more, however much was there before', () => {
    const budget: ByteBudget = { used: 0 };
    const log = new BucketLog(budget, STEP);
    for (let i = 0; i < 1000; i++) log.put(i * STEP, new Uint8Array(100).fill(i));
    // 100 kB of bytes and 8 of index each, with room to grow by half.
    expect(budget.used).toBeGreaterThanOrEqual(108_000);
    expect(budget.used).toBeLessThanOrEqual(1.6 * 108_000);
    for (let i = 1; i < 1000; i++) {
      log.evictBefore(i * STEP);
      expect(budget.used).toBeLessThanOrEqual(3 * 108 * (1000 - i) + 8000);
    }
    expect(log.get(999 * STEP)).toEqual(new Uint8Array(100).fill(999));
    log.evictBefore(Number.POSITIVE_INFINITY, true);
    expect(budget.used).toBe(0);
    log.put(-7 * STEP, Uint8Array.of(1));
    expect([log.get(-7 * STEP), log.firstStart]).toEqual([Uint8Array.of(1), -7 * STEP]);
  });
});
