/**
 * Work that can stop between any two of its steps: it yields where it may be interrupted, a fraction of a millisecond
 * apart, and returns its result at the end. The same code so runs at once or in slices between which the event loop
 * turns.
 */
export type Work<T> = Generator<undefined, T, undefined>;

/** Does all of the work at once. */
export function finish<T>(work: Work<T>): T {
  while (true) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
