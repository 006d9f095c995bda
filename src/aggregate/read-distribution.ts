import { bucketStart } from '../model/period.ts';
import type { Labels } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';
import { QuantileSketch } from '../stats/quantile-sketch.ts';
import { LEVELS, levelWidth } from './closed-buckets.ts';
import { chosenSeries } from './read-series.ts';
import { SeriesAccumulator } from './series-accumulator.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceAccumulator } from './service-accumulator.ts';
import type { ServiceState } from './service-state.ts';
import type { Timeline } from './timeline.ts';

/** Which samples to read. */
export interface DistributionRange {
  /** Level whose buckets are read; `undefined` for the longest that fit. */
  readonly level: number | undefined;
  /** Bounds of the bucket starts, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** Distribution of the samples of a metric in a range; `undefined` where there are none. */
export function seriesDistribution(
  serviceId: string,
  allSeries: SeriesMap<SeriesState>,
  metricName: string,
  labels: Labels | undefined,
  range: DistributionRange,
): QuantileSketch | undefined {
  const sketch = new QuantileSketch();
  const merged = new SeriesAccumulator(sketch);
  for (const { timeline } of chosenSeries(serviceId, allSeries, metricName, labels)) {
    eachBucket(timeline, range, (level, start) => timeline.mergeInto(merged, level, start));
  }
  return sketch.count === 0 ? undefined : sketch;
}

/** Distribution of all performance durations of a service in a range; `undefined` where there are none. */
export function serviceDistribution(service: ServiceState, range: DistributionRange): QuantileSketch | undefined {
  const merged = service.newAccumulator();
  const { timeline } = service;
  eachBucket(timeline, range, (level, start) => timeline.mergeInto(merged, level, start));
  return merged.durations;
}

/**
 * Calls `read` for buckets that cover the range: those of its level or, where it has none, the longest closed ones that
 * lie inside it and, at its edges, shorter ones.
 */
function eachBucket(
  timeline: Timeline<SeriesAccumulator> | Timeline<ServiceAccumulator>,
  { level, from, to }: DistributionRange,
  read: (level: number, start: number) => void,
): void {
  if (level !== undefined) {
    for (const start of timeline.starts(level, from, to)) read(level, start);
    return;
  }
  const cover = (at: number, first: number, end: number): void => {
    if (first >= end) return;
    if (at === 0) {
      for (const start of timeline.starts(0, first, end)) read(0, start);
      return;
    }
    const width = levelWidth(at);
    const inner = Math.ceil(first / width) * width;
    const closedEnd = (timeline.lastClosed(at) ?? Number.NEGATIVE_INFINITY) + width;
    const innerEnd = Math.min(bucketStart(end, width), closedEnd);
    if (!(inner < innerEnd)) {
      cover(at - 1, first, end);
      return;
    }
    cover(at - 1, first, inner);
    for (const start of timeline.starts(at, inner, innerEnd)) read(at, start);
    cover(at - 1, innerEnd, end);
  };
  cover(LEVELS - 1, from, to);
}
