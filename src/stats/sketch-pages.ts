import type { SketchContents } from './sketch-contents.ts';

/** A quarter of an octave at the default accuracy, and 64 bytes: V8 keeps typed arrays up to that size inside the heap. */
const PAGE_BITS = 4;
const PAGE_BINS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_BINS - 1;
/** Beyond the page of every key. */
const NO_PAGE = 2 ** 30;
/** Pairs of page number and place in a new directory; a power of two. */
const INITIAL_DIRECTORY = 4;
const MAX_UINT32 = 0xffffffff;
/** Bytes of one number of a plain array, and of the array itself. */
const NUMBER_BYTES = 8;
const ARRAY_BYTES = 48;

/**
 * Counts of bins by their key, for keys that occur in few runs of neighbours: memory for pages of 16 bins in which there
 * is something, found through a small hash table. `add` costs a look-up and allocates only for a new page.
 */
export class SketchPages {
  /** Pages of bins, in order of arrival; `Uint32Array` until one bin counts further than that. */
  #bins: Uint32Array | Float64Array = new Uint32Array(PAGE_BINS);
  #pages = 0;
  /** Open-addressed table of pairs: page number, place in `#bins` counted from 1. 0 is free. */
  #directory = emptyDirectory(INITIAL_DIRECTORY);
  /** Page numbers, ascending; made for readers, forgotten with the next new page. */
  #ascending: number[] | undefined;

  /** Memory held, in bytes, besides what even an empty one takes. */
  get byteLength(): number {
    const ascending = this.#ascending === undefined ? 0 : ARRAY_BYTES + this.#ascending.length * NUMBER_BYTES;
    return this.#bins.byteLength + this.#directory.length * NUMBER_BYTES + ascending;
  }

  /** Adds `count` to the bin of `key`. */
  add(key: number, count: number): void {
    const index = this.#pageStart(key >> PAGE_BITS) + (key & PAGE_MASK);
    const total = (this.#bins[index] as number) + count;
    if (total > MAX_UINT32) this.#widen();
    this.#bins[index] = total;
  }

  /** Adds all bins of `other`. */
  merge(other: SketchPages): void {
    const directory = other.#directory;
    for (let i = 0; i < directory.length; i += 2) {
      const place = directory[i + 1] as number;
      if (place > 0) this.#addPage(directory[i] as number, other.#bins, (place - 1) << PAGE_BITS);
    }
  }

  /** Adds all bins of `contents`. */
  mergeContents(contents: SketchContents): void {
    const { keys, counts, length } = contents;
    let bins = this.#bins;
    let page = NO_PAGE;
    let start = 0;
    for (let i = 0; i < length; i++) {
      const key = keys[i] as number;
      if (key >> PAGE_BITS !== page) {
        page = key >> PAGE_BITS;
        start = this.#pageStart(page);
        bins = this.#bins;
      }
      const index = start + (key & PAGE_MASK);
      const total = (bins[index] as number) + (counts[i] as number);
      if (total > MAX_UINT32) {
        this.#widen();
        bins = this.#bins;
      }
      bins[index] = total;
    }
  }

  /** Appends all bins to `contents`. */
  appendTo(contents: SketchContents): void {
    const bins = this.#bins;
    for (const page of this.#inOrder()) {
      const start = this.#pageStart(page);
      for (let bin = 0; bin < PAGE_BINS; bin++) {
        const count = bins[start + bin] as number;
        if (count > 0) contents.push(page * PAGE_BINS + bin, count);
      }
    }
  }

  /**
   * Keys of the bins in which the numbers of these ranks are, counted from 0 in ascending order. One pass where the ranks
   * ascend; each that is lower than the one before costs another.
   */
  keysAt(ranks: readonly number[]): number[] {
    const bins = this.#bins;
    const pages = this.#inOrder();
    let at = 0;
    let bin = 0;
    let below = 0;
    return ranks.map((rank) => {
      if (rank < below) at = bin = below = 0;
      for (; at < pages.length; at++) {
        const page = pages[at] as number;
        const start = this.#pageStart(page);
        for (; bin < PAGE_BINS; bin++) {
          const count = bins[start + bin] as number;
          if (below + count > rank) return page * PAGE_BINS + bin;
          below += count;
        }
        bin = 0;
      }
      return (pages.at(-1) as number) * PAGE_BINS + PAGE_MASK;
    });
  }

  /** Sets all counts to 0 and keeps the pages. */
  clear(): void {
    this.#bins.fill(0);
  }

  #addPage(page: number, from: Uint32Array | Float64Array, fromStart: number): void {
    const start = this.#pageStart(page);
    for (let bin = 0; bin < PAGE_BINS; bin++) {
      const total = (this.#bins[start + bin] as number) + (from[fromStart + bin] as number);
      if (total > MAX_UINT32) this.#widen();
      this.#bins[start + bin] = total;
    }
  }

  #widen(): void {
    if (this.#bins instanceof Uint32Array) this.#bins = Float64Array.from(this.#bins);
  }

  /** Where a page lies in `#bins`; makes it if there is none. Neighbouring pages never collide in the directory. */
  #pageStart(page: number): number {
    const directory = this.#directory;
    const mask = directory.length - 2;
    let i = (page << 1) & mask;
    while (true) {
      const place = directory[i + 1] as number;
      if (place === 0) return this.#newPage(page);
      if (directory[i] === page) return (place - 1) << PAGE_BITS;
      i = (i + 2) & mask;
    }
  }

  #newPage(page: number): number {
    const start = this.#pages << PAGE_BITS;
    if (start === this.#bins.length) {
      // A quarter as much again: most sketches stop growing soon.
      const pages = this.#pages + Math.ceil(this.#pages / 4);
      const Bins = this.#bins instanceof Uint32Array ? Uint32Array : Float64Array;
      const grown = new Bins(pages << PAGE_BITS);
      grown.set(this.#bins);
      this.#bins = grown;
    }
    this.#pages++;
    this.#ascending = undefined;
    if (this.#pages * 8 > this.#directory.length * 3) {
      const old = this.#directory;
      this.#directory = emptyDirectory(old.length);
      for (let i = 0; i < old.length; i += 2) {
        const place = old[i + 1] as number;
        if (place > 0) enter(this.#directory, old[i] as number, place);
      }
    }
    enter(this.#directory, page, this.#pages);
    return start;
  }

  #inOrder(): number[] {
    if (this.#ascending !== undefined) return this.#ascending;
    const directory = this.#directory;
    const pages: number[] = [];
    for (let i = 0; i < directory.length; i += 2) {
      if ((directory[i + 1] as number) > 0) pages.push(directory[i] as number);
    }
    // `slice` leaves no room to grow, which `push` does.
    this.#ascending = pages.sort((a, b) => a - b).slice();
    return this.#ascending;
  }
}

/** A plain array: for the few pairs of a small sketch it takes a third of what a typed array would. */
function emptyDirectory(pairs: number): number[] {
  return new Array<number>(2 * pairs).fill(0);
}

/** Puts a page into a directory that has room for it. */
function enter(directory: number[], page: number, place: number): void {
  const mask = directory.length - 2;
  let i = (page << 1) & mask;
  while (directory[i + 1] !== 0) i = (i + 2) & mask;
  directory[i] = page;
  directory[i + 1] = place;
}
