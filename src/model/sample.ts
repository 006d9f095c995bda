import type { Timestamp } from './records.ts';
import type { SeriesId } from './series-key.ts';

/** One number of one series at one instant: what detectors and forecasters observe. */
export interface Sample extends SeriesId {
  readonly timestamp: Timestamp;
  readonly value: number;
}
