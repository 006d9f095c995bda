import { choiceOption, invalidOption, numberOption, objectOption } from '../errors.ts';
import { PERIODS, type Period } from '../model/period.ts';
import type { Timestamp } from '../model/records.ts';
import { isLabels, type Labels } from '../model/series-key.ts';

/** Which buckets to read. */
export interface BucketQuery {
  /** Default `'1m'`. */
  readonly period?: Period | undefined;
  /** Earliest bucket start, inclusive. Default: as far back as buckets are kept. */
  readonly from?: Timestamp | undefined;
  /** Latest bucket start, exclusive. Default: up to the newest. */
  readonly to?: Timestamp | undefined;
  /** Only the newest so many; at least 1. Default: all. */
  readonly limit?: number | undefined;
}

/** Which buckets of which label sets to read. */
export interface SeriesQuery extends BucketQuery {
  /** One label set; `{}` is the series without labels. Default: all of them together. */
  readonly labels?: Labels | undefined;
}

/** Which samples to read as one distribution. */
export interface DistributionQuery {
  /** Default: performance durations, those of all operations together. */
  readonly metricName?: string | undefined;
  /** One label set of the metric; `{}` is the series without labels. Default: all of them together. */
  readonly labels?: Labels | undefined;
  /** Buckets of which period to merge. Default: the longest that fit, which is cheapest. */
  readonly period?: Period | undefined;
  /** Earliest bucket start, inclusive. Default: as far back as buckets are kept. */
  readonly from?: Timestamp | undefined;
  /** Latest bucket start, exclusive. Default: up to the newest. */
  readonly to?: Timestamp | undefined;
}

/** A query with its defaults filled in. */
export interface CheckedQuery {
  /** Index of the period in `PERIODS`. */
  readonly level: number;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/**
 * Whether a query asks for nothing in particular.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` where it is not an object
 */
export function isEmptyQuery(query: BucketQuery): boolean {
  const { period, from, to, limit } = objectOption('query', query);
  return period === undefined && from === undefined && to === undefined && limit === undefined;
}

/** @throws AnalyticsError `ERR_INVALID_OPTION` */
export function checkQuery(query: BucketQuery): CheckedQuery {
  const { period = '1m', from, to, limit = Number.POSITIVE_INFINITY } = objectOption('query', query);
  return {
    level: PERIODS.indexOf(choiceOption('period', period, PERIODS)),
    from: momentOption('from', from, Number.NEGATIVE_INFINITY),
    to: momentOption('to', to, Number.POSITIVE_INFINITY),
    limit: limit === Number.POSITIVE_INFINITY ? limit : numberOption('limit', limit, { min: 1, whole: true }),
  };
}

/** @throws AnalyticsError `ERR_INVALID_OPTION` */
export function checkLabels(labels: Labels | undefined): Labels | undefined {
  if (labels === undefined || isLabels(labels)) return labels;
  throw invalidOption('labels', 'an object of texts', labels);
}

function momentOption(option: string, value: Timestamp | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const moment = Number(value);
  if ((typeof value === 'number' || value instanceof Date) && !Number.isNaN(moment)) return moment;
  throw invalidOption(option, 'epoch milliseconds or a valid Date', value);
}
