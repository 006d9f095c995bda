import type { Timestamp } from './records.ts';
import type { Labels, SeriesId } from './series-key.ts';

/** What of a series to draw. */
export interface ChartQuery {
  /** Of the series; none by default. */
  readonly labels?: Labels | undefined;
  /** Earliest instant, inclusive. Default: as far back as anything is kept. */
  readonly from?: Timestamp | undefined;
  /** Latest instant, exclusive. Default: up to the newest. */
  readonly to?: Timestamp | undefined;
  /** At most so many instants, from 2 on; what is finer is averaged. Default 500. */
  readonly points?: number | undefined;
}

/** The course of one series with what was expected of it, as columns of one length, oldest first. */
export interface SeriesChart extends SeriesId {
  /** As the metric's definition has it. */
  readonly unit: string | undefined;
  /** Usual distance of two instants, milliseconds; 0 where there are fewer than two. */
  readonly stepMs: number;
  /** Starts of the steps, epoch milliseconds. */
  readonly timestamps: readonly number[];
  /** Mean of each step. */
  readonly values: readonly number[];
  /** What the detector expected, and its band; `undefined` where it was still learning or the course was not kept. */
  readonly expected: readonly (number | undefined)[];
  readonly lower: readonly (number | undefined)[];
  readonly upper: readonly (number | undefined)[];
}
