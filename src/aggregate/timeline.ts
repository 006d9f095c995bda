import { bucketStart, PERIOD_MS } from '../model/period.ts';
import type { ByteBudget } from './bucket-log.ts';
import {
  type Accumulator,
  type AccumulatorType,
  ClosedBuckets,
  type ClosedSnapshot,
  type Encodable,
  LEVELS,
  levelWidth,
} from './closed-buckets.ts';

const MINUTE_MS = PERIOD_MS['1m'];

/** The minutes that are written to. */
export interface OpenMinutes<A> {
  /** Numbers of the open minutes, ascending, in minutes since the epoch. */
  readonly minutes: readonly number[];
  /** A copy of what came in so far; `undefined` where that minute is not open. */
  read(minute: number): A | undefined;
  /** Per level, where the kept buckets begin; what lies before it may still be there for a while. */
  readonly keptFrom: readonly number[];
}

/**
 * All buckets of one thing that is aggregated: the open minutes, which are somebody else's, and the closed buckets of each
 * period. A bucket longer than a minute is always merged from those of the period below: when it closes or, while it is
 * open, when it is read.
 */
export class Timeline<A extends Accumulator<A>> {
  readonly #type: AccumulatorType<A>;
  readonly #open: OpenMinutes<A>;
  readonly #budget: ByteBudget;
  #closed: ClosedBuckets<A> | undefined;

  constructor(type: AccumulatorType<A>, open: OpenMinutes<A>, budget: ByteBudget, snapshot?: ClosedSnapshot) {
    this.#type = type;
    this.#open = open;
    this.#budget = budget;
    if (snapshot !== undefined) this.#closed = new ClosedBuckets(type, budget, snapshot);
  }

  /** Puts a bucket away: a minute that is no longer written to, or another in place of the one that is there. */
  put(level: number, start: number, bucket: Encodable): void {
    this.#closedBuckets().put(level, start, bucket);
  }

  /**
   * Makes the buckets longer than a minute that end by `closedUpTo` from the closed parts of each; returns their starts,
   * a list for each level.
   */
  closeLonger(closedUpTo: number): number[][] {
    const closed: number[][] = [];
    for (let level = 1; level < LEVELS; level++) closed.push(this.#closeLevel(level, closedUpTo));
    return closed;
  }

  /** Takes late data into the closed bucket at `start` of `level`. */
  mergeClosed(level: number, start: number, late: A): void {
    const closed = this.#closedBuckets();
    const known = closed.get(level, start);
    known?.merge(late);
    closed.put(level, start, known ?? late);
  }

  /** The bucket at `start` of `level`, open or closed; a copy. */
  read(level: number, start: number): A | undefined {
    const bucket = this.#type.create();
    return this.mergeInto(bucket, level, start) ? bucket : undefined;
  }

  /** The bytes of a closed bucket, where it is kept so; a view that the next change may overwrite. */
  encoded(level: number, start: number): Uint8Array | undefined {
    return this.#closed?.encoded(level, start);
  }

  /** Merges the bucket at `start` of `level` into `target`; returns whether there is one. */
  mergeInto(target: A, level: number, start: number): boolean {
    if (this.#closed?.mergeInto(target, level, start) === true) return true;
    if (level === 0) {
      const open = this.#open.read(start / MINUTE_MS);
      if (open !== undefined) target.merge(open);
      return open !== undefined;
    }
    const parts = this.#allStarts(level - 1, start, start + levelWidth(level));
    for (const part of parts) this.mergeInto(target, level - 1, part);
    return parts.length > 0;
  }

  /** Starts in `[from, to)` of the buckets of `level` that are kept, open and closed, ascending. */
  starts(level: number, from: number, to: number): number[] {
    return this.#allStarts(level, Math.max(from, this.#open.keptFrom[level] as number), to);
  }

  /** The same with those that are no longer kept, of which longer buckets may still have to be made. */
  #allStarts(level: number, from: number, to: number): number[] {
    const closed = this.#closed?.starts(level, from, to) ?? [];
    if (level === 0) {
      for (const minute of this.#open.minutes) {
        const start = minute * MINUTE_MS;
        if (start >= from && start < to) closed.push(start);
      }
      return closed;
    }
    const width = levelWidth(level);
    const last = this.lastClosed(level);
    const openFrom = last === undefined ? from : Math.max(from, last + width);
    if (openFrom >= to) return closed;
    for (const part of this.#allStarts(level - 1, openFrom, Math.ceil(to / width) * width)) {
      const start = bucketStart(part, width);
      if (start >= from && start !== closed.at(-1)) closed.push(start);
    }
    return closed;
  }

  /** Start of the oldest closed bucket of `level` that is kept. */
  firstClosed(level: number): number | undefined {
    return this.#closed?.firstStart(level);
  }

  /** Start of the newest closed bucket of `level`. */
  lastClosed(level: number): number | undefined {
    return this.#closed?.lastStart(level);
  }

  /** Forgets closed buckets of `level` that start before `time`; returns how many. */
  evictBefore(level: number, time: number, compact: boolean): number {
    return this.#closed?.evictBefore(level, time, compact) ?? 0;
  }

  /** Gives its bytes back to the budget; the timeline must not be used afterwards. */
  release(): void {
    this.#closed?.release();
  }

  /** Hands over the closed buckets that were put or changed since the last call, for a store. */
  takeChanged(take: (level: number, start: number, encoded: Uint8Array | undefined) => void): void {
    this.#closed?.takeChanged(take);
  }

  /** The closed buckets. */
  snapshot(): ClosedSnapshot | undefined {
    return this.#closed?.snapshot();
  }

  #closeLevel(level: number, closedUpTo: number): number[] {
    const width = levelWidth(level);
    const end = bucketStart(closedUpTo, width);
    const last = this.lastClosed(level);
    const from = last === undefined ? Number.NEGATIVE_INFINITY : last + width;
    if (from >= end) return [];
    const partsByStart = new Map<number, number[]>();
    for (const part of this.#closed?.starts(level - 1, from, end) ?? []) {
      const start = bucketStart(part, width);
      const parts = partsByStart.get(start);
      if (parts === undefined) partsByStart.set(start, [part]);
      else parts.push(part);
    }
    for (const [start, parts] of partsByStart) {
      const merged = this.#type.create();
      for (const part of parts) this.#closed?.mergeInto(merged, level - 1, part);
      this.#closed?.put(level, start, merged);
    }
    return [...partsByStart.keys()];
  }

  #closedBuckets(): ClosedBuckets<A> {
    this.#closed ??= new ClosedBuckets(this.#type, this.#budget);
    return this.#closed;
  }
}
