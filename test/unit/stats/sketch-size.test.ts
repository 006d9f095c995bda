import { describe, expect, it } from 'vitest';
import { QuantileSketch } from '../../../src/stats/quantile-sketch.ts';

/** Uniform in (0, 1), the same in every run: Park and Miller's minimal standard generator (CACM 31:10, 1988). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Bytes of sketches of `count` latencies with full mantissas, log-normal around 20 ms. */
function sizes(count: number, sigma: number, sketches: number): number[] {
  const random = uniform(20260301);
  return Array.from({ length: sketches }, () => {
    const sketch = new QuantileSketch();
    for (let i = 0; i < count; i++) {
      const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
      sketch.add(Math.exp(3 + sigma * normal));
    }
    return sketch.toBytes().length;
  });
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

describe('the size of an encoded sketch', () => {
  it('is 65 to 71 bytes for a minute of 60 latencies, never above 80', () => {
    const [narrow, wide] = [sizes(60, 0.6, 300), sizes(60, 1, 300)];
    expect(mean(narrow)).toBeLessThanOrEqual(66);
    expect(mean(wide)).toBeLessThanOrEqual(72);
    expect(Math.max(...narrow, ...wide)).toBeLessThanOrEqual(80);
  });

  it('is below 300 to 420 bytes for an hour of 3,600', () => {
    expect(Math.max(...sizes(3600, 0.6, 20))).toBeLessThanOrEqual(300);
    expect(Math.max(...sizes(3600, 1, 20))).toBeLessThanOrEqual(420);
  });

  it('is some dozen bytes for whole milliseconds that are all the same, and 3 for nothing', () => {
    const sketch = new QuantileSketch();
    expect(sketch.toBytes()).toHaveLength(3);
    sketch.add(250, 60);
    expect(sketch.toBytes().length).toBeLessThanOrEqual(15);
  });

  it('follows the bins and not how far apart they are', () => {
    const sketch = new QuantileSketch();
    for (const value of [-1e300, -1, 0, 5e-324, 1, 1e300]) sketch.add(value, 2 ** 40);
    expect(sketch.toBytes().length).toBeLessThanOrEqual(150);
  });
});
