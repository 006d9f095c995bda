import { describe, expect, it } from 'vitest';
import { OpenRows } from '../../../src/aggregate/open-rows.ts';
import { QuantileSketch } from '../../../src/stats/quantile-sketch.ts';
import { SketchContents } from '../../../src/stats/sketch-contents.ts';
import { NO_SKETCH } from '../../../src/stats/sketch-slab.ts';

/** Samples that wait before a row is full. */
const CAPACITY = 11;

function addAll(rows: OpenRows, row: number, values: readonly number[], also = NO_SKETCH): void {
  for (const [i, value] of values.entries()) {
    if (rows.add(row, i, value, false)) rows.settle(row, also);
  }
}

function bytes(contents: SketchContents): Uint8Array {
  const sketch = new QuantileSketch();
  sketch.mergeContents(contents);
  return sketch.toBytes();
}

function readRow(rows: OpenRows, row: number): Uint8Array {
  const contents = new SketchContents();
  // What was in it before must not matter.
  contents.push(1, 7);
  rows.read(row, contents);
  return bytes(contents);
}

function readSketch(rows: OpenRows, sketch: number): Uint8Array {
  const contents = new SketchContents();
  rows.sketches.read(sketch, contents);
  return bytes(contents);
}

function sketchOf(values: readonly number[]): Uint8Array {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch.toBytes();
}

/** Of all kinds, with repeats. */
function someValues(count: number): number[] {
  const kinds = [12.5, 0, -0, -3, 1e300, 5e-324, 12.75, 2 ** 20, 0.1, -Number.MAX_VALUE, 12.5, 7];
  return Array.from({ length: count }, (_, i) => kinds[(i * 7) % kinds.length] as number);
}

const COUNTS = [0, 1, 2, CAPACITY - 1, CAPACITY, CAPACITY + 1, 2 * CAPACITY - 1, 2 * CAPACITY, 2 * CAPACITY + 1, 500];

describe('a row', () => {
  it.each(COUNTS)('of %i samples is their sketch', (count) => {
    const rows = new OpenRows();
    const others = [rows.open(), rows.open()];
    const row = rows.open();
    others.push(rows.open());
    const values = someValues(count);
    for (const other of others) addAll(rows, other, [1, 2, 3]);
    addAll(rows, row, values);
    expect(rows.count(row)).toBe(count);
    expect(readRow(rows, row)).toEqual(sketchOf(values));
    for (const other of others) expect(readRow(rows, other)).toEqual(sketchOf([1, 2, 3]));
  });

  it(`is full with every ${CAPACITY}th sample`, () => {
    const rows = new OpenRows();
    const row = rows.open();
    for (let i = 1; i <= 5 * CAPACITY; i++) {
      const isFull = rows.add(row, i, i, false);
      expect(isFull).toBe(i % CAPACITY === 0);
      if (isFull) rows.settle(row, NO_SKETCH);
    }
  });

  it('that is read between any two samples is the same in the end', () => {
    const rows = new OpenRows();
    const [row, gathered] = [rows.open(), rows.sketches.take()];
    const values = someValues(40);
    for (const [i, value] of values.entries()) {
      expect(readRow(rows, row)).toEqual(sketchOf(values.slice(0, i)));
      rows.gatherSettled(row, rows.sketches.take());
      rows.gatherWaiting(row, rows.sketches.take());
      if (rows.add(row, i, value, false)) rows.settle(row, gathered);
    }
    expect(readRow(rows, row)).toEqual(sketchOf(values));
    // 3 × 11 were settled; the 7 that wait are gathered by the way, and go on waiting.
    expect(readSketch(rows, gathered)).toEqual(sketchOf(values.slice(0, 33)));
    rows.gatherWaiting(row, gathered);
    expect(readSketch(rows, gathered)).toEqual(sketchOf(values));
    expect([rows.count(row), readRow(rows, row)]).toEqual([40, sketchOf(values)]);
  });

  it.each(COUNTS)('of %i samples is gathered whole from what is settled and what waits', (count) => {
    const rows = new OpenRows();
    const [row, gathered] = [rows.open(), rows.sketches.take()];
    const values = someValues(count);
    addAll(rows, row, values);
    rows.gatherSettled(row, gathered);
    rows.gatherWaiting(row, gathered);
    expect(readSketch(rows, gathered)).toEqual(sketchOf(values));
    expect(readRow(rows, row)).toEqual(sketchOf(values));
  });

  it('takes in what was summarised elsewhere', () => {
    const rows = new OpenRows();
    const row = rows.open();
    const summary = new SketchContents();
    const elsewhere = new QuantileSketch();
    for (const value of [4, 5, -6]) elsewhere.add(value);
    elsewhere.readContents(summary);
    addAll(rows, row, [1, 2, 3]);
    rows.merge(row, summary, { last: 5, lastAt: 100, failures: 2 });
    expect(readRow(rows, row)).toEqual(sketchOf([1, 2, 3, 4, 5, -6]));
    expect([rows.count(row), rows.failures(row), rows.last(row), rows.lastAt(row)]).toEqual([6, 2, 5, 100]);
    rows.merge(row, summary, { last: 4, lastAt: 100, failures: 0 });
    rows.merge(row, summary, { last: 9, lastAt: 99, failures: 1 });
    expect([rows.count(row), rows.failures(row), rows.last(row), rows.lastAt(row)]).toEqual([12, 3, 5, 100]);
  });

  it('that was given back is clean when it is opened again', () => {
    const rows = new OpenRows();
    const row = rows.open();
    for (let i = 0; i < 100; i++) if (rows.add(row, 1e12 + i, 1e6 + i, true)) rows.settle(row, NO_SKETCH);
    rows.free(row);
    const again = rows.open();
    expect(again).toBe(row);
    expect([rows.count(again), rows.failures(again), rows.lastAt(again)]).toEqual([0, 0, Number.NEGATIVE_INFINITY]);
    rows.add(again, -5, -2, false);
    expect([rows.last(again), rows.lastAt(again)]).toEqual([-2, -5]);
    expect(readRow(rows, again)).toEqual(sketchOf([-2]));
  });

  it('takes no more memory than the row before it', () => {
    const rows = new OpenRows();
    const fill = (): void => {
      const open = Array.from({ length: 600 }, () => rows.open());
      for (const row of open) addAll(rows, row, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      for (const row of open) rows.free(row);
    };
    fill();
    const held = rows.byteLength;
    for (let i = 0; i < 4; i++) fill();
    expect(rows.byteLength).toBe(held);
  });
});

describe('the last sample of a row', () => {
  const last = (samples: readonly (readonly [number, number])[]): [number, number] => {
    const rows = new OpenRows();
    const row = rows.open();
    for (const [at, value] of samples) if (rows.add(row, at, value, false)) rows.settle(row, NO_SKETCH);
    return [rows.lastAt(row), rows.last(row)];
  };

  it('is the newest, whenever it came', () => {
    expect(
      last([
        [1, 10],
        [3, 30],
        [2, 20],
      ]),
    ).toEqual([3, 30]);
    const late = Array.from({ length: 30 }, (_, i): [number, number] => [100 - i, i]);
    expect(last(late)).toEqual([100, 0]);
  });

  it('is the largest of those of one instant, in any order', () => {
    expect(
      last([
        [1, -7],
        [1, -2],
        [1, -5],
      ]),
    ).toEqual([1, -2]);
    expect(
      last([
        [1, -2],
        [1, -7],
        [1, -5],
      ]),
    ).toEqual([1, -2]);
  });

  it('is 0 where that was −0, which could not be told from it later', () => {
    expect(last([[1, -0]])).toEqual([1, 0]);
    expect(
      last([
        [1, 0],
        [1, -0],
      ]),
    ).toEqual([1, 0]);
  });
});

describe('failures', () => {
  it('are counted whether their samples wait or not', () => {
    const rows = new OpenRows();
    const row = rows.open();
    for (let i = 0; i < 50; i++) if (rows.add(row, i, 1, i % 3 === 0)) rows.settle(row, NO_SKETCH);
    // 0, 3, 6 … 48.
    expect([rows.failures(row), rows.count(row)]).toEqual([17, 50]);
  });
});
