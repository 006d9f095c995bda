import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpaceSaving } from '../../../src/stats/space-saving.ts';

type Stream = readonly (readonly [key: string, count: number])[];

const CAPACITY = 6;
/** Few keys that come often among many that come seldom. */
const key = fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 40 })).map((n) => `k${n}`);
const stream = fc.array(fc.tuple(key, fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 }))), { maxLength: 120 });

function listOf(parts: Stream): SpaceSaving {
  const list = new SpaceSaving(CAPACITY);
  for (const [name, count] of parts) list.add(name, count);
  return list;
}

/** What the paper proves, against exact counts. */
function expectPromises(list: SpaceSaving, parts: Stream): void {
  const exact = new Map<string, number>();
  for (const [name, count] of parts) exact.set(name, (exact.get(name) ?? 0) + count);
  const total = parts.reduce((sum, [, count]) => sum + count, 0);
  const listed = new Map(list.top(CAPACITY).map((entry) => [entry.key, entry]));
  expect(list.total).toBe(total);
  expect(listed.size).toBe(Math.min(CAPACITY, exact.size));
  for (const { key: name, count, error } of listed.values()) {
    const truth = exact.get(name) ?? 0;
    expect(count).toBeGreaterThanOrEqual(truth);
    expect(count - error).toBeLessThanOrEqual(truth);
    expect(error).toBeLessThanOrEqual(total / CAPACITY);
  }
  for (const [name, truth] of exact) if (truth > total / CAPACITY) expect(listed.has(name)).toBe(true);
}

describe('SpaceSaving', () => {
  it('keeps its promises on one stream', () => {
    fc.assert(
      fc.property(stream, (parts) => expectPromises(listOf(parts), parts)),
      { numRuns: 500 },
    );
  });

  it('keeps its promises through merges, and through what is added after them', () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 2, maxLength: 5 }), stream, (streams, after) => {
        const merged = new SpaceSaving(CAPACITY);
        for (const parts of streams) merged.merge(listOf(parts));
        expectPromises(merged, streams.flat());
        for (const [name, count] of after) merged.add(name, count);
        expectPromises(merged, [...streams.flat(), ...after]);
      }),
      { numRuns: 500 },
    );
  });

  it('merges to the same in either direction', () => {
    fc.assert(
      fc.property(stream, stream, (a, b) => {
        const ab = listOf(a);
        ab.merge(listOf(b));
        const ba = listOf(b);
        ba.merge(listOf(a));
        expect(ab.snapshot()).toEqual(ba.snapshot());
      }),
    );
  });

  it('is unchanged by merging an empty list', () => {
    fc.assert(
      fc.property(stream, (parts) => {
        const list = listOf(parts);
        list.merge(new SpaceSaving(CAPACITY));
        expect(list.top(CAPACITY)).toEqual(listOf(parts).top(CAPACITY));
      }),
    );
  });

  it('goes on the same after restore', () => {
    fc.assert(
      fc.property(stream, stream, (before, after) => {
        const restored = SpaceSaving.restore(structuredClone(listOf(before).snapshot()));
        for (const [name, count] of after) restored.add(name, count);
        expect(restored.snapshot()).toEqual(listOf([...before, ...after]).snapshot());
      }),
    );
  });
});
