import { describe, expect, it } from 'vitest';
import { HyperLogLog } from '../../../src/stats/hyper-log-log.ts';

const damaged = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_SNAPSHOT' });

function counterOf(from: number, to: number, prefix = 'user-'): HyperLogLog {
  const counter = new HyperLogLog();
  for (let i = from; i < to; i++) counter.add(prefix + i);
  return counter;
}

describe('HyperLogLog', () => {
  it('counts a few hundred keys exactly', () => {
    for (const keys of [0, 1, 2, 10, 100, 256]) expect(counterOf(0, keys).estimate()).toBe(keys);
  });

  it('does not count a key twice', () => {
    const counter = counterOf(0, 50);
    for (let i = 0; i < 50; i++) counter.add(`user-${i}`);
    expect(counter.estimate()).toBe(50);
  });

  it('estimates up to a million keys within 5 %', () => {
    // Three standard errors of 1.04 / √4096 are 4.9 %.
    for (const prefix of ['user-', '', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '用户']) {
      for (const keys of [257, 1000, 4096, 20_000, 100_000]) {
        expect(Math.abs(counterOf(0, keys, prefix).estimate() / keys - 1)).toBeLessThan(0.05);
      }
    }
    expect(Math.abs(counterOf(0, 1_000_000).estimate() / 1e6 - 1)).toBeLessThan(0.05);
  });

  it('has the standard error of its precision', () => {
    // Root mean square over 60 disjoint sets of 5,000 keys; 1.04 / √4096 = 1.63 %, less below the asymptote.
    let squares = 0;
    for (let set = 0; set < 60; set++) squares += (counterOf(0, 5000, `set-${set}-`).estimate() / 5000 - 1) ** 2;
    expect(Math.sqrt(squares / 60)).toBeLessThan(0.02);
  });

  it('tells all of 200 short keys apart, empty and one character long included', () => {
    const counter = new HyperLogLog();
    counter.add('');
    for (let i = 1; i < 200; i++) counter.add(String.fromCharCode(i));
    expect(counter.estimate()).toBe(200);
  });

  it('does not mistake permutations and repetitions of characters for the same key', () => {
    const counter = new HyperLogLog();
    for (const key of ['ab', 'ba', 'aab', 'aba', 'baa', 'a', 'aa', 'aaa', '\0', '\0\0', '\0\0\0', '']) counter.add(key);
    expect(counter.estimate()).toBe(12);
  });

  it('takes about 100 bytes for ten keys, and 4 kB for any number', () => {
    expect(counterOf(0, 10).toBytes().length).toBeLessThanOrEqual(100);
    expect(counterOf(0, 20_000).toBytes().length).toBeLessThanOrEqual(4096 + 5);
  });

  it('refuses precisions out of range and merges of different ones', () => {
    const option = expect.objectContaining({ code: 'ERR_INVALID_OPTION' });
    for (const precision of [3, 17, 12.5, Number.NaN]) expect(() => new HyperLogLog(precision)).toThrow(option);
    const value = expect.objectContaining({ code: 'ERR_INVALID_VALUE' });
    expect(() => new HyperLogLog(12).merge(new HyperLogLog(10))).toThrow(value);
  });

  it('is unchanged by a merge with itself', () => {
    for (const keys of [20, 5000]) {
      const counter = counterOf(0, keys);
      const before = counter.toBytes();
      counter.merge(counter);
      expect(counter.toBytes()).toEqual(before);
    }
  });
});

describe('HyperLogLog.fromBytes', () => {
  it('refuses every cut and every extension', () => {
    for (const bytes of [counterOf(0, 5).toBytes(), counterOf(0, 300).toBytes()]) {
      for (let length = 0; length < Math.min(bytes.length, 50); length++) {
        expect(() => HyperLogLog.fromBytes(bytes.subarray(0, length))).toThrow(damaged);
      }
      expect(() => HyperLogLog.fromBytes(bytes.subarray(0, -1))).toThrow(damaged);
      expect(() => HyperLogLog.fromBytes(Uint8Array.of(...bytes, 0))).toThrow(damaged);
    }
  });

  it('refuses another version, precision, form, and registers that no hash sets', () => {
    const bytes = Uint8Array.of(1, 4, 1, 16, ...Array<number>(16).fill(50));
    expect(HyperLogLog.fromBytes(bytes).toBytes()).toEqual(bytes);
    for (const [at, byte] of [
      [0, 2],
      [1, 3],
      [1, 17],
      [1, 5],
      [2, 2],
      [4, 51],
    ] as const) {
      expect(() => HyperLogLog.fromBytes(bytes.with(at, byte))).toThrow(damaged);
    }
  });

  it('refuses more hashes than are ever kept', () => {
    expect(() => HyperLogLog.fromBytes(Uint8Array.of(1, 4, 0, 2, 5, 5))).toThrow(damaged); // 2⁴ / 16 = 1 is
  });
});
