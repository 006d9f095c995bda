import { bucketStart, PERIOD_MS, PERIODS } from '../model/period.ts';
import { BucketLog, type BucketLogSnapshot, type ByteBudget } from './bucket-log.ts';

/** Mutable statistics of one bucket that can take in those of another and turn into bytes. */
export interface Accumulator<A> {
  merge(other: A): void;
  /** Lossless: what is decoded from it behaves the same. */
  encode(): Uint8Array;
}

/** How to make an accumulator. */
export interface AccumulatorType<A> {
  create(): A;
  decode(encoded: Uint8Array): A;
}

/** State of a timeline. Plain and structured-cloneable. */
export interface TimelineSnapshot {
  readonly open: readonly { readonly start: number; readonly encoded: Uint8Array }[];
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

/**
 * All buckets of one thing that is aggregated: the open minutes as accumulators, and per level the closed buckets as
 * bytes. Only minutes are written to; a bucket of a higher level is always merged from those of the level below, when
 * it closes or, while it is open, when it is read.
 */
export class Timeline<A extends Accumulator<A>> {
  readonly #type: AccumulatorType<A>;
  readonly #budget: ByteBudget;
  /** Ascending; one or two in order, up to seven where timestamps run ahead. */
  #open: { readonly start: number; readonly accumulator: A }[] = [];
  readonly #logs: (BucketLog | undefined)[] = [];

  constructor(type: AccumulatorType<A>, budget: ByteBudget) {
    this.#type = type;
    this.#budget = budget;
  }

  /** The accumulator of the open minute at `start`, made where there is none. */
  openMinute(start: number): A {
    let index = this.#open.length;
    while (index > 0) {
      const bucket = this.#open[index - 1] as { readonly start: number; readonly accumulator: A };
      if (bucket.start === start) return bucket.accumulator;
      if (bucket.start < start) break;
      index--;
    }
    const accumulator = this.#type.create();
    this.#open.splice(index, 0, { start, accumulator });
    return accumulator;
  }

  /** Starts of the open minutes, ascending. */
  get openStarts(): number[] {
    return this.#open.map((bucket) => bucket.start);
  }

  /** Closes the open minute at `start`; returns what it held, `undefined` where nothing did. */
  closeMinute(start: number): A | undefined {
    const index = this.#open.findIndex((bucket) => bucket.start === start);
    if (index < 0) return undefined;
    const [bucket] = this.#open.splice(index, 1);
    const accumulator = (bucket as { readonly accumulator: A }).accumulator;
    this.#log(0).put(start, accumulator.encode());
    return accumulator;
  }

  /** Closes the bucket at `start` of a level above the minute by merging its closed parts, where there are any. */
  closeHigher(level: number, start: number): void {
    const parts = this.#logs[level - 1]?.starts(start, start + levelWidth(level)) ?? [];
    if (parts.length === 0) return;
    this.#log(level).put(start, this.#mergeParts(level - 1, parts).encode());
  }

  /** Takes late data into the closed bucket at `start` of `level`. */
  mergeClosed(level: number, start: number, late: A): void {
    const log = this.#log(level);
    const encoded = log.get(start);
    if (encoded === undefined) {
      log.put(start, late.encode());
      return;
    }
    const accumulator = this.#type.decode(encoded);
    accumulator.merge(late);
    log.put(start, accumulator.encode());
  }

  /** The bucket at `start` of `level`, open or closed; not to be changed. */
  read(level: number, start: number): A | undefined {
    const encoded = this.#logs[level]?.get(start);
    if (encoded !== undefined) return this.#type.decode(encoded);
    if (level === 0) return this.#open.find((bucket) => bucket.start === start)?.accumulator;
    const parts = this.starts(level - 1, start, start + levelWidth(level));
    return parts.length === 0 ? undefined : this.#mergeParts(level - 1, parts);
  }

  /** Starts in `[from, to)` of the buckets of `level`, open and closed, ascending. */
  starts(level: number, from: number, to: number): number[] {
    const log = this.#logs[level];
    const closed = log?.starts(from, to) ?? [];
    if (level === 0) {
      for (const { start } of this.#open) if (start >= from && start < to) closed.push(start);
      return closed;
    }
    const width = levelWidth(level);
    const openFrom = log?.lastStart === undefined ? from : Math.max(from, log.lastStart + width);
    if (openFrom >= to) return closed;
    for (const part of this.starts(level - 1, openFrom, Math.ceil(to / width) * width)) {
      const start = bucketStart(part, width);
      if (start >= from && start !== closed.at(-1)) closed.push(start);
    }
    return closed;
  }

  /** Start of the oldest closed bucket of `level` that is kept. */
  firstClosed(level: number): number | undefined {
    return this.#logs[level]?.firstStart;
  }

  /** Start of the newest closed bucket of `level`. */
  lastClosed(level: number): number | undefined {
    return this.#logs[level]?.lastStart;
  }

  /** Forgets closed buckets of `level` that start before `time`; returns how many. */
  evictBefore(level: number, time: number): number {
    return this.#logs[level]?.evictBefore(time) ?? 0;
  }

  /** Gives its bytes back to the budget; the timeline must not be used afterwards. */
  release(): void {
    for (const log of this.#logs) log?.release();
  }

  snapshot(): TimelineSnapshot {
    return {
      open: this.#open.map(({ start, accumulator }) => ({ start, encoded: accumulator.encode() })),
      logs: Array.from({ length: this.#logs.length }, (_, level) => this.#logs[level]?.snapshot()),
    };
  }

  static restore<A extends Accumulator<A>>(
    snapshot: TimelineSnapshot,
    type: AccumulatorType<A>,
    budget: ByteBudget,
  ): Timeline<A> {
    const timeline = new Timeline(type, budget);
    timeline.#load(snapshot);
    return timeline;
  }

  #load(snapshot: TimelineSnapshot): void {
    this.#open = snapshot.open.map(({ start, encoded }) => ({ start, accumulator: this.#type.decode(encoded) }));
    for (const [level, log] of snapshot.logs.entries()) {
      if (log !== undefined) this.#logs[level] = BucketLog.restore(log, this.#budget);
    }
  }

  #mergeParts(level: number, starts: readonly number[]): A {
    const merged = this.#type.create();
    for (const start of starts) {
      const part = this.read(level, start);
      if (part !== undefined) merged.merge(part);
    }
    return merged;
  }

  #log(level: number): BucketLog {
    let log = this.#logs[level];
    if (log === undefined) {
      log = new BucketLog(this.#budget);
      this.#logs[level] = log;
    }
    return log;
  }
}
