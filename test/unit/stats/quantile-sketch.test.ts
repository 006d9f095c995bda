import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/stats/bytes.ts';
import { QuantileSketch } from '../../../src/stats/quantile-sketch.ts';
import { SketchContents } from '../../../src/stats/sketch-contents.ts';

const invalid = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_VALUE' });
const damaged = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_SNAPSHOT' });

function sketchOf(...values: number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

function expectWithin(actual: number | undefined, exact: number, accuracy = 0.01): void {
  expect(Math.abs((actual as number) - exact)).toBeLessThanOrEqual(accuracy * Math.abs(exact));
}

describe('QuantileSketch', () => {
  it('is empty at first: no quantile, no min, no max', () => {
    const sketch = new QuantileSketch();
    expect([sketch.count, sketch.sum]).toEqual([0, 0]);
    expect([sketch.min, sketch.max, sketch.quantile(0), sketch.quantile(0.5)]).toEqual(Array(4).fill(undefined));
  });

  it('answers one value, and a constant, exactly', () => {
    expect([0, 0.3, 1].map((q) => sketchOf(17.3).quantile(q))).toEqual([17.3, 17.3, 17.3]);
    expect(sketchOf(17.3, 17.3, 17.3, 17.3).quantile(0.5)).toBe(17.3);
  });

  it('answers the value of rank ⌊q · (count − 1)⌋', () => {
    // Ranks 0..4; 0.5 · 4 = 2, 0.74 · 4 = 2.96 → 2, 0.75 · 4 = 3.
    const sketch = sketchOf(10, 20, 30, 40, 50);
    expectWithin(sketch.quantile(0.5), 30);
    expectWithin(sketch.quantile(0.74), 30);
    expectWithin(sketch.quantile(0.75), 40);
    expect(sketch.quantile(0)).toBe(10);
    expect(sketch.quantile(1)).toBe(50);
    // Of two values every q below 1 is the lower one.
    expect(sketchOf(1, 100).quantile(0.99)).toBe(1);
  });

  it('orders data that is all negative', () => {
    // Known wrong answer elsewhere: bins of negatives read in the order of magnitudes, so p0.25 and p0.75 change places.
    const sketch = sketchOf(-1, -2, -3, -4, -5);
    expectWithin(sketch.quantile(0.25), -4);
    expectWithin(sketch.quantile(0.75), -2);
    expect([sketch.min, sketch.max, sketch.sum]).toEqual([-5, -1, -15]);
  });

  it('keeps negatives in a merge', () => {
    // Known wrong answer of @datadog/sketches-js 2.1.1, whose merge leaves the negatives out: every quantile is 5.
    const sketch = sketchOf(5);
    sketch.merge(sketchOf(-30, -20, -10));
    expectWithin(sketch.quantile(0.5), -20);
    expect([sketch.count, sketch.min, sketch.sum]).toEqual([4, -30, -55]);
  });

  it('keeps zeros in a merge', () => {
    const sketch = sketchOf(-1, 1);
    sketch.merge(sketchOf(0, 0, 0));
    expect([0.25, 0.5, 0.75].map((q) => sketch.quantile(q))).toEqual([0, 0, 0]);
    expect(sketch.count).toBe(5);
  });

  it('takes −0 for 0', () => {
    expect(sketchOf(-0).toBytes()).toEqual(sketchOf(0).toBytes());
    expect(Object.is(sketchOf(-0).min, 0)).toBe(true);
  });

  it('tells subnormals and the largest doubles apart', () => {
    const sketch = sketchOf(-Number.MAX_VALUE, -5e-324, 0, 5e-324, 1e-310, 1e-310, Number.MAX_VALUE);
    expect([2 / 6, 3 / 6].map((q) => sketch.quantile(q))).toEqual([0, 5e-324]);
    expectWithin(sketch.quantile(4 / 6 + 1e-9), 1e-310);
    expectWithin(sketchOf(1, 1.7e308, 1.79e308).quantile(0.5), 1.7e308);
  });

  it('counts further than 32 bits in one bin', () => {
    const sketch = new QuantileSketch();
    sketch.add(1, 2 ** 32 - 1);
    sketch.add(1);
    sketch.add(2, 2 ** 33);
    sketch.merge(sketch);
    // 2 · 2³² ones lie below 2 · 2³³ twos: a third of all.
    expect([sketch.count, sketch.sum]).toEqual([3 * 2 ** 33, 5 * 2 ** 33]);
    expectWithin(sketch.quantile(0.33), 1);
    expectWithin(sketch.quantile(0.34), 2);
    expect(QuantileSketch.fromBytes(sketch.toBytes()).toBytes()).toEqual(sketch.toBytes());
  });

  it('counts a repeated value as if added so many times', () => {
    const once = sketchOf(0.1, 0.1, 0.1, -7, -7);
    const repeated = new QuantileSketch();
    repeated.add(-7, 2);
    repeated.add(0.1, 3);
    expect(repeated.toBytes()).toEqual(once.toBytes());
  });

  it('holds the sum at the largest double instead of overflowing', () => {
    const sketch = new QuantileSketch();
    sketch.add(Number.MAX_VALUE, 1000);
    expect(sketch.sum).toBe(Number.MAX_VALUE);
    sketch.add(-Number.MAX_VALUE, 1000);
    sketch.add(2.5);
    expect(sketch.sum).toBe(2.5);
  });

  it('is as fine as the accuracy that was asked for', () => {
    // 1000 and 1000.5 differ by 0.05 %: one bin at 1 %, two at 0.01 %.
    const fine = new QuantileSketch({ relativeAccuracy: 0.0001 });
    for (const value of [1, 1000, 1000.5, 1e6]) fine.add(value);
    expectWithin(fine.quantile(1 / 3), 1000, 0.0001);
    expectWithin(fine.quantile(2 / 3), 1000.5, 0.0001);
    const coarse = new QuantileSketch({ relativeAccuracy: 0.5 });
    for (const value of [1, 1000, 1e6]) coarse.add(value);
    expectWithin(coarse.quantile(0.5), 1000, 0.5);
  });

  it('refuses accuracies out of range', () => {
    const option = expect.objectContaining({ code: 'ERR_INVALID_OPTION' });
    for (const relativeAccuracy of [0, -1, 0.00001, 0.6, Number.NaN, '0.01' as unknown as number]) {
      expect(() => new QuantileSketch({ relativeAccuracy })).toThrow(option);
    }
    expect(() => new QuantileSketch({ relativeAccuracy: 2 })).toThrow(
      'option relativeAccuracy must be a number from 0.0001 to 0.5, got 2',
    );
  });

  it('refuses what is no finite number, no count and no fraction, and stays as it was', () => {
    const sketch = sketchOf(1, 2, 3);
    const before = sketch.toBytes();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '5' as unknown as number]) {
      expect(() => sketch.add(value)).toThrow(invalid);
    }
    for (const count of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => sketch.add(1, count)).toThrow(invalid);
    }
    for (const q of [-0.01, 1.01, Number.NaN]) expect(() => sketch.quantile(q)).toThrow(invalid);
    expect(sketch.toBytes()).toEqual(before);
  });

  it('refuses to merge another accuracy', () => {
    const fine = new QuantileSketch({ relativeAccuracy: 0.001 });
    expect(() => new QuantileSketch().merge(fine)).toThrow(invalid);
    expect(() => new QuantileSketch().merge(fine)).toThrow('must have 64 bins an octave, got 512');
  });

  it('is as new after clear', () => {
    const sketch = sketchOf(-3, 0, 8, 1e300);
    sketch.clear();
    expect(sketch.toBytes()).toEqual(new QuantileSketch().toBytes());
    expect([sketch.count, sketch.sum, sketch.min, sketch.quantile(0.5)]).toEqual([0, 0, undefined, undefined]);
    sketch.add(4);
    expect(sketch.toBytes()).toEqual(sketchOf(4).toBytes());
  });

  it('leaves the other sketch of a merge alone', () => {
    const other = sketchOf(-2, 9);
    const before = other.toBytes();
    const sketch = sketchOf(4);
    sketch.merge(other);
    sketch.add(-2);
    expect(other.toBytes()).toEqual(before);
  });

  it('answers several quantiles at once as it answers each, in any order', () => {
    const sketch = sketchOf(-5, 0, 0, 3, 8, 8, 1000);
    const qs = [0.5, 0.95, 0.99, 0, 1, 0.2, 0.9, 0.2];
    expect(sketch.quantiles(qs)).toEqual(qs.map((q) => sketch.quantile(q)));
    expect(sketch.quantiles([])).toEqual([]);
    expect(new QuantileSketch().quantiles([0.5])).toBeUndefined();
    expect(() => sketch.quantiles([0.5, 95])).toThrow(invalid);
    expect(() => new QuantileSketch().quantiles([95])).toThrow('q must be a number from 0 to 1, got 95');
  });

  it('grows with the octaves that occur, not with the numbers', () => {
    const sketch = sketchOf(250);
    const one = sketch.byteLength;
    for (let i = 0; i < 100_000; i++) sketch.add(1 + (i % 1000));
    expect(one).toBeLessThan(650);
    expect(sketch.byteLength).toBeLessThan(5000);
  });

  it('gives its contents in ascending bins, and takes them', () => {
    const sketch = sketchOf(-4, 0, 0, 3, 1e9);
    const contents = new SketchContents();
    contents.push(7, 7);
    sketch.readContents(contents);
    expect([contents.length, contents.count, contents.min, contents.max, contents.sum.value]).toEqual([
      4,
      5,
      -4,
      1e9,
      1e9 - 1,
    ]);
    expect([...contents.counts.subarray(0, 4)]).toEqual([1, 2, 1, 1]);
    const twice = sketchOf(-4, 0, 0, 3, 1e9);
    twice.mergeContents(contents);
    sketch.merge(sketch);
    expect(twice.toBytes()).toEqual(sketch.toBytes());
  });

  it('takes empty contents and empty bytes for nothing', () => {
    const sketch = sketchOf(2);
    sketch.mergeContents(new SketchContents());
    sketch.mergeFrom(new ByteReader('sketch', new QuantileSketch().toBytes()));
    expect(sketch.toBytes()).toEqual(sketchOf(2).toBytes());
  });

  it('refuses to merge bytes of another accuracy', () => {
    const fine = new QuantileSketch({ relativeAccuracy: 0.001 });
    const sketch = sketchOf(2);
    const reader = new ByteReader('sketch', fine.toBytes());
    expect(() => sketch.mergeFrom(reader)).toThrow('must be of 64 bins an octave, got 512');
  });

  it('reads itself from the middle of a larger message', () => {
    const writer = new ByteWriter();
    writer.string('before');
    sketchOf(1, -2, 3).writeTo(writer);
    writer.byte(99);
    const reader = new ByteReader('message', writer.toBytes());
    reader.string();
    expect(QuantileSketch.readFrom(reader).toBytes()).toEqual(sketchOf(1, -2, 3).toBytes());
    expect(reader.byte()).toBe(99);
  });
});

describe('QuantileSketch.fromBytes', () => {
  const bytes = sketchOf(-4, 0, 0, 3, 1e9).toBytes();

  it('refuses every cut and every extension', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => QuantileSketch.fromBytes(bytes.subarray(0, length))).toThrow(damaged);
    }
    expect(() => QuantileSketch.fromBytes(Uint8Array.of(...bytes, 0))).toThrow(damaged);
  });

  it('refuses another version and an unknown accuracy', () => {
    expect(() => QuantileSketch.fromBytes(bytes.with(0, 2))).toThrow('must be of version 1, got 2');
    expect(() => QuantileSketch.fromBytes(bytes.with(1, 14))).toThrow(damaged);
  });

  it('refuses numbers of bins that the bytes cannot hold', () => {
    const writer = new ByteWriter();
    writer.byte(1);
    writer.byte(6);
    writer.varint(2 ** 50);
    expect(() => QuantileSketch.fromBytes(writer.toBytes())).toThrow(damaged);
  });

  it('refuses min and max that do not lie in their bins', () => {
    // Version, k, bins, first bin, widths, fields; then what is left of min and max; then a sum of 0.
    const message = (first: number[], left: number[]) => () =>
      QuantileSketch.fromBytes(Uint8Array.of(1, 6, 1, ...first, 0x11, 0, ...left, 0));
    expect(message([0], [0xf0])().quantile(0.5)).toBe(1);
    expect(message([0], [0x10, 0x3f])().max).toBe(1 + 63 / 4096);
    expect(message([0], [0x10, 0x40])).toThrow(damaged); // 2^46, where 46 bits are left
    expect(message([0], [0x01, 0x20])).toThrow(damaged); // max below min
    expect(message([0], [0xe0, ...Array(14).fill(1)])).toThrow(damaged); // 14 bytes for 46 bits
    // 2^1024 would be 1024 · 64 bins above that of 1: 131072 in zigzag. 131071 is as far below: 2^-1024, a subnormal.
    expect(message([0x80, 0x80, 0x08], [0xf0])).toThrow(damaged);
    expect(message([0xff, 0xff, 0x07], [0xf0])().min).toBe(2 ** -1024);
  });

  it('refuses bins passed over before the first: min used to be read as of another bin than the first', () => {
    expect(() => QuantileSketch.fromBytes(Uint8Array.of(1, 6, 1, 0, 0x12, 0b01_0_00000, 0xf0, 0))).toThrow(damaged);
  });

  it('refuses fields that are too wide and counts beyond 2^53', () => {
    const message = (...bytes: number[]) => QuantileSketch.fromBytes(Uint8Array.of(1, 6, 1, 0, ...bytes));
    expect(() => message(0xd1, 0, 0, 0xf0, 0)).toThrow('must be of narrower fields');
    // A count of which 2^53 − 2 is more than one, in a code without a field: 52 zeros, then 53 ones.
    const code = [0, 0, 0, 0, 0, 0, 0x0f, ...Array(6).fill(0xff), 0x80];
    expect(message(0x01, 0, ...code, 0xf0, 0).count).toBe(2 ** 53 - 1);
    // The same in two bins.
    const two = Uint8Array.of(1, 6, 2, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x0f, ...Array(6).fill(0xff), 0xc0, 0, 0);
    expect(() => QuantileSketch.fromBytes(two)).toThrow('must be of counts below 2^53');
  });
});

describe('a sketch of the finest accuracy', () => {
  it('can be read back: its bytes used to be refused as an option out of range', () => {
    for (const relativeAccuracy of [0.0001, 0.5]) {
      const sketch = new QuantileSketch({ relativeAccuracy });
      for (const value of [0.1, 3, 1000]) sketch.add(value);
      expect(QuantileSketch.fromBytes(sketch.toBytes()).toBytes()).toEqual(sketch.toBytes());
    }
  });
});
