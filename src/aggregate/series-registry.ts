import { OPERATION_DURATION } from '../model/metric-kind.ts';
import type { Labels, SeriesId } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { OpenRows } from './open-rows.ts';

import { type OverflowEntry, SeriesLimit } from './series-limit.ts';
import { SeriesState, type SeriesStateSnapshot, type SharedStore } from './series-state.ts';
import { ServiceState, type ServiceStateSnapshot } from './service-state.ts';

/** A series with its service. */
export type KnownSeries = SeriesState<ServiceState>;

/** State of a registry. Plain and structured-cloneable. */
export interface RegistrySnapshot {
  readonly services: readonly ServiceStateSnapshot[];
  readonly series: readonly SeriesStateSnapshot[];
  readonly overflow: readonly OverflowEntry[];
}

/** Heap of a series and of a service besides their buckets, measured on Node 20 (bench/memory.mjs). */
const SERIES_BYTES = 600;
const SERVICE_BYTES = 2800;

/**
 * The services and series that are told apart, at most `maxSeries` of each and the overflow ones. They are made and
 * removed here only, and all their closed buckets are in one byte budget.
 */
export class SeriesRegistry {
  /** Series, and services, that are told apart. */
  readonly maxSeries: number;
  /** All series, to look up; `seriesOf` and `removeSeries` change it. */
  readonly series: SeriesMap<KnownSeries> = new SeriesMap();
  readonly #services = new Map<string, ServiceState>();
  /** What all services and series share. */
  readonly store: SharedStore = { rows: new OpenRows(), budget: { used: 0 } };
  #limit = new SeriesLimit();
  /** Numbers in the store of what was removed. */
  #gone: number[] = [];

  constructor(maxSeries: number) {
    this.maxSeries = maxSeries;
  }

  /** All services by id, in order of appearance; a view. */
  get services(): ReadonlyMap<string, ServiceState> {
    return this.#services;
  }

  /** Rows of the open minutes. */
  get rows(): OpenRows {
    return this.store.rows;
  }

  /** Bytes of all closed buckets. */
  get closedBytes(): number {
    return this.store.budget.used;
  }

  /** Estimate of the memory held. O(services). */
  get byteLength(): number {
    const { rows, budget } = this.store;
    let bytes = budget.used + rows.byteLength;
    bytes += this.series.size * SERIES_BYTES + this.#services.size * SERVICE_BYTES;
    for (const service of this.#services.values()) bytes += service.audience.byteLength;
    return bytes;
  }

  /**
   * The service, made where it is new; beyond the limit the one that stands in for it.
   *
   * @param count records for which it is asked
   */
  serviceOf(serviceId: string, count = 1): ServiceState {
    const known = this.#services.get(serviceId);
    if (known !== undefined) return known;
    const name = this.#services.size < this.maxSeries ? serviceId : this.#limit.overflowService(count);
    let service = this.#services.get(name);
    if (service === undefined) {
      service = new ServiceState(name, this.store);
      this.#services.set(name, service);
    }
    return service;
  }

  /**
   * The series, made where it is new; beyond the limit the one that stands in for it.
   *
   * @param count samples for which it is asked
   */
  seriesOf(service: ServiceState, metricName: string, labels: Labels | undefined, count = 1): KnownSeries {
    const id: SeriesId = { serviceId: service.serviceId, metricName, labels };
    const known = this.series.get(id);
    if (known !== undefined) return known;
    const make = (series: SeriesId): KnownSeries => new SeriesState(series, service);
    if (this.series.size < this.maxSeries) return this.series.add(id, make);
    const overflow = this.#limit.overflowOf(id, this.series, count);
    return this.series.get(overflow) ?? this.series.add(overflow, make);
  }

  /** Forgets the series of a service for which `isGone` and gives their memory back; returns them. */
  removeSeries(service: ServiceState, isGone: (series: SeriesState) => boolean): SeriesId[] {
    const removed: SeriesId[] = [];
    for (const [id, series] of this.series.entries(service.serviceId)) {
      if (!isGone(series)) continue;
      service.keepDurationsOf(series);
      removed.push(id);
    }
    this.#remove(service, removed);
    return removed;
  }

  /** Forgets a service with all its series and gives their memory back; returns those series. */
  removeService(service: ServiceState): SeriesId[] {
    const removed = Array.from(this.series.entries(service.serviceId), ([id]) => id);
    this.#remove(service, removed);
    service.remove();
    if (service.storeId !== undefined) this.#gone.push(service.storeId);
    this.#services.delete(service.serviceId);
    return removed;
  }

  /** Numbers in the store of the services and series that were removed since the last call. */
  takeGone(): number[] {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  /** Has services and series go by the numbers that a store has given them. */
  number(
    ids: Iterable<
      readonly [
        number,
        { readonly serviceId: string; readonly metricName?: string | undefined; readonly labels?: Labels | undefined },
      ]
    >,
  ): void {
    for (const [id, { serviceId, metricName, labels }] of ids) {
      const named =
        metricName === undefined ? this.#services.get(serviceId) : this.series.get({ serviceId, metricName, labels });
      if (named !== undefined) named.storeId = id;
    }
  }

  /** Counts samples that another aggregator put into an overflow series of its own. */
  noteOverflow(metricName: string, count: number): void {
    this.#limit.add(metricName, count);
  }

  /** Counts records that another aggregator put into its overflow service. */
  noteOverflowService(count: number): void {
    this.#limit.overflowService(count);
  }

  /** What went beyond the limit, most first. O(series) where something did. */
  overflow(): OverflowEntry[] {
    return this.#limit.entries(this.series);
  }

  snapshot(): RegistrySnapshot {
    const scratch = new SketchContents();
    return {
      services: Array.from(this.#services.values(), (service) => service.snapshot()),
      series: Array.from(this.series.values(), (series) => series.snapshot(scratch)),
      overflow: this.overflow(),
    };
  }

  /** Takes over what a snapshot holds; for a registry that is still empty. */
  load({ services, series, overflow }: RegistrySnapshot): void {
    for (const saved of services) {
      this.#services.set(saved.serviceId, new ServiceState(saved.serviceId, this.store, saved));
    }
    for (const saved of series) {
      const service = this.#services.get(saved.series.serviceId) as ServiceState;
      const series = this.series.add(saved.series, (id) => new SeriesState(id, service, saved));
      if (saved.series.metricName !== OPERATION_DURATION) continue;
      for (const minute of series.minutes) service.openMinute(minute).addOperation(series, series.openRow(minute));
    }
    for (const saved of services) {
      this.#services.get(saved.serviceId)?.loadOrdinals(saved, (id) => this.series.get(id));
    }
    this.#limit = new SeriesLimit(overflow);
  }

  #remove(service: ServiceState, ids: readonly SeriesId[]): void {
    for (const id of ids) {
      const series = this.series.get(id) as SeriesState;
      series.remove();
      if (series.storeId !== undefined) this.#gone.push(series.storeId);
      this.series.delete(id);
    }
    if (ids.length > 0) service.waiting = service.waiting.filter(({ removed }) => !removed);
  }
}
