import type { AudienceSnapshot } from '../aggregate/audience.ts';
import { LEVELS } from '../aggregate/closed-buckets.ts';
import { aggregatorSnapshot, type SavedService } from '../aggregate/restoring.ts';
import type { SavedHead, SavedName } from '../aggregate/saving.ts';
import type { CollectorSnapshot } from '../collect/collector.ts';
import type { PipelineSnapshot } from '../pipeline.ts';
import type { FeedSnapshot } from '../sample-feed.ts';
import type { StoredBuckets, StoredState } from '../store/store.ts';
import { type StoredSeries, seriesStates } from './journal.ts';
import { COUNTS, type KeptCounts, keyOf, SETTINGS } from './stored-keys.ts';

/**
 * The snapshot that a service goes on from: buckets as of the last commit, detector and predictor as of the last time that
 * each of their series was stored, to which `Journal.resume` adds the rest. `undefined` where nothing is stored.
 */
export function storedSnapshot(
  stored: StoredState,
): (PipelineSnapshot & { readonly version: 1; readonly collector: CollectorSnapshot }) | undefined {
  const { state } = stored;
  const counts = state.get(COUNTS) as KeptCounts | undefined;
  if (counts === undefined) return undefined;
  const { accepted, rejected, errors, late, dropped, overflow, errorRates } = counts;
  const names = new Map<number, SavedName>(stored.names.map((name) => [name.id, name]));
  const services = new Map<number, SavedService>();
  const told: FeedSnapshot['told'][number][] = [];
  const users = usersByService(state);
  for (const { id, metricName } of stored.names) {
    const head = metricName === undefined ? state.get(keyOf.head(id)) : undefined;
    if (head === undefined) continue;
    const tops = state.get(keyOf.tops(id)) as Pick<AudienceSnapshot, 'errors' | 'users'> | undefined;
    services.set(id, {
      head: head as SavedHead,
      open: state.get(keyOf.open(id)) as Uint8Array,
      audience: { hours: users.get(id) ?? [], errors: tops?.errors ?? [], users: tops?.users ?? [] },
    });
    told.push(...((state.get(keyOf.told(id)) as FeedSnapshot['told'] | undefined) ?? []));
  }
  const { keptFrom } = stored;
  const closed = logsById(stored.buckets);
  const series: StoredSeries[] = seriesStates(state);
  return {
    version: 1,
    collector: { version: 1, accepted, rejected, errors, buffer: [] },
    aggregator: aggregatorSnapshot({ names, services, closed, keptFrom, overflow, late, dropped }),
    detector: {
      version: 2,
      series: series.flatMap(({ series: id, state: known }) =>
        known?.detector === undefined ? [] : [{ ...id, state: known.detector }],
      ),
      errorRates,
      plans: { silences: [], deploys: [] },
    },
    predictor: {
      version: 3,
      settings: state.get(SETTINGS) as string,
      series: series.flatMap(({ series: id, state: known }) =>
        known?.predictor === undefined ? [] : [{ series: id, state: known.predictor }],
      ),
    },
    feed: { shown: [], told },
    courses: series.flatMap(({ series: id, state: known }) =>
      known?.course === undefined ? [] : [{ series: id, course: known.course, shown: undefined }],
    ),
  };
}

function usersByService(state: ReadonlyMap<string, unknown>): Map<number, (readonly [number, Uint8Array])[]> {
  const users = new Map<number, (readonly [number, Uint8Array])[]>();
  for (const [key, value] of state) {
    const [, id, part, hour] = key.split('/');
    if (part !== 'users') continue;
    const hours = users.get(Number(id)) ?? [];
    hours.push([Number(hour), value as Uint8Array]);
    users.set(Number(id), hours);
  }
  return users;
}

function logsById(buckets: readonly StoredBuckets[]): Map<number, (StoredBuckets | undefined)[]> {
  const logs = new Map<number, (StoredBuckets | undefined)[]>();
  for (const stored of buckets) {
    const levels = logs.get(stored.id) ?? Array.from({ length: LEVELS }, () => undefined);
    levels[stored.level] = stored;
    logs.set(stored.id, levels);
  }
  return logs;
}
