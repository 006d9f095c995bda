import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuantileSketch } from '../../../src/stats/quantile-sketch.ts';
import { SketchContents } from '../../../src/stats/sketch-contents.ts';
import { NO_SKETCH, SketchSlab } from '../../../src/stats/sketch-slab.ts';

/** Magnitudes on both sides of every limit: subnormals, octaves sixteen apart, what overflows a sum, the largest. */
const power = fc
  .tuple(
    fc.constantFrom(1, -1, 1.25, 1.984375, 1 + 2 ** -52),
    fc.constantFrom(-1074, -1023, -1022, -1006, -60, -16, 0, 1, 16, 32, 53, 106, 846, 847, 899, 900, 1022, 1023),
  )
  .map(([factor, exponent]) => factor * 2 ** exponent);
const value = fc
  .oneof(
    { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 2, arbitrary: power },
    { weight: 2, arbitrary: fc.double({ min: 0.1, max: 1e5, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1e300, 1e-300) },
    { weight: 1, arbitrary: fc.integer({ min: -5, max: 100 }) },
  )
  // The slab takes no −0.
  .map((number) => number + 0);
const batch = fc.array(value, { minLength: 1, maxLength: 11 });

function add(slab: SketchSlab, sketch: number, numbers: readonly number[], also = NO_SKETCH): void {
  // In the middle of other memory, as rows are.
  const values = Float64Array.from([9e9, ...numbers, 9e9]);
  slab.add(sketch, also, values, new Uint32Array(values.buffer), 1, numbers.length + 1);
}

function modelOf(numbers: readonly number[]): QuantileSketch {
  const model = new QuantileSketch();
  for (const number of numbers) model.add(number);
  return model;
}

/** All that a sketch in a slab holds, as the bytes that the same numbers have in a sketch of their own. */
function bytesOf(slab: SketchSlab, sketch: number): Uint8Array {
  const contents = new SketchContents();
  slab.read(sketch, contents);
  const copy = new QuantileSketch();
  copy.mergeContents(contents);
  return copy.toBytes();
}

function expectSame(slab: SketchSlab, sketch: number, model: QuantileSketch): void {
  const contents = new SketchContents();
  slab.read(sketch, contents);
  expect(slab.count(sketch)).toBe(model.count);
  expect(contents.count).toBe(model.count);
  expect(contents.sum.value).toBe(model.sum);
  expect(contents.min).toBe(model.min ?? Number.POSITIVE_INFINITY);
  expect(contents.max).toBe(model.max ?? Number.NEGATIVE_INFINITY);
  const keys = contents.keys.subarray(0, contents.length);
  for (let i = 1; i < keys.length; i++) expect(keys[i]).toBeGreaterThan(keys[i - 1] as number);
  expect(bytesOf(slab, sketch)).toEqual(model.toBytes());
}

describe('a sketch in a slab', () => {
  it('is the sketch of its numbers to the last bit, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        const slab = new SketchSlab();
        const sketch = slab.take();
        for (const numbers of batches) add(slab, sketch, numbers);
        expectSame(slab, sketch, modelOf(batches.flat()));
      }),
      { numRuns: 1500 },
    );
  });

  it('is the same whatever the order and the batches', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 30 }), fc.infiniteStream(fc.nat()), (numbers, keys) => {
        const slab = new SketchSlab();
        const [one, other] = [slab.take(), slab.take()];
        add(slab, one, numbers);
        const shuffled = numbers
          .map((number) => ({ number, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key);
        for (const { number } of shuffled) add(slab, other, [number]);
        expect(bytesOf(slab, other)).toEqual(bytesOf(slab, one));
      }),
      { numRuns: 500 },
    );
  });

  it('is as if alone, however many others are taken, filled, merged and released meanwhile', () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), of: fc.nat(9), numbers: batch }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('also' as const), of: fc.nat(9), numbers: batch, to: fc.nat(9) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), of: fc.nat(9), to: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), of: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), of: fc.constant(0) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
        const slab = new SketchSlab();
        const sketches: { readonly id: number; readonly model: QuantileSketch }[] = [];
        const take = (): void => void sketches.push({ id: slab.take(), model: new QuantileSketch() });
        take();
        take();
        for (const action of actions) {
          const index = action.of % sketches.length;
          const sketch = sketches[index] as (typeof sketches)[number];
          if (action.kind === 'take') take();
          else if (action.kind === 'release') {
            if (sketches.length <= 2) continue;
            slab.release(sketch.id);
            sketches.splice(index, 1);
          } else if (action.kind === 'add') {
            add(slab, sketch.id, action.numbers);
            sketch.model.merge(modelOf(action.numbers));
          } else {
            const to = sketches[action.to % sketches.length] as (typeof sketches)[number];
            if (to === sketch) continue;
            if (action.kind === 'also') {
              add(slab, sketch.id, action.numbers, to.id);
              sketch.model.merge(modelOf(action.numbers));
              to.model.merge(modelOf(action.numbers));
            } else {
              const contents = new SketchContents();
              slab.read(sketch.id, contents);
              slab.merge(to.id, contents);
              to.model.merge(sketch.model);
            }
          }
        }
        for (const { id, model } of sketches) expectSame(slab, id, model);
        for (const { id } of sketches) slab.release(id);
        // What comes back is clean.
        for (const _ of sketches) expectSame(slab, slab.take(), new QuantileSketch());
      }),
      { numRuns: 300 },
    );
  });

  it('knows zero from the smallest numbers: they share an octave, but no bin', () => {
    // Used to count 5e-324 as zero, and 2^−1023 in a bin far above its own, once a zero had come.
    const slab = new SketchSlab();
    const sketch = slab.take();
    const numbers = [0, 2 ** -1023, 5e-324, 0];
    add(slab, sketch, numbers);
    expectSame(slab, sketch, modelOf(numbers));
  });

  it('sums numbers below 2^900 to beyond it as a sketch of its own does', () => {
    // Used to keep such a sum in another form, so that equal contents gave different bytes.
    const slab = new SketchSlab();
    const sketch = slab.take();
    const numbers = [1.5 * 2 ** 899, 1.5 * 2 ** 899, -1];
    add(slab, sketch, numbers);
    expectSame(slab, sketch, modelOf(numbers));
  });

  it('counts beyond 16 bits, and beyond twice that, in each of two sketches', () => {
    const slab = new SketchSlab();
    const [one, other] = [slab.take(), slab.take()];
    const numbers = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 12.5 : 0));
    for (let i = 0; i < 140; i++) add(slab, one, numbers, i < 132 ? other : NO_SKETCH);
    // 500 of each number a batch.
    const model = new QuantileSketch();
    model.add(12.5, 66_000);
    model.add(0, 66_000);
    expectSame(slab, other, model);
    model.add(12.5, 4000);
    model.add(0, 4000);
    expectSame(slab, one, model);
    for (let i = 0; i < 140; i++) add(slab, one, [12.5, ...new Array<number>(998).fill(12.5)]);
    // 70,000 and 140 × 999.
    model.add(12.5, 139_860);
    expectSame(slab, one, model);
    slab.release(one);
    slab.release(other);
    for (let i = 0; i < 2; i++) {
      const again = slab.take();
      add(slab, again, [12.5, 0]);
      expectSame(slab, again, modelOf([12.5, 0]));
    }
  });

  it('takes no more memory for the numbers of the next than for those of the one before', () => {
    const slab = new SketchSlab();
    const numbers = [0, 1, 2, 4, 8, 1e6, -3, 5e-324, 1e300];
    const fill = (): void => {
      const taken = Array.from({ length: 300 }, () => slab.take());
      for (const sketch of taken) add(slab, sketch, numbers);
      for (const sketch of taken) slab.release(sketch);
    };
    fill();
    const held = slab.byteLength;
    for (let i = 0; i < 5; i++) fill();
    expect(slab.byteLength).toBe(held);
  });
});
