/** What subscribers give; a promise that it returns is awaited by nobody, but its rejection is caught. */
export type Listener<T> = (payload: T) => unknown;

/**
 * Calls a listener so that neither its throw nor its rejection reaches the caller; either goes to `onFailure` instead.
 */
export function callListener<T>(listener: Listener<T>, payload: T, onFailure: (cause: unknown) => void): void {
  try {
    const result = listener(payload);
    if (result instanceof Promise) result.catch(onFailure);
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
  const unsubscribe = (): void => {
    detach();
    signal?.removeEventListener('abort', unsubscribe);
  };
  signal?.addEventListener('abort', unsubscribe, { once: true });
  return unsubscribe;
}
