/** Stable error codes. Test `error.code`, never the message. */
export type AnalyticsErrorCode =
  /** An option has the wrong type or lies outside its range; thrown by constructors and methods that take options. */
  | 'ERR_INVALID_OPTION'
  /** A `record…` call after `close()`. */
  | 'ERR_CLOSED'
  /** A value that a statistic cannot take, such as NaN into a sketch. */
  | 'ERR_INVALID_VALUE'
  /** Bytes or a snapshot that cannot be read: damaged, or of another version. */
  | 'ERR_INVALID_SNAPSHOT'
  /** A package that an entry stands on is not installed; the message has the command. */
  | 'ERR_MISSING_PEER'
  /** Another service has the store open for writing. */
  | 'ERR_STORE_LOCKED'
  /** The store was made by a newer version of this library. It was not touched. */
  | 'ERR_STORE_VERSION'
  /** The store holds something other than what was written; the message says what and where. */
  | 'ERR_STORE_DAMAGED'
  /** The store could not be opened, read or written: no room, no permission, gone; `cause` is what the system said. */
  | 'ERR_STORE_FAILED'
  /** A listener threw or rejected; `cause` is what it threw. Reaches the `error` event only. */
  | 'ERR_LISTENER';

/** The one error class of this library. Messages read `subject must be rule, got value`. */
export class AnalyticsError extends Error {
  override readonly name = 'AnalyticsError';
  readonly code: AnalyticsErrorCode;

  constructor(code: AnalyticsErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Shows a value in an error message: short, on one line, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (value instanceof Error) return JSON.stringify(value.message);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** The error for an option that breaks its rule. */
export function invalidOption(option: string, rule: string, value: unknown): AnalyticsError {
  return new AnalyticsError('ERR_INVALID_OPTION', `option ${option} must be ${rule}, got ${show(value)}`);
}

/**
 * Returns `value` where it is a number in `[min, max]` (and whole, if `whole`), else throws.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` naming option, rule and value
 */
export function numberOption(
  option: string,
  value: unknown,
  rule: { readonly min: number; readonly max?: number; readonly whole?: boolean },
): number {
  const { min, max = Number.POSITIVE_INFINITY, whole = false } = rule;
  const fits = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (fits) return value;
  const kind = whole ? 'a whole number' : 'a number';
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  throw invalidOption(option, `${kind} ${range}`, value);
}

/**
 * Returns `value` where it is an object, else throws: `null` and `5` are not taken for "no options".
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 */
export function objectOption<T extends object>(option: string, value: T): T {
  if (typeof value === 'object' && value !== null) return value;
  throw invalidOption(option, 'an object', value);
}

/**
 * Returns `value` where it can be iterated and is not a text, else throws.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 */
export function iterableOption<T>(option: string, value: Iterable<T>): Iterable<T> {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return value;
  throw invalidOption(option, 'an array, or another iterable', value);
}

/**
 * Returns `value` where it is one of `choices`, else throws.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` naming option, choices and value
 */
export function choiceOption<const T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  const choice = choices.find((c) => c === value);
  if (choice !== undefined) return choice;
  throw invalidOption(option, `one of ${choices.join(', ')}`, value);
}

/**
 * Returns what `restore` makes of a snapshot of the given version. Whatever goes wrong in it, such as typed arrays that
 * went through JSON, is a damaged snapshot.
 *
 * @throws AnalyticsError `ERR_INVALID_SNAPSHOT`
 */
export function restoring<T>(subject: string, snapshot: unknown, version: number, restore: () => T): T {
  checkSnapshotVersion(subject, snapshot, version);
  try {
    return restore();
  } catch (cause) {
    if (cause instanceof AnalyticsError) throw cause;
    const message = `${subject} snapshot must be what snapshot() gave, got one that cannot be read`;
    throw new AnalyticsError('ERR_INVALID_SNAPSHOT', message, { cause });
  }
}

function checkSnapshotVersion(subject: string, snapshot: unknown, version: number): void {
  const found =
    typeof snapshot === 'object' && snapshot !== null && 'version' in snapshot ? snapshot.version : undefined;
  if (found === version) return;
  throw new AnalyticsError(
    'ERR_INVALID_SNAPSHOT',
    `${subject} snapshot must be of version ${version}, got ${show(found)}`,
  );
}
