import { PERIOD_MS } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import { ByteWriter } from '../stats/bytes.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { AudienceChanges } from './audience.ts';
import type { Closing } from './closing.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { SeriesSlots } from './series-state.ts';
import type { ServiceHeadSnapshot, ServiceState } from './service-state.ts';

/** What a store calls a service, or one of its series. */
export interface SavedName {
  readonly id: number;
  readonly serviceId: string;
  /** Absent for the service itself. */
  readonly metricName?: string | undefined;
  readonly labels?: SeriesId['labels'];
  /** Of an operation that keeps durations for its service: by which buckets of the service name it. */
  readonly ordinal?: number | undefined;
}

/** State of one service without its buckets: with its head, the slots of its series, by their numbers. */
export interface SavedHead extends ServiceHeadSnapshot {
  readonly slots: readonly (readonly [id: number, slots: SeriesSlots])[];
}

/** What of a service is not in the store yet. */
export interface ServiceChanges {
  readonly id: number;
  /** Of the service and the series that came since the last time. */
  readonly names: readonly SavedName[];
  readonly head: SavedHead;
  /** All open minutes of its series, to replace those of the last time. */
  readonly open: Uint8Array;
  /** Closed buckets that are new or have changed, of the service and its series; `undefined` where there are none. */
  readonly closed: Uint8Array | undefined;
  readonly audience: AudienceChanges;
  /** Buckets that were given up before they could be saved. */
  readonly lost: number;
}

const MINUTE_MS = PERIOD_MS['1m'];

/**
 * Takes from an aggregation, service by service, what a store does not have yet. The services have nothing to do with each
 * other, so each is taken between two records, whole, while the others go on.
 */
export class Saving {
  readonly #registry: SeriesRegistry;
  readonly #closing: Closing;
  readonly #scratch = new SketchContents();
  #nextId = 0;

  /** @param nextId number of the next service or series that is named */
  constructor(registry: SeriesRegistry, closing: Closing, nextId: number) {
    this.#registry = registry;
    this.#closing = closing;
    this.#nextId = nextId;
    registry.store.budget.noting = true;
  }

  /** Ids of the services of which something may have changed. */
  changed(): string[] {
    const ids: string[] = [];
    for (const { serviceId, changed } of this.#registry.services.values()) if (changed) ids.push(serviceId);
    return ids;
  }

  /** What of a service has changed; `undefined` where nothing has, or it has gone. O(its series). */
  take(serviceId: string): ServiceChanges | undefined {
    const service = this.#registry.services.get(serviceId);
    if (service?.changed !== true) return undefined;
    this.#closing.settle(service);
    service.changed = false;
    const names: SavedName[] = [];
    const id = this.#nameService(service, names);
    const open = new ByteWriter();
    const closed = new ByteWriter();
    const slots: (readonly [number, SeriesSlots])[] = [];
    let lost = 0;
    const takeClosed = (of: number) => (level: number, start: number, encoded: Uint8Array | undefined) => {
      if (encoded === undefined) lost++;
      else writeBucket(closed, of, level, start, encoded);
    };
    service.timeline.takeChanged(takeClosed(id));
    for (const series of this.#registry.series.values(serviceId)) {
      const known = series.storeId;
      const seriesId = known ?? this.#nextId++;
      if (known === undefined) {
        series.storeId = seriesId;
        names.push({ id: seriesId, ...series.series });
      }
      for (const minute of series.minutes) {
        writeBucket(open, seriesId, 0, minute * MINUTE_MS, series.encodeOpen(minute, this.#scratch));
      }
      series.takeChanged(takeClosed(seriesId));
      const waiting = series.slots;
      if (waiting !== undefined) slots.push([seriesId, waiting]);
    }
    const head = service.head();
    for (const [ordinal, series] of head.ordinals) {
      if (ordinal < service.namedOrdinals) continue;
      const seriesId = this.#registry.series.get(series)?.storeId;
      if (seriesId !== undefined) names.push({ id: seriesId, ...series, ordinal });
    }
    service.namedOrdinals = head.nextOrdinal ?? 0;
    return {
      id,
      names,
      head: { ...head, slots },
      open: open.toBytes(),
      closed: closed.length === 0 ? undefined : closed.toBytes(),
      audience: service.audience.takeChanges(),
      lost,
    };
  }

  /** Numbers of the services and series that were forgotten since the last call. */
  takeGone(): number[] {
    return this.#registry.takeGone();
  }

  #nameService(service: ServiceState, names: SavedName[]): number {
    const known = service.storeId;
    if (known !== undefined) return known;
    const id = this.#nextId++;
    service.storeId = id;
    names.push({ id, serviceId: service.serviceId });
    return id;
  }
}

/** Appends a bucket of whatever has the number `id`. The number of bytes comes last but the bytes, so that it can be skipped. */
function writeBucket(writer: ByteWriter, id: number, level: number, start: number, encoded: Uint8Array): void {
  writer.varint(id);
  writer.byte(level);
  writer.signedVarint(start / MINUTE_MS);
  writer.bytes(encoded);
}
