import type { OperationRef } from './operation-ref.ts';

/** Bit of a record's flags: its timestamp was within a minute of the clock when it came. */
export const LIVE = 1;
/** Bit of a record's flags: the execution failed. */
export const FAILED = 2;

/**
 * Performance records side by side, in the order in which they came, so that a record costs no object and no call of its
 * own.
 */
export interface OperationBatch {
  /** `undefined` at the places of other records. */
  readonly operations: readonly (OperationRef | undefined)[];
  /** Milliseconds. */
  readonly durations: Float64Array;
  /** Epoch milliseconds. */
  readonly timestamps: Float64Array;
  /** `LIVE` and `FAILED`. */
  readonly flags: Uint8Array;
  /** Type of the error, or `''`, of those that failed. */
  readonly errors: readonly (string | undefined)[];
  /** Index of the next record to be taken. Whoever takes it moves this on before, so that no record is taken twice. */
  next: number;
}
