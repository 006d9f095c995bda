import type { OverflowEntry } from '../aggregate/series-limit.ts';
import type { RejectionCounts } from '../collect/rejection-log.ts';

/** Counts of a service, and what else there is one of. */
export interface KeptCounts {
  readonly accepted: number;
  readonly rejected: RejectionCounts;
  readonly errors: number;
  readonly late: number;
  readonly dropped: number;
  readonly overflow: readonly OverflowEntry[];
  readonly nextEvent: number;
  readonly droppedByStore: number;
  readonly errorRates: readonly (readonly [serviceId: string, rate: number])[];
}

/** Key of the counts. */
export const COUNTS = 'counts';
/** Key of what the states of the predictor depend on. */
export const SETTINGS = 'predictor';
/** Key of the definitions of metrics. */
export const DEFINITIONS = 'definitions';

/** Keys of what is stored of a service, by its number. */
export const keyOf = {
  head: (id: number): string => `service/${id}/head`,
  open: (id: number): string => `service/${id}/open`,
  tops: (id: number): string => `service/${id}/tops`,
  told: (id: number): string => `service/${id}/told`,
  users: (id: number, hour: number): string => `service/${id}/users/${hour}`,
  /** Where all of these lie. */
  allOf: (id: number): readonly (readonly [from: string, to: string])[] => [[`service/${id}/`, `service/${id}0`]],
};
