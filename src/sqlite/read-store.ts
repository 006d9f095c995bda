import { bytesOfBuckets, readBlock } from '../store/block.ts';
import type { StoredName, StoredTable } from '../store/store.ts';
import {
  type BlockRow,
  checkBlock,
  checkedName,
  checkPack,
  checkState,
  checkValue,
  type NameRow,
  type PackRow,
  type StateRow,
  type ValueRow,
} from './checked-rows.ts';
import type { Database } from './database.ts';
import type { BucketsAnswer, BucketsRequest, Opened, RowsAnswer, RowsRequest, SentBuckets } from './messages.ts';
import { type Buckets, bucketsOf, decodePack, ID_SPAN, PACK_MS, packAt, packKey } from './packs.ts';
import { PACK_TABLES } from './schema.ts';

const LEVELS: number = PACK_TABLES.length;
/** Rows that one answer holds. */
const ROWS_AT_A_TIME = 500;
/** Packs that one answer is made of: some milliseconds of work, between which other work is done. */
const PACKS_AT_A_TIME = 200;

/** Columns that are still in pieces. */
class Columns {
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #bytes: Uint8Array[] = [];
  #size = 0;

  add(starts: Float64Array, lengths: Uint32Array, bytes: Uint8Array): void {
    for (const start of starts) this.#starts.push(start);
    for (const length of lengths) this.#lengths.push(length);
    this.#bytes.push(bytes);
    this.#size += bytes.length;
  }

  /** Adds buckets where all of them come behind those that are there, which is nearly always so. */
  #append(buckets: Buckets): boolean {
    const last = this.#starts.at(-1) ?? Number.NEGATIVE_INFINITY;
    for (const start of buckets.keys()) if (start <= last) return false;
    const { starts, lengths, bytes } = bytesOfBuckets(buckets);
    this.add(starts, lengths, bytes);
    return true;
  }

  /** As they are sent; of what came later than `from` only, and with `over` in place of what is older. */
  toBuckets(id: number, level: number, from: number, to: number, given: Buckets | undefined): SentBuckets | undefined {
    const over = given !== undefined && this.#append(given) ? undefined : given;
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#bytes) {
      bytes.set(part, at);
      at += part.length;
    }
    const columns = { starts: Float64Array.from(this.#starts), lengths: Uint32Array.from(this.#lengths), bytes };
    const isWhole = over === undefined && (columns.starts[0] ?? to) >= from && (columns.starts.at(-1) ?? from) < to;
    if (isWhole) return columns.starts.length === 0 ? undefined : { id, level, ...columns };
    const all = bucketsOf(columns);
    for (const [start, encoded] of over ?? []) all.set(start, encoded);
    const kept = [...all].filter(([start]) => start >= from && start < to).sort(([a], [b]) => a - b);
    if (kept.length === 0) return undefined;
    const total = new Uint8Array(kept.reduce((sum, [, encoded]) => sum + encoded.length, 0));
    let end = 0;
    for (const [, encoded] of kept) {
      total.set(encoded, end);
      end += encoded.length;
    }
    return {
      id,
      level,
      starts: Float64Array.from(kept, ([start]) => start),
      lengths: Uint32Array.from(kept, ([, encoded]) => encoded.length),
      bytes: total,
    };
  }
}

/**
 * All that a service goes on from.
 *
 * @param archivedUpTo what is older is not gone on from, but read from the archive
 */
export function loadAll(
  database: Database,
  retentionMs: readonly number[],
  archivedUpTo: number,
): Omit<Opened, 'bytes' | 'movedAside' | 'archivedUpTo'> {
  const keys: string[] = [];
  const values: Uint8Array[] = [];
  for (const row of database.prepare('SELECT key, value, crc FROM state ORDER BY key').all() as StateRow[]) {
    checkState(row);
    keys.push(row.key);
    values.push(row.value.slice());
  }
  const names: StoredName[] = [];
  const live = new Set<number>();
  for (const row of database
    .prepare('SELECT id, service, metric, labels, ordinal, crc FROM names WHERE gone IS NULL ORDER BY id')
    .all() as NameRow[]) {
    names.push(checkedName(row));
    live.add(row.id);
  }
  const { newest } = database.prepare('SELECT max(id) AS newest FROM names').get() as {
    readonly newest: number | null;
  };
  const over = recentBuckets(
    database.prepare('SELECT no, service, longer, bytes, crc FROM blocks ORDER BY no').all() as BlockRow[],
  );
  const newestMs = newestStart(database, over);
  const keptFrom = Array.from({ length: LEVELS }, (_, level) =>
    Math.max(archivedUpTo, keptFromOf(level, newestMs, retentionMs)),
  );
  const buckets: SentBuckets[] = [];
  for (let level = 0; level < LEVELS; level++) {
    const columns = new Map<number, Columns>();
    for (const id of over[level]?.keys() ?? []) if (live.has(id)) columns.set(id, new Columns());
    const from = keptFrom[level] as number;
    eachPack(database, level, packKey(level, from, 0), (id, place, bytes) => {
      if (!live.has(id)) return;
      const known = columns.get(id) ?? new Columns();
      columns.set(id, known);
      const { starts, lengths, bytes: own } = decodePack(bytes, level, place);
      known.add(starts, lengths, own);
    });
    for (const [id, parts] of columns) {
      const own = parts.toBuckets(id, level, from, Number.POSITIVE_INFINITY, over[level]?.get(id));
      if (own !== undefined) buckets.push(own);
    }
  }
  return { keys, values, names, buckets, keptFrom, nextId: (newest ?? 0) + 1 };
}

/** Buckets of one stretch of time, for all label sets of a metric. */
export function readBuckets(database: Database, request: BucketsRequest): BucketsAnswer {
  const { serviceId, metricName, withOrdinal, level, from, to } = request;
  const names = (
    database
      .prepare(
        'SELECT id, service, metric, labels, ordinal, crc FROM names WHERE service = ? AND metric IS ? ' +
          'AND (ordinal IS NOT NULL OR NOT ?) ORDER BY id',
      )
      .all(serviceId, metricName ?? null, withOrdinal ? 1 : 0) as NameRow[]
  ).map(checkedName);
  const over = recentBuckets(
    database
      .prepare(
        'SELECT no, service, longer, bytes, crc FROM blocks WHERE service IN ' +
          '(SELECT id FROM names WHERE service = ? AND metric IS NULL) AND longer <= ? ORDER BY no',
      )
      .all(serviceId, level === 0 ? 0 : 1) as BlockRow[],
  )[level] as Map<number, Buckets>;
  const [first, last] = placesOf(database, level, from, to, over, names);
  if (first > last) return { names, buckets: [], next: undefined };
  const places = Math.max(1, Math.floor(PACKS_AT_A_TIME / Math.max(1, names.length)));
  const end = Math.min(last, first + places - 1);
  const width = PACK_MS[level] as number;
  const pageTo = Math.min(to, (end + 1) * width);
  const buckets: SentBuckets[] = [];
  const get = database.prepare(`SELECT key, bytes, crc FROM ${PACK_TABLES[level]} WHERE key = ?`);
  for (const { id } of names) {
    const columns = new Columns();
    for (let place = first; place <= end; place++) {
      const row = get.get(place * ID_SPAN + id) as PackRow | undefined;
      if (row === undefined) continue;
      checkPack(level, row);
      const { starts, lengths, bytes } = decodePack(row.bytes, level, place);
      columns.add(starts, lengths, bytes);
    }
    const own = columns.toBuckets(id, level, from, pageTo, over.get(id));
    if (own !== undefined) buckets.push(own);
  }
  return { names, buckets, next: end < last ? (end + 1) * width : undefined };
}

/** Some rows of a table, oldest first. */
export function readRows(database: Database, { table, serviceId, from, to, after }: RowsRequest): RowsAnswer {
  const [at, no] = after;
  const where = serviceId === undefined ? '' : ' AND service = ?';
  const rows = database
    .prepare(
      `SELECT no, id, service, at, value, crc FROM ${table} WHERE at >= ? AND at < ? AND (at, no) > (?, ?)${where} ` +
        `ORDER BY at, no LIMIT ${ROWS_AT_A_TIME}`,
    )
    .all(bound(from), bound(to), bound(at), no, ...(serviceId === undefined ? [] : [serviceId])) as ValueRow[];
  for (const row of rows) checkValue(table as StoredTable, row);
  const last = rows.length === ROWS_AT_A_TIME ? rows.at(-1) : undefined;
  return {
    values: rows.map(({ value }) => value.slice()),
    after: last === undefined ? undefined : [last.at, last.no],
  };
}

/** Ids of the services of which there is anything. */
export function readServices(database: Database): string[] {
  const rows = database.prepare('SELECT DISTINCT service FROM names ORDER BY service').all();
  return (rows as { readonly service: string }[]).map(({ service }) => service);
}

/** Names of the metrics of a service. */
export function readMetrics(database: Database, serviceId: string): string[] {
  const rows = database
    .prepare('SELECT DISTINCT metric FROM names WHERE service = ? AND metric IS NOT NULL ORDER BY metric')
    .all(serviceId);
  return (rows as { readonly metric: string }[]).map(({ metric }) => metric);
}

/** When the oldest from `from` on may be from: the beginning of the pack that it is in. */
export function readOldest(database: Database, from: number): number | undefined {
  let oldest = Number.POSITIVE_INFINITY;
  for (const [level, table] of PACK_TABLES.entries()) {
    const row = database.prepare(`SELECT min(key) AS first FROM ${table} WHERE key >= ?`);
    const { first } = row.get(bound(packKey(level, from, 0))) as { readonly first: number | null };
    if (first !== null) oldest = Math.min(oldest, Math.floor(first / ID_SPAN) * (PACK_MS[level] as number));
  }
  for (const table of ['anomalies', 'predictions', 'events']) {
    const row = database.prepare(`SELECT min(at) AS first FROM ${table} WHERE at >= ?`);
    const { first } = row.get(bound(from)) as { readonly first: number | null };
    if (first !== null) oldest = Math.min(oldest, first);
  }
  return oldest === Number.POSITIVE_INFINITY ? undefined : Math.max(oldest, from);
}

/** Buckets that are not in packs yet: by level, by number, by start. */
export function recentBuckets(rows: readonly BlockRow[]): readonly Map<number, Buckets>[] {
  const levels = Array.from({ length: LEVELS }, () => new Map<number, Buckets>());
  for (const row of rows) {
    checkBlock(row);
    readBlock(row.bytes, (id, level, start, encoded) => {
      const byId = levels[level] as Map<number, Buckets>;
      const known = byId.get(id);
      if (known === undefined) byId.set(id, new Map([[start, encoded]]));
      else known.set(start, encoded);
    });
  }
  return levels;
}

/** Calls `take` for each pack from `key` on, a few at a time, so that they need not be in memory together. */
function eachPack(
  database: Database,
  level: number,
  key: number,
  take: (id: number, place: number, bytes: Uint8Array) => void,
): void {
  const some = database.prepare(
    `SELECT key, bytes, crc FROM ${PACK_TABLES[level]} WHERE key >= ? ORDER BY key LIMIT ${ROWS_AT_A_TIME}`,
  );
  let rows: PackRow[];
  let next = key;
  do {
    rows = some.all(bound(next)) as PackRow[];
    for (const row of rows) {
      checkPack(level, row);
      const place = Math.floor(row.key / ID_SPAN);
      take(row.key - place * ID_SPAN, place, row.bytes);
      next = row.key + 1;
    }
  } while (rows.length === ROWS_AT_A_TIME);
}

/** First and last place of packs that a query touches; the first is larger where there are none. */
function placesOf(
  database: Database,
  level: number,
  from: number,
  to: number,
  over: ReadonlyMap<number, Buckets>,
  names: readonly StoredName[],
): readonly [number, number] {
  const table = PACK_TABLES[level];
  // Asked for by one SELECT, they would be looked for in all of the table.
  const { first, last } = database
    .prepare(`SELECT (SELECT min(key) FROM ${table}) AS first, (SELECT max(key) FROM ${table}) AS last`)
    .get() as { readonly first: number | null; readonly last: number | null };
  let low = first === null ? Number.POSITIVE_INFINITY : Math.floor(first / ID_SPAN);
  let high = last === null ? Number.NEGATIVE_INFINITY : Math.floor(last / ID_SPAN);
  for (const { id } of names) {
    for (const start of over.get(id)?.keys() ?? []) {
      low = Math.min(low, packAt(level, start));
      high = Math.max(high, packAt(level, start));
    }
  }
  return [Math.max(low, packAt(level, from)), Math.min(high, packAt(level, to))];
}

function newestStart(database: Database, over: readonly Map<number, Buckets>[]): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const byId of over) {
    for (const buckets of byId.values()) for (const start of buckets.keys()) newest = Math.max(newest, start);
  }
  for (const [level, table] of PACK_TABLES.entries()) {
    const { last } = database.prepare(`SELECT max(key) AS last FROM ${table}`).get() as {
      readonly last: number | null;
    };
    if (last !== null) newest = Math.max(newest, Math.floor(last / ID_SPAN) * (PACK_MS[level] as number));
  }
  return newest;
}

/** Where the buckets of a level begin that a service goes on with. */
function keptFromOf(level: number, newest: number, retentionMs: readonly number[]): number {
  const width = PACK_MS[level] as number;
  return Math.floor((newest - (retentionMs[level] as number)) / width) * width;
}

/** SQLite has no infinities that every driver can pass. */
function bound(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
