import { medianOf } from '../stats/order.ts';
import { CYCLE } from './history-baselines.ts';
import { type HistoryModelFactory, plain, type ScaledModelFactory } from './history-model.ts';
import { IDENTITY, onScale } from './transform.ts';

/** Cycles that the weekly mean looks back on, and how much less each counts than the one after it. */
const CYCLES = 4;
const CYCLE_DECAY = 0.8;
/** Values that say where a series stands now, where not a whole season is to. */
const NOW = 3;
/** Share of the distance from the weekly mean that is believed to stay: a week is a noisy guide. Whole was no better. */
const CYCLE_SHARE = 0.5;

/** What each place in a season, or in seven, is expected to be, from the same place earlier. */
interface Course {
  /** Steps after which it repeats. */
  readonly length: number;
  /** Expected value of any place but the first, from those of the first `at` values that come before it. */
  expected(x: Float64Array, at: number, place: number): number;
}

/** Median of the same place in the last seven seasons. */
function medianCourse(season: number): Course {
  return {
    length: season,
    expected(x, at, place) {
      const same: number[] = [];
      let earlier = newestSame(at, place, season);
      for (; earlier >= 0 && same.length < CYCLE; earlier -= season) same.push(x[earlier] as number);
      return same.length === 0 ? (x[Math.min(at, place) - 1] as number) : medianOf(same);
    },
  };
}

/** Mean of the same place in the last four cycles of seven seasons, newer ones counting more; before that the median. */
function cycleCourse(season: number): Course {
  const length = CYCLE * season;
  const median = medianCourse(season);
  return {
    length,
    expected(x, at, place) {
      let same = newestSame(at, place, length);
      if (same < 0) return median.expected(x, at, place);
      let sum = 0;
      let weights = 0;
      for (let k = 0, weight = 1; k < CYCLES && same >= 0; k++, same -= length, weight *= CYCLE_DECAY) {
        sum += weight * (x[same] as number);
        weights += weight;
      }
      return sum / weights;
    },
  };
}

/** The newest place below `at` and `place` that lies a whole number of lengths before `place`; below 0 where none is. */
function newestSame(at: number, place: number, length: number): number {
  return place < at ? place - length : place - length * (Math.floor((place - at) / length) + 1);
}

/**
 * A course, moved by the median distance of the last values from it.
 *
 * @param recent how many values; none for the course as it is
 * @param share of the distance
 */
function member(
  courseOf: (season: number) => Course,
  recent: (season: number) => number,
  share: number,
): ScaledModelFactory {
  return ({ x, scale }, season) => {
    const course = courseOf(season);
    const count = recent(season);
    return plain((at, steps) => {
      const away: number[] = [];
      for (let i = Math.max(1, at - count); i < at; i++) away.push((x[i] as number) - course.expected(x, at, i));
      const moved = away.length === 0 ? 0 : share * medianOf(away);
      const once = Float64Array.from({ length: Math.min(steps, course.length) }, (_, i) =>
        scale.invert(course.expected(x, at, at + i) + moved),
      );
      return Float64Array.from({ length: steps }, (_, i) => once[i % course.length] as number);
    });
  };
}

/** The mean of the same place in the last four weeks, where seven seasons are a week. */
export const cycleMean: HistoryModelFactory = (values, season) =>
  member(cycleCourse, () => 0, 0)(onScale(values, IDENTITY), season);

/** The same, moved halfway to where the last season was. */
export const movedCycleMean: ScaledModelFactory = member(cycleCourse, (season) => season, CYCLE_SHARE);

/** The median of the same place in the last seven seasons, moved to where the last season was. */
export const movedSeasonMedian: ScaledModelFactory = member(medianCourse, (season) => season, 1);

/** The same, moved to where the last few values were. */
export const newSeasonMedian: ScaledModelFactory = member(medianCourse, () => NOW, 1);
