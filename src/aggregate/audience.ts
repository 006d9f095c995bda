import { bucketStart, PERIOD_MS } from '../model/period.ts';
import { HyperLogLog } from '../stats/hyper-log-log.ts';
import { SpaceSaving, type SpaceSavingSnapshot } from '../stats/space-saving.ts';

/** State of an audience. Plain and structured-cloneable. */
export interface AudienceSnapshot {
  readonly hours: readonly (readonly [number, Uint8Array])[];
  readonly errors: readonly (readonly [number, SpaceSavingSnapshot])[];
  readonly users: readonly (readonly [number, SpaceSavingSnapshot])[];
}

/** What of an audience is not in a store yet. */
export interface AudienceChanges {
  /** Hours whose users changed. */
  readonly hours: AudienceSnapshot['hours'];
  /** Hours that were forgotten. */
  readonly goneHours: readonly number[];
  /** All top lists where one of them changed. */
  readonly tops: Pick<AudienceSnapshot, 'errors' | 'users'> | undefined;
}

const HOUR_MS = PERIOD_MS['1h'];
const DAY_MS = PERIOD_MS['1d'];
/** Keys that a day's top list tracks: a key is sure to be in it if it makes up over 1/64 of the day. */
const TOP_CAPACITY = 64;
/** A top list of a day on which nothing came. */
export const EMPTY_TOP: SpaceSavingSnapshot = Object.freeze(new SpaceSaving(TOP_CAPACITY).snapshot());

/** Heap of one hour's distinct count once it is dense, and of one entry of a top list. */
const HOUR_BYTES = 4300;
const TOP_ENTRY_BYTES = 150;

/**
 * Who used a service and what failed in it: distinct users for each hour, and the most frequent users and errors of each
 * UTC day. Top lists are kept for the newest two days, so that shortly after midnight they are not empty.
 */
export class Audience {
  readonly #hours: Map<number, HyperLogLog>;
  readonly #errors: DailyTop;
  readonly #users: DailyTop;
  /** Since a store last took it: the earliest hour that changed, and those that were forgotten. */
  #changedFrom: number = Number.POSITIVE_INFINITY;
  #goneHours: number[] = [];
  #topsChanged = false;

  constructor(snapshot?: AudienceSnapshot) {
    this.#hours = new Map(snapshot?.hours.map(([start, bytes]) => [start, HyperLogLog.fromBytes(bytes)]));
    this.#errors = new DailyTop(snapshot?.errors);
    this.#users = new DailyTop(snapshot?.users);
  }

  addUser(timestamp: number, userId: string): void {
    const hour = bucketStart(timestamp, HOUR_MS);
    let users = this.#hours.get(hour);
    if (users === undefined) {
      users = new HyperLogLog();
      this.#hours.set(hour, users);
    }
    users.add(userId);
    this.#users.add(timestamp, userId);
    if (hour < this.#changedFrom) this.#changedFrom = hour;
    this.#topsChanged = true;
  }

  addError(timestamp: number, error: string): void {
    this.#errors.add(timestamp, error);
    this.#topsChanged = true;
  }

  /**
   * Adds what another one saw. Counts for days that are no longer kept are left out.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where it is damaged
   */
  merge({ hours, errors, users }: AudienceSnapshot): void {
    for (const [hour, bytes] of hours) {
      const theirs = HyperLogLog.fromBytes(bytes);
      const known = this.#hours.get(hour);
      if (known === undefined) this.#hours.set(hour, theirs);
      else known.merge(theirs);
      this.#changedFrom = Math.min(this.#changedFrom, hour);
    }
    if (errors.length + users.length > 0) this.#topsChanged = true;
    for (const [day, top] of errors) this.#errors.merge(day, SpaceSaving.restore(top));
    for (const [day, top] of users) this.#users.merge(day, SpaceSaving.restore(top));
  }

  /** Distinct users in `[from, to)`, whole hours; `undefined` where none is known. */
  distinctUsers(from: number, to: number): number | undefined {
    let union: HyperLogLog | undefined;
    for (let hour = from; hour < to; hour += HOUR_MS) {
      const users = this.#hours.get(hour);
      if (users === undefined) continue;
      union ??= new HyperLogLog();
      union.merge(users);
    }
    return union === undefined ? undefined : Math.round(union.estimate());
  }

  /** The most frequent errors of the newest two days, merged. */
  topErrors(): SpaceSaving {
    return this.#errors.merged();
  }

  /** The most active users of the newest two days, merged. */
  topUsers(): SpaceSaving {
    return this.#users.merged();
  }

  /** Estimate of the memory held. */
  get byteLength(): number {
    return this.#hours.size * HOUR_BYTES + this.#errors.byteLength + this.#users.byteLength;
  }

  /**
   * Forgets hours that start before `time`.
   *
   * @param noting whether a store has to be told
   */
  evictBefore(time: number, noting: boolean): void {
    for (const hour of this.#hours.keys()) {
      if (hour >= time) continue;
      this.#hours.delete(hour);
      if (noting) this.#goneHours.push(hour);
    }
  }

  /** What changed since the last call, for a store. */
  takeChanges(): AudienceChanges {
    const from = this.#changedFrom;
    const goneHours = this.#goneHours;
    const tops = this.#topsChanged ? { errors: this.#errors.snapshot(), users: this.#users.snapshot() } : undefined;
    this.#changedFrom = Number.POSITIVE_INFINITY;
    this.#goneHours = [];
    this.#topsChanged = false;
    const hours = from === Number.POSITIVE_INFINITY ? [] : [...this.#hours].filter(([hour]) => hour >= from);
    return { hours: hours.map(([hour, users]) => [hour, users.toBytes()] as const), goneHours, tops };
  }

  snapshot(): AudienceSnapshot {
    return {
      hours: [...this.#hours].map(([hour, users]) => [hour, users.toBytes()] as const),
      errors: this.#errors.snapshot(),
      users: this.#users.snapshot(),
    };
  }
}

/** Top lists of the newest two UTC days; counts for older days are left out. */
class DailyTop {
  readonly #days: Map<number, SpaceSaving>;

  constructor(snapshot: AudienceSnapshot['errors'] = []) {
    this.#days = new Map(snapshot.map(([start, top]) => [start, SpaceSaving.restore(top)]));
  }

  add(timestamp: number, key: string): void {
    this.#topOf(bucketStart(timestamp, DAY_MS))?.add(key);
  }

  merge(day: number, top: SpaceSaving): void {
    this.#topOf(day)?.merge(top);
  }

  merged(): SpaceSaving {
    const merged = new SpaceSaving(TOP_CAPACITY);
    for (const top of this.#days.values()) merged.merge(top);
    return merged;
  }

  /** Estimate of the memory held. */
  get byteLength(): number {
    return this.#days.size * TOP_CAPACITY * TOP_ENTRY_BYTES;
  }

  snapshot(): AudienceSnapshot['errors'] {
    return [...this.#days].map(([day, top]) => [day, top.snapshot()] as const);
  }

  /** The list of a day; `undefined` where that is too long ago. */
  #topOf(day: number): SpaceSaving | undefined {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const newest = Math.max(day, ...this.#days.keys());
    if (day < newest - DAY_MS) return undefined;
    const top = new SpaceSaving(TOP_CAPACITY);
    this.#days.set(day, top);
    for (const other of this.#days.keys()) if (other < newest - DAY_MS) this.#days.delete(other);
    return top;
  }
}
