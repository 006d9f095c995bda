import type { SeriesBucket } from '../model/bucket.ts';
import { PERIOD_MS, PERIODS, type Period } from '../model/period.ts';
import type { SeriesId } from '../model/series-key.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { levelWidth } from './closed-buckets.ts';
import { seriesBucket } from './series-bucket.ts';
import type { KnownSeries, SeriesRegistry } from './series-registry.ts';

/** One bucket of one series. */
export interface SeriesReading extends SeriesId {
  readonly bucket: SeriesBucket;
}

const MINUTE_MS = PERIOD_MS['1m'];

/** For each series its newest closed bucket of a level or, where none has closed, its newest open one. */
export function* scanSeries(registry: SeriesRegistry, level: number): Generator<SeriesReading, undefined> {
  const contents = new SketchContents();
  const period = PERIODS[level] as Period;
  for (const series of registry.series.values()) {
    series.settle(contents);
    const start = series.timeline.lastClosed(level) ?? newestOpen(series, level);
    const newest = start === undefined ? undefined : series.readInto(level, start, contents);
    if (start === undefined || newest === undefined) continue;
    const complete = start + levelWidth(level) <= series.service.closedUpTo;
    const { serviceId, metricName, labels } = series.series;
    const bucket = seriesBucket(contents, newest.last, start, period, complete);
    yield labels === undefined ? { serviceId, metricName, bucket } : { serviceId, metricName, labels, bucket };
  }
}

function newestOpen({ minutes, timeline }: KnownSeries, level: number): number | undefined {
  const minute = level === 0 ? minutes.at(-1) : undefined;
  if (minute !== undefined) return minute * MINUTE_MS;
  return timeline.starts(level, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).at(-1);
}
