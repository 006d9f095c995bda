import type { MetricsRecord } from '../model/records.ts';
import type { SeriesId } from '../model/series-key.ts';
import { Audience, type AudienceSnapshot } from './audience.ts';
import type { ByteBudget } from './bucket-log.ts';
import { LEVELS } from './closed-buckets.ts';
import type { SeriesState } from './series-state.ts';
import { ServiceAccumulator } from './service-accumulator.ts';
import { Timeline, type TimelineSnapshot } from './timeline.ts';

/** State of one service without its series. Plain and structured-cloneable. */
export interface ServiceStateSnapshot {
  readonly serviceId: string;
  readonly newest: number;
  readonly watermark: number;
  readonly closedUpTo: number;
  readonly live: boolean;
  readonly hasOperations: boolean;
  readonly cutMinute: number;
  readonly latest: Omit<MetricsRecord, 'serviceId'> | undefined;
  readonly pending: readonly (readonly number[])[];
  readonly keptFrom: readonly number[];
  readonly waiting: readonly SeriesId[];
  readonly timeline: TimelineSnapshot;
  readonly audience: AudienceSnapshot;
}

/** What the aggregation knows of one service: its frontier in event time, its buckets, its users and errors. */
export class ServiceState {
  readonly serviceId: string;
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
  /** Newest value of each gauge. */
  latest: Omit<MetricsRecord, 'serviceId'> | undefined;
  /** Per level, starts of buckets with closed parts that are not closed themselves. */
  readonly pending: readonly Set<number>[];
  /** Per level, where the kept buckets begin: those before it were evicted. */
  readonly keptFrom: number[];
  /** Series in whose slot a sample waits, in the order in which their samples will be given out. */
  readonly waiting: Set<SeriesState> = new Set();
  /** Earliest end of a waiting slot. */
  nextSlotEnd: number = Number.POSITIVE_INFINITY;
  /** Timestamp before which a record neither ends a slot nor closes a bucket. */
  deadline: number = Number.NEGATIVE_INFINITY;

  constructor(serviceId: string, budget: ByteBudget, snapshot?: ServiceStateSnapshot) {
    this.serviceId = serviceId;
    this.pending = Array.from({ length: LEVELS }, (_, level) => new Set(snapshot?.pending[level]));
    this.keptFrom = [...(snapshot?.keptFrom ?? Array.from({ length: LEVELS }, () => Number.NEGATIVE_INFINITY))];
    this.audience = new Audience(snapshot?.audience);
    if (snapshot === undefined) {
      this.timeline = new Timeline(ServiceAccumulator.type, budget);
      return;
    }
    this.timeline = Timeline.restore(snapshot.timeline, ServiceAccumulator.type, budget);
    this.newest = snapshot.newest;
    this.watermark = snapshot.watermark;
    this.closedUpTo = snapshot.closedUpTo;
    this.live = snapshot.live;
    this.hasOperations = snapshot.hasOperations;
    this.cutMinute = snapshot.cutMinute;
    this.latest = snapshot.latest;
  }

  /** Takes the newest value of each gauge; an older snapshot fills only what is missing. */
  keepLatest(record: MetricsRecord): void {
    const { serviceId: _, ...gauges } = record;
    const { latest } = this;
    const isNewer = latest === undefined || gauges.timestamp >= latest.timestamp;
    this.latest = isNewer ? { ...latest, ...gauges } : { ...gauges, ...latest };
  }

  snapshot(): ServiceStateSnapshot {
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
      pending: this.pending.map((starts) => [...starts]),
      keptFrom: [...this.keptFrom],
      waiting: Array.from(this.waiting, ({ series }) => series),
      timeline: this.timeline.snapshot(),
      audience: this.audience.snapshot(),
    };
  }
}
