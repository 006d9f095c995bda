import { PERIOD_MS, PERIODS } from '../model/period.ts';
import { BucketLog, type BucketLogSnapshot, type ByteBudget } from './bucket-log.ts';

/** A bucket of which three numbers say all; what they are is up to the accumulator. */
export type SmallBucket = readonly [number, number, number];

/** Statistics of one bucket that can be put away. */
export interface Encodable {
  /** Lossless: what is decoded from it behaves the same. `start` is that of the bucket. */
  encode(start: number): Uint8Array;
  /** The same in three numbers, lossless too, where that is possible. */
  readonly small: SmallBucket | undefined;
}

/** Mutable statistics of one bucket that can take in those of others. */
export interface Accumulator<A> extends Encodable {
  merge(other: A): void;
  /** Takes in what `encode` made of a bucket. */
  mergeEncoded(encoded: Uint8Array, start: number, level: number): void;
}

/** How to make an accumulator. */
export interface AccumulatorType<A> {
  create(): A;
  fromSmall(bucket: SmallBucket): A;
}

/** State of closed buckets. Plain and structured-cloneable. */
export interface ClosedSnapshot {
  /** Small buckets; where there are any, there are no logs. */
  readonly rows: Float64Array;
  /** One a level, `1m` first. */
  readonly logs: readonly (BucketLogSnapshot | undefined)[];
}

const WIDTHS: readonly number[] = PERIODS.map((period) => PERIOD_MS[period]);

/** Number of levels, one a period; level 0 is the minute. */
export const LEVELS: number = WIDTHS.length;

/** Width of a level's buckets in milliseconds. */
export function levelWidth(level: number): number {
  return WIDTHS[level] as number;
}

/** Level, start, and the three numbers. */
const ROW = 5;
/** As many as a series has at all levels that is seen once, and a few more: they are looked through one by one. */
const MAX_ROWS = 12;
const NUMBER_BYTES = 8;
/** More than there are levels; a start times this is still a safe integer. */
const LEVEL_SPAN = 8;

/**
 * The closed buckets of one timeline, by level and start. While they are few and small, which is all that most series
 * of a flood of label sets ever have, they are rows in one short array of numbers, 40 bytes each; beyond that they are
 * encoded, in a log for each level.
 */
export class ClosedBuckets<A extends Accumulator<A>> {
  readonly #type: AccumulatorType<A>;
  readonly #budget: ByteBudget;
  /** One row after the other, in no order, exactly as long as it has to be; empty once there are logs. */
  #rows: readonly number[] = [];
  #logs: (BucketLog | undefined)[] | undefined;
  /** Put since they were last taken: start times `LEVEL_SPAN` plus level. */
  #changed: Set<number> | undefined;

  constructor(type: AccumulatorType<A>, budget: ByteBudget, snapshot?: ClosedSnapshot) {
    this.#type = type;
    this.#budget = budget;
    if (snapshot === undefined) return;
    // Spread, because that throws where they went through JSON and are no longer an array.
    this.#setRows([...snapshot.rows]);
    if (snapshot.logs.length === 0) return;
    this.#logs = snapshot.logs.map((log, level) =>
      log === undefined ? undefined : BucketLog.restore(log, budget, levelWidth(level)),
    );
  }

  /** Adds the bucket at `start`, or replaces it. */
  put(level: number, start: number, bucket: Encodable): void {
    if (this.#budget.noting === true) {
      this.#changed ??= new Set();
      this.#changed.add(start * LEVEL_SPAN + level);
    }
    const { small } = bucket;
    if (this.#logs === undefined && small !== undefined) {
      const others = this.#rowsWhere((l, s) => l !== level || s !== start);
      if (others.length < MAX_ROWS * ROW) {
        this.#setRows(others.concat(level, start, small));
        return;
      }
    }
    this.#log(level).put(start, bucket.encode(start));
  }

  /** A copy of the bucket at `start`. */
  get(level: number, start: number): A | undefined {
    const copy = this.#type.create();
    return this.mergeInto(copy, level, start) ? copy : undefined;
  }

  /** The bytes of the bucket at `start`, where it is kept so; a view that the next change may overwrite. */
  encoded(level: number, start: number): Uint8Array | undefined {
    return this.#logs?.[level]?.get(start);
  }

  /**
   * Hands over what was put since the last call, oldest first: bytes to be used at once, `undefined` where the bucket has
   * gone meanwhile.
   */
  takeChanged(take: (level: number, start: number, encoded: Uint8Array | undefined) => void): void {
    if (this.#changed === undefined) return;
    const changed = this.#changed;
    this.#changed = undefined;
    for (const key of [...changed].sort((a, b) => a - b)) {
      const start = Math.floor(key / LEVEL_SPAN);
      const level = key - start * LEVEL_SPAN;
      take(level, start, this.encoded(level, start) ?? this.#encodeRow(level, start));
    }
  }

  /** Merges the bucket at `start` into `target`; returns whether there is one. */
  mergeInto(target: A, level: number, start: number): boolean {
    if (this.#logs !== undefined) {
      const encoded = this.encoded(level, start);
      if (encoded !== undefined) target.mergeEncoded(encoded, start, level);
      return encoded !== undefined;
    }
    const row = this.#rowsWhere((l, s) => l === level && s === start);
    if (row.length > 0) target.merge(this.#type.fromSmall(row.slice(2) as unknown as SmallBucket));
    return row.length > 0;
  }

  /** Starts in `[from, to)` of the buckets of `level`, ascending. */
  starts(level: number, from: number, to: number): number[] {
    if (this.#logs !== undefined) return this.#logs[level]?.starts(from, to) ?? [];
    const rows = this.#rowsWhere((l, s) => l === level && s >= from && s < to);
    return rows.filter((_, i) => i % ROW === 1).sort((a, b) => a - b);
  }

  /** Start of the oldest bucket of `level`. */
  firstStart(level: number): number | undefined {
    return this.#logs === undefined ? this.#allStarts(level)[0] : this.#logs[level]?.firstStart;
  }

  /** Start of the newest bucket of `level`. */
  lastStart(level: number): number | undefined {
    return this.#logs === undefined ? this.#allStarts(level).at(-1) : this.#logs[level]?.lastStart;
  }

  /** Forgets buckets of `level` that start before `time`; returns how many. `compact` gives all memory back at once. */
  evictBefore(level: number, time: number, compact: boolean): number {
    if (this.#logs !== undefined) return this.#logs[level]?.evictBefore(time, compact) ?? 0;
    const before = this.#rows.length;
    this.#setRows(this.#rowsWhere((l, s) => l !== level || s >= time));
    return (before - this.#rows.length) / ROW;
  }

  /** Gives its bytes back to the budget; it must not be changed afterwards. */
  release(): void {
    this.#budget.used -= this.#rows.length * NUMBER_BYTES;
    for (const log of this.#logs ?? []) log?.release();
  }

  snapshot(): ClosedSnapshot {
    return {
      rows: Float64Array.from(this.#rows),
      logs: Array.from(this.#logs ?? [], (log) => log?.snapshot()),
    };
  }

  #encodeRow(level: number, start: number): Uint8Array | undefined {
    const row = this.#rowsWhere((l, s) => l === level && s === start);
    return row.length === 0 ? undefined : this.#type.fromSmall(row.slice(2) as unknown as SmallBucket).encode(start);
  }

  #allStarts(level: number): number[] {
    return this.starts(level, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  #rowsWhere(keep: (level: number, start: number) => boolean): number[] {
    const kept: number[] = [];
    const rows = this.#rows;
    for (let at = 0; at < rows.length; at += ROW) {
      if (keep(rows[at] as number, rows[at + 1] as number)) kept.push(...rows.slice(at, at + ROW));
    }
    return kept;
  }

  #setRows(rows: readonly number[]): void {
    this.#budget.used += (rows.length - this.#rows.length) * NUMBER_BYTES;
    // `slice` leaves no room to grow, which `push` and `concat` may.
    this.#rows = rows.slice();
  }

  #log(level: number): BucketLog {
    const logs = this.#logs ?? this.#rowsAsLogs();
    let log = logs[level];
    if (log === undefined) {
      log = new BucketLog(this.#budget, levelWidth(level));
      logs[level] = log;
    }
    return log;
  }

  #rowsAsLogs(): (BucketLog | undefined)[] {
    const rows = this.#rows;
    const logs = Array.from({ length: LEVELS }, (): BucketLog | undefined => undefined);
    this.#logs = logs;
    for (let at = 0; at < rows.length; at += ROW) {
      const [level, start, ...small] = rows.slice(at, at + ROW) as [number, number, number, number, number];
      this.#log(level).put(start, this.#type.fromSmall(small).encode(start));
    }
    this.#setRows([]);
    return logs;
  }
}
