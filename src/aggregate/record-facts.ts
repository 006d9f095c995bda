import { BUSINESS_PREFIX } from '../model/metric-kind.ts';
import type { RecordByKind, RecordKind } from '../model/records.ts';
import type { Labels } from '../model/series-key.ts';
import type { ServiceCounts } from './service-accumulator.ts';

/** One sample that a record yields. */
export interface RecordSample {
  readonly metricName: string;
  readonly value: number;
  readonly labels?: Labels | undefined;
  /** Whether detector and predictor get this series sample by sample (the others once a closed minute). */
  readonly watched: boolean;
}

/** Kinds of record that come in ordinary numbers; performance records take a way of their own. */
export type PlainKind = Exclude<RecordKind, 'performance'>;

/** What a record means for the aggregation. */
export interface RecordFacts {
  readonly counts: ServiceCounts;
  readonly samples: readonly RecordSample[];
  readonly userId?: string | undefined;
  /** What failed, in words; where something did. */
  readonly error?: string | undefined;
}

/** Characters of an error text that are told apart. */
const MAX_ERROR_LENGTH = 256;

const NOTHING: ServiceCounts = { events: 0, errors: 0 };
const EVENT: ServiceCounts = { events: 1, errors: 0 };
const FAILED_EVENT: ServiceCounts = { events: 1, errors: 1 };
const NO_SAMPLES: readonly RecordSample[] = [];

/** Reads a record of any kind: what it counts as, which samples it yields, whose and what error it is. */
export function recordFacts<K extends PlainKind>(kind: K, record: RecordByKind[K]): RecordFacts {
  return FACTS[kind](record);
}

const FACTS: { readonly [K in PlainKind]: (record: RecordByKind[K]) => RecordFacts } = {
  event(e) {
    const error = eventError(e);
    const counts = error === undefined ? EVENT : FAILED_EVENT;
    return { counts, samples: NO_SAMPLES, userId: e.userId, error };
  },

  behavior: (b) => ({
    counts: b.success ? EVENT : FAILED_EVENT,
    samples: NO_SAMPLES,
    userId: b.userId,
    error: b.success ? undefined : errorText(b.errorMessage, `${b.action} failed`),
  }),

  metrics(m) {
    const samples: RecordSample[] = [];
    for (const [field, metricName] of GAUGES) {
      const value = m[field];
      if (value !== undefined) samples.push({ metricName, value, watched: true });
    }
    return { counts: NOTHING, samples };
  },

  metric: (m) => ({
    counts: NOTHING,
    samples: [{ metricName: m.metricName, value: m.value, labels: m.labels, watched: true }],
  }),

  business: (b) => ({
    counts: NOTHING,
    samples: [
      {
        metricName: `${BUSINESS_PREFIX}${b.metricType}`,
        value: b.value,
        labels: typeof b.dimension === 'string' ? { dimension: b.dimension } : b.dimension,
        watched: false,
      },
    ],
  }),
};

/** Fields of a metrics snapshot and their names as series. */
export const GAUGES = [
  ['cpuUsage', 'cpu_usage'],
  ['memoryUsage', 'memory_usage'],
  ['diskUsage', 'disk_usage'],
  ['requestRate', 'request_rate'],
  ['errorRate', 'error_rate'],
  ['latency', 'latency'],
  ['cacheHitRate', 'cache_hit_rate'],
] as const;

/** Metadata marks an error by `error: true` or by a non-empty text. */
function eventError(event: RecordByKind['event']): string | undefined {
  const metadata = event.metadata;
  if (metadata === undefined || !Object.hasOwn(metadata, 'error')) return undefined;
  const error = metadata['error'];
  if (error === true) return event.eventType;
  return typeof error === 'string' && error !== '' ? error.slice(0, MAX_ERROR_LENGTH) : undefined;
}

/** How an error is named in the top list: by its text, else by what failed. */
export function errorText(text: string | undefined, fallback: string): string {
  return (text === undefined || text === '' ? fallback : text).slice(0, MAX_ERROR_LENGTH);
}
