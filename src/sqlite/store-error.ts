import type { SentError } from './messages.ts';

/** A failure that the worker tells with its code. */
export class StoreError extends Error {
  readonly code: SentError['code'];

  constructor(code: SentError['code'], message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The error for a store that holds something other than what was written. */
export function damaged(what: string, cause?: unknown): StoreError {
  return new StoreError('ERR_STORE_DAMAGED', `store must hold what was written, got ${what}`, { cause });
}

/** What SQLite and the system say in so many ways. */
export function isDamage(cause: unknown): boolean {
  return /malformed|not a database|SQLITE_CORRUPT|SQLITE_NOTADB|disk image/i.test(textOf(cause));
}

/** Whether somebody else holds the lock. */
export function isLocked(cause: unknown): boolean {
  return /locked|SQLITE_BUSY|busy/i.test(textOf(cause));
}

/** Message of whatever was thrown, with its code where it has one. */
export function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as { readonly code?: unknown };
  return typeof code === 'string' && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message;
}

/** A failure as it is sent. */
export function sentError(cause: unknown, doing: string): SentError {
  if (cause instanceof StoreError)
    return { code: cause.code, message: cause.message, cause: textOf(cause.cause ?? '') };
  const code = isDamage(cause) ? 'ERR_STORE_DAMAGED' : 'ERR_STORE_FAILED';
  return {
    code,
    message: `store must be able to ${doing}, got ${JSON.stringify(textOf(cause))}`,
    cause: textOf(cause),
  };
}
