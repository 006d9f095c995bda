import { NO_MINUTE } from '../model/operation-ref.ts';
import { bucketStart, PERIOD_MS } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { ByteBudget } from './bucket-log.ts';
import { type ClosedSnapshot, type Encodable, LEVELS } from './closed-buckets.ts';
import { MergedSlots, type MergedSlotsSnapshot, type Slot } from './merged-slots.ts';
import type { OpenRows } from './open-rows.ts';
import { RowBucket } from './row-bucket.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import { type EncodedSeries, readSeriesBytes } from './series-encoding.ts';
import { type OpenMinutes, Timeline } from './timeline.ts';

/** A sample for detector and predictor: the mean of what one series got in one slot of `resolutionMs`. */
export interface WatchedSample {
  readonly series: SeriesId;
  /** Of the first sample in the slot, epoch milliseconds. */
  readonly timestamp: number;
  readonly value: number;
}

/** State of one settled series. Plain and structured-cloneable. */
export interface SeriesStateSnapshot {
  readonly series: SeriesId;
  readonly newest: number;
  readonly slot: Slot | undefined;
  readonly merged: MergedSlotsSnapshot | undefined;
  readonly open: readonly { readonly minute: number; readonly encoded: Uint8Array }[];
  readonly closed: ClosedSnapshot | undefined;
}

/** The slots of a series that wait for samples, or for their end. Plain and structured-cloneable. */
export interface SeriesSlots {
  readonly slot: Slot | undefined;
  readonly merged: MergedSlotsSnapshot | undefined;
}

const MINUTE_MS = PERIOD_MS['1m'];
const HOUR_MS = PERIOD_MS['1h'];
const NO_ROW = -1;
const REMOVED = -2;

/** What all services and series of an aggregator share. */
export interface SharedStore {
  /** Of the open minutes. */
  readonly rows: OpenRows;
  /** Of the closed buckets. */
  readonly budget: ByteBudget;
}

/** What a series keeps of minutes that are over. */
interface Past {
  readonly timeline: Timeline<SeriesAccumulator>;
  /** Up to here closed minutes are put away, and longer buckets made of them; the service may be further. */
  settledUpTo: number;
  /** Time of the newest sample that is in no open row, epoch milliseconds. */
  newest: number;
}

/** What a series knows of its service. */
export interface SeriesOwner {
  readonly store: SharedStore;
  /** Every bucket that ends at or before it is closed. */
  readonly closedUpTo: number;
  /** Per level, where the kept buckets begin. */
  readonly keptFrom: readonly number[];
}

/** The buckets of one series, and the slot in which its next sample gathers. */
export class SeriesState<S extends SeriesOwner = SeriesOwner> implements OpenMinutes<SeriesAccumulator> {
  readonly series: SeriesId;
  readonly service: S;
  /** Its number in the store, once it is there. */
  storeId: number | undefined;
  /** What is kept of minutes that are over; a series that is seen once has none of it for a while. */
  #past: Past | undefined;
  /** The newest open minute, in minutes since the epoch, and its row. */
  #minute = NO_MINUTE;
  #row = NO_ROW;
  /** Rows of further open minutes: one around the turn of a minute, up to six where timestamps run ahead. */
  #alsoOpen: Map<number, number> | undefined;
  #slot: { -readonly [K in keyof Slot]: Slot[K] } | undefined;
  /** In place of `#slot` once samples of this series were merged from elsewhere. */
  #merged: MergedSlots | undefined;

  constructor(series: SeriesId, service: S, snapshot?: SeriesStateSnapshot) {
    this.series = series;
    this.service = service;
    if (snapshot === undefined) return;
    const { newest, closed } = snapshot;
    this.#past = { timeline: this.#newTimeline(closed), settledUpTo: service.closedUpTo, newest };
    this.#slot = snapshot.slot === undefined ? undefined : { ...snapshot.slot };
    if (snapshot.merged !== undefined) this.#merged = new MergedSlots(snapshot.merged);
    const contents = new SketchContents();
    for (const { minute, encoded } of snapshot.open) {
      const summary = readSeriesBytes(encoded, minute * MINUTE_MS, contents);
      service.store.rows.merge(this.openRow(minute), contents, summary);
    }
  }

  /** Its buckets. */
  get timeline(): Timeline<SeriesAccumulator> {
    return this.#pastOf().timeline;
  }

  /** Whether it was forgotten, and must be looked up anew. */
  get removed(): boolean {
    return this.#row === REMOVED;
  }

  /** Time of the newest sample, epoch milliseconds. */
  get newest(): number {
    const newest = this.#past?.newest ?? Number.NEGATIVE_INFINITY;
    return this.#row < 0 ? newest : Math.max(newest, this.service.store.rows.lastAt(this.#row));
  }

  /** Row of an open minute, if it has one. */
  rowAt(minute: number): number | undefined {
    return minute === this.#minute ? this.#row : this.#alsoOpen?.get(minute);
  }

  /** Row of a minute, which is open from now on. */
  openRow(minute: number): number {
    const known = this.rowAt(minute);
    if (known !== undefined) return known;
    const row = this.service.store.rows.open();
    if (minute > this.#minute) {
      this.#keepAlso(this.#minute, this.#row);
      this.#minute = minute;
      this.#row = row;
    } else {
      this.#keepAlso(minute, row);
    }
    return row;
  }

  get keptFrom(): readonly number[] {
    return this.service.keptFrom;
  }

  get minutes(): readonly number[] {
    if (this.#row < 0) return [];
    if (this.#alsoOpen === undefined) return [this.#minute];
    return [...this.#alsoOpen.keys(), this.#minute].sort((a, b) => a - b);
  }

  read(minute: number): SeriesAccumulator | undefined {
    const row = this.rowAt(minute);
    if (row === undefined) return undefined;
    const accumulator = new SeriesAccumulator();
    const bucket = new RowBucket(this.service.store.rows, row, new SketchContents());
    accumulator.mergeContents(bucket.contents, bucket);
    return accumulator;
  }

  /**
   * Reads the bucket at `start` of `level` into `contents`, in place of what was there; returns its newest sample,
   * `undefined` where there is no bucket.
   */
  readInto(level: number, start: number, contents: SketchContents): EncodedSeries | undefined {
    const encoded = this.timeline.encoded(level, start);
    if (encoded !== undefined) return readSeriesBytes(encoded, start, contents);
    const row = level === 0 ? this.rowAt(start / MINUTE_MS) : undefined;
    if (row !== undefined) return new RowBucket(this.service.store.rows, row, contents);
    const merged = this.timeline.read(level, start);
    if (merged === undefined) contents.clear();
    else merged.sketch.readContents(contents);
    return merged;
  }

  /**
   * Puts the minutes away that its service has closed, makes the longer buckets that are over, and forgets what the
   * service no longer keeps. May be done long after the service closed: readers see the same before and afterwards.
   *
   * @param scratch overwritten
   */
  settle(scratch: SketchContents): void {
    const { closedUpTo, keptFrom } = this.service;
    const past = this.#pastOf();
    const { settledUpTo } = past;
    if (settledUpTo >= closedUpTo) return;
    past.settledUpTo = closedUpTo;
    for (const minute of this.minutes) {
      if (minute * MINUTE_MS < closedUpTo) this.#closeMinute(minute, scratch);
    }
    this.timeline.closeLonger(closedUpTo);
    if (bucketStart(settledUpTo, HOUR_MS) === bucketStart(closedUpTo, HOUR_MS)) return;
    for (let level = 0; level < LEVELS; level++) this.timeline.evictBefore(level, keptFrom[level] as number, false);
  }

  /** Gives all memory back; what a handle still has of it is no longer used. */
  remove(): void {
    for (const minute of this.minutes) this.service.store.rows.free(this.rowAt(minute) as number);
    this.#past?.timeline.release();
    this.#row = REMOVED;
    this.#minute = NO_MINUTE;
    this.#alsoOpen = undefined;
  }

  /** Takes note of a sample, which may have gone into a closed bucket. */
  noteNewest(timestamp: number): void {
    const past = this.#pastOf();
    if (timestamp > past.newest) past.newest = timestamp;
  }

  /**
   * When the oldest slot that waits is to end, epoch milliseconds; `undefined` where none does.
   *
   * @param holdMs for how long merged slots wait for what other processes have of them
   */
  slotEnd(resolutionMs: number, holdMs: number): number | undefined {
    const [slot] = this.waitingSlots;
    if (slot === undefined) return undefined;
    const end = bucketStart(slot.timestamp, resolutionMs) + resolutionMs;
    return this.#merged === undefined ? end : end + holdMs;
  }

  /**
   * Takes one sample into its slot. Returns the slot before, where this one begins a new slot; samples of older slots are
   * left out, because detectors only look forward.
   */
  gather(timestamp: number, value: number, resolutionMs: number): Slot | undefined {
    if (this.#merged !== undefined) {
      this.#merged.add({ timestamp, mean: value, count: 1 }, resolutionMs);
      return undefined;
    }
    const start = bucketStart(timestamp, resolutionMs);
    const slot = this.#slot;
    if (slot !== undefined && start === bucketStart(slot.timestamp, resolutionMs)) {
      slot.count++;
      // Not (value − mean) / count, which can overflow.
      slot.mean += value / slot.count - slot.mean / slot.count;
      return undefined;
    }
    if (start <= bucketStart(this.newest, resolutionMs)) return undefined;
    this.#slot = { timestamp, mean: value, count: 1 };
    return slot;
  }

  /** Takes a slot that was gathered elsewhere. From then on the series has merged slots. */
  mergeSlot(slot: Slot, resolutionMs: number): void {
    this.#merged ??= this.#ownSlotMerged(resolutionMs);
    this.#merged.add(slot, resolutionMs);
  }

  /** Ends the oldest slot that waits and returns it. */
  endSlot(resolutionMs: number): Slot | undefined {
    if (this.#merged !== undefined) return this.#merged.end(resolutionMs);
    const slot = this.#slot;
    this.#slot = undefined;
    return slot;
  }

  /** Whether a slot waits. */
  get isWaiting(): boolean {
    return this.#slot !== undefined || (this.#merged !== undefined && this.#merged.waiting.length > 0);
  }

  /** The slots that wait as they are now, oldest first. */
  get waitingSlots(): readonly Slot[] {
    if (this.#merged !== undefined) return this.#merged.waiting;
    return this.#slot === undefined ? [] : [this.#slot];
  }

  /** Hands over the closed buckets that were put or changed since the last call, for a store. */
  takeChanged(take: (level: number, start: number, encoded: Uint8Array | undefined) => void): void {
    this.#past?.timeline.takeChanged(take);
  }

  /**
   * The bytes of an open minute.
   *
   * @param scratch overwritten
   */
  encodeOpen(minute: number, scratch: SketchContents): Uint8Array {
    const row = this.rowAt(minute) as number;
    return new RowBucket(this.service.store.rows, row, scratch).encode(minute * MINUTE_MS);
  }

  /** What of its slots is not in its buckets; `undefined` where there is nothing to say. */
  get slots(): SeriesSlots | undefined {
    if (this.#slot === undefined && this.#merged === undefined) return undefined;
    return { slot: this.#slot === undefined ? undefined : { ...this.#slot }, merged: this.#merged?.snapshot() };
  }

  /** @param scratch overwritten */
  snapshot(scratch: SketchContents): SeriesStateSnapshot {
    this.settle(scratch);
    const { rows } = this.service.store;
    return {
      series: this.series,
      newest: this.newest,
      slot: this.#slot === undefined ? undefined : { ...this.#slot },
      merged: this.#merged?.snapshot(),
      open: this.minutes.map((minute) => ({
        minute,
        encoded: new RowBucket(rows, this.rowAt(minute) as number, scratch).encode(minute * MINUTE_MS),
      })),
      closed: this.timeline.snapshot(),
    };
  }

  #ownSlotMerged(resolutionMs: number): MergedSlots {
    const slot = this.#slot;
    this.#slot = undefined;
    if (slot === undefined) {
      return new MergedSlots({
        endedBefore: bucketStart(this.#pastOf().newest, resolutionMs) + resolutionMs,
        slots: [],
      });
    }
    return new MergedSlots({ endedBefore: bucketStart(slot.timestamp, resolutionMs), slots: [slot] });
  }

  #pastOf(): Past {
    this.#past ??= {
      timeline: this.#newTimeline(),
      settledUpTo: Number.NEGATIVE_INFINITY,
      newest: Number.NEGATIVE_INFINITY,
    };
    return this.#past;
  }

  #newTimeline(closed?: ClosedSnapshot): Timeline<SeriesAccumulator> {
    return new Timeline(SeriesAccumulator.type, this, this.service.store.budget, closed);
  }

  #closeMinute(minute: number, scratch: SketchContents): void {
    const { rows } = this.service.store;
    const row = this.rowAt(minute) as number;
    const bucket: Encodable = new RowBucket(rows, row, scratch);
    this.timeline.put(0, minute * MINUTE_MS, bucket);
    this.noteNewest(rows.lastAt(row));
    rows.free(row);
    if (minute === this.#minute) {
      // Of several open minutes the newest closes last.
      this.#minute = NO_MINUTE;
      this.#row = NO_ROW;
    } else {
      this.#alsoOpen?.delete(minute);
      if (this.#alsoOpen?.size === 0) this.#alsoOpen = undefined;
    }
  }

  #keepAlso(minute: number, row: number): void {
    if (row === NO_ROW) return;
    this.#alsoOpen ??= new Map();
    this.#alsoOpen.set(minute, row);
  }
}
