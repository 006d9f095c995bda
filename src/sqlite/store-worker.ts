import { Worker } from 'node:worker_threads';
import { WORKER } from 'streamgate:sqlite-worker';
import { AnalyticsError } from '../errors.ts';
import type { Notice, Request, SentError } from './messages.ts';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: AnalyticsError) => void;
}

/** Flags that the worker needs where the runtime has them: it is of no use to the user that node:sqlite is young. */
const EXEC_ARGV = ['--disable-warning=ExperimentalWarning'];

/**
 * The thread that has the database, so that nobody waits for a disk but it. It does not keep the process alive but while
 * it is asked something.
 */
export class StoreWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onNotice: (error: AnalyticsError | undefined) => void;
  readonly #exited: Promise<void>;
  #nextId = 0;
  #failure: AnalyticsError | undefined;

  constructor(onNotice: (error: AnalyticsError | undefined) => void) {
    this.#onNotice = onNotice;
    this.#worker = newWorker();
    this.#worker.unref();
    this.#worker.on('message', (message: Notice | Answer) => this.#take(message));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#fail(new Error(`exit code ${code}`));
        resolve();
      });
    });
  }

  /** Whether it has died, or was ended. */
  get isGone(): boolean {
    return this.#failure !== undefined;
  }

  /** @throws AnalyticsError what the worker says, or that it has died */
  ask<T>(request: Request, transfer: readonly ArrayBufferLike[] = []): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, request }, transfer as ArrayBuffer[]);
    });
  }

  /**
   * Closes the database, after all that it was asked before, and resolves when the thread has ended. It is never stopped in
   * the middle: a driver that is written in another language may take the whole process with it then.
   */
  async end(): Promise<void> {
    if (!this.isGone) {
      // One that dies meanwhile has ended as well.
      await this.ask({ type: 'close' }).catch(() => {});
    }
    this.#worker.ref();
    await this.#exited;
  }

  #take(message: Notice | Answer): void {
    if ('notice' in message) {
      this.#onNotice(message.notice === undefined ? undefined : toError(message.notice));
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (message.error === undefined) waiting?.resolve(message.value as never);
    else waiting?.reject(toError(message.error));
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new AnalyticsError('ERR_STORE_FAILED', 'store worker must stay alive, got one that ended', {
      cause,
    });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: SentError;
}

function newWorker(): Worker {
  try {
    return new Worker(WORKER, { eval: true, name: 'streamgate-analytics-store', execArgv: EXEC_ARGV });
  } catch {
    // Node 20 knows no such flag, and needs none.
    return new Worker(WORKER, { eval: true, name: 'streamgate-analytics-store' });
  }
}

function toError({ code, message, cause }: SentError): AnalyticsError {
  return new AnalyticsError(code, message, cause === '' ? undefined : { cause });
}
