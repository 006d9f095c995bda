import { PERIOD_MS } from '../model/period.ts';
import type { Labels } from '../model/series-key.ts';
import { ByteReader } from '../stats/bytes.ts';
import { HyperLogLog } from '../stats/hyper-log-log.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { SpaceSavingSnapshot, TopEntry } from '../stats/space-saving.ts';
import { type AudienceSnapshot, EMPTY_TOP } from './audience.ts';
import type { Slot } from './merged-slots.ts';
import { RecordCount } from './record-count.ts';
import { GAUGES } from './record-facts.ts';
import { type EncodedSeries, readSeriesBucket } from './series-encoding.ts';
import type { ServiceCounts } from './service-accumulator.ts';

/** First byte of partials, and the version of what follows. */
export const MAGIC = 0xa9;
export const VERSION = 1;

/** Flags of a service. */
export const IS_LIVE = 1;
export const HAS_OPERATIONS = 2;
export const HAS_GAUGES = 4;

/** Newest value of a gauge. */
export interface GaugeReading {
  readonly field: (typeof GAUGES)[number][0];
  readonly metricName: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A service's series without the service. */
export interface SeriesName {
  readonly metricName: string;
  readonly labels: Labels | undefined;
}

/** What is said of a service before its minutes. */
export interface ServicePart {
  readonly serviceId: string;
  readonly live: boolean;
  readonly hasOperations: boolean;
  /** Timestamp of the newest record. */
  readonly newest: number;
  /** Records in all its minutes. */
  readonly records: number;
  readonly gauges: readonly GaugeReading[];
  readonly audience: AudienceSnapshot;
  readonly series: readonly SeriesName[];
}

/** Takes in what partials hold, in their order: of each service its minutes, then its slots. */
export interface PartialsTarget {
  beginService(service: ServicePart): void;
  /** In minutes since the epoch. */
  beginMinute(minute: number): void;
  /**
   * Samples of one series in the minute.
   *
   * @param index place of the series in its service
   * @param contents overwritten when the call has returned
   */
  addSamples(index: number, summary: EncodedSeries, contents: SketchContents): void;
  /**
   * @param counts without performance records, which come as samples
   * @param records of any kind in the minute
   */
  endMinute(counts: ServiceCounts, records: number): void;
  addSlot(index: number, slot: Slot): void;
  endService(): void;
}

const MINUTE_MS = PERIOD_MS['1m'];
const HOUR_MS = PERIOD_MS['1h'];
const DAY_MS = PERIOD_MS['1d'];
/** Whole minutes from the epoch that are taken for a time: 2,041 years, so that the index of closed buckets can hold them. */
const MAX_MINUTE = 2 ** 30;
/** What nobody records in a minute; thousands of it can be added without passing 2⁵³. */
const MAX_COUNT = 2 ** 40;

/**
 * Hands what `writePartials` wrote to `target`. Memory follows the length of the bytes, whatever they say.
 *
 * @throws AnalyticsError where they are damaged; `target` has got a part of them then
 */
export function readPartials(bytes: Uint8Array, target: PartialsTarget): void {
  const reader = new ByteReader('partials', bytes);
  if (reader.byte() !== MAGIC) throw reader.invalid('partials');
  const version = reader.byte();
  if (version !== VERSION) throw reader.invalid(`of version ${VERSION}`, `${version}`);
  const contents = new SketchContents();
  for (let rest = reader.varint(); rest > 0; rest--) {
    const service = readService(reader);
    target.beginService(service);
    const records = readMinutes(new ByteReader('partials', reader.bytes()), service, target, contents);
    if (records !== service.records) throw reader.invalid(`of ${records} records`, `${service.records}`);
    readSlots(reader, service, target);
    target.endService();
  }
  reader.end();
}

function readService(reader: ByteReader): ServicePart {
  const serviceId = reader.string();
  const flags = reader.byte();
  if (flags > (IS_LIVE | HAS_OPERATIONS | HAS_GAUGES)) throw reader.invalid('of known flags', `${flags}`);
  const newest = reader.float64();
  if (!(Math.abs(newest) < MAX_MINUTE * MINUTE_MS)) throw reader.invalid('of ordinary times', `${newest}`);
  return {
    serviceId,
    live: (flags & IS_LIVE) > 0,
    hasOperations: (flags & HAS_OPERATIONS) > 0,
    newest,
    records: reader.varint(),
    gauges: (flags & HAS_GAUGES) > 0 ? readGauges(reader, newest) : [],
    audience: readAudience(reader, newest),
    series: readNames(reader),
  };
}

function readGauges(reader: ByteReader, newest: number): GaugeReading[] {
  const mask = reader.byte();
  if (mask >= 1 << GAUGES.length) throw reader.invalid('of known gauges', `${mask}`);
  const gauges: GaugeReading[] = [];
  for (const [i, [field, metricName]] of GAUGES.entries()) {
    if ((mask & (1 << i)) === 0) continue;
    const value = reader.float64();
    const timestamp = reader.float64();
    if (!Number.isFinite(value) || !(timestamp <= newest)) throw reader.invalid('of finite gauges', `${value}`);
    gauges.push({ field, metricName, value, timestamp });
  }
  return gauges;
}

function readAudience(reader: ByteReader, newest: number): AudienceSnapshot {
  return {
    hours: readSteps(reader, HOUR_MS, newest, readUsers),
    errors: readSteps(reader, DAY_MS, newest, readTop),
    users: readSteps(reader, DAY_MS, newest, readTop),
  };
}

function readUsers(reader: ByteReader): Uint8Array {
  const bytes = reader.bytes();
  // Throws where they cannot be merged.
  new HyperLogLog().merge(HyperLogLog.fromBytes(bytes));
  return bytes;
}

function readTop(reader: ByteReader): SpaceSavingSnapshot {
  const total = readCount(reader);
  const length = reader.varint();
  if (length > EMPTY_TOP.capacity) throw reader.invalid('of shorter top lists', `${length}`);
  const entries: TopEntry[] = [];
  let certain = 0;
  for (let i = 0; i < length; i++) {
    const key = reader.string();
    const count = readCount(reader);
    const error = reader.varint();
    if (error >= count) throw reader.invalid('of counts above their error', `${error}`);
    certain += count - error;
    entries.push({ key, count, error });
  }
  const keys = new Set(entries.map(({ key }) => key));
  if (keys.size < length || certain > total) throw reader.invalid('of top lists that add up');
  return { ...EMPTY_TOP, total, entries };
}

/** Reads what begins at whole multiples of `unit`, none of them after `newest`. */
function readSteps<T>(
  reader: ByteReader,
  unit: number,
  newest: number,
  read: (reader: ByteReader, start: number) => T,
): (readonly [number, T])[] {
  const all: (readonly [number, T])[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  let place = 0;
  for (let rest = reader.varint(); rest > 0; rest--) {
    place += reader.signedVarint();
    const start = place * unit;
    const isTime = start > -MAX_MINUTE * MINUTE_MS && start <= newest && start > previous;
    if (!isTime) throw reader.invalid('of times in their order', `${start}`);
    previous = start;
    all.push([start, read(reader, start)]);
  }
  return all;
}

function readNames(reader: ByteReader): SeriesName[] {
  const series: SeriesName[] = [];
  for (let metrics = reader.varint(); metrics > 0; metrics--) {
    const metricName = reader.string();
    for (let sets = reader.varint(); sets > 0; sets--) series.push({ metricName, labels: readLabels(reader) });
  }
  return series;
}

function readLabels(reader: ByteReader): Labels | undefined {
  const length = reader.varint();
  if (length === 0) return undefined;
  const pairs: [string, string][] = [];
  for (let rest = length; rest > 0; rest--) pairs.push([reader.string(), reader.string()]);
  // Makes properties of its own of all names, `__proto__` too.
  return Object.fromEntries(pairs);
}

/** Returns how many records there are in the minutes. */
function readMinutes(
  reader: ByteReader,
  service: ServicePart,
  target: PartialsTarget,
  contents: SketchContents,
): number {
  let records = 0;
  const { series, newest } = service;
  readSteps(reader, MINUTE_MS, newest, (_, start) => {
    target.beginMinute(start / MINUTE_MS);
    const counted = new RecordCount();
    let next = 0;
    for (let rest = reader.varint(); rest > 0; rest--) {
      const index = next + reader.varint();
      next = index + 1;
      const name = series[index];
      if (name === undefined) throw reader.invalid(`of ${series.length} series`, `number ${index}`);
      const summary = readSummary(reader, start, newest, contents);
      counted.addSamples(name.metricName, contents.count);
      target.addSamples(index, summary, contents);
    }
    const counts = { events: readCount(reader), errors: readCount(reader) };
    if (counts.errors > counts.events) throw reader.invalid('of errors among the events', `${counts.errors}`);
    counted.addEvents(counts.events);
    records += counted.total;
    target.endMinute(counts, counted.total);
  });
  reader.end();
  return records;
}

function readSummary(reader: ByteReader, start: number, newest: number, contents: SketchContents): EncodedSeries {
  const { last, lastAt, failures } = readSeriesBucket(reader, start, contents);
  const { count, min, max } = contents;
  if (count === 0 || count > MAX_COUNT || failures > count) throw reader.invalid('of ordinary counts', `${count}`);
  const isIn = lastAt >= start && lastAt < start + MINUTE_MS && lastAt <= newest && last >= min && last <= max;
  if (!isIn) throw reader.invalid('of newest samples in their minute', `${last}`);
  // 0 for −0, as in rows.
  return { last: last + 0, lastAt, failures };
}

function readSlots(reader: ByteReader, { series, newest }: ServicePart, target: PartialsTarget): void {
  let next = 0;
  for (let rest = reader.varint(); rest > 0; rest--) {
    const index = next + reader.varint();
    next = index + 1;
    if (index >= series.length) throw reader.invalid(`of ${series.length} series`, `number ${index}`);
    let previous = -MAX_MINUTE * MINUTE_MS;
    for (let slots = reader.varint(); slots > 0; slots--) {
      const timestamp = reader.float64();
      const mean = reader.float64();
      const count = readCount(reader);
      const isSlot = timestamp > previous && timestamp <= newest && Number.isFinite(mean) && count > 0;
      if (!isSlot) throw reader.invalid('of slots in their order', `${timestamp}`);
      previous = timestamp;
      target.addSlot(index, { timestamp, mean, count });
    }
  }
}

function readCount(reader: ByteReader): number {
  const count = reader.varint();
  if (count > MAX_COUNT) throw reader.invalid(`of counts up to ${MAX_COUNT}`, `${count}`);
  return count;
}
