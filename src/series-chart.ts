import type { Aggregator } from './aggregate/aggregator.ts';
import { checkLabels, checkQuery } from './aggregate/bucket-query.ts';
import { numberOption, objectOption } from './errors.ts';
import type { SeriesBucket } from './model/bucket.ts';
import type { ChartQuery, SeriesChart } from './model/chart.ts';
import { type MetricDefinitions, metricDefinition } from './model/metric-kind.ts';
import { PERIODS } from './model/period.ts';
import type { SeriesId } from './model/series-key.ts';
import type { SeriesCourses } from './series-courses.ts';
import type { CourseColumns } from './stats/course.ts';
import { medianOf } from './stats/order.ts';

/** Instants of a chart unless more are asked for: about one for every other pixel of a wide panel. */
const DEFAULT_POINTS = 500;

/** Where charts come from. */
export interface ChartSources {
  readonly courses: SeriesCourses;
  readonly aggregator: Aggregator;
  readonly metrics: MetricDefinitions;
}

/**
 * The course of one series: as it was kept with its band or, for a series whose course is not kept, the means of its
 * buckets.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 */
export function seriesChart(
  { courses, aggregator, metrics }: ChartSources,
  serviceId: string,
  metricName: string,
  query: ChartQuery,
): SeriesChart {
  const { from, to } = checkQuery({ from: objectOption('query', query).from, to: query.to });
  const points = numberOption('points', query.points ?? DEFAULT_POINTS, { min: 2, whole: true });
  const labels = checkLabels(query.labels);
  const series: SeriesId = { serviceId, metricName, labels };
  const { unit } = metricDefinition(metricName, metrics);
  const { timestamps, values, expected, lower, upper } =
    courses.read(series, from, to, points) ?? bucketMeans(aggregator, series, from, to, points);
  return {
    ...series,
    unit,
    stepMs: timestamps.length < 2 ? 0 : medianOf(timestamps.slice(1).map((t, i) => t - (timestamps[i] as number))),
    timestamps: [...timestamps],
    values: [...values],
    expected: Array.from(expected, known),
    lower: Array.from(lower, known),
    upper: Array.from(upper, known),
  };
}

/** Buckets of the shortest period that has no more of them than asked for. */
function bucketMeans(aggregator: Aggregator, series: SeriesId, from: number, to: number, limit: number): CourseColumns {
  const { serviceId, metricName, labels = {} } = series;
  let buckets: readonly SeriesBucket[] = [];
  for (const period of PERIODS) {
    buckets = aggregator.getSeries(serviceId, metricName, { labels, from, to, period, limit: limit + 1 });
    if (buckets.length <= limit) break;
  }
  const unknown = new Float64Array(buckets.length).fill(Number.NaN);
  return {
    timestamps: Float64Array.from(buckets, ({ timestamp }) => timestamp),
    values: Float64Array.from(buckets, ({ avg }) => avg),
    expected: unknown,
    lower: unknown,
    upper: unknown,
  };
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
