import { numberOption } from './errors.ts';
import type { Observation } from './model/anomaly.ts';
import type { SeriesId } from './model/series-key.ts';
import { SeriesMap } from './model/series-map.ts';
import { Course, type CourseColumns, type CoursePoint, type CourseSnapshot } from './stats/course.ts';

/** State of the courses. Plain and structured-cloneable. */
export type CoursesSnapshot = readonly {
  readonly series: SeriesId;
  readonly course: CourseSnapshot;
  readonly shown: CoursePoint | undefined;
}[];

/** Series whose course is kept unless the option says otherwise: a few services with all their metrics. */
const DEFAULT_MAX_CHARTS = 100;

interface Kept {
  readonly course: Course;
  /** The sample of a slot that may still change; behind the course, and not part of it. */
  shown: CoursePoint | undefined;
}

/** What charts are drawn from: the course and the expected band of the first `maxCharts` series that are watched. */
export class SeriesCourses {
  readonly #maxCharts: number;
  readonly #kept = new SeriesMap<Kept>();

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(maxCharts: number = DEFAULT_MAX_CHARTS, snapshot: CoursesSnapshot = []) {
    this.#maxCharts = numberOption('maxCharts', maxCharts, { min: 0, whole: true });
    for (const { series, course, shown } of snapshot.slice(0, maxCharts)) {
      this.#kept.set(series, { course: new Course(course), shown });
    }
  }

  /** Estimate of the memory held, bytes. */
  get byteLength(): number {
    let bytes = 0;
    for (const { course } of this.#kept.values()) bytes += course.byteLength;
    return bytes;
  }

  /** Takes what was made of a sample: for good, or only until the next one where its slot is not over. */
  add(series: SeriesId, timestamp: number, value: number, observation: Observation, isFinal: boolean): void {
    const kept = this.#kept.get(series) ?? this.#new(series);
    if (kept === undefined) return;
    const { expected = Number.NaN, lower = Number.NaN, upper = Number.NaN } = observation;
    const point = { timestamp, value, expected, lower, upper };
    kept.shown = isFinal ? undefined : point;
    if (isFinal) kept.course.add(point);
  }

  /** `undefined` where the course of the series is not kept. */
  read(series: SeriesId, from: number, to: number, points: number): CourseColumns | undefined {
    const kept = this.#kept.get(series);
    return kept?.course.read(from, to, points, kept.shown);
  }

  forget(series: SeriesId): void {
    this.#kept.delete(series);
  }

  /** The course of one series, without what is only shown; `undefined` where it is not kept. */
  snapshotSeries(series: SeriesId): CourseSnapshot | undefined {
    return this.#kept.get(series)?.course.snapshot();
  }

  snapshot(): CoursesSnapshot {
    return Array.from(this.#kept.entries(), ([series, { course, shown }]) => ({
      series,
      course: course.snapshot(),
      shown,
    }));
  }

  #new(series: SeriesId): Kept | undefined {
    if (this.#kept.size >= this.#maxCharts) return undefined;
    return this.#kept.add(series, () => ({ course: new Course(), shown: undefined }));
  }
}
