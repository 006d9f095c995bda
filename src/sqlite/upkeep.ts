import { SystemClock } from '../clock.ts';
import { longerBuckets } from '../store/block.ts';
import type { BlockRow, PackRow } from './checked-rows.ts';
import { checkPack, putLonger, putPack } from './checked-rows.ts';
import type { SentError } from './messages.ts';
import { type Buckets, bucketsOf, decodePack, encodePack, PACK_MS, packAt, packKey } from './packs.ts';
import { recentBuckets } from './read-store.ts';
import { PACK_TABLES } from './schema.ts';
import { sentError } from './store-error.ts';
import type { StoreFile } from './store-file.ts';

/** Minutes are packed when so much time has passed since the last time: with it, each pack of them is written once. */
const PACK_EVERY_MS: number = PACK_MS[0] as number;
/** Longer buckets are packed more seldom: their packs cover more, and are written anew each time. */
const PACK_LONGER_EVERY_MS: number = PACK_MS[1] as number;
/** Minutes close so long after they end, lateness and flush included. */
const GRACE_MS = 120_000;
/** Blocks are packed earlier where there are so many: old records that are replayed in no time. */
const MAX_BLOCKS = 20_000;
/** So too what is left of them, for each service: where the process never lives until they are due. */
const MAX_LONGER_A_SERVICE = 24;
/** Services of one step. */
const SERVICES_A_STEP = 20;
/** Rows that one step of forgetting deletes: some milliseconds. */
const ROWS_A_STEP = 200;
/** Pages that one step gives back to the disk. */
const PAGES_A_STEP = 64;
/** What is to be forgotten is looked for so often. */
const RETENTION_EVERY_MS = 60_000;
/** Blocks of some services. */
const IN_RANGE = 'service >= ? AND service <= ? AND longer = ? AND no <= ?';
const TABLES = ['anomalies', 'predictions', 'events'] as const;

/**
 * What is done between commits, in steps of some milliseconds: the minutes in blocks of the last half hour become packs,
 * each of one service or series, in the order in which they will be read, and a few times a day the longer buckets do;
 * what is older than its retention goes.
 */
export class Upkeep {
  readonly #file: StoreFile;
  readonly #tell: (error: SentError | undefined) => void;
  readonly #clock = new SystemClock();
  #steps: Iterator<unknown> | undefined;
  /** Which half hour, and which quarter of a day, were packed last. */
  #packedAt = Number.NaN;
  #packedLongerAt = Number.NaN;
  #forgotAt = Number.NEGATIVE_INFINITY;
  #hasFailed = false;

  /** @param tell why it failed; `undefined` when it has gone well again */
  constructor(file: StoreFile, tell: (error: SentError | undefined) => void) {
    this.#file = file;
    this.#tell = tell;
  }

  /** Begins what is due at `now`, unless it is being done. */
  begin(now: number): void {
    if (this.#steps !== undefined) return;
    this.#steps = this.#work(now);
    this.#clock.slice(() => this.#step());
  }

  /** Stops where it is. */
  end(): void {
    this.#steps = undefined;
  }

  #step(): boolean {
    try {
      if (this.#steps?.next().done === false) return true;
      if (this.#hasFailed) this.#tell(undefined);
      this.#hasFailed = false;
    } catch (cause) {
      this.#hasFailed = true;
      this.#tell(sentError(cause, 'be kept in order'));
    }
    this.#steps = undefined;
    return false;
  }

  *#work(now: number): Generator<void> {
    const due = Math.floor((now - GRACE_MS) / PACK_EVERY_MS);
    const dueLonger = Math.floor((now - GRACE_MS) / PACK_LONGER_EVERY_MS);
    if (Number.isNaN(this.#packedAt)) {
      this.#packedAt = due;
      this.#packedLongerAt = dueLonger;
    }
    if (due !== this.#packedAt || this.#count(0) > MAX_BLOCKS) {
      yield* this.#pack(0, (rows) => this.#packMinutes(rows));
      this.#packedAt = due;
      const tooMany = MAX_LONGER_A_SERVICE * this.#servicesOf(1).length;
      if (dueLonger !== this.#packedLongerAt || this.#count(1) > tooMany) {
        yield* this.#pack(1, (rows) => this.#packLonger(rows));
        this.#packedLongerAt = dueLonger;
      }
    }
    if (Math.abs(now - this.#forgotAt) < RETENTION_EVERY_MS) return;
    this.#forgotAt = now;
    yield* this.#forget(now);
  }

  /** Takes the blocks that are there now, of some services at a time, and puts into packs what `pack` does of them. */
  *#pack(longer: 0 | 1, pack: (rows: readonly BlockRow[]) => void): Generator<void> {
    const { database } = this.#file;
    const last = (database.prepare('SELECT max(no) AS no FROM blocks').get() as { no: number | null }).no ?? 0;
    const services = this.#servicesOf(longer);
    for (let at = 0; at < services.length; at += SERVICES_A_STEP) {
      const range = [
        services[at],
        services[Math.min(at + SERVICES_A_STEP, services.length) - 1],
        longer,
        last,
      ] as const;
      database.transaction(() => {
        const rows = database
          .prepare(`SELECT no, service, longer, bytes, crc FROM blocks WHERE ${IN_RANGE} ORDER BY no`)
          .all(...range) as BlockRow[];
        database.prepare(`DELETE FROM blocks WHERE ${IN_RANGE}`).run(...range);
        pack(rows);
      });
      yield;
    }
  }

  /** Packs the minutes, and leaves what is longer in one block for each service. */
  #packMinutes(rows: readonly BlockRow[]): void {
    const [minutes] = recentBuckets(rows);
    this.#packLevel(0, minutes as ReadonlyMap<number, Buckets>);
    const byService = new Map<number, BlockRow[]>();
    for (const row of rows) {
      const known = byService.get(row.service);
      if (known === undefined) byService.set(row.service, [row]);
      else known.push(row);
    }
    for (const own of byService.values()) {
      const longer = longerBuckets(own.map(({ bytes }) => bytes));
      if (longer.length > 0) putLonger(this.#file.database, own.at(-1) as BlockRow, longer);
    }
  }

  #packLonger(rows: readonly BlockRow[]): void {
    for (const [level, byId] of recentBuckets(rows).entries()) this.#packLevel(level, byId);
  }

  #count(longer: 0 | 1): number {
    const counted = this.#file.database.prepare('SELECT count(*) AS count FROM blocks WHERE longer = ?').get(longer);
    return (counted as { readonly count: number }).count;
  }

  #servicesOf(longer: 0 | 1): number[] {
    const services = this.#file.database
      .prepare('SELECT DISTINCT service FROM blocks WHERE longer = ? ORDER BY service')
      .all(longer) as { readonly service: number }[];
    return services.map(({ service }) => service);
  }

  #packLevel(level: number, byId: ReadonlyMap<number, Buckets>): void {
    const { database } = this.#file;
    const packs = new Map<number, Buckets>();
    for (const [id, buckets] of byId) {
      for (const [start, encoded] of buckets) {
        const key = packKey(level, start, id);
        const pack = packs.get(key);
        if (pack === undefined) packs.set(key, new Map([[start, encoded]]));
        else pack.set(start, encoded);
      }
    }
    const get = database.prepare(`SELECT key, bytes, crc FROM ${PACK_TABLES[level]} WHERE key = ?`);
    // In the order of their keys, so that the pages of the table fill up.
    for (const [key, buckets] of [...packs].sort(([a], [b]) => a - b)) {
      const known = get.get(key) as PackRow | undefined;
      let all = buckets;
      if (known !== undefined) {
        checkPack(level, known);
        const [start] = buckets.keys() as unknown as [number];
        all = bucketsOf(decodePack(known.bytes, level, packAt(level, start)));
        for (const [at, encoded] of buckets) all.set(at, encoded);
      }
      putPack(database, level, key, encodePack(all, level));
    }
  }

  *#forget(now: number): Generator<void> {
    const { database, retentionMs, archivedUpTo, archiveAfterMs } = this.#file;
    const keptFrom = (i: number): number => {
      const retention = retentionMs[i] as number;
      // What is to be archived waits until it is, however long that takes.
      return retention < archiveAfterMs ? Math.max(archivedUpTo, now - retention) : archivedUpTo;
    };
    for (const [level, table] of PACK_TABLES.entries()) {
      yield* this.#deleteFrom(table, 'key', packKey(level, keptFrom(level), 0));
    }
    for (const [i, table] of TABLES.entries()) yield* this.#deleteFrom(table, 'at', keptFrom(PACK_TABLES.length + i));
    const longest = Math.max(...retentionMs);
    yield* this.#deleteFrom('names', 'gone', now - longest);
    while ((database.pragma('freelist_count') as number) > PAGES_A_STEP) {
      database.exec(`PRAGMA incremental_vacuum(${PAGES_A_STEP})`);
      yield;
    }
  }

  *#deleteFrom(table: string, column: string, before: number): Generator<void> {
    const { database } = this.#file;
    const some = database.prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${column} < ? ORDER BY ${column} LIMIT ${ROWS_A_STEP})`,
    );
    const left = database.prepare(`SELECT 1 AS more FROM ${table} WHERE ${column} < ? LIMIT 1`);
    while (left.get(before) !== undefined) {
      some.run(before);
      yield;
    }
  }
}
