import type { ByteReader, ByteWriter } from '../stats/bytes.ts';

/** Counts of one bucket of a service. */
export interface ServiceReading {
  /** Events, performance records and behaviours. */
  readonly eventCount: number;
  /** Those of them that failed. */
  readonly errorCount: number;
  /** Performance records. */
  readonly operationCount: number;
  /** Performance records that failed. */
  readonly failedCount: number;
}

/** What an encoded bucket of a service holds before its durations. */
export interface ServiceHead extends ServiceReading {
  /** Whether a distribution of durations follows. */
  readonly hasDurations: boolean;
  /** Number of the only operation, where the durations are kept with that. */
  readonly ordinal: number | undefined;
}

/** Whose the durations are, beside the event count in the first number. */
const OWN_DURATIONS = 1;
const SOLE_OPERATION = 2;
const FORMS = 3;

/** Appends a head: a few bytes. */
export function writeServiceHead(writer: ByteWriter, head: ServiceHead): void {
  const form = head.ordinal !== undefined ? SOLE_OPERATION : head.hasDurations ? OWN_DURATIONS : 0;
  writer.varint(head.eventCount * FORMS + form);
  writer.varint(head.errorCount);
  if (form === 0) return;
  writer.varint(head.operationCount);
  writer.varint(head.failedCount);
  if (head.ordinal !== undefined) writer.varint(head.ordinal);
}

/** Reads what `writeServiceHead` wrote. */
export function readServiceHead(reader: ByteReader): ServiceHead {
  const first = reader.varint();
  const form = first % FORMS;
  return {
    eventCount: Math.floor(first / FORMS),
    errorCount: reader.varint(),
    operationCount: form === 0 ? 0 : reader.varint(),
    failedCount: form === 0 ? 0 : reader.varint(),
    hasDurations: form === OWN_DURATIONS,
    ordinal: form === SOLE_OPERATION ? reader.varint() : undefined,
  };
}
