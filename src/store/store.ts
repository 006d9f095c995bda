import type { Aggregation } from '../model/bucket.ts';
import type { Labels } from '../model/series-key.ts';

/** A service, or one of its series, as a store knows it. */
export interface StoredName {
  readonly id: number;
  readonly serviceId: string;
  /** Absent for the service itself. */
  readonly metricName?: string | undefined;
  readonly labels?: Labels | undefined;
  /** Of an operation that keeps durations for its service: by which buckets of the service name it. */
  readonly ordinal?: number | undefined;
}

/** Closed buckets of one service or series and one period, as bytes that the aggregation understands, oldest first. */
export interface StoredBuckets {
  readonly id: number;
  /** Place of the period among `1m 5m 15m 1h 1d`. */
  readonly level: number;
  /** Epoch milliseconds. */
  readonly starts: Float64Array;
  /** Of each bucket, bytes. */
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Closed buckets of a service and its series that a flush adds or replaces. */
export interface StoredBlock {
  /** Number of the service. */
  readonly id: number;
  /** Of each bucket: a varint with its number, a byte with its level, its start in minutes, and its bytes behind their length. */
  readonly bytes: Uint8Array;
}

/** What is kept as rows beside the buckets. */
export type StoredTable = 'anomalies' | 'predictions' | 'events';

/** One row; another with the same id replaces it. */
export interface StoredRow {
  readonly table: StoredTable;
  readonly id: string;
  readonly serviceId: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  /** Structured-cloneable. */
  readonly value: unknown;
}

/** What is stored in one transaction, all of it or nothing; storing it twice is as good as once. */
export interface StoreBatch {
  /** By the clock of the service, epoch milliseconds: what is kept depends on it. */
  readonly now: number;
  readonly names: readonly StoredName[];
  /** Numbers of names that are only kept for their history. */
  readonly gone: readonly number[];
  readonly blocks: readonly StoredBlock[];
  /** Structured-cloneable values by key, in place of what was there. */
  readonly state: ReadonlyMap<string, unknown>;
  /** Ranges of keys, `[from, to)`, that go, after `state` was taken in. */
  readonly removals: readonly (readonly [from: string, to: string])[];
  readonly rows: readonly StoredRow[];
}

/** All that a service needs to go on. */
export interface StoredState {
  /** In the order of their keys. */
  readonly state: ReadonlyMap<string, unknown>;
  /** Those that are not gone, in the order of their numbers. */
  readonly names: readonly StoredName[];
  readonly buckets: readonly StoredBuckets[];
  /** Per level, where the kept buckets begin, epoch milliseconds. */
  readonly keptFrom: readonly number[];
  /** Larger than any number of a name. */
  readonly nextId: number;
  /**
   * Age beyond which nothing that is kept changes any more, milliseconds, because it goes into an archive: older records are
   * refused. Absent where anything may change.
   */
  readonly changesForMs?: number | undefined;
}

/** Which buckets to read. */
export interface StoredBucketsQuery {
  readonly serviceId: string;
  /** Buckets of the service itself where it is absent. */
  readonly metricName?: string | undefined;
  /** Only of series that have an ordinal. */
  readonly withOrdinal?: boolean | undefined;
  readonly level: number;
  /** Bounds of their starts, `[from, to)`, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** All buckets that a query asks for of some stretch of time: what comes later is in later pages. */
export interface StoredPage {
  readonly names: readonly StoredName[];
  readonly buckets: readonly StoredBuckets[];
  /** Buckets of a service as they were once read, where nothing else is kept of them any more. */
  readonly aggregations?: readonly Aggregation[] | undefined;
}

/** Which rows to read, oldest first. */
export interface StoredRowsQuery {
  readonly table: StoredTable;
  /** Of all services where it is absent. */
  readonly serviceId?: string | undefined;
  /** Bounds of their timestamps, `[from, to)`, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** What a store says of itself. */
export interface StoreInfo {
  /** Bytes on the disk, or in memory. */
  readonly bytes: number;
  /**
   * Why what is done between commits does not go on, such as forgetting what is too old, or archiving it; `undefined` where
   * all is well.
   */
  readonly upkeepProblem?: string | undefined;
}

/**
 * Keeps what a service knows, so that another process can go on from it. One service writes at a time; it commits one
 * batch after the other and waits for each.
 */
export interface Store {
  /**
   * Reads all that is there. To be called first, and once.
   *
   * @throws AnalyticsError `ERR_STORE_LOCKED`, `ERR_STORE_VERSION`, `ERR_STORE_DAMAGED` or `ERR_STORE_FAILED`; the store is
   * as it was then
   */
  open(): Promise<StoredState>;
  /**
   * Resolves when the batch is kept, whatever becomes of this process.
   *
   * @throws AnalyticsError `ERR_STORE_FAILED`; nothing of the batch is kept then, and it may be committed again
   */
  commit(batch: StoreBatch): Promise<void>;
  /** Reads closed buckets, oldest first, a page at a time. Ends with an error where `signal` is aborted. */
  readBuckets(query: StoredBucketsQuery, signal?: AbortSignal): AsyncIterable<StoredPage>;
  /** Reads rows, oldest first, some at a time. Ends with an error where `signal` is aborted. */
  readRows(query: StoredRowsQuery, signal?: AbortSignal): AsyncIterable<readonly unknown[]>;
  /** Ids of the services of which there is anything, in the order of their alphabet. */
  serviceIds(): Promise<readonly string[]>;
  /** As of the last commit. */
  readonly info: StoreInfo;
  /** Gives everything back; what was committed stays. Calling it again does nothing. */
  close(): Promise<void>;
}
