import type { Database } from './database.ts';
import { StoreError } from './store-error.ts';

/** Says that a database is one of ours: `SGAN`. */
const APPLICATION_ID = 0x5347414e;

/**
 * Statements that lead from each version to the next. What is there is never changed, only added to: a store of any
 * earlier version is brought to the newest by those that it lacks.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE names (id INTEGER PRIMARY KEY, service TEXT NOT NULL, metric TEXT, labels TEXT, ordinal INTEGER,
    gone INTEGER, crc INTEGER NOT NULL);
  CREATE INDEX names_service ON names (service, metric);
  CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE blocks (no INTEGER PRIMARY KEY, service INTEGER NOT NULL, longer INTEGER NOT NULL, bytes BLOB NOT NULL,
    crc INTEGER NOT NULL);
  CREATE INDEX blocks_service ON blocks (service, longer);
  CREATE TABLE packs_1m (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE packs_5m (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE packs_15m (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE packs_1h (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE packs_1d (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE anomalies (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, service TEXT NOT NULL, at REAL NOT NULL,
    value BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE INDEX anomalies_at ON anomalies (at);
  CREATE TABLE predictions (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, service TEXT NOT NULL, at REAL NOT NULL,
    value BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE INDEX predictions_at ON predictions (at);
  CREATE TABLE events (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, service TEXT NOT NULL, at REAL NOT NULL,
    value BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE INDEX events_at ON events (at);
  `,
];

/** Tables of packs, by level. */
export const PACK_TABLES: readonly string[] = ['packs_1m', 'packs_5m', 'packs_15m', 'packs_1h', 'packs_1d'];

/**
 * Looks whether a database can be used, and changes nothing. Returns whether it is empty.
 *
 * @throws StoreError where it was made by a newer version, or is something else
 */
export function checkVersion(database: Database): boolean {
  const version = Number(database.pragma('user_version'));
  const application = Number(database.pragma('application_id'));
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_master').get() as {
    readonly tables: number;
  };
  if (application === 0 && version === 0 && tables === 0) return true;
  if (application !== APPLICATION_ID) {
    throw new StoreError('ERR_STORE_FAILED', 'store file must be a store of this library, got another database');
  }
  if (version <= MIGRATIONS.length) return false;
  throw new StoreError(
    'ERR_STORE_VERSION',
    `store must be of version ${MIGRATIONS.length} or older, got ${version}: install a newer @streamgate/analytics`,
  );
}

/** Brings a database that was checked up to the newest version. */
export function migrate(database: Database): void {
  const version = Number(database.pragma('user_version'));
  for (const [from, statements] of MIGRATIONS.entries()) {
    if (from < version) continue;
    database.transaction(() => {
      database.exec(statements);
      database.exec(`PRAGMA user_version = ${from + 1}; PRAGMA application_id = ${APPLICATION_ID};`);
    });
  }
}
