import { bucketStart, PERIOD_MS } from '../model/period.ts';
import { ByteReader } from '../stats/bytes.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { AggregatorSnapshot } from './aggregator.ts';
import type { AudienceSnapshot } from './audience.ts';
import type { BucketLogSnapshot } from './bucket-log.ts';
import { LEVELS } from './closed-buckets.ts';
import type { SavedHead, SavedName } from './saving.ts';
import { readSeriesBytes } from './series-encoding.ts';
import type { OverflowEntry } from './series-limit.ts';
import type { SeriesStateSnapshot } from './series-state.ts';
import type { ServiceStateSnapshot } from './service-state.ts';

/** What a store has of one service. */
export interface SavedService {
  readonly head: SavedHead;
  /** As `ServiceChanges.open`. */
  readonly open: Uint8Array;
  readonly audience: AudienceSnapshot;
}

/** What a store has of an aggregation. */
export interface SavedAggregation {
  /** Services and series that were not forgotten, by their numbers. */
  readonly names: ReadonlyMap<number, SavedName>;
  readonly services: ReadonlyMap<number, SavedService>;
  /** Closed buckets by number, then by level. */
  readonly closed: ReadonlyMap<number, readonly (BucketLogSnapshot | undefined)[]>;
  /** Per level, where the store's buckets begin; what lies before is in nobody's memory any more. */
  readonly keptFrom: readonly number[];
  readonly overflow: readonly OverflowEntry[];
  readonly late: number;
  readonly dropped: number;
}

const MINUTE_MS = PERIOD_MS['1m'];

/** The snapshot of the aggregator whose changes were saved. */
export function aggregatorSnapshot(saved: SavedAggregation): AggregatorSnapshot {
  const { names, services, closed, overflow, late, dropped } = saved;
  const open = new Map<number, { readonly minute: number; readonly encoded: Uint8Array }[]>();
  const slots = new Map<number, SavedHead['slots'][number][1]>();
  const serviceSnapshots: ServiceStateSnapshot[] = [];
  for (const [id, { head, open: bytes, audience }] of services) {
    readBuckets(bytes, (of, _, start, encoded) => {
      const minutes = open.get(of) ?? [];
      open.set(of, [...minutes, { minute: start / MINUTE_MS, encoded }]);
    });
    for (const [of, waiting] of head.slots) slots.set(of, waiting);
    const keptFrom = head.keptFrom.map((from, level) => Math.max(from, saved.keptFrom[level] as number));
    serviceSnapshots.push({ ...head, keptFrom, closed: closedOf(closed.get(id)), audience });
  }
  const known = new Set(serviceSnapshots.map(({ serviceId }) => serviceId));
  const series: SeriesStateSnapshot[] = [];
  for (const [id, { serviceId, metricName, labels }] of names) {
    if (metricName === undefined || !known.has(serviceId)) continue;
    const minutes = open.get(id) ?? [];
    const { slot, merged } = slots.get(id) ?? {};
    const logs = closed.get(id);
    const newest = newestOf(minutes, logs);
    series.push({
      series: { serviceId, metricName, labels },
      newest,
      slot,
      merged,
      open: minutes,
      closed: closedOf(logs),
    });
  }
  return { version: 1, services: serviceSnapshots, series, overflow, late, dropped };
}

/** Reads what `Saving` wrote of buckets, one after the other. */
function readBuckets(
  bytes: Uint8Array,
  take: (id: number, level: number, start: number, encoded: Uint8Array) => void,
): void {
  const reader = new ByteReader('stored buckets', bytes);
  while (reader.remaining > 0) {
    const id = reader.varint();
    const level = reader.byte();
    const start = reader.signedVarint() * MINUTE_MS;
    take(id, level, start, reader.bytes());
  }
}

function closedOf(logs: readonly (BucketLogSnapshot | undefined)[] | undefined): SeriesStateSnapshot['closed'] {
  return logs === undefined ? undefined : { rows: new Float64Array(0), logs };
}

/** Time of the newest sample, which the newest bucket of each level knows. */
function newestOf(
  open: readonly { readonly minute: number; readonly encoded: Uint8Array }[],
  logs: readonly (BucketLogSnapshot | undefined)[] = [],
): number {
  const contents = new SketchContents();
  let newest = Number.NEGATIVE_INFINITY;
  for (const { minute, encoded } of open) {
    newest = Math.max(newest, readSeriesBytes(encoded, minute * MINUTE_MS, contents).lastAt);
  }
  for (let level = 0; level < LEVELS; level++) {
    const log = logs[level];
    const start = log?.starts.at(-1);
    if (log === undefined || start === undefined) continue;
    const encoded = log.bytes.subarray(log.bytes.length - (log.lengths.at(-1) as number));
    newest = Math.max(newest, readSeriesBytes(encoded, start, contents).lastAt);
    // Longer buckets are made of these, and know nothing newer but from minutes that are no longer kept.
    if (bucketStart(newest, MINUTE_MS) === start && level === 0) break;
  }
  return newest;
}
