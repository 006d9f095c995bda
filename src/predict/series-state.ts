/** All that is known of one series, in one block of memory: what is counted in the metric's unit, and the rest. */
export interface SeriesState {
  /** Times, values and sums, which need every digit. */
  readonly doubles: Float64Array;
  /** What is relative to something else, for which seven digits do. */
  readonly floats: Float32Array;
}

/**
 * Hands out places in the blocks of all series alike. The parts of a forecaster hold no series: each knows the places
 * of its numbers and gets the block of a series with every call, so that a series is one block and nothing else.
 */
export class StateLayout {
  #doubles = 0;
  #floats = 0;

  /** Reserves so many doubles; returns where they begin. */
  doubles(count: number): number {
    this.#doubles += count;
    return this.#doubles - count;
  }

  /** Reserves so many floats; returns where they begin. */
  floats(count: number): number {
    this.#floats += count;
    return this.#floats - count;
  }

  /** Size of a block in bytes. */
  get byteLength(): number {
    return 8 * this.#doubles + 4 * this.#floats;
  }

  /** A block of zeros. */
  create(): SeriesState {
    const buffer = new ArrayBuffer(this.byteLength);
    return {
      doubles: new Float64Array(buffer, 0, this.#doubles),
      floats: new Float32Array(buffer, 8 * this.#doubles, this.#floats),
    };
  }

  /** A block with the contents of `source`, which shares nothing with it. */
  copy(source: SeriesState): SeriesState {
    const block = this.create();
    block.doubles.set(source.doubles);
    block.floats.set(source.floats);
    return block;
  }
}
