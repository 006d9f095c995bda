import { existsSync, realpathSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { checkState, putBlock, putName, putState, putValue, type StateRow } from './checked-rows.ts';
import { Database } from './database.ts';
import type { CommitRequest, Committed, Opened, OpenRequest, Pieces } from './messages.ts';
import { loadAll } from './read-store.ts';
import { checkVersion, migrate } from './schema.ts';
import { damaged, isDamage, isLocked, StoreError, textOf } from './store-error.ts';

/** Bytes of a page: packs of some kilobytes fill it well. */
const PAGE_BYTES = 16_384;
/** How long a writer waits for a reader that copies the journal back, milliseconds. */
const BUSY_MS = 2000;
/** Key of the time up to which there is an archive. */
const ARCHIVED = 'archived';
/** Files of one database. */
const SUFFIXES = ['', '-wal', '-shm'] as const;

/** The database while it is open, with the lock that says who writes to it. */
export class StoreFile {
  readonly database: Database;
  readonly path: string;
  readonly retentionMs: readonly number[];
  readonly archiveAfterMs: number;
  readonly #readOnly: boolean;
  readonly #lock: Database | undefined;
  /** Which file it is: one that is put in its place later is another. */
  readonly #inode: number;
  readonly #movedAside: string | undefined;

  /** @throws StoreError and what the driver throws; nothing has changed then */
  constructor({ path, driver, synchronous, onDamage, readOnly, retentionMs, archiveAfterMs }: OpenRequest) {
    this.path = path;
    this.retentionMs = retentionMs;
    this.archiveAfterMs = archiveAfterMs;
    this.#readOnly = readOnly;
    const existed = checkPath(path, readOnly);
    this.#lock = readOnly ? undefined : lock(new Database(driver, lockPath(path)), path);
    try {
      let database: Database;
      try {
        database = openSound(driver, path, readOnly);
      } catch (cause) {
        if (readOnly || onDamage === 'refuse' || !isDamaged(cause)) throw refusal(cause, path);
        this.#movedAside = moveAside(path);
        database = openSound(driver, path, false);
      }
      this.database = database;
      if (!readOnly) {
        if (!existed || this.#movedAside !== undefined) {
          database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL;`);
        }
        database.exec(
          `PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`,
        );
        migrate(database);
      } else {
        // libsql opens for writing whatever it is told.
        database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA query_only = ON;`);
      }
      this.#inode = statSync(path).ino;
    } catch (cause) {
      this.#lock?.close();
      throw cause;
    }
  }

  /** Reads all that is there. */
  load(): Opened {
    const { bytes, archivedUpTo } = this;
    return {
      ...loadAll(this.database, this.retentionMs, archivedUpTo),
      bytes,
      movedAside: this.#movedAside,
      archivedUpTo,
    };
  }

  /** Stores a batch, all of it or nothing. */
  commit(request: CommitRequest): Committed {
    this.#checkWritable();
    const { database } = this;
    const { buffers, names, gone, now, blocks, blockPieces, keys, keyPieces, removals, rows, rowPieces } = request;
    database.transaction(() => {
      for (const name of names) putName(database, name);
      for (const id of gone) database.prepare('UPDATE names SET gone = ? WHERE id = ?').run(now, id);
      for (const [i, service] of blocks.entries()) putBlock(database, service, piece(buffers, blockPieces, i));
      for (const [i, key] of keys.entries()) putState(database, key, piece(buffers, keyPieces, i));
      for (const [from, to] of removals) database.prepare('DELETE FROM state WHERE key >= ? AND key < ?').run(from, to);
      for (const [i, row] of rows.entries()) putValue(database, row.table, row, piece(buffers, rowPieces, i));
    });
    return { bytes: this.bytes };
  }

  /** What is older is in the archive; −∞ where there is none. */
  get archivedUpTo(): number {
    const row = this.database.prepare('SELECT key, value, crc FROM state WHERE key = ?').get(ARCHIVED) as
      | StateRow
      | undefined;
    if (row === undefined) return Number.NEGATIVE_INFINITY;
    checkState(row);
    return deserialize(row.value) as number;
  }

  /** Takes note that what is older than `upTo` is in the archive, from where it is read from now on. */
  archived(upTo: number): void {
    this.#checkWritable();
    putState(this.database, ARCHIVED, serialize(upTo));
  }

  /** On the disk, the journal included. */
  get bytes(): number {
    return SUFFIXES.reduce(
      (sum, suffix) => sum + (statSync(this.path + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  close(): void {
    this.database.close();
    this.#lock?.close();
  }

  #checkWritable(): void {
    if (this.#readOnly) {
      throw new StoreError(
        'ERR_STORE_FAILED',
        `store must be open for writing to be written, got ${this.path} which is open for reading only`,
      );
    }
    // A database that was deleted goes on taking data that nobody will ever find.
    if (statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode) return;
    throw new StoreError(
      'ERR_STORE_FAILED',
      `store file must stay where it was opened, got another or none at ${this.path}`,
    );
  }
}

/** Says in one way what each driver says in another. Returns whether there is a file. */
function checkPath(path: string, readOnly: boolean): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    throw new StoreError('ERR_STORE_FAILED', `store path must be that of a file, got the folder ${path}`);
  }
  if (found === undefined && readOnly) {
    throw new StoreError('ERR_STORE_FAILED', `store file must exist to be read, got none at ${path}`);
  }
  if (!existsSync(dirname(path))) {
    throw new StoreError('ERR_STORE_FAILED', `store folder must exist, got none at ${dirname(path)}`);
  }
  return found !== undefined;
}

/** The same for all names of a file. */
function lockPath(path: string): string {
  const file = existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  return `${file}-lock`;
}

/** A piece of what came along. */
function piece(buffers: readonly Uint8Array[], pieces: Pieces, i: number): Uint8Array {
  const [buffer, from, length] = pieces.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
  return (buffers[buffer] as Uint8Array).subarray(from, from + length);
}

/**
 * Holds a lock for as long as the process lives, however it ends: that of a small database beside the store, because one
 * on the store itself would keep readers out.
 */
function lock(database: Database, path: string): Database {
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database.close();
    if (!isLocked(cause)) throw cause;
    throw new StoreError(
      'ERR_STORE_LOCKED',
      `store must be open for writing once, got ${path} which a service has open`,
      { cause },
    );
  }
}

function openSound(driver: OpenRequest['driver'], path: string, readOnly: boolean): Database {
  const database = new Database(driver, path, readOnly);
  try {
    if (!checkVersion(database)) {
      const found = database.pragma('quick_check(1)');
      if (found !== 'ok') throw damaged(String(found));
    }
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function isDamaged(cause: unknown): boolean {
  return cause instanceof StoreError ? cause.code === 'ERR_STORE_DAMAGED' : isDamage(cause);
}

function refusal(cause: unknown, path: string): unknown {
  if (!isDamaged(cause)) return cause;
  const advice = `open it with onDamage: 'moveAside' to begin a new one beside it`;
  return new StoreError(
    'ERR_STORE_DAMAGED',
    `store must be sound to be opened, got ${JSON.stringify(textOf(cause))} in ${path}: ${advice}`,
    { cause },
  );
}

/** Renames all files of a database; returns where to. */
function moveAside(path: string): string {
  let to = `${path}.damaged`;
  for (let n = 2; existsSync(to); n++) to = `${path}.damaged-${n}`;
  for (const suffix of SUFFIXES) if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix);
  return to;
}
