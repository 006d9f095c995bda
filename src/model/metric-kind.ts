/** What is known about a metric: given as an option, or, for the built-in metrics, by this library. */
export interface MetricDefinition {
  /** Unit in words, such as `'ms'`, `'jobs'`, `'EUR'`. */
  readonly unit?: string | undefined;
  /** Names of the labels that this metric's series carry. */
  readonly labels?: readonly string[] | undefined;
  /** One sentence for people who read the dashboard. */
  readonly description?: string | undefined;
  /** Which deviation matters: a latency only `'above'`, a cache hit rate only `'below'`. Default `'both'`. */
  readonly direction?: 'above' | 'below' | 'both' | undefined;
  /** Smallest change, in the metric's unit, that is worth an anomaly. Default 0. */
  readonly minChange?: number | undefined;
  /** Threshold in standard deviations for this metric, instead of the detector's. */
  readonly threshold?: number | undefined;
  /** Neither detect nor forecast. */
  readonly ignore?: boolean | undefined;
  /** Lowest value that the metric can take. */
  readonly min?: number | undefined;
  /** Highest value that the metric can take. */
  readonly max?: number | undefined;
}

/** Definitions by metric name. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

const PERCENT = { unit: '%', min: 0, max: 100, direction: 'above' } as const;
const RATIO = { unit: 'ratio', min: 0, max: 1 } as const;
const RATE = { unit: '/s', min: 0, direction: 'both' } as const;
const DURATION = { unit: 'ms', min: 0, direction: 'above' } as const;

const BUILT_IN: ReadonlyMap<string, MetricDefinition> = new Map<string, MetricDefinition>([
  ['cpu_usage', PERCENT],
  ['memory_usage', PERCENT],
  ['disk_usage', PERCENT],
  ['request_rate', RATE],
  ['error_rate', { ...RATIO, direction: 'above' }],
  ['latency', DURATION],
  ['cache_hit_rate', { ...RATIO, direction: 'below' }],
  ['operation_rate', RATE],
  ['operation_error_rate', { ...RATIO, direction: 'above' }],
  ['operation_latency_p95', DURATION],
]);

const UNKNOWN: MetricDefinition = {};

/** The definition of a metric: yours over the built-in one; an empty one for names nobody defined. */
export function metricDefinition(metricName: string, definitions?: MetricDefinitions): MetricDefinition {
  const builtIn = BUILT_IN.get(metricName) ?? UNKNOWN;
  const own = definitions !== undefined && Object.hasOwn(definitions, metricName) ? definitions[metricName] : undefined;
  return own === undefined ? builtIn : { ...builtIn, ...own };
}

/** Durations of operations, by operation. */
export const OPERATION_DURATION = 'operation_duration';
/** Executions per second. */
export const OPERATION_RATE = 'operation_rate';
/** Share of the executions that failed. */
export const OPERATION_ERROR_RATE = 'operation_error_rate';
/** Duration that one execution in twenty exceeds. */
export const OPERATION_LATENCY_P95 = 'operation_latency_p95';

/** Metrics that are made from performance records, whose names are not for others. */
export const OPERATION_METRICS: ReadonlySet<string> = new Set([
  OPERATION_DURATION,
  OPERATION_RATE,
  OPERATION_ERROR_RATE,
  OPERATION_LATENCY_P95,
]);

/** Metric names of business values start with it. */
export const BUSINESS_PREFIX = 'business.';
