import type { RejectionReason } from '../model/rejection.ts';

/**
 * Thrown inside the border checks and caught at their edge; never seen by callers of `record…`. Not an `Error`, so that
 * a flood of bad records costs no stack traces.
 */
export class Refusal {
  readonly reason: RejectionReason;
  readonly field: string;

  constructor(reason: RejectionReason, field: string) {
    this.reason = reason;
    this.field = field;
  }
}

/** Characters of a name, an id or a label. */
export const MAX_NAME = 256;

/** Returns `value` where it is a string of 1 to `max` characters. */
export function checkText(field: string, value: unknown, max: number = MAX_NAME): string {
  if (typeof value !== 'string' || value === '') throw new Refusal('invalid_string', field);
  if (value.length > max) throw new Refusal('too_long', field);
  return value;
}

/** Returns `value` where it is a finite number. */
export function checkNumber(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refusal('invalid_number', field);
  return value;
}
