import type { StoreBatch, StoredBlock, StoredName, StoredRow } from '../store/store.ts';

/** A batch for a store while it is being gathered. */
export class PendingBatch {
  readonly #names: StoredName[] = [];
  readonly #gone: number[] = [];
  readonly #blocks: StoredBlock[] = [];
  readonly #state = new Map<string, unknown>();
  readonly #removals: (readonly [string, string])[] = [];
  readonly #rows: StoredRow[] = [];
  #size = 0;

  /** Estimate of the bytes in it. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    const lists = [this.#names, this.#gone, this.#blocks, this.#removals, this.#rows];
    return this.#state.size === 0 && lists.every(({ length }) => length === 0);
  }

  names(names: readonly StoredName[]): void {
    this.#names.push(...names);
    this.#size += names.length * ITEM_BYTES;
  }

  gone(ids: readonly number[]): void {
    this.#gone.push(...ids);
  }

  block(block: StoredBlock): void {
    this.#blocks.push(block);
    this.#size += block.bytes.length;
  }

  put(key: string, value: unknown): void {
    this.#state.set(key, value);
    this.#size += value instanceof Uint8Array ? value.length : VALUE_BYTES;
  }

  remove(key: string): void {
    this.#state.delete(key);
    this.removeRange(key, `${key}\0`);
  }

  /** Keys in `[from, to)`, those that are in this batch included. */
  removeRange(from: string, to: string): void {
    this.#removals.push([from, to]);
  }

  row(row: StoredRow): void {
    this.#rows.push(row);
    this.#size += ITEM_BYTES;
  }

  /** @param now by the clock, epoch milliseconds */
  toBatch(now: number): StoreBatch {
    return {
      now,
      names: this.#names,
      gone: this.#gone,
      blocks: this.#blocks,
      state: this.#state,
      removals: this.#removals,
      rows: this.#rows,
    };
  }
}

/** Roughly what a name or a row takes, and a value of whose size nothing is known: the state of a series, mostly. */
const ITEM_BYTES = 200;
const VALUE_BYTES = 4000;
