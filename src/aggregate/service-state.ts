import { PERIOD_MS } from '../model/period.ts';
import type { MetricsRecord } from '../model/records.ts';
import type { SeriesId } from '../model/series-key.ts';
import { ByteReader } from '../stats/bytes.ts';
import { OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import type { SketchContents } from '../stats/sketch-contents.ts';
import { readContents } from '../stats/sketch-encoding.ts';
import { Audience, type AudienceSnapshot } from './audience.ts';
import { type AccumulatorType, type ClosedSnapshot, LEVELS } from './closed-buckets.ts';
import type { SeriesOwner, SeriesState, SharedStore } from './series-state.ts';
import { type DurationsOf, ServiceAccumulator, type ServiceCounts } from './service-accumulator.ts';
import { readServiceHead, type ServiceReading } from './service-encoding.ts';
import { ServiceMinute } from './service-minute.ts';
import { type OpenMinutes, Timeline } from './timeline.ts';

/** State of one service without its series, its closed buckets and its audience. Plain and structured-cloneable. */
export interface ServiceHeadSnapshot {
  readonly serviceId: string;
  readonly newest: number;
  readonly watermark: number;
  readonly closedUpTo: number;
  readonly live: boolean;
  readonly hasOperations: boolean;
  readonly cutMinute: number;
  readonly latest: Omit<MetricsRecord, 'serviceId'> | undefined;
  readonly keptFrom: readonly number[];
  readonly waiting: readonly SeriesId[];
  readonly ordinals: readonly (readonly [number, SeriesId])[];
  /** The number that the next operation gets; absent in older snapshots. */
  readonly nextOrdinal?: number;
  /** Minute, events, errors. */
  readonly open: readonly (readonly [number, number, number])[];
}

/** State of one service without its series. Plain and structured-cloneable. */
export interface ServiceStateSnapshot extends ServiceHeadSnapshot {
  readonly closed: ClosedSnapshot | undefined;
  readonly audience: AudienceSnapshot;
}

const MINUTE_MS = PERIOD_MS['1m'];

/** What the aggregation knows of one service: its frontier in event time, its buckets, its users and errors. */
export class ServiceState implements SeriesOwner, OpenMinutes<ServiceAccumulator> {
  readonly serviceId: string;
  readonly store: SharedStore;
  readonly timeline: Timeline<ServiceAccumulator>;
  readonly audience: Audience;
  /** Timestamp of the newest record, epoch milliseconds. */
  newest: number = Number.NEGATIVE_INFINITY;
  /** Records before it are late. */
  watermark: number = Number.NEGATIVE_INFINITY;
  /** The watermark's whole minute: every bucket that ends at or before it is closed. */
  closedUpTo: number = Number.NEGATIVE_INFINITY;
  /** Whether the newest record was near the clock when it came. */
  live = false;
  /** Whether it ever had a performance record. */
  hasOperations = false;
  /** A minute that began while the service was cut off, and says nothing of its rates. */
  cutMinute: number = Number.NaN;
  /** The minute in which the process stopped from which it goes on; it says nothing of its rates either. */
  stopMinute: number = Number.NaN;
  /** Newest value of each gauge. */
  latest: Omit<MetricsRecord, 'serviceId'> | undefined;
  /** Per level, where the kept buckets begin: those before it were evicted. */
  readonly keptFrom: number[];
  /** Series in whose slot a sample waits, in the order in which their samples will be given out. */
  waiting: SeriesState[] = [];
  /** Earliest end of a waiting slot. */
  nextSlotEnd: number = Number.POSITIVE_INFINITY;
  /** Its number in the store, once it is there. */
  storeId: number | undefined;
  /** Operations below this number are in the store with it. */
  namedOrdinals = 0;
  /** Whether anything came, or closed, since a store last took it. */
  changed = true;
  /** Whether it goes on from a store, and its first record will tell how long it was away. */
  isResumed = false;
  /** Timestamp before which a record neither ends a slot nor closes a bucket. */
  deadline: number = Number.NEGATIVE_INFINITY;
  /** Open minutes by number, and the one that was asked for last. */
  readonly #open = new Map<number, ServiceMinute>();
  #latestOpen: ServiceMinute | undefined;
  /** Operations that have closed buckets of the service to themselves, by their numbers, and the numbers of these. */
  readonly #operations = new Map<number, SeriesState>();
  readonly #ordinals = new Map<SeriesState, number>();
  /** Never one that was in use before: a store may still have buckets that say it. */
  #nextOrdinal = 0;
  readonly #durationsOf: DurationsOf = ({ ordinal, level, start }, into) => {
    this.#operations.get(ordinal)?.timeline.mergeInto(into, level, start);
  };

  constructor(serviceId: string, store: SharedStore, snapshot?: ServiceStateSnapshot) {
    this.serviceId = serviceId;
    this.store = store;
    this.keptFrom = [...(snapshot?.keptFrom ?? Array.from({ length: LEVELS }, () => Number.NEGATIVE_INFINITY))];
    this.audience = new Audience(snapshot?.audience);
    const type: AccumulatorType<ServiceAccumulator> = {
      create: () => this.newAccumulator(),
      fromSmall: ([events, errors]) => {
        const accumulator = this.newAccumulator();
        accumulator.add({ events, errors });
        return accumulator;
      },
    };
    this.timeline = new Timeline(type, this, store.budget, snapshot?.closed);
    if (snapshot === undefined) return;
    this.newest = snapshot.newest;
    this.watermark = snapshot.watermark;
    this.closedUpTo = snapshot.closedUpTo;
    this.live = snapshot.live;
    this.hasOperations = snapshot.hasOperations;
    this.cutMinute = snapshot.cutMinute;
    this.latest = snapshot.latest;
    this.#nextOrdinal = snapshot.nextOrdinal ?? 0;
    for (const [minute, events, errors] of snapshot.open) {
      this.#open.set(minute, new ServiceMinute(minute, store.rows, { events, errors }));
    }
  }

  /** Takes over from a snapshot what refers to series, once these are there. */
  loadOrdinals({ ordinals }: ServiceStateSnapshot, seriesOf: (series: SeriesId) => SeriesState | undefined): void {
    for (const [ordinal, id] of ordinals) {
      const operation = seriesOf(id);
      if (operation === undefined) continue;
      this.#keepOrdinal(operation, ordinal);
    }
  }

  /** An empty bucket of this service. */
  newAccumulator(): ServiceAccumulator {
    return new ServiceAccumulator(this.#durationsOf);
  }

  /** The minute, which is open from now on; in minutes since the epoch. */
  openMinute(minute: number): ServiceMinute {
    if (this.#latestOpen?.minute === minute) return this.#latestOpen;
    let open = this.#open.get(minute);
    if (open === undefined) {
      open = new ServiceMinute(minute, this.store.rows);
      this.#open.set(minute, open);
    }
    this.#latestOpen = open;
    return open;
  }

  get minutes(): readonly number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  /** Events and errors of an open minute, without those of performance records. */
  openCounts(minute: number): ServiceCounts | undefined {
    return this.#open.get(minute)?.counts;
  }

  read(minute: number): ServiceAccumulator | undefined {
    return this.#open.get(minute)?.read(this.#durationsOf);
  }

  /**
   * Reads the bucket at `start` of `level`: its counts, and its performance durations into `contents`, in place of what was
   * there. `undefined` where there is no bucket.
   */
  readInto(level: number, start: number, contents: SketchContents): ServiceReading | undefined {
    contents.clear();
    const encoded = this.timeline.encoded(level, start);
    if (encoded === undefined) {
      const merged = this.timeline.read(level, start);
      merged?.durations?.readContents(contents);
      return merged;
    }
    const reader = new ByteReader('service bucket', encoded);
    const head = readServiceHead(reader);
    if (head.hasDurations) readContents(reader, contents, OCTAVE_BITS);
    if (head.ordinal !== undefined) this.#operations.get(head.ordinal)?.readInto(level, start, contents);
    return head;
  }

  /** Puts an open minute away. */
  closeMinute(minute: number): void {
    const open = this.#open.get(minute) as ServiceMinute;
    const closed = open.close(this.#durationsOf, (operation) => this.#ordinalOf(operation));
    this.timeline.put(0, minute * MINUTE_MS, closed);
    this.#open.delete(minute);
    if (this.#latestOpen === open) this.#latestOpen = undefined;
  }

  /** Keeps the durations of an operation that goes where they were with that only. */
  keepDurationsOf(operation: SeriesState): void {
    const ordinal = this.#ordinals.get(operation);
    if (ordinal === undefined) return;
    for (let level = 0; level < LEVELS; level++) {
      for (const start of this.timeline.starts(level, Number.NEGATIVE_INFINITY, operation.newest + 1)) {
        const bucket = this.timeline.read(level, start);
        if (bucket?.ordinal !== ordinal || this.timeline.encoded(level, start) === undefined) continue;
        bucket.keepDurations();
        this.timeline.put(level, start, bucket);
      }
    }
    this.#operations.delete(ordinal);
    this.#ordinals.delete(operation);
  }

  /** Gives all memory back; the service must not be used afterwards. */
  remove(): void {
    for (const open of this.#open.values()) open.free();
    this.timeline.release();
  }

  /** Takes the newest value of each gauge; an older snapshot fills only what is missing. */
  keepLatest(record: MetricsRecord): void {
    const { serviceId: _, ...gauges } = record;
    const { latest } = this;
    const isNewer = latest === undefined || gauges.timestamp >= latest.timestamp;
    this.latest = isNewer ? { ...latest, ...gauges } : { ...gauges, ...latest };
  }

  snapshot(): ServiceStateSnapshot {
    return { ...this.head(), closed: this.timeline.snapshot(), audience: this.audience.snapshot() };
  }

  /** All but its closed buckets and its audience. */
  head(): ServiceHeadSnapshot {
    const { serviceId, newest, watermark, closedUpTo, live, hasOperations, cutMinute, latest } = this;
    return {
      serviceId,
      newest,
      watermark,
      closedUpTo,
      live,
      hasOperations,
      cutMinute,
      latest,
      keptFrom: [...this.keptFrom],
      waiting: Array.from(this.waiting, ({ series }) => series),
      ordinals: Array.from(this.#operations, ([ordinal, { series }]) => [ordinal, series] as const),
      nextOrdinal: this.#nextOrdinal,
      open: Array.from(this.#open.values(), ({ minute, counts }) => [minute, counts.events, counts.errors] as const),
    };
  }

  #ordinalOf(operation: SeriesState): number {
    const known = this.#ordinals.get(operation);
    if (known !== undefined) return known;
    const ordinal = this.#nextOrdinal;
    this.#keepOrdinal(operation, ordinal);
    return ordinal;
  }

  #keepOrdinal(operation: SeriesState, ordinal: number): void {
    this.#operations.set(ordinal, operation);
    this.#ordinals.set(operation, ordinal);
    this.#nextOrdinal = Math.max(this.#nextOrdinal, ordinal + 1);
  }
}
