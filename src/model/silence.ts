import type { Timestamp } from './records.ts';

/** A maintenance window: what is found in it is marked `silenced`, and not announced. */
export interface Silence {
  /** Of this service only; of all where left out. */
  readonly serviceId?: string | undefined;
  /** Of this metric only; of all where left out. */
  readonly metricName?: string | undefined;
  /** First instant; from the beginning of time where left out. */
  readonly from?: Timestamp | undefined;
  /** First instant that is not silenced any more. */
  readonly until: Timestamp;
}

/** That a service was deployed. */
export interface Deploy {
  readonly timestamp: Timestamp;
  /** What was deployed, as you call it. */
  readonly version?: string | undefined;
}
