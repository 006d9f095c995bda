import { bucketStart } from '../model/period.ts';
import type { ByteBudget } from './bucket-log.ts';
import {
  type Accumulator,
  type AccumulatorType,
  ClosedBuckets,
  type ClosedSnapshot,
  levelWidth,
} from './closed-buckets.ts';

/** State of a timeline. Plain and structured-cloneable. */
export interface TimelineSnapshot {
  readonly open: readonly { readonly start: number; readonly encoded: Uint8Array }[];
  readonly closed: ClosedSnapshot | undefined;
}

/**
 * All buckets of one thing that is aggregated: the open minutes as accumulators, and the closed buckets of each level.
 * Only minutes are written to; a bucket of a higher level is always merged from those of the level below, when
 * it closes or, while it is open, when it is read.
 */
export class Timeline<A extends Accumulator<A>> {
  readonly #type: AccumulatorType<A>;
  readonly #budget: ByteBudget;
  /** An open minute: the only one nearly always, and then the only object that an idle series has besides this. */
  #open: A | undefined;
  #openAt: number | undefined;
  /** Further ones by start; one around the turn of a minute, up to six where timestamps run ahead. */
  #alsoOpen: Map<number, A> | undefined;
  #closed: ClosedBuckets<A> | undefined;

  constructor(type: AccumulatorType<A>, budget: ByteBudget) {
    this.#type = type;
    this.#budget = budget;
  }

  /** The accumulator of the open minute at `start`, made where there is none. */
  openMinute(start: number): A {
    const known = this.#openMinuteAt(start);
    if (known !== undefined) return known;
    const accumulator = this.#type.create();
    this.#addOpen(start, accumulator);
    return accumulator;
  }

  /** Starts of the open minutes, ascending. */
  get openStarts(): number[] {
    if (this.#openAt === undefined) return [];
    return [this.#openAt, ...(this.#alsoOpen?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** Closes the open minute at `start`; returns what it held, `undefined` where nothing did. */
  closeMinute(start: number): A | undefined {
    const accumulator = this.#openMinuteAt(start);
    if (accumulator === undefined) return undefined;
    const others = [...(this.#alsoOpen ?? [])].filter(([at]) => at !== start);
    if (start !== this.#openAt) others.unshift([this.#openAt as number, this.#open as A]);
    this.#open = undefined;
    this.#openAt = undefined;
    this.#alsoOpen = undefined;
    for (const [at, other] of others) this.#addOpen(at, other);
    this.#closedBuckets().put(0, start, accumulator);
    return accumulator;
  }

  /** Closes the bucket at `start` of a level above the minute by merging its closed parts, where there are any. */
  closeHigher(level: number, start: number): void {
    const parts = this.#closed?.starts(level - 1, start, start + levelWidth(level)) ?? [];
    if (parts.length === 0) return;
    this.#closed?.put(level, start, this.#mergeParts(level - 1, parts));
  }

  /** Takes late data into the closed bucket at `start` of `level`. */
  mergeClosed(level: number, start: number, late: A): void {
    const closed = this.#closedBuckets();
    const known = closed.get(level, start);
    known?.merge(late);
    closed.put(level, start, known ?? late);
  }

  /** The bucket at `start` of `level`, open or closed; not to be changed. */
  read(level: number, start: number): A | undefined {
    const closed = this.#closed?.get(level, start);
    if (closed !== undefined) return closed;
    if (level === 0) return this.#openMinuteAt(start);
    const parts = this.starts(level - 1, start, start + levelWidth(level));
    return parts.length === 0 ? undefined : this.#mergeParts(level - 1, parts);
  }

  /** Starts in `[from, to)` of the buckets of `level`, open and closed, ascending. */
  starts(level: number, from: number, to: number): number[] {
    const closed = this.#closed?.starts(level, from, to) ?? [];
    if (level === 0) {
      for (const start of this.openStarts) if (start >= from && start < to) closed.push(start);
      return closed;
    }
    const width = levelWidth(level);
    const last = this.lastClosed(level);
    const openFrom = last === undefined ? from : Math.max(from, last + width);
    if (openFrom >= to) return closed;
    for (const part of this.starts(level - 1, openFrom, Math.ceil(to / width) * width)) {
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

  snapshot(): TimelineSnapshot {
    return {
      open: this.openStarts.map((start) => ({ start, encoded: this.openMinute(start).encode() })),
      closed: this.#closed?.snapshot(),
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
    for (const { start, encoded } of snapshot.open) this.#addOpen(start, this.#type.decode(encoded));
    if (snapshot.closed !== undefined) this.#closed = new ClosedBuckets(this.#type, this.#budget, snapshot.closed);
  }

  #mergeParts(level: number, starts: readonly number[]): A {
    const merged = this.#type.create();
    for (const start of starts) {
      const part = this.read(level, start);
      if (part !== undefined) merged.merge(part);
    }
    return merged;
  }

  #openMinuteAt(start: number): A | undefined {
    return start === this.#openAt ? this.#open : this.#alsoOpen?.get(start);
  }

  #addOpen(start: number, accumulator: A): void {
    if (this.#open === undefined) {
      this.#open = accumulator;
      this.#openAt = start;
    } else {
      this.#alsoOpen ??= new Map();
      this.#alsoOpen.set(start, accumulator);
    }
  }

  #closedBuckets(): ClosedBuckets<A> {
    this.#closed ??= new ClosedBuckets(this.#type, this.#budget);
    return this.#closed;
  }
}
