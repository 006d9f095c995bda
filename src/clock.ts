/**
 * The only door to wall-clock time. Everything that is computed follows the timestamps of the data; the clock stamps
 * records that came without one, rejects timestamps from the future, and decides when to flush.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Like `now`, but may be some hundredths of a second old: reading a clock costs more than recording. */
  coarseNow(): number;
  /** Calls `tick` about every `intervalMs`, without keeping the process alive; returns the way to stop. */
  every(intervalMs: number, tick: () => void): () => void;
  /** Calls `step` until it answers false: at once, but after some milliseconds only when the event loop has turned. */
  slice(step: () => boolean): void;
  /** Waits until the event loop has turned. */
  pause(): Promise<void>;
}

/** Work that is done in steps, in slices between which the event loop turns; once at a time, however often it is begun. */
export class SlicedWork {
  readonly #clock: Clock;
  readonly #step: () => boolean;
  #running = false;

  /** @param step does some of the work; answers whether there is more */
  constructor(clock: Clock, step: () => boolean) {
    this.#clock = clock;
    this.#step = step;
  }

  /** Begins, unless it is being done already. */
  begin(): void {
    if (this.#running) return;
    this.#running = true;
    this.#clock.slice(() => {
      this.#running = false;
      this.#running = this.#step();
      return this.#running;
    });
  }
}

/**
 * Does work that yields often in slices between which the event loop turns.
 *
 * @throws what the work throws; the reason of `signal` where it fires first
 */
export function inSlices<T>(
  work: Iterator<unknown, T, undefined>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    clock.slice(() => {
      try {
        signal?.throwIfAborted();
        const { done, value } = work.next();
        if (done !== true) return true;
        resolve(value);
      } catch (error) {
        reject(error);
      }
      return false;
    });
  });
}

/** Milliseconds since it was started, as exactly as the machine knows. */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => performance.now() - started;
}

/** How old a coarse time may be while the event loop turns. */
const COARSE_MS = 20;
/** Reads of the coarse time after which it is read anew even where the event loop does not turn. */
const COARSE_READS = 1000;
/** How long work in slices goes on before the event loop turns, milliseconds; a step may be cut no shorter than it is. */
const SLICE_MS = 1.5;

/**
 * The machine's clock. The coarse time is refreshed by a timer that runs only while somebody reads it, so that an idle
 * process is not woken.
 */
export class SystemClock implements Clock {
  /** One number, in an array because a field of its own would be an object anew whenever it is read. */
  readonly #coarse = new Float64Array(1);
  #readsLeft = 0;
  #timer: NodeJS.Timeout | undefined;

  now(): number {
    return Date.now();
  }

  coarseNow(): number {
    if (this.#readsLeft-- <= 0) this.#refresh();
    return this.#coarse[0] as number;
  }

  every(intervalMs: number, tick: () => void): () => void {
    const timer = setInterval(tick, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  slice(step: () => boolean): void {
    const end = performance.now() + SLICE_MS;
    while (step()) {
      if (performance.now() < end) continue;
      setImmediate(() => this.slice(step));
      return;
    }
  }

  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #refresh(): void {
    this.#coarse[0] = Date.now();
    this.#readsLeft = COARSE_READS;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#expire(), COARSE_MS).unref();
  }

  #expire(): void {
    this.#readsLeft = 0;
    this.#timer = undefined;
  }
}

/**
 * A clock that moves only when told: for tests, and for replaying old records as if one lived then.
 *
 * @example
 * const clock = new ManualClock(Date.UTC(2026, 0, 1));
 * const service = new Service({ clock });
 * clock.advance(60_000); // flush timers that fell due have run
 */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ readonly intervalMs: number; readonly tick: () => void; due: number }>();

  /** @param startMs epoch milliseconds that `now()` answers first */
  constructor(startMs: number) {
    this.#now = startMs;
  }

  /** Milliseconds since the epoch, as last set. */
  now(): number {
    return this.#now;
  }

  /** The same as `now`. */
  coarseNow(): number {
    return this.#now;
  }

  /** Registers `tick`; it runs inside `advance` whenever its interval has passed. */
  every(intervalMs: number, tick: () => void): () => void {
    const timer = { intervalMs, tick, due: this.#now + intervalMs };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Calls `step` until it answers false, without a pause. */
  slice(step: () => boolean): void {
    while (step());
  }

  /** Waits for nothing. */
  pause(): Promise<void> {
    return Promise.resolve();
  }

  /** Moves on by `ms`, running each timer once for every interval that passed, in the order of their times. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#now = Math.max(this.#now, next.due);
      next.due += next.intervalMs;
      next.tick();
    }
    this.#now = end;
  }

  /** Jumps to `ms` as a corrected system clock does: backwards too, and without running timers in between. */
  set(ms: number): void {
    const jump = ms - this.#now;
    this.#now = ms;
    for (const timer of this.#timers) timer.due += jump;
  }

  #nextDue(end: number): { readonly intervalMs: number; readonly tick: () => void; due: number } | undefined {
    let next: { readonly intervalMs: number; readonly tick: () => void; due: number } | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }
}
