import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HyperLogLog } from '../../../src/stats/hyper-log-log.ts';

/** Sets below and above 2^8 / 16 = 16 hashes, so that both forms and the change between them are met. */
const PRECISION = 8;
const keys = fc.array(fc.oneof(fc.string({ maxLength: 8 }), fc.nat({ max: 60 }).map(String)), { maxLength: 60 });

function counterOf(list: readonly string[]): HyperLogLog {
  const counter = new HyperLogLog(PRECISION);
  for (const key of list) counter.add(key);
  return counter;
}

describe('HyperLogLog', () => {
  it('depends on the set of keys alone: not on order, not on repetition', () => {
    fc.assert(
      fc.property(keys, (list) => {
        const set = [...new Set(list)].reverse();
        expect(counterOf(list).toBytes()).toEqual(counterOf(set).toBytes());
      }),
    );
  });

  it('merges to the bytes of the union', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const merged = counterOf(a);
        merged.merge(counterOf(b));
        expect(merged.toBytes()).toEqual(counterOf([...a, ...b]).toBytes());
      }),
      { numRuns: 500 },
    );
  });

  it('behaves the same after a round trip through bytes', () => {
    fc.assert(
      fc.property(keys, keys, (before, after) => {
        const restored = HyperLogLog.fromBytes(counterOf(before).toBytes());
        expect(restored.estimate()).toBe(counterOf(before).estimate());
        for (const key of after) restored.add(key);
        expect(restored.toBytes()).toEqual(counterOf([...before, ...after]).toBytes());
      }),
    );
  });
});
