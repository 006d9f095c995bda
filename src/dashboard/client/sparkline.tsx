import type { JSX } from 'preact';
import type { Columns } from '../page-data.ts';

/** What is drawn. */
export interface SparklineProps {
  readonly course: Columns | undefined;
  /** When the episode began. */
  readonly from: number;
  readonly direction: 'above' | 'below';
}

const WIDTH = 220;
const HEIGHT = 56;
const EDGE = 5;

/** The course of an episode in small: band, line, its anomalous part, its peak. For the eye only; sentences stand beside it. */
export function Sparkline({ course, from, direction }: SparklineProps): JSX.Element | null {
  if (course === undefined || course[0].length < 2) return null;
  const [times, values, , lower, upper] = course;
  const all = [...values, ...lower, ...upper].filter((value) => value !== null);
  const low = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const first = times[0] as number;
  const last = times.at(-1) as number;
  const x = (time: number): number => EDGE + ((time - first) / Math.max(1, last - first)) * (WIDTH - 2 * EDGE);
  const y = (value: number): number =>
    HEIGHT - EDGE - ((value - low) / Math.max(1e-9, high - low)) * (HEIGHT - 2 * EDGE);
  const path = (column: readonly (number | null)[], since: number): string => {
    let pen = 'M';
    let drawn = '';
    for (const [i, value] of column.entries()) {
      const time = times[i] as number;
      if (time < since) continue;
      if (value === null) pen = 'M';
      else {
        drawn += `${pen}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
        pen = 'L';
      }
    }
    return drawn;
  };
  const banded = [...times.keys()].filter((i) => lower[i] !== null && upper[i] !== null);
  const side = (column: readonly (number | null)[]) => (i: number) =>
    `${x(times[i] as number).toFixed(1)} ${y(column[i] as number).toFixed(1)}`;
  const band =
    banded.length < 2 ? '' : `M${[...banded.map(side(upper)), ...banded.reverse().map(side(lower))].join('L')}Z`;
  const sign = direction === 'above' ? 1 : -1;
  let peak: number | undefined;
  for (const [i, value] of values.entries()) {
    if (value === null || (times[i] as number) < from) continue;
    if (peak === undefined || (value - (values[peak] as number)) * sign > 0) peak = i;
  }
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="spark-band" d={band} />
      <path class="spark-line" d={path(values, first)} />
      <path class="spark-episode" d={path(values, from)} />
      {peak === undefined ? null : (
        <path class="spark-peak" d={`M${x(times[peak] as number)} ${y(values[peak] as number)}h0`} />
      )}
    </svg>
  );
}
