import { serialize } from 'node:v8';
import type { StoreBatch } from '../store/store.ts';
import type { CommitRequest, Pieces } from './messages.ts';

/** Values are written into buffers of this size, one after the other, which then change hands without a copy. */
const BUFFER_BYTES = 2 ** 19;

/**
 * Makes a request of a batch, a value at each step, so that the event loop may turn in between. The batch stays as it is,
 * to be sent again where the worker dies.
 */
export class BatchWriter {
  readonly #batch: StoreBatch;
  readonly #buffers: Uint8Array[] = [];
  #used = BUFFER_BYTES;

  constructor(batch: StoreBatch) {
    this.#batch = batch;
  }

  *write(): Generator<void, CommitRequest> {
    const { now, names, gone, removals, blocks, state, rows } = this.#batch;
    const blockPieces = new Uint32Array(3 * blocks.length);
    for (const [i, { bytes }] of blocks.entries()) {
      this.#add(bytes, blockPieces, i);
      yield;
    }
    const keyPieces = new Uint32Array(3 * state.size);
    let next = 0;
    for (const value of state.values()) {
      this.#add(serialize(value), keyPieces, next++);
      yield;
    }
    const rowPieces = new Uint32Array(3 * rows.length);
    for (const [i, { value }] of rows.entries()) {
      this.#add(serialize(value), rowPieces, i);
      yield;
    }
    return {
      type: 'commit',
      now,
      names,
      gone,
      removals,
      blocks: blocks.map(({ id }) => id),
      blockPieces,
      keys: [...state.keys()],
      keyPieces,
      rows: rows.map(({ table, id, serviceId, timestamp }) => ({ table, id, serviceId, timestamp })),
      rowPieces,
      buffers: this.#buffers,
    };
  }

  #add(bytes: Uint8Array, pieces: Pieces, i: number): void {
    let buffer = this.#buffers.at(-1);
    if (buffer === undefined || this.#used + bytes.length > buffer.length) {
      buffer = new Uint8Array(Math.max(BUFFER_BYTES, bytes.length));
      this.#buffers.push(buffer);
      this.#used = 0;
    }
    buffer.set(bytes, this.#used);
    pieces.set([this.#buffers.length - 1, this.#used, bytes.length], 3 * i);
    this.#used += bytes.length;
  }
}
