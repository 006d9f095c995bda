import type { StoredName, StoredRow, StoredRowsQuery } from '../store/store.ts';

/** Where some bytes lie: which of the buffers that come along, from where, how many; three numbers for each piece. */
export type Pieces = Uint32Array;

/** Which driver opens the database, and the file that it is loaded from. */
export interface Driver {
  readonly name: 'node:sqlite' | 'better-sqlite3' | 'libsql';
  readonly file: string;
}

/** How the worker opens the database. */
export interface OpenRequest {
  readonly type: 'open';
  readonly path: string;
  readonly driver: Driver;
  readonly synchronous: 'normal' | 'full';
  readonly onDamage: 'refuse' | 'moveAside';
  /** Milliseconds, a number for each level; then those of anomalies, predictions and events. */
  readonly retentionMs: readonly number[];
  /** Milliseconds after which data goes to the archive; +∞ where there is none. */
  readonly archiveAfterMs: number;
  /** Whether another process writes to it: then nothing is changed, or locked. */
  readonly readOnly: boolean;
  /** Whether to send what is there; not where the worker takes the place of one that died. */
  readonly load: boolean;
}

/** A batch, with its bytes in `buffers`. */
export interface CommitRequest {
  readonly type: 'commit';
  readonly now: number;
  readonly names: readonly StoredName[];
  readonly gone: readonly number[];
  readonly removals: readonly (readonly [from: string, to: string])[];
  /** Numbers of services. */
  readonly blocks: readonly number[];
  readonly blockPieces: Pieces;
  readonly keys: readonly string[];
  readonly keyPieces: Pieces;
  readonly rows: readonly Omit<StoredRow, 'value'>[];
  readonly rowPieces: Pieces;
  readonly buffers: readonly Uint8Array[];
}

/** Asks for buckets of one stretch of time. */
export interface BucketsRequest {
  readonly type: 'buckets';
  readonly serviceId: string;
  readonly metricName: string | undefined;
  readonly withOrdinal: boolean;
  readonly level: number;
  readonly from: number;
  readonly to: number;
}

/** Asks for some rows, behind those that were read. */
export interface RowsRequest extends StoredRowsQuery {
  readonly type: 'rows';
  /** Timestamp and number of the last that was read. */
  readonly after: readonly [timestamp: number, row: number];
}

/** All that the worker is asked. */
export type Request =
  | OpenRequest
  | CommitRequest
  | BucketsRequest
  | RowsRequest
  | { readonly type: 'services' }
  /** Names of the metrics of a service. */
  | { readonly type: 'metrics'; readonly serviceId: string }
  /** When the oldest that is there is from; `undefined` where there is nothing. */
  | { readonly type: 'oldest' }
  /** What is older than `upTo` is in the archive, and may go. */
  | { readonly type: 'archived'; readonly upTo: number }
  | { readonly type: 'close' };

/** Closed buckets as the worker sends them. */
export interface SentBuckets {
  readonly id: number;
  readonly level: number;
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** What the worker answers to `open`. */
export interface Opened {
  readonly keys: readonly string[];
  readonly values: readonly Uint8Array[];
  readonly names: readonly StoredName[];
  readonly buckets: readonly SentBuckets[];
  readonly keptFrom: readonly number[];
  readonly nextId: number;
  readonly bytes: number;
  /** Where a damaged store was moved to. */
  readonly movedAside: string | undefined;
  /** What is older is in the archive. */
  readonly archivedUpTo: number;
}

/** What the worker answers to `commit`. */
export interface Committed {
  readonly bytes: number;
}

/** What the worker answers to `buckets`. */
export interface BucketsAnswer {
  readonly names: readonly StoredName[];
  readonly buckets: readonly SentBuckets[];
  /** Where the next stretch begins; `undefined` where there is nothing more. */
  readonly next: number | undefined;
}

/** What the worker answers to `rows`. */
export interface RowsAnswer {
  readonly values: readonly Uint8Array[];
  /** `undefined` where there are no more. */
  readonly after: readonly [timestamp: number, row: number] | undefined;
}

/** A failure as it is sent. */
export interface SentError {
  readonly code:
    | 'ERR_STORE_LOCKED'
    | 'ERR_STORE_VERSION'
    | 'ERR_STORE_DAMAGED'
    | 'ERR_STORE_FAILED'
    | 'ERR_MISSING_PEER';
  readonly message: string;
  readonly cause: string;
}

/** What the worker says of itself, without being asked. */
export interface Notice {
  /** Why its upkeep failed; `undefined` where it does not any more. */
  readonly notice: SentError | undefined;
}
