import { type Clock, SystemClock } from '../clock.ts';

/** Rows in any form: an array, a generator, a cursor of a database. */
export type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

/** What every export can be told. */
export interface WriteOptions {
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Default: that of the machine. Only its `pause` is used. */
  readonly clock?: Clock | undefined;
}

/** Rows that are worked off at a time: about a millisecond of work. */
const SLICE_ROWS = 250;

/**
 * The rows in arrays, none of them empty, between which the event loop turns. The source is closed when the reader stops
 * early.
 */
export async function* rowSlices<Row>(
  rows: Rows<Row>,
  { signal, clock = new SystemClock() }: WriteOptions = {},
): AsyncGenerator<readonly Row[], void> {
  signal?.throwIfAborted();
  let slice: Row[] = [];
  // Not `for await` for both: it would wait after each row of an array.
  if (Symbol.asyncIterator in rows) {
    for await (const row of rows) {
      if (slice.push(row) < SLICE_ROWS) continue;
      yield slice;
      slice = [];
      await clock.pause();
      signal?.throwIfAborted();
    }
  } else {
    for (const row of rows) {
      if (slice.push(row) < SLICE_ROWS) continue;
      yield slice;
      slice = [];
      await clock.pause();
      signal?.throwIfAborted();
    }
  }
  if (slice.length > 0) yield slice;
}
