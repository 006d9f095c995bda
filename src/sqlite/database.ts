import { createRequire } from 'node:module';
import type { Driver } from './messages.ts';

/** A prepared statement, as all drivers have it. */
export interface Statement {
  run(...values: readonly unknown[]): unknown;
  get(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
}

interface RawDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

type Constructor = new (path: string, options?: object) => RawDatabase;

/** An open database, whichever driver it is: the little of it that is used, which is the same for all. */
export class Database {
  readonly #raw: RawDatabase;
  /** Whether it gives blobs as `ArrayBuffer`s. */
  readonly #givesBuffers: boolean;
  readonly #prepared = new Map<string, Statement>();

  constructor(driver: Driver, path: string, readOnly = false) {
    this.#givesBuffers = driver.name === 'libsql';
    const loaded: unknown = createRequire(`${process.cwd()}/`)(driver.file);
    if (driver.name === 'node:sqlite') {
      const { DatabaseSync } = loaded as { readonly DatabaseSync: Constructor };
      this.#raw = new DatabaseSync(path, readOnly ? { readOnly } : {});
    } else {
      this.#raw = new (loaded as Constructor)(path, readOnly ? { readonly: true } : {});
    }
  }

  exec(sql: string): void {
    this.#raw.exec(sql);
  }

  /** A statement, prepared once. */
  prepare(sql: string): Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#givesBuffers ? new BufferStatement(this.#raw.prepare(sql)) : this.#raw.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** The value of a pragma. */
  pragma(name: string): number | string {
    const row = this.#raw.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, number | string>>;
    return row[Object.keys(row)[0] as string] as number | string;
  }

  /** Does `work` wholly or not at all. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (cause) {
      try {
        this.exec('ROLLBACK');
      } catch {
        // SQLite has done it already where the disk is full.
      }
      throw cause;
    }
  }

  close(): void {
    this.#prepared.clear();
    this.#raw.close();
  }
}

/** A statement of libsql, whose blobs come without a view. */
class BufferStatement implements Statement {
  readonly #statement: Statement;

  constructor(statement: Statement) {
    this.#statement = statement;
  }

  run(...values: readonly unknown[]): unknown {
    return this.#statement.run(...values);
  }

  get(...values: readonly unknown[]): unknown {
    return withViews(this.#statement.get(...values));
  }

  all(...values: readonly unknown[]): unknown[] {
    return this.#statement.all(...values).map(withViews);
  }
}

/** Columns that hold blobs. */
const BLOBS = ['bytes', 'value'] as const;

function withViews(row: unknown): unknown {
  const columns = row as Record<string, unknown> | undefined;
  if (columns === undefined) return undefined;
  for (const name of BLOBS) {
    const blob = columns[name];
    if (blob instanceof ArrayBuffer) columns[name] = new Uint8Array(blob);
  }
  return columns;
}
