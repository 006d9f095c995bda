import { resolve } from 'node:path';
import { deserialize } from 'node:v8';
import { SystemClock } from '../clock.ts';
import { AnalyticsError, choiceOption, invalidOption, numberOption, objectOption } from '../errors.ts';
import { failureText } from '../model/listener.ts';
import { PERIODS, type Period } from '../model/period.ts';
import type {
  StoreBatch,
  StoredBucketsQuery,
  StoredPage,
  StoredRowsQuery,
  StoredState,
  StoredTable,
  StoreInfo,
} from '../store/store.ts';
import { Archive, type ArchivedStore } from './archive.ts';
import { BatchWriter } from './batch-writer.ts';
import { type DriverName, findDriver } from './find-driver.ts';
import type { BucketsAnswer, CommitRequest, Committed, Opened, OpenRequest, RowsAnswer } from './messages.ts';
import { StoreWorker } from './store-worker.ts';

/** For how many days each kind of data is kept. */
export type RetentionDays = Partial<Readonly<Record<Period | StoredTable, number>>>;

/** Options of `sqlite`. */
export interface SqliteOptions {
  /** The database file; its folder must exist. Beside it lie its journal, `-wal` and `-shm`, and a lock, `-lock`. */
  readonly path: string;
  /**
   * Days that data is kept, by period and kind, each at least 1/24. Default: `1m` 2, `5m` 7, `15m` 14, `1h` 30, `1d` 400;
   * anomalies 400, predictions 7, events 30.
   */
  readonly retentionDays?: RetentionDays | undefined;
  /**
   * What `await flush()` survives: with `normal` (default) the end of the process, however it comes; with `full` also that
   * of the machine, at the cost of one wait for the disk more at each flush. A power cut with `normal` may take the last
   * commits, and no more than that.
   */
  readonly synchronous?: 'normal' | 'full' | undefined;
  /**
   * What becomes of a store that is damaged: `refuse` (default) throws `ERR_STORE_DAMAGED` and leaves it as it is;
   * `moveAside` renames its files to `.damaged` and begins a new one, which `info.movedAside` tells.
   */
  readonly onDamage?: 'refuse' | 'moveAside' | undefined;
  /**
   * A folder for an archive: what is older than `archiveAfterDays` goes there, one Parquet file a day and table, and is
   * read there by `service.history`. Needs the packages hyparquet and hyparquet-writer. Default: none, what is too old is
   * deleted.
   */
  readonly archiveFolder?: string | undefined;
  /**
   * Days after which data goes to the archive, if there is one and the data is still there by then; default 30. Records that
   * are older are refused as `expired`, since what is archived does not change.
   */
  readonly archiveAfterDays?: number | undefined;
  /** Opens it for reading only, beside the service that writes to it. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Only this driver. Default: `node:sqlite` where the runtime has it, else what is installed. */
  readonly driver?: DriverName | undefined;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS: Readonly<Record<Period | StoredTable, number>> = {
  '1m': 2,
  '5m': 7,
  '15m': 14,
  '1h': 30,
  '1d': 400,
  anomalies: 400,
  predictions: 7,
  events: 30,
};
/** In the order in which the worker has them. */
const KINDS = [...PERIODS, 'anomalies', 'predictions', 'events'] as const;

/**
 * A store in one SQLite database, written by a thread of its own, so that the event loop never waits for the disk. One
 * service writes to it; others may read. Nothing is opened before `open`, which `Service.open` calls.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`; `ERR_MISSING_PEER` where neither the runtime nor an installed package opens
 * SQLite databases
 * @example
 * const service = await Service.open({ store: sqlite({ path: 'analytics.db' }) });
 */
export function sqlite(options: SqliteOptions): SqliteStore {
  return new SqliteStore(options);
}

/** What a SQLite store says of itself. */
export interface SqliteInfo extends StoreInfo {
  /** Where a damaged store was moved to when this one was opened. */
  readonly movedAside: string | undefined;
  /** What is older is in the archive and no more in the database, epoch milliseconds; `undefined` where nothing is archived. */
  readonly archivedUpTo: number | undefined;
}

/** A store in a SQLite database; see `sqlite`. */
export class SqliteStore implements ArchivedStore {
  readonly #request: OpenRequest;
  readonly #clock = new SystemClock();
  readonly #archive: Archive | undefined;
  readonly #archiveAfterDays: number;
  #archivedUpTo: number = Number.NEGATIVE_INFINITY;
  /** What is older is to be archived, as of the last commit. */
  #archiveUpTo: number = Number.NEGATIVE_INFINITY;
  #archiving: Promise<void> | undefined;
  readonly #stopArchiving = new AbortController();
  #worker: StoreWorker | undefined;
  #closing: Promise<void> | undefined;
  #bytes = 0;
  #movedAside: string | undefined;
  /** Of the thread, and of the archive. */
  #upkeepProblem: string | undefined;
  #archiveProblem: string | undefined;

  /** @throws AnalyticsError as `sqlite` does */
  constructor(options: SqliteOptions) {
    const { path, retentionDays = {}, synchronous = 'normal', onDamage = 'refuse' } = objectOption('options', options);
    const { readOnly = false, driver, archiveFolder, archiveAfterDays = 30 } = options;
    this.#archiveAfterDays = numberOption('archiveAfterDays', archiveAfterDays, { min: 1, whole: true });
    if (typeof path !== 'string' || path === '') throw invalidOption('path', 'the path of a file', path);
    if (typeof readOnly !== 'boolean') throw invalidOption('readOnly', 'true or false', readOnly);
    const days = { ...DEFAULT_DAYS, ...objectOption('retentionDays', retentionDays) };
    for (const kind of Object.keys(days)) choiceOption('retentionDays', kind, KINDS);
    this.#request = {
      type: 'open',
      path: resolve(path),
      driver: findDriver(driver),
      synchronous: choiceOption('synchronous', synchronous, ['normal', 'full']),
      onDamage: choiceOption('onDamage', onDamage, ['refuse', 'moveAside']),
      retentionMs: KINDS.map((kind) => numberOption(`retentionDays.${kind}`, days[kind], { min: 1 / 24 }) * DAY_MS),
      archiveAfterMs: archiveFolder === undefined ? Number.POSITIVE_INFINITY : archiveAfterDays * DAY_MS,
      readOnly,
      load: true,
    };
    if (archiveFolder === undefined) return;
    if (typeof archiveFolder !== 'string' || archiveFolder === '') {
      throw invalidOption('archiveFolder', 'the path of a folder', archiveFolder);
    }
    this.#archive = new Archive(resolve(archiveFolder), this.#clock);
  }

  /** Opens the database, in a thread of its own, and reads what a service goes on from. */
  async open(): Promise<StoredState> {
    if (this.#worker !== undefined) {
      throw new AnalyticsError(
        'ERR_STORE_LOCKED',
        'store must be opened once, got a second service; make a store for each',
      );
    }
    await this.#archive?.ready();
    this.#worker = new StoreWorker((error) => this.#noticed(error));
    try {
      const opened = await this.#worker.ask<Opened>(this.#request);
      const { keys, values, names, buckets, keptFrom, nextId, bytes, movedAside } = opened;
      this.#bytes = bytes;
      this.#movedAside = movedAside;
      this.#archivedUpTo = opened.archivedUpTo;
      const state = new Map(keys.map((key, i) => [key, deserialize(values[i] as Uint8Array) as unknown]));
      const { archiveAfterMs: changesForMs } = this.#request;
      return { state, names, buckets, keptFrom, nextId, changesForMs };
    } catch (cause) {
      await this.#worker.end();
      // Whoever waits for the lock may try again.
      this.#worker = undefined;
      throw cause;
    }
  }

  /** Sends a batch to the thread; starts another where that has died. */
  async commit(batch: StoreBatch): Promise<void> {
    const worker = await this.#alive();
    const writing = new BatchWriter(batch).write();
    const request = await new Promise<CommitRequest>((done, fail) => {
      this.#clock.slice(() => {
        try {
          const { value, done: isDone } = writing.next();
          if (isDone === true) done(value);
          return isDone !== true;
        } catch (cause) {
          fail(cause as Error);
          return false;
        }
      });
    });
    const { bytes } = await worker.ask<Committed>(
      request,
      request.buffers.map(({ buffer }) => buffer),
    );
    this.#bytes = bytes;
    if (this.#archive !== undefined) this.#archiveDays(this.#archive, batch.now);
  }

  /** Reads closed buckets, a stretch of time at a time, between which commits go on. */
  async *readBuckets(query: StoredBucketsQuery, signal?: AbortSignal): AsyncGenerator<StoredPage> {
    const { serviceId, metricName, withOrdinal = false, level, to } = query;
    const archivedUpTo = this.#archivedUpTo;
    const from = Math.max(query.from, archivedUpTo);
    // Durations that operations keep for their service are in the archive with that.
    if (query.from < archivedUpTo && !withOrdinal && this.#archive !== undefined) {
      yield* this.#archive.readBuckets({ ...query, to: Math.min(to, archivedUpTo) }, archivedUpTo, signal);
    }
    for (let next: number | undefined = from < to ? from : undefined; next !== undefined; ) {
      signal?.throwIfAborted();
      const worker = await this.#alive();
      const request = { type: 'buckets', serviceId, metricName, withOrdinal, level, from: next, to } as const;
      const answer: BucketsAnswer = await worker.ask(request);
      if (answer.buckets.length > 0) yield answer;
      next = answer.next;
    }
  }

  /** Reads rows, some hundreds at a time. */
  async *readRows(query: StoredRowsQuery, signal?: AbortSignal): AsyncGenerator<readonly unknown[]> {
    const archivedUpTo = this.#archivedUpTo;
    if (query.from < archivedUpTo && this.#archive !== undefined) {
      yield* this.#archive.readRows({ ...query, to: Math.min(query.to, archivedUpTo) }, archivedUpTo, signal);
    }
    const from = Math.max(query.from, archivedUpTo);
    let after: RowsAnswer['after'] = [Number.NEGATIVE_INFINITY, 0];
    while (after !== undefined) {
      signal?.throwIfAborted();
      const worker = await this.#alive();
      const answer: RowsAnswer = await worker.ask({ type: 'rows', ...query, from, after });
      if (answer.values.length > 0) yield answer.values.map((value) => deserialize(value) as unknown);
      after = answer.after;
    }
  }

  /** Ids of the services in the database, in the order of their alphabet. */
  async serviceIds(): Promise<readonly string[]> {
    return (await this.#alive()).ask({ type: 'services' });
  }

  /** Names of the metrics of a service in the database, in the order of their alphabet. */
  async metricNames(serviceId: string): Promise<readonly string[]> {
    return (await this.#alive()).ask({ type: 'metrics', serviceId });
  }

  /** As of the last commit. */
  get info(): SqliteInfo {
    return {
      bytes: this.#bytes,
      movedAside: this.#movedAside,
      upkeepProblem: this.#upkeepProblem ?? this.#archiveProblem,
      archivedUpTo: this.#archivedUpTo === Number.NEGATIVE_INFINITY ? undefined : this.#archivedUpTo,
    };
  }

  /**
   * Closes the database and ends the thread, after what it was asked before; the process lives until then. Calling it again
   * waits for the same.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopArchiving.abort();
    await this.#archiving;
    await this.#worker?.end();
  }

  /** Archives, a day at a time and in the background, the days that are old enough at `now`. */
  #archiveDays(archive: Archive, now: number): void {
    this.#archiveUpTo = (Math.floor(now / DAY_MS) - this.#archiveAfterDays) * DAY_MS;
    if (this.#archiving !== undefined || this.#archiveUpTo <= this.#archivedUpTo) return;
    this.#archiving = this.#archiveAll(archive)
      .then(() => {
        this.#archiveProblem = undefined;
      })
      .catch((cause: unknown) => {
        if (!this.#stopArchiving.signal.aborted)
          this.#archiveProblem = `archive must be written, got ${failureText(cause)}`;
      })
      .finally(() => {
        this.#archiving = undefined;
      });
  }

  async #archiveAll(archive: Archive): Promise<void> {
    const { signal } = this.#stopArchiving;
    while (this.#archivedUpTo < this.#archiveUpTo) {
      signal.throwIfAborted();
      const worker = await this.#alive();
      const upTo = this.#archiveUpTo;
      const oldest = (await worker.ask<number | undefined>({ type: 'oldest' })) ?? upTo;
      const start = Math.max(this.#archivedUpTo, Math.floor(oldest / DAY_MS) * DAY_MS);
      if (start < upTo) await archive.write(this, start, signal);
      const end = Math.min(start + DAY_MS, upTo);
      await worker.ask({ type: 'archived', upTo: end });
      this.#archivedUpTo = end;
    }
  }

  async #alive(): Promise<StoreWorker> {
    if (this.#closing !== undefined || this.#worker === undefined) {
      throw new AnalyticsError('ERR_CLOSED', 'store must be open to be used, got one that is closed');
    }
    if (!this.#worker.isGone) return this.#worker;
    const worker = new StoreWorker((error) => this.#noticed(error));
    this.#worker = worker;
    try {
      await worker.ask({ ...this.#request, load: false });
    } catch (cause) {
      await worker.end();
      throw cause;
    }
    return worker;
  }

  #noticed(error: AnalyticsError | undefined): void {
    this.#upkeepProblem = error?.message;
  }
}
