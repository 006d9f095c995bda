import { describe, expect, it } from 'vitest';
import { BinPages } from '../../../src/stats/bin-pages.ts';
import { SketchContents } from '../../../src/stats/sketch-contents.ts';

const BINS = 64;

function addTimes(pages: BinPages, page: number, bin: number, times: number): void {
  for (let i = 0; i < times; i++) pages.add(page, bin);
}

/** Counts of all bins of a page. */
function counts(pages: BinPages, page: number, firstKey = 0): number[] {
  const contents = new SketchContents();
  pages.appendTo(contents, page, firstKey);
  const all = new Array<number>(BINS).fill(0);
  for (let i = 0; i < contents.length; i++) all[(contents.keys[i] as number) - firstKey] = contents.counts[i] as number;
  expect(contents.count).toBe(all.reduce((sum, count) => sum + count, 0));
  return all;
}

const count = (pages: BinPages, page: number, bin: number): number => counts(pages, page)[bin] as number;

describe('a counter', () => {
  // 2¹⁶ = 65,536 is where 16 bits wrap around.
  it.each([1, 65_535, 65_536, 65_537, 131_071, 131_072, 200_000])(
    'counts to %i, and its neighbours stay at 0',
    (times) => {
      const pages = new BinPages(10);
      const page = pages.take();
      addTimes(pages, page, 31, times);
      expect(counts(pages, page)).toEqual(Array.from({ length: BINS }, (_, bin) => (bin === 31 ? times : 0)));
    },
  );

  it('beyond 16 bits is that of its own page only', () => {
    const pages = new BinPages(10);
    const [first, second] = [pages.take(), pages.take()];
    addTimes(pages, first, BINS - 1, 70_000);
    addTimes(pages, second, 0, 140_000);
    expect([count(pages, first, BINS - 1), count(pages, first, 0)]).toEqual([70_000, 0]);
    expect([count(pages, second, BINS - 1), count(pages, second, 0)]).toEqual([0, 140_000]);
  });
});

describe('pages', () => {
  it('append what they counted to the bins before, in the order of their keys', () => {
    const pages = new BinPages(3);
    const page = pages.take();
    addTimes(pages, page, 63, 2);
    addTimes(pages, page, 0, 1);
    addTimes(pages, page, 7, 65_540);
    const contents = new SketchContents();
    contents.push(-5, 9);
    pages.appendTo(contents, page, 3200);
    expect([...contents.keys.slice(0, contents.length)]).toEqual([-5, 3200, 3207, 3263]);
    expect([...contents.counts.slice(0, contents.length)]).toEqual([9, 1, 65_540, 2]);
    expect(counts(pages, page, -640)).toEqual(counts(pages, page));
  });

  it('are numbered from 1 and end before the largest number', () => {
    const pages = new BinPages(4);
    expect(Array.from({ length: 5 }, () => pages.take())).toEqual([1, 2, 3, 0, 0]);
    pages.release(2);
    expect([pages.take(), pages.take()]).toEqual([2, 0]);
  });

  it('come back clean, with what they counted beyond 16 bits', () => {
    const pages = new BinPages(3);
    const [kept, given] = [pages.take(), pages.take()];
    addTimes(pages, kept, 5, 65_536);
    for (let bin = 0; bin < BINS; bin++) addTimes(pages, given, bin, 1000 * bin + 40_000);
    pages.release(given);
    const again = pages.take();
    expect(again).toBe(given);
    expect(counts(pages, again)).toEqual(new Array(BINS).fill(0));
    expect(count(pages, kept, 5)).toBe(65_536);
    addTimes(pages, again, 63, 65_536);
    expect(count(pages, again, 63)).toBe(65_536);
  });

  it('keep their counts while memory grows, by blocks of 512 of them', () => {
    const pages = new BinPages(2 ** 20);
    const taken = Array.from({ length: 1600 }, () => pages.take());
    for (const page of taken) addTimes(pages, page, page % BINS, (page % 7) + 1);
    for (const page of taken) expect(count(pages, page, page % BINS)).toBe((page % 7) + 1);
    // 1,600 pages and the unused first one: four blocks of 512 pages of 128 bytes.
    expect(pages.byteLength).toBe(4 * 512 * 128);
    for (const page of taken) pages.release(page);
    expect(new Set(Array.from({ length: 1600 }, () => pages.take()))).toEqual(new Set(taken));
    expect(pages.byteLength).toBe(4 * 512 * 128);
  });
});
