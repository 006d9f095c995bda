import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { PERIOD_MS } from '../model/period.ts';
import { SeriesMap } from '../model/series-map.ts';
import { ByteWriter } from '../stats/bytes.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { SpaceSavingSnapshot } from '../stats/space-saving.ts';
import type { Slot } from './merged-slots.ts';
import type { Output } from './output.ts';
import { HAS_GAUGES, HAS_OPERATIONS, IS_LIVE, MAGIC, VERSION } from './read-partials.ts';
import { RecordCount } from './record-count.ts';
import { GAUGES } from './record-facts.ts';
import { type EncodedSeries, encodeSeries } from './series-encoding.ts';
import type { KnownSeries, SeriesRegistry } from './series-registry.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];
const HOUR_MS = PERIOD_MS['1h'];
const DAY_MS = PERIOD_MS['1d'];

/** Minutes that begin in `[from, to)`, epoch milliseconds. */
export interface PartialsRange {
  readonly from: number;
  readonly to: number;
}

/**
 * What all services did in a range of minutes, in bytes that `readPartials` reads. Numbers are varints unless said
 * otherwise, and what is listed comes behind its number:
 *
 * - magic number and version, a byte each; the services;
 * - of a service: id; a byte of flags; newest timestamp as a double; records;
 * - its gauges: a byte that says which; value and time of each as doubles;
 * - hours with users, days with errors, days with users: each as a signed step from the one before, then a distinct count,
 *   or total and entries of a top list;
 * - its series: metric names, of each the label sets, of each the pairs;
 * - its minutes behind their length in bytes, each as a signed step from the one before: the series that have samples in
 *   it, each as a step from the one before and a bucket of `encodeSeries`; events and errors besides performance;
 * - slots of watched series: the series as steps, of each the slots: timestamp and mean as doubles, and how many.
 */
export function writePartials(registry: SeriesRegistry, output: Output, range: PartialsRange): Uint8Array {
  const ended = new SeriesMap<Slot[]>();
  for (const [series, slot] of output.endedSlots()) {
    const slots = ended.get(series);
    if (slots === undefined) ended.set(series, [slot]);
    else slots.push(slot);
  }
  const writer = new ByteWriter();
  writer.byte(MAGIC);
  writer.byte(VERSION);
  writer.varint(registry.services.size);
  for (const service of registry.services.values()) {
    const all = [...registry.series.values(service.serviceId)];
    const minutes = new ByteWriter();
    const records = writeMinutes(minutes, service, all, range);
    writeHead(writer, service, records);
    if (service.latest !== undefined) writeGauges(writer, service, registry);
    writeAudience(writer, service, range);
    writeNames(writer, all);
    writer.bytes(minutes.toBytes());
    writeSlots(writer, all, ended, range);
  }
  return writer.toBytes();
}

function writeHead(writer: ByteWriter, service: ServiceState, records: number): void {
  const { serviceId, live, hasOperations, latest, newest } = service;
  writer.string(serviceId);
  writer.byte((live ? IS_LIVE : 0) | (hasOperations ? HAS_OPERATIONS : 0) | (latest === undefined ? 0 : HAS_GAUGES));
  writer.float64(newest);
  writer.varint(records);
}

function writeGauges(writer: ByteWriter, { serviceId, latest }: ServiceState, { series }: SeriesRegistry): void {
  const known = GAUGES.map(([field, metricName]) => ({ metricName, value: latest?.[field] }));
  writer.byte(known.reduce((mask, { value }, i) => (value === undefined ? mask : mask | (1 << i)), 0));
  for (const { metricName, value } of known) {
    if (value === undefined) continue;
    writer.float64(value);
    writer.float64(series.get({ serviceId, metricName })?.newest ?? (latest?.timestamp as number));
  }
}

function writeAudience(writer: ByteWriter, { audience }: ServiceState, { from, to }: PartialsRange): void {
  const { hours, errors, users } = audience.snapshot();
  const inRange = hours.filter(([hour]) => hour + HOUR_MS > from && hour < to);
  writeSteps(writer, inRange, HOUR_MS, (counted) => writer.bytes(counted));
  // Counts, unlike sets of users, must be in one of adjoining ranges only.
  const days = (tops: typeof errors) => tops.filter(([day]) => day >= from && day < to);
  for (const tops of [errors, users]) writeSteps(writer, days(tops), DAY_MS, (top) => writeTop(writer, top));
}

function writeTop(writer: ByteWriter, { total, entries }: SpaceSavingSnapshot): void {
  writer.varint(total);
  writer.varint(entries.length);
  for (const { key, count, error } of entries) {
    writer.string(key);
    writer.varint(count);
    writer.varint(error);
  }
}

/** Writes what begins at whole multiples of `unit`, in ascending order. */
function writeSteps<T>(
  writer: ByteWriter,
  all: readonly (readonly [number, T])[],
  unit: number,
  write: (value: T, start: number) => void,
): void {
  writer.varint(all.length);
  let previous = 0;
  for (const [start, value] of all.toSorted(([a], [b]) => a - b)) {
    writer.signedVarint(start / unit - previous);
    previous = start / unit;
    write(value, start);
  }
}

/** The series are together where their metric is the same. */
function writeNames(writer: ByteWriter, all: readonly KnownSeries[]): void {
  const setsByName = new Map<string, number>();
  for (const { series } of all) setsByName.set(series.metricName, (setsByName.get(series.metricName) ?? 0) + 1);
  writer.varint(setsByName.size);
  let next = 0;
  for (const [metricName, sets] of setsByName) {
    writer.string(metricName);
    writer.varint(sets);
    for (const { series } of all.slice(next, next + sets)) {
      const labels = Object.entries(series.labels ?? {});
      writer.varint(labels.length);
      for (const [name, value] of labels) {
        writer.string(name);
        writer.string(value);
      }
    }
    next += sets;
  }
}

/** Returns how many records there are in the minutes. */
function writeMinutes(
  writer: ByteWriter,
  service: ServiceState,
  all: readonly KnownSeries[],
  { from, to }: PartialsRange,
): number {
  const seriesByStart = new Map(service.timeline.starts(0, from, to).map((start) => [start, [] as number[]]));
  for (const [index, { timeline }] of all.entries()) {
    for (const start of timeline.starts(0, from, to)) seriesByStart.get(start)?.push(index);
  }
  let records = 0;
  const contents = new SketchContents();
  writeSteps(writer, [...seriesByStart], MINUTE_MS, (indexes, start) => {
    const counted = new RecordCount();
    let operations = 0;
    let failures = 0;
    writer.varint(indexes.length);
    let next = 0;
    for (const index of indexes) {
      const series = all[index] as KnownSeries;
      const summary = series.readInto(0, start, contents) as EncodedSeries;
      writer.varint(index - next);
      next = index + 1;
      encodeSeries(writer, summary, contents, start);
      const { metricName } = series.series;
      counted.addSamples(metricName, contents.count);
      if (metricName !== OPERATION_DURATION) continue;
      operations += contents.count;
      failures += summary.failures;
    }
    // Whatever is with an operation that was forgotten counts as events.
    const open = service.openCounts(start / MINUTE_MS);
    const closed = open === undefined ? service.readInto(0, start, contents) : undefined;
    const events = open?.events ?? (closed?.eventCount ?? 0) - operations;
    const errors = open?.errors ?? (closed?.errorCount ?? 0) - failures;
    writer.varint(events);
    writer.varint(errors);
    counted.addEvents(events);
    records += counted.total;
  });
  return records;
}

function writeSlots(
  writer: ByteWriter,
  all: readonly KnownSeries[],
  ended: SeriesMap<readonly Slot[]>,
  { from, to }: PartialsRange,
): void {
  const kept: (readonly [number, readonly Slot[]])[] = [];
  for (const [index, series] of all.entries()) {
    const slots = [...(ended.get(series.series) ?? []), ...series.waitingSlots];
    const inRange = slots.filter(({ timestamp }) => timestamp >= from && timestamp < to);
    if (inRange.length > 0) kept.push([index, inRange]);
  }
  writer.varint(kept.length);
  let next = 0;
  for (const [index, slots] of kept) {
    writer.varint(index - next);
    next = index + 1;
    writer.varint(slots.length);
    for (const { timestamp, mean, count } of slots) {
      writer.float64(timestamp);
      writer.float64(mean);
      writer.varint(count);
    }
  }
}
