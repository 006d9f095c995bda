import { describe, expect, it } from 'vitest';
import { SpaceSaving, type SpaceSavingSnapshot } from '../../../src/stats/space-saving.ts';

function listOf(capacity: number, keys: Iterable<string>): SpaceSaving {
  const list = new SpaceSaving(capacity);
  for (const key of keys) list.add(key);
  return list;
}

describe('SpaceSaving', () => {
  it('is exact while there is room', () => {
    expect(listOf(3, 'abacab').top(3)).toEqual([
      { key: 'a', count: 3, error: 0 },
      { key: 'b', count: 2, error: 0 },
      { key: 'c', count: 1, error: 0 },
    ]);
  });

  it('gives a new key the place and the count of the rarest', () => {
    // By hand, two places: x1 → x1 y1 → y2 x1 → z replaces x: y2 z2 (error 1) → x replaces z, the first by place of the two
    // rarest: x3 (error 2) y2.
    const list = listOf(2, 'xyyz');
    expect(list.top(2)).toEqual([
      { key: 'y', count: 2, error: 0 },
      { key: 'z', count: 2, error: 1 },
    ]);
    list.add('x');
    expect(list.top(2)).toEqual([
      { key: 'x', count: 3, error: 2 },
      { key: 'y', count: 2, error: 0 },
    ]);
    expect(list.total).toBe(5);
  });

  it('adds what an absent key may have counted when it merges', () => {
    // By hand: {a5 b2} and {b4 c1}, both full. a: 5 + 1 (c, the rarest there), b: 2 + 4, c: 1 + 2; two places.
    const merged = listOf(2, 'aaaaabb');
    merged.merge(listOf(2, 'bbbbc'));
    expect(merged.top(2)).toEqual([
      { key: 'a', count: 6, error: 1 },
      { key: 'b', count: 6, error: 0 },
    ]);
    expect(merged.total).toBe(12);
  });

  it('merges exactly while neither list is full', () => {
    const merged = listOf(9, 'aab');
    merged.merge(listOf(9, 'bc'));
    expect(merged.top(9).map(({ key, count, error }) => `${key}${count}±${error}`)).toEqual(['a2±0', 'b2±0', 'c1±0']);
  });

  it('doubles when merged with itself', () => {
    const list = listOf(2, 'aab');
    list.merge(list);
    expect(list.top(2).map(({ key, count }) => key + count)).toEqual(['a4', 'b2']);
    expect(list.total).toBe(6);
  });

  it('lists equal counts in the order of their keys', () => {
    expect(listOf(4, 'dbca').top(2)).toEqual(listOf(4, 'acbd').top(2));
    expect(
      listOf(4, 'dbca')
        .top(4)
        .map((entry) => entry.key)
        .join(''),
    ).toBe('abcd');
  });

  it('takes names of object properties for keys like any other', () => {
    const list = listOf(4, ['__proto__', 'constructor', '__proto__']);
    expect(list.top(1)).toEqual([{ key: '__proto__', count: 2, error: 0 }]);
  });

  it('hands out copies', () => {
    const list = listOf(2, 'aab');
    Object.assign(list.top(1)[0] as object, { count: 99 });
    Object.assign(list.snapshot().entries[0] as object, { count: 99 });
    expect(list.top(1)).toEqual([{ key: 'a', count: 2, error: 0 }]);
  });

  it('refuses capacities below one, merges of different ones, and foreign snapshots', () => {
    expect(() => new SpaceSaving(0)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    const value = expect.objectContaining({ code: 'ERR_INVALID_VALUE' });
    expect(() => new SpaceSaving(8).merge(new SpaceSaving(9))).toThrow(value);
    const snapshot: SpaceSavingSnapshot = { ...listOf(2, 'a').snapshot(), version: 9 };
    expect(() => SpaceSaving.restore(snapshot)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_SNAPSHOT' }));
  });
});
