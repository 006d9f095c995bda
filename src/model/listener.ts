/** What subscribers give; a promise that it returns is awaited by nobody, but its rejection is caught. */
export type Listener<T> = (payload: T) => unknown;

/**
 * Calls a listener so that neither its throw nor its rejection reaches the caller; either goes to `onFailure` instead.
 */
export function callListener<T>(listener: Listener<T>, payload: T, onFailure: (cause: unknown) => void): void {
  try {
    const result = listener(payload);
    if (isThenable(result)) Promise.resolve(result).catch(onFailure);
  } catch (cause) {
    onFailure(cause);
  }
}

/**
 * Attaches a listener and returns the way to detach it, once, whoever is first: the caller or `signal`. A signal that
 * has already fired attaches nothing.
 */
export function subscription(attach: () => void, detach: () => void, signal: AbortSignal | undefined): () => void {
  if (signal?.aborted === true) return () => {};
  attach();
  let attached = true;
  const unsubscribe = (): void => {
    // A second call must not detach the same listener where it was attached twice.
    if (!attached) return;
    attached = false;
    detach();
    signal?.removeEventListener('abort', unsubscribe);
  };
  signal?.addEventListener('abort', unsubscribe, { once: true });
  return unsubscribe;
}

/** Promises of other libraries and realms are no `Promise` of ours. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Characters of a failure that are shown. */
const MAX_SHOWN = 200;

/** What a listener threw, in words, whatever it is: even a value that throws when it is read. */
export function failureText(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause).slice(0, MAX_SHOWN);
  } catch {
    return 'something unreadable';
  }
}
