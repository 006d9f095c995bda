export type { DriverName } from './find-driver.ts';
export { type RetentionDays, type SqliteInfo, type SqliteOptions, SqliteStore, sqlite } from './sqlite-store.ts';
