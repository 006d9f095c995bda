import { invalidOption, numberOption, objectOption } from '../errors.ts';
import { PERIOD_MS } from '../model/period.ts';

/** Options of an `Aggregator`. */
export interface AggregatorOptions {
  /** How far records may lag behind the newest one before their bucket closes, milliseconds. Default 5,000. */
  readonly latenessMs?: number | undefined;
  /** Milliseconds that closed buckets are kept; at least an hour, default 30 days. */
  readonly retentionMs?: number | undefined;
  /** Series, label sets included, and services, that are told apart; default 10,000. */
  readonly maxSeries?: number | undefined;
  /** Bytes of closed buckets that are kept; beyond them the oldest minutes go first. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** A watched series yields at most one sample in so many milliseconds, the mean of what came in. Default 1,000. */
  readonly resolutionMs?: number | undefined;
  /** Whether to hold samples for `takeSamples`; default false. */
  readonly samples?: boolean | undefined;
}

/** Options with their defaults filled in. */
export interface CheckedOptions {
  readonly latenessMs: number;
  readonly retentionMs: number;
  readonly maxSeries: number;
  readonly maxBytes: number;
  readonly resolutionMs: number;
  readonly samples: boolean;
}

const MINUTE_MS = PERIOD_MS['1m'];
const HOUR_MS = PERIOD_MS['1h'];
const DAY_MS = PERIOD_MS['1d'];

/** @throws AnalyticsError `ERR_INVALID_OPTION` */
export function checkOptions(options: AggregatorOptions): CheckedOptions {
  const {
    latenessMs = 5000,
    retentionMs = 30 * DAY_MS,
    maxSeries = 10_000,
    maxBytes = 256 * 2 ** 20,
    resolutionMs = 1000,
    samples = false,
  } = objectOption('options', options);
  if (typeof samples !== 'boolean') throw invalidOption('samples', 'true or false', samples);
  return {
    latenessMs: numberOption('latenessMs', latenessMs, { min: 0, max: DAY_MS }),
    retentionMs: numberOption('retentionMs', retentionMs, { min: HOUR_MS }),
    maxSeries: numberOption('maxSeries', maxSeries, { min: 1, whole: true }),
    maxBytes: numberOption('maxBytes', maxBytes, { min: 2 ** 20 }),
    resolutionMs: numberOption('resolutionMs', resolutionMs, { min: 1, max: MINUTE_MS }),
    samples,
  };
}
