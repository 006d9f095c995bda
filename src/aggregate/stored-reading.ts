import type { Aggregation, SeriesBucket } from '../model/bucket.ts';
import { PERIODS, type Period } from '../model/period.ts';
import { type Labels, labelsKey } from '../model/series-key.ts';
import { ByteReader } from '../stats/bytes.ts';
import { OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { readContents } from '../stats/sketch-encoding.ts';
import { levelWidth } from './closed-buckets.ts';
import { aggregationOf } from './read-aggregations.ts';
import { WATCHED_PER_MINUTE } from './read-series.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import { seriesBucket } from './series-bucket.ts';
import { readSeriesBytes } from './series-encoding.ts';
import { readServiceHead, type ServiceHead } from './service-encoding.ts';

/** The label set of a series, and the operation that it is to its service. */
export interface StoredSeriesName {
  readonly id: number;
  readonly labels?: Labels | undefined;
  readonly ordinal?: number | undefined;
}

/** Closed buckets of one series, or service, as a store gives them. */
export interface StoredColumns {
  readonly id: number;
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Closed buckets of the series of one metric. */
export interface StoredMetric {
  readonly names: readonly StoredSeriesName[];
  readonly buckets: readonly StoredColumns[];
}

/** What buckets of a service are read from. */
export interface StoredService {
  readonly buckets: readonly StoredColumns[];
  /** The operations that keep its durations. */
  readonly operations: StoredMetric;
  /** Its samples of latency, for a service without operations. */
  readonly latency: StoredMetric | undefined;
}

/** Closed buckets of a service that were stored, oldest first. */
export function* storedAggregations(serviceId: string, level: number, stored: StoredService): Generator<Aggregation> {
  const contents = new SketchContents();
  const elapsedMs = levelWidth(level);
  for (const [start, counted] of storedHeads(stored, contents)) {
    const facts = { serviceId, level, start, elapsedMs, complete: true, distinctUsers: undefined };
    yield aggregationOf(facts, counted, contents);
  }
}

/** Closed buckets of a metric that were stored, merged over the label sets that are there, oldest first. */
export function* storedSeries(
  level: number,
  metric: StoredMetric,
  labels: Labels | undefined,
): Generator<SeriesBucket> {
  const wanted = labels === undefined ? undefined : labelsKey(labels);
  const chosen = new Set<number>();
  for (const { id, labels: own } of metric.names) if (wanted === undefined || labelsKey(own) === wanted) chosen.add(id);
  const parts = metric.buckets.filter(({ id }) => chosen.has(id));
  const period = PERIODS[level] as Period;
  const contents = new SketchContents();
  for (const [start, encoded] of [...byStart(parts)].sort(([a], [b]) => a - b)) {
    const [only, ...others] = encoded as [Uint8Array, ...Uint8Array[]];
    const { last } = readSeriesBytes(only, start, contents);
    if (others.length === 0) {
      yield seriesBucket(contents, last, start, period, true);
      continue;
    }
    const merged = new SeriesAccumulator();
    for (const bytes of encoded) merged.mergeEncoded(bytes, start);
    yield merged.toBucket(start, period, true);
  }
}

/** Buckets of a value that each closed minute of a service has once, of minutes that were stored, oldest first. */
export function* storedMinutes(metricName: string, stored: StoredService): Generator<SeriesBucket> {
  const sampleOf = WATCHED_PER_MINUTE.get(metricName);
  if (sampleOf === undefined) return;
  const contents = new SketchContents();
  for (const [start, counted] of storedHeads(stored, contents)) {
    const value = sampleOf(counted, contents);
    if (value === undefined) continue;
    const bucket = new SeriesAccumulator();
    bucket.add(start, value);
    yield bucket.toBucket(start, '1m', true);
  }
}

/** Heads of the buckets of a service, with their latencies in `contents`. */
function* storedHeads(
  { buckets, operations, latency }: StoredService,
  contents: SketchContents,
): Generator<readonly [number, ServiceHead]> {
  const ordinals = new Map(operations.names.map(({ id, ordinal }) => [id, ordinal]));
  const durations = new Map<number | undefined, Map<number, Uint8Array>>();
  for (const part of operations.buckets) {
    const ordinal = ordinals.get(part.id);
    const known = durations.get(ordinal) ?? new Map<number, Uint8Array>();
    durations.set(ordinal, known);
    for (const [start, encoded] of each(part)) known.set(start, encoded);
  }
  const latencies = byStart(latency?.buckets ?? []);
  for (const [start, encoded] of [...byStart(buckets)].sort(([a], [b]) => a - b)) {
    const reader = new ByteReader('service bucket', encoded[0] as Uint8Array);
    const head = readServiceHead(reader);
    contents.clear();
    const own = head.ordinal === undefined ? undefined : durations.get(head.ordinal)?.get(start);
    const sampled = latencies.get(start)?.[0];
    if (head.hasDurations) readContents(reader, contents, OCTAVE_BITS);
    else if (own !== undefined) readSeriesBytes(own, start, contents);
    else if (sampled !== undefined) readSeriesBytes(sampled, start, contents);
    yield [start, head];
  }
}

function byStart(parts: readonly StoredColumns[]): Map<number, Uint8Array[]> {
  const all = new Map<number, Uint8Array[]>();
  for (const part of parts) {
    for (const [start, encoded] of each(part)) {
      const known = all.get(start);
      if (known === undefined) all.set(start, [encoded]);
      else known.push(encoded);
    }
  }
  return all;
}

function* each({ starts, lengths, bytes }: StoredColumns): Generator<readonly [number, Uint8Array]> {
  let at = 0;
  for (const [i, start] of starts.entries()) {
    const length = lengths[i] as number;
    yield [start, bytes.subarray(at, at + length)];
    at += length;
  }
}
