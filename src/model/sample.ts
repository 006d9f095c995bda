import type { Timestamp } from './records.ts';
import { isLabels, type SeriesId } from './series-key.ts';

/** One number of one series at one instant: what detectors and forecasters observe. */
export interface Sample extends SeriesId {
  readonly timestamp: Timestamp;
  readonly value: number;
}

/** Whether a sample can be learned from: names are texts, value and time finite. It may come from anywhere. */
export function isSample(sample: Sample): boolean {
  if (typeof sample !== 'object' || sample === null) return false;
  const { serviceId, metricName, labels, timestamp, value } = sample;
  return (
    typeof serviceId === 'string' &&
    typeof metricName === 'string' &&
    Number.isFinite(value) &&
    (Number.isFinite(timestamp) || (timestamp instanceof Date && !Number.isNaN(timestamp.getTime()))) &&
    (labels === undefined || isLabels(labels))
  );
}
