import type { RecordKind } from './records.ts';

/** Why a record was not accepted. */
export type RejectionReason =
  /** Not an object, or one that throws when it is read. */
  | 'not_a_record'
  /** A service id, name or other required string that is missing, empty or of another type. */
  | 'invalid_string'
  /** NaN, ±Infinity, or something that is not a number. */
  | 'invalid_number'
  /** A number that its field cannot take: a negative duration, a ratio outside 0..1. */
  | 'out_of_range'
  /** `success` that is not a boolean. */
  | 'invalid_boolean'
  /** Neither epoch milliseconds nor a valid `Date`. */
  | 'invalid_timestamp'
  /** Labels, tags or a dimension that are not strings, or more than 32 of them. */
  | 'invalid_labels'
  /** Metadata that is not made of plain objects, arrays, strings, numbers, booleans, dates and null. */
  | 'invalid_metadata'
  /** A metric of your own with the name of one that is made from performance records. */
  | 'reserved_name'
  /** A metrics snapshot without a single metric. */
  | 'no_value'
  /** A name or label of more than 256 characters, or a text of more than 16,384. */
  | 'too_long'
  /** Metadata beyond 16 kB. */
  | 'metadata_too_large'
  /** Metadata nested deeper than 8 levels. */
  | 'metadata_too_deep'
  /** Over 5 minutes ahead of the clock. */
  | 'future'
  /** Older than the retention. */
  | 'expired'
  /** Recorded by a listener while the buffer that is being flushed had already been refilled by listeners. */
  | 'buffer_full';

/** Why one record was not accepted. */
export interface Refused {
  readonly reason: RejectionReason;
  /** Field that is the reason, such as `duration` or `labels.queue`; `''` where it is none of them. */
  readonly field: string;
}

/** Sent at most once a minute and reason. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** Records rejected for this reason since the last such event. */
  readonly count: number;
  /** Kind of the newest of them. */
  readonly kind: RecordKind;
  /** Field of the newest of them, such as `duration` or `labels.queue`. */
  readonly field: string;
  /** Clock time of the newest of them, epoch milliseconds. */
  readonly timestamp: number;
}
