import { plain, type ScaledModelFactory } from './history-model.ts';

/** Seasons of the past that are followed; three to eight were as good. */
const FOLLOWED = 4;
/** Where two seasons are the same, this keeps their weights finite; squares of differences of logarithms are larger. */
const LEAST_DISTANCE = 1e-12;

interface Analogue {
  /** First place after it. */
  readonly end: number;
  readonly level: number;
  /** Mean square distance of its course from the newest one. */
  readonly distance: number;
}

/**
 * What followed the seasons of the past whose course was most like that of the last one, level aside, weighted by how
 * like they were. Steps that none of them reaches repeat the season before. O(n) a forecast.
 *
 * Source: Lorenz, Atmospheric predictability as revealed by naturally occurring analogues, J. Atmos. Sci. 26 (1969).
 */
export const analogues: ScaledModelFactory = ({ x, scale }, season) =>
  plain((at, steps) => {
    if (at < 2 * season) return new Float64Array(steps).fill(scale.invert(x[at - 1] as number));
    const level = meanBefore(x, at, season);
    const found: Analogue[] = [];
    for (let end = at - season; end >= season; end -= season) found.push(compared(x, at, level, end, season));
    found.sort((a, b) => a.distance - b.distance);
    const expected = continued(x, at, steps, season, level, found.slice(0, FOLLOWED));
    return expected.map(scale.invert);
  });

function compared(x: Float64Array, at: number, level: number, end: number, season: number): Analogue {
  const own = meanBefore(x, end, season);
  let squares = 0;
  for (let i = 1; i <= season; i++) squares += ((x[at - i] as number) - level - ((x[end - i] as number) - own)) ** 2;
  return { end, level: own, distance: squares / season + LEAST_DISTANCE };
}

function continued(
  x: Float64Array,
  at: number,
  steps: number,
  season: number,
  level: number,
  followed: readonly Analogue[],
): Float64Array {
  const expected = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    let sum = 0;
    let weights = 0;
    for (const { end, level: own, distance } of followed) {
      if (end + i >= at) continue;
      sum += ((x[end + i] as number) - own) / distance;
      weights += 1 / distance;
    }
    const before = i < season ? (x[at - season + i] as number) : (expected[i - season] as number);
    expected[i] = weights === 0 ? before : level + sum / weights;
  }
  return expected;
}

/** Mean of the `length` values before a place. */
function meanBefore(x: Float64Array, place: number, length: number): number {
  let sum = 0;
  for (let i = place - length; i < place; i++) sum += x[i] as number;
  return sum / length;
}
