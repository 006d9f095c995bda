import { AnalyticsError } from '../errors.ts';
import { bytesOfBuckets, readBlock } from './block.ts';
import type {
  Store,
  StoreBatch,
  StoredBuckets,
  StoredBucketsQuery,
  StoredName,
  StoredPage,
  StoredRow,
  StoredRowsQuery,
  StoredState,
  StoreInfo,
} from './store.ts';

const LEVELS = 5;

/**
 * A store that lasts as long as the object: a service that is opened on it again goes on where the one before stopped. For
 * tests, and for handing over within a process; nothing of it outlives that. It keeps everything for ever.
 */
class MemoryStore implements Store {
  readonly #names = new Map<number, StoredName>();
  readonly #gone = new Set<number>();
  readonly #state = new Map<string, unknown>();
  /** By number, then by level, then by start. */
  readonly #buckets = new Map<number, Map<number, Uint8Array>[]>();
  readonly #rows = new Map<string, StoredRow>();
  #isOpen = false;

  /** @throws AnalyticsError `ERR_STORE_LOCKED` while a service has it open */
  async open(): Promise<StoredState> {
    if (this.#isOpen) {
      throw new AnalyticsError(
        'ERR_STORE_LOCKED',
        'store must be closed to be opened, got one that a service has open',
      );
    }
    this.#isOpen = true;
    const buckets: StoredBuckets[] = [];
    for (const [id, levels] of this.#buckets) {
      if (this.#gone.has(id)) continue;
      for (const [level, byStart] of levels.entries()) {
        if (byStart.size > 0) buckets.push({ id, level, ...bytesOfBuckets(byStart) });
      }
    }
    return {
      state: new Map(structuredClone([...this.#state].sort(([a], [b]) => (a < b ? -1 : 1)))),
      names: [...this.#names.values()].filter(({ id }) => !this.#gone.has(id)).sort((a, b) => a.id - b.id),
      buckets,
      keptFrom: Array.from({ length: LEVELS }, () => Number.NEGATIVE_INFINITY),
      nextId: Math.max(0, ...this.#names.keys()) + 1,
    };
  }

  /** Keeps a copy of the batch. */
  async commit(batch: StoreBatch): Promise<void> {
    for (const name of batch.names) this.#names.set(name.id, name);
    for (const id of batch.gone) this.#gone.add(id);
    for (const { bytes } of batch.blocks) {
      readBlock(bytes, (id, level, start, encoded) => this.#levelsOf(id)[level]?.set(start, encoded.slice()));
    }
    for (const [key, value] of structuredClone([...batch.state])) this.#state.set(key, value);
    for (const [from, to] of batch.removals) {
      for (const key of this.#state.keys()) if (key >= from && key < to) this.#state.delete(key);
    }
    for (const row of structuredClone(batch.rows)) this.#rows.set(JSON.stringify([row.table, row.id]), row);
  }

  /** One page with everything. */
  async *readBuckets(query: StoredBucketsQuery, signal?: AbortSignal): AsyncGenerator<StoredPage> {
    signal?.throwIfAborted();
    const { serviceId, metricName, withOrdinal = false, level, from, to } = query;
    const names = [...this.#names.values()].filter(
      (name) =>
        name.serviceId === serviceId && name.metricName === metricName && (!withOrdinal || name.ordinal !== undefined),
    );
    const buckets: StoredBuckets[] = [];
    for (const { id } of names) {
      const all = [...(this.#buckets.get(id)?.[level] ?? [])].filter(([start]) => start >= from && start < to);
      if (all.length > 0) buckets.push({ id, level, ...bytesOfBuckets(new Map(all)) });
    }
    if (buckets.length > 0) yield { names, buckets };
  }

  /** One page with everything. */
  async *readRows(query: StoredRowsQuery, signal?: AbortSignal): AsyncGenerator<readonly unknown[]> {
    signal?.throwIfAborted();
    const { table, serviceId, from, to } = query;
    const rows = [...this.#rows.values()].filter(
      (row) =>
        row.table === table &&
        (serviceId === undefined || row.serviceId === serviceId) &&
        row.timestamp >= from &&
        row.timestamp < to,
    );
    rows.sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
    if (rows.length > 0) yield structuredClone(rows).map(({ value }) => value);
  }

  async serviceIds(): Promise<readonly string[]> {
    return [...new Set(Array.from(this.#names.values(), ({ serviceId }) => serviceId))].sort();
  }

  /** Of the buckets. */
  get info(): StoreInfo {
    let bytes = 0;
    for (const levels of this.#buckets.values()) {
      for (const byStart of levels) for (const encoded of byStart.values()) bytes += encoded.length;
    }
    return { bytes };
  }

  /** Lets another service open it. */
  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #levelsOf(id: number): Map<number, Uint8Array>[] {
    let levels = this.#buckets.get(id);
    if (levels === undefined) {
      levels = Array.from({ length: LEVELS }, () => new Map());
      this.#buckets.set(id, levels);
    }
    return levels;
  }
}

/** A store that lasts as long as the object: what `Service.open` takes where no other is given. */
export function memoryStore(): Store {
  return new MemoryStore();
}
