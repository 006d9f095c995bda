import { crc32 } from 'node:zlib';
import type { StoredName, StoredTable } from '../store/store.ts';
import type { Database } from './database.ts';
import { PACK_TABLES } from './schema.ts';
import { damaged } from './store-error.ts';

/** Of all rows of one table: what names them, and what they hold. */
export interface NameRow {
  readonly id: number;
  readonly service: string;
  readonly metric: string | null;
  readonly labels: string | null;
  readonly ordinal: number | null;
  readonly crc: number;
}

/** A row of state. */
export interface StateRow {
  readonly key: string;
  readonly value: Uint8Array;
  readonly crc: number;
}

/** A row of a block. */
export interface BlockRow {
  readonly no: number;
  readonly service: number;
  /** 1 where its minutes are in packs already, and only longer buckets are left in it. */
  readonly longer: number;
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** A row of a pack. */
export interface PackRow {
  readonly key: number;
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** A row of anomalies, predictions or events. */
export interface ValueRow {
  readonly no: number;
  readonly id: string;
  readonly service: string;
  readonly at: number;
  readonly value: Uint8Array;
  readonly crc: number;
}

/**
 * Every row has a checksum over what it holds and what it is found by, so that bits that flip on the disk, where SQLite
 * itself has none, are noticed, and never taken for data. CRC-32, for what disks do and not for what attackers do.
 */
function checksum(name: string, bytes?: Uint8Array): number {
  const ofName = crc32(name);
  return bytes === undefined ? ofName : crc32(bytes, ofName);
}

/** Bytes as drivers take them: a view, not a copy. */
function blob(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function putName(database: Database, { id, serviceId, metricName, labels, ordinal }: StoredName): void {
  const row = [
    id,
    serviceId,
    metricName ?? null,
    labels === undefined ? null : JSON.stringify(labels),
    ordinal ?? null,
  ];
  database
    .prepare(
      'INSERT INTO names (id, service, metric, labels, ordinal, crc) VALUES (?, ?, ?, ?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal, crc = excluded.crc',
    )
    .run(...row, checksum(JSON.stringify(row)));
}

/** @throws StoreError where it is not what was written */
export function checkedName({ id, service, metric, labels, ordinal, crc }: NameRow): StoredName {
  if (checksum(JSON.stringify([id, service, metric, labels, ordinal])) !== crc) throw damaged(`another name ${id}`);
  return {
    id,
    serviceId: service,
    ...(metric === null ? undefined : { metricName: metric }),
    ...(labels === null ? undefined : { labels: JSON.parse(labels) as Record<string, string> }),
    ...(ordinal === null ? undefined : { ordinal }),
  };
}

export function putState(database: Database, key: string, value: Uint8Array): void {
  database
    .prepare(
      'INSERT INTO state (key, value, crc) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc = excluded.crc',
    )
    .run(key, blob(value), checksum(key, value));
}

/** @throws StoreError where it is not what was written */
export function checkState({ key, value, crc }: StateRow): void {
  if (checksum(key, value) !== crc) throw damaged(`another state ${key}`);
}

export function putBlock(database: Database, service: number, bytes: Uint8Array): void {
  database
    .prepare('INSERT INTO blocks (service, longer, bytes, crc) VALUES (?, 0, ?, ?)')
    .run(service, blob(bytes), checksum(`${service}/0`, bytes));
}

/** Puts what is left of some blocks of a service in the place of the last one of them, so that newer ones stay newer. */
export function putLonger(database: Database, { no, service }: BlockRow, bytes: Uint8Array): void {
  database
    .prepare('INSERT INTO blocks (no, service, longer, bytes, crc) VALUES (?, ?, 1, ?, ?)')
    .run(no, service, blob(bytes), checksum(`${service}/1`, bytes));
}

/** @throws StoreError where it is not what was written */
export function checkBlock({ no, service, longer, bytes, crc }: BlockRow): void {
  if (checksum(`${service}/${longer}`, bytes) !== crc) throw damaged(`another block ${no}`);
}

export function putPack(database: Database, level: number, key: number, bytes: Uint8Array): void {
  database
    .prepare(`INSERT OR REPLACE INTO ${PACK_TABLES[level]} (key, bytes, crc) VALUES (?, ?, ?)`)
    .run(key, blob(bytes), checksum(`${level}/${key}`, bytes));
}

/** @throws StoreError where it is not what was written */
export function checkPack(level: number, { key, bytes, crc }: PackRow): void {
  if (checksum(`${level}/${key}`, bytes) !== crc) throw damaged(`another pack ${key} of ${PACK_TABLES[level]}`);
}

export function putValue(
  database: Database,
  table: StoredTable,
  row: { readonly id: string; readonly serviceId: string; readonly timestamp: number },
  value: Uint8Array,
): void {
  const { id, serviceId, timestamp } = row;
  database
    .prepare(
      `INSERT INTO ${table} (id, service, at, value, crc) VALUES (?, ?, ?, ?, ?) ` +
        'ON CONFLICT (id) DO UPDATE SET value = excluded.value, crc = excluded.crc',
    )
    .run(id, serviceId, timestamp, blob(value), checksum(JSON.stringify([id, serviceId, timestamp]), value));
}

/** @throws StoreError where it is not what was written */
export function checkValue(table: StoredTable, { id, service, at, value, crc }: ValueRow): void {
  if (checksum(JSON.stringify([id, service, at]), value) !== crc) throw damaged(`another row ${id} of ${table}`);
}
