import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type * as ReaderModule from 'hyparquet';
import { Aggregator } from '../aggregate/aggregator.ts';
import { storedSeries } from '../aggregate/stored-reading.ts';
import type { Clock } from '../clock.ts';
import { AnalyticsError } from '../errors.ts';
import { columnChunks, parquetReady } from '../export/parquet.ts';
import { type Column, type SeriesRow, TABLES } from '../export/tables.ts';
import { History, type KeptRecord } from '../keep/history.ts';
import { type Aggregation, aggregationId } from '../model/bucket.ts';
import { PERIODS, type Period } from '../model/period.ts';
import { labelsKey } from '../model/series-key.ts';
import { bytesOfBuckets } from '../store/block.ts';
import type {
  Store,
  StoredBuckets,
  StoredBucketsQuery,
  StoredName,
  StoredPage,
  StoredRowsQuery,
} from '../store/store.ts';
import { storedPrediction } from '../store/stored-prediction.ts';

/** What an archive asks of the store that it takes from. */
export interface ArchivedStore extends Store {
  metricNames(serviceId: string): Promise<readonly string[]>;
}

/** Tables of an archive, each a folder with a file for each day. */
type ArchiveTable = 'aggregations' | 'series' | 'anomalies' | 'predictions' | 'events' | 'behaviors';

const DAY_MS = 86_400_000;
/** Rows that are read at a time: some milliseconds of work for a slow core. */
const GROUP_ROWS = 4000;
/** Rows of which what was stored is made at a time: about a millisecond. */
const SLICE_ROWS = 100;
/** Column from which this library reads back what it wrote: bytes in base64. */
const RAW = 'raw';

/**
 * Days that are too old for the database, as Parquet files that other programs read: one a day and table,
 * `series/2026-01-31.parquet`. A file is written under another name, flushed to the disk, and renamed; only when all files
 * of a day are there is the day taken from the database, so that it is always in one of the two.
 */
export class Archive {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** @throws AnalyticsError `ERR_MISSING_PEER` where a package is missing */
  async ready(): Promise<void> {
    // First the one whose message names both packages.
    await loadReader();
    await parquetReady();
  }

  /** Writes the day that begins at `start`. */
  async write(store: ArchivedStore, start: number, signal: AbortSignal): Promise<void> {
    const day = { from: start, to: start + DAY_MS, signal };
    const clock = this.#clock;
    const sources = { read: () => ({ aggregator: new Aggregator(), clock, store }), flush: () => Promise.resolve() };
    const history = new History({ ...sources, anomalies: () => [] });
    const services = await store.serviceIds();
    const file = <Row>(table: ArchiveTable, columns: readonly Column<Row>[], rows: AsyncIterable<Row>): Promise<void> =>
      this.#writeFile(table, start, columns, rows, signal);
    await file('aggregations', TABLES.aggregations, aggregationsOf(history, services, day));
    await file(
      'series',
      withRaw<SeriesRow, ArchivedSeries>(TABLES.series, ({ bucket }) => bucket),
      seriesOf(store, services, day),
    );
    await file('anomalies', withRaw(TABLES.anomalies, serialize), history.anomalies(day));
    await file(
      'predictions',
      withRaw(TABLES.predictions, (row) => serialize(storedPrediction(row))),
      history.predictions(day),
    );
    await file('events', withRaw(TABLES.events, serialize), recordsOf(history, 'event', day));
    await file('behaviors', withRaw(TABLES.behaviors, serialize), recordsOf(history, 'behavior', day));
  }

  /** Buckets of the days before `upTo`, a day at a time. */
  async *readBuckets(query: StoredBucketsQuery, upTo: number, signal?: AbortSignal): AsyncGenerator<StoredPage> {
    const { serviceId, metricName, level } = query;
    const period = PERIODS[level] as Period;
    const table = metricName === undefined ? 'aggregations' : 'series';
    for (const day of await this.#daysOf(table, query, upTo)) {
      const own: Row[] = [];
      for await (const rows of this.#rowsOf(table, day, serviceId, signal)) {
        for (const row of rows) {
          if (row['period'] === period && row['metric_name'] === metricName && isIn(row, query)) own.push(row);
        }
      }
      if (own.length === 0) continue;
      if (metricName === undefined) yield { names: [], buckets: [], aggregations: own.map(aggregationOf) };
      else yield pageOf(own, serviceId, metricName, level);
    }
  }

  /** Rows of the days before `upTo`, some at a time. */
  async *readRows(query: StoredRowsQuery, upTo: number, signal?: AbortSignal): AsyncGenerator<readonly unknown[]> {
    const { table } = query;
    if (table !== 'events') {
      yield* this.#valuesOf(table, query, upTo, signal);
      return;
    }
    // In two files, and one sequence.
    const events = this.#kept('events', 'event', query, upTo, signal);
    const behaviors = this.#kept('behaviors', 'behavior', query, upTo, signal);
    let records: KeptRecord[] = [];
    for await (const record of inOrder(events, behaviors)) {
      if (records.push(record) < SLICE_ROWS) continue;
      yield records;
      records = [];
    }
    yield records;
  }

  async *#kept<K extends KeptRecord['kind']>(
    table: ArchiveTable,
    kind: K,
    query: StoredRowsQuery,
    upTo: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<KeptRecord> {
    for await (const records of this.#valuesOf(table, query, upTo, signal)) {
      for (const record of records) yield { kind, record } as KeptRecord;
    }
  }

  async *#valuesOf(
    table: ArchiveTable,
    query: StoredRowsQuery,
    upTo: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly unknown[]> {
    for (const day of await this.#daysOf(table, query, upTo)) {
      for await (const rows of this.#rowsOf(table, day, query.serviceId, signal)) {
        const wanted = rows.filter((row) => isIn(row, query));
        for (let at = 0; at < wanted.length; at += SLICE_ROWS) {
          yield wanted
            .slice(at, at + SLICE_ROWS)
            .map((row) => deserialize(Buffer.from(row[RAW] as string, 'base64')) as unknown);
          await this.#clock.pause();
        }
      }
    }
  }

  /** Rows of one service, or of all, out of one file, a row group at a time; groups that have none are not read. */
  async *#rowsOf(
    table: ArchiveTable,
    day: number,
    serviceId: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly Row[]> {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await loadReader();
    const file = await asyncBufferFromFile(this.#path(table, day));
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      signal?.throwIfAborted();
      const group = { file, metadata, rowStart, rowEnd: rowStart + Number(num_rows) };
      rowStart = group.rowEnd;
      const read = async (columns: readonly string[]): Promise<readonly Row[]> =>
        (await parquetReadObjects({ ...group, columns: [...columns] })) as readonly Row[];
      const isOwn = (row: Row): boolean => serviceId === undefined || row['service_id'] === serviceId;
      if (serviceId === undefined || (await read(['service_id'])).some(isOwn)) {
        yield (await read(READ_COLUMNS[table])).filter(isOwn);
      }
      await this.#clock.pause();
    }
  }

  /** Days before `upTo` of which there is a file with what a query asks for, oldest first. */
  async #daysOf(table: ArchiveTable, { from, to }: Range, upTo: number): Promise<number[]> {
    const folder = join(this.#folder, table);
    if (!existsSync(folder)) return [];
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d{4}-\d\d-\d\d\.parquet$/.test(name))
      .map((name) => Date.parse(name.slice(0, 10)))
      .filter((day) => day + DAY_MS > from && day < to && day < upTo)
      .sort((a, b) => a - b);
  }

  async #writeFile<R>(
    table: ArchiveTable,
    day: number,
    columns: readonly Column<R>[],
    rows: AsyncIterable<R>,
    signal: AbortSignal,
  ): Promise<void> {
    // A day without rows has no file.
    const iterator = rows[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done === true) return;
    const folder = join(this.#folder, table);
    await mkdir(folder, { recursive: true });
    const path = this.#path(table, day);
    const file = await open(`${path}.part`, 'w');
    try {
      const all = resumed(first.value, iterator);
      for await (const chunk of columnChunks(columns, all, { clock: this.#clock, signal, groupRows: GROUP_ROWS })) {
        await file.write(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.part`, path);
    await syncFolder(folder);
  }

  #path(table: ArchiveTable, day: number): string {
    return join(this.#folder, table, `${new Date(day).toISOString().slice(0, 10)}.parquet`);
  }
}

/** Columns of each table that this library reads back. */
const READ_COLUMNS: Readonly<Record<ArchiveTable, readonly string[]>> = {
  aggregations: TABLES.aggregations.map(({ name }) => name),
  series: ['timestamp', 'service_id', 'metric_name', 'labels', 'period', RAW],
  anomalies: ['timestamp', 'service_id', RAW],
  predictions: ['timestamp', 'service_id', RAW],
  events: ['timestamp', 'service_id', RAW],
  behaviors: ['timestamp', 'service_id', RAW],
};

/** A row as it is read from a file. */
type Row = Readonly<Record<string, unknown>>;

/** A bucket of one label set with its bytes, so that several can be merged when they are read. */
interface ArchivedSeries extends SeriesRow {
  readonly bucket: Uint8Array;
}

/** Times from `from` on and before `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

interface Day extends Range {
  readonly signal: AbortSignal;
}

function withRaw<R, S extends R>(columns: readonly Column<R>[], rawOf: (row: S) => Uint8Array): readonly Column<S>[] {
  const raw: Column<S> = {
    name: RAW,
    type: 'text',
    required: true,
    read: (row) => Buffer.from(rawOf(row)).toString('base64'),
  };
  return [...columns, raw];
}

async function* aggregationsOf(history: History, services: readonly string[], day: Day): AsyncGenerator<Aggregation> {
  for (const serviceId of services) {
    for (const period of PERIODS) yield* history.aggregations(serviceId, { ...day, period });
  }
}

async function* seriesOf(store: ArchivedStore, services: readonly string[], day: Day): AsyncGenerator<ArchivedSeries> {
  const { from, to, signal } = day;
  for (const serviceId of services) {
    for (const metricName of await store.metricNames(serviceId)) {
      for (const level of PERIODS.keys()) {
        for await (const page of store.readBuckets({ serviceId, metricName, level, from, to }, signal)) {
          yield* seriesIn(page, serviceId, metricName, level);
        }
      }
    }
  }
}

/** Each label set by itself. */
function* seriesIn(page: StoredPage, serviceId: string, metricName: string, level: number): Generator<ArchivedSeries> {
  for (const columns of page.buckets) {
    const name = page.names.find(({ id }) => id === columns.id);
    if (name === undefined) continue;
    let at = 0;
    let i = 0;
    for (const bucket of storedSeries(level, { names: [name], buckets: [columns] }, undefined)) {
      const length = columns.lengths[i++] as number;
      const { labels } = name;
      const id = labels === undefined ? { serviceId, metricName } : { serviceId, metricName, labels };
      yield { ...id, ...bucket, bucket: columns.bytes.subarray(at, at + length) };
      at += length;
    }
  }
}

async function* recordsOf<K extends KeptRecord['kind']>(
  history: History,
  kind: K,
  day: Day,
): AsyncGenerator<Extract<KeptRecord, { readonly kind: K }>['record']> {
  for await (const kept of history.events(day)) if (kept.kind === kind) yield kept.record as never;
}

/** Two sequences as one, oldest first, as each of them is. */
async function* inOrder(
  some: AsyncGenerator<KeptRecord>,
  others: AsyncGenerator<KeptRecord>,
): AsyncGenerator<KeptRecord> {
  let other = await others.next();
  for await (const one of some) {
    while (other.done !== true && other.value.record.timestamp < one.record.timestamp) {
      yield other.value;
      other = await others.next();
    }
    yield one;
  }
  for (; other.done !== true; other = await others.next()) yield other.value;
}

async function* resumed<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Rows of several label sets as a store gives them. */
function pageOf(rows: readonly Row[], serviceId: string, metricName: string, level: number): StoredPage {
  const names = new Map<string, StoredName>();
  const byId = new Map<number, Map<number, Uint8Array>>();
  for (const row of rows) {
    const key = (row['labels'] as string | undefined) ?? '';
    const labels = key === '' ? undefined : (JSON.parse(key) as Record<string, string>);
    const known = names.get(labelsKey(labels));
    const name = known ?? {
      id: -1 - names.size,
      serviceId,
      metricName,
      ...(labels === undefined ? undefined : { labels }),
    };
    names.set(labelsKey(labels), name);
    const buckets = byId.get(name.id) ?? new Map<number, Uint8Array>();
    byId.set(name.id, buckets.set(Number(row['timestamp']), Buffer.from(row[RAW] as string, 'base64')));
  }
  const buckets = Array.from(byId, ([id, own]): StoredBuckets => ({ id, level, ...bytesOfBuckets(own) }));
  return { names: [...names.values()], buckets };
}

/** Fields of an aggregation by their columns. */
function aggregationOf(row: Row): Aggregation {
  const number = (name: string): number => Number(row[name]);
  const optional = (name: string): number | undefined => {
    const value = row[name];
    return value === null || value === undefined ? undefined : Number(value);
  };
  const distinctUsers = optional('distinct_users');
  const timestamp = number('timestamp');
  const serviceId = row['service_id'] as string;
  const period = row['period'] as Period;
  return {
    id: aggregationId(serviceId, period, timestamp),
    timestamp,
    serviceId,
    period,
    eventCount: number('event_count'),
    avgLatency: optional('avg_latency'),
    p50Latency: optional('p50_latency'),
    p95Latency: optional('p95_latency'),
    p99Latency: optional('p99_latency'),
    errorCount: number('error_count'),
    errorRate: optional('error_rate'),
    successRate: optional('success_rate'),
    throughput: number('throughput'),
    ...(distinctUsers === undefined ? undefined : { distinctUsers }),
    complete: row['complete'] === true,
  };
}

function isIn(row: Row, { from, to }: Range): boolean {
  const timestamp = Number(row['timestamp']);
  return timestamp >= from && timestamp < to;
}

/** Has the new name of a file outlive a power cut; where folders cannot be opened, the system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync();
    await handle.close();
  } catch {
    // Windows.
  }
}

async function loadReader(): Promise<typeof ReaderModule> {
  try {
    return await import('hyparquet');
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    const message =
      'package hyparquet must be installed for an archive, got none: run npm install hyparquet hyparquet-writer';
    throw new AnalyticsError('ERR_MISSING_PEER', message, { cause });
  }
}
