import type { Clock } from '../clock.ts';
import { AnalyticsError } from '../errors.ts';
import type { BehaviorInput, EventInput, RecordKind } from '../model/records.ts';
import type { Refused } from '../model/rejection.ts';
import { snakeCase } from '../model/wire.ts';
import type { Service } from '../service.ts';
import type { Reply } from './call.ts';
import { JSON_HEADERS } from './headers.ts';
import { type Items, Misshapen, misshapen } from './json-items.ts';
import type { Privacy } from './privacy.ts';
import { type Issue, Problem, pointer } from './problem.ts';
import type { RecordReader, WireItem } from './read-record.ts';

/** Says all that is wrong with an item that was refused, by the schema of its kind; nothing where the schema has no objection. */
export type SchemaIssues = (kind: RecordKind, item: unknown) => readonly Issue[] | Promise<readonly Issue[]>;

/** Why an item of a request was not recorded. */
export interface RejectedItem extends Issue {
  /** Place in the array; 0 for a single object. */
  readonly index: number;
  readonly reason: RejectedReason;
}

/** Why an item was not recorded: as the border says it, or what only comes over the wire. */
export type RejectedReason = Refused['reason'] | Misshapen['reason'] | 'unknown_field';

/** What recording needs besides the items. */
export interface IngestContext {
  readonly service: Service;
  readonly privacy: Privacy;
  readonly clock: Clock;
  readonly schemaIssues: SchemaIssues;
}

/** Items that are recorded, or explained, before the event loop turns. */
const SLICE_RECORDED = 500;
const SLICE_EXPLAINED = 50;

/** Nobody may change it: the answer to most requests. */
const accepted = (count: number): Reply => ({
  status: 202,
  headers: JSON_HEADERS,
  body: `{"status":"recorded","accepted":${count},"rejected":0,"errors":[]}`,
});

/**
 * Records the items of a request: each by itself, so that a bad one does not hurt its neighbours. The border of the
 * collector checks them; what it refuses is shown to the schema, which says what is wrong.
 *
 * @throws Problem 400 where none could be recorded, 503 after the service was closed
 */
export async function ingest(
  reader: RecordReader<RecordKind>,
  { isArray, items }: Items,
  context: IngestContext,
): Promise<Reply> {
  if (items.length === 0)
    throw new Problem(400, 'the array must hold at least one item', { errors: [{ pointer: '#', detail: 'empty' }] });
  let errors: RejectedItem[] | undefined;
  let rejected = 0;
  const known: string[] = [];
  for (let index = 0; index < items.length; index++) {
    if (index % SLICE_RECORDED === SLICE_RECORDED - 1) await context.clock.pause();
    const item = items[index];
    const refused = record(reader, item, known, context);
    if (refused === undefined) continue;
    if (++rejected % SLICE_EXPLAINED === 0) await context.clock.pause();
    const path = isArray ? [index] : [];
    errors ??= [];
    errors.push(...(await explain(reader, item, refused, path, context)).map((issue) => ({ index, ...issue })));
  }
  if (errors === undefined) return accepted(items.length);
  const counts = { accepted: items.length - rejected, rejected };
  if (counts.accepted > 0)
    return { status: 202, headers: JSON_HEADERS, body: JSON.stringify({ status: 'partial', ...counts, errors }) };
  const detail = isArray ? `none of ${rejected} items could be recorded` : (errors[0]?.detail ?? 'refused');
  throw new Problem(400, detail, { ...counts, errors });
}

interface ItemRefused {
  readonly reason: RejectedReason;
  readonly field: string;
}

/** @param known fields of the item before, in their order: those of one request are mostly alike, and need no look-up */
function record(
  reader: RecordReader<RecordKind>,
  item: unknown,
  known: string[],
  context: IngestContext,
): ItemRefused | undefined {
  if (item instanceof Misshapen) return { reason: item.reason, field: '' };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return { reason: 'not_a_record', field: '' };
  let at = 0;
  for (const name in item) {
    if (name !== known[at]) {
      if (!reader.fields.has(name)) return { reason: 'unknown_field', field: name };
      known[at] = name;
    }
    at++;
  }
  const { kind } = reader;
  // Only metadata may be large and deep and yet be what the border takes.
  const shape = kind === 'event' && 'metadata' in item ? misshapen(item) : undefined;
  if (shape !== undefined) return { reason: shape.reason, field: '' };
  let input = reader.read(item as WireItem);
  if (kind === 'behavior') input = context.privacy.behavior(input as BehaviorInput);
  else if (kind === 'event' && (input as EventInput).userId != null) {
    input = { ...input, userId: context.privacy.userId((input as EventInput).userId) } as EventInput;
  }
  try {
    return context.service.collector.offer(kind, input);
  } catch (cause) {
    if (cause instanceof AnalyticsError && cause.code === 'ERR_CLOSED') {
      throw new Problem(503, 'the service is closed and records nothing any more');
    }
    throw cause;
  }
}

async function explain(
  reader: RecordReader<RecordKind>,
  item: unknown,
  { reason, field }: ItemRefused,
  path: readonly (string | number)[],
  { schemaIssues }: IngestContext,
): Promise<(Issue & { readonly reason: RejectedItem['reason'] })[]> {
  const shape = item instanceof Misshapen ? item : misshapen(item);
  if (shape !== undefined) return [{ pointer: pointer(path), reason: shape.reason, detail: REASONS[shape.reason] }];
  const at = pointer(path).slice(1);
  const found = await schemaIssues(reader.kind, item);
  if (found.length > 0)
    return found.map((issue) => ({ pointer: `#${at}${issue.pointer.slice(1)}`, reason, detail: issue.detail }));
  const [first = '', ...rest] = field === '' || field === reader.kind ? [] : field.split('.');
  const steps = first === '' ? path : [...path, snakeCase(first), ...(rest.length > 0 ? [rest.join('.')] : [])];
  return [{ pointer: pointer(steps), reason, detail: REASONS[reason] }];
}

const REASONS: Readonly<Record<RejectedReason, string>> = {
  not_a_record: 'must be an object',
  unknown_field: 'is not a field of this record',
  invalid_string: 'must be a text of 1 to 256 characters',
  invalid_number: 'must be a finite number',
  out_of_range: 'must be within the range of its field',
  invalid_boolean: 'must be true or false',
  invalid_timestamp: 'must be ISO 8601 with an offset, such as 2026-01-05T09:00:00Z, or epoch milliseconds',
  invalid_labels: 'must be at most 32 pairs of texts',
  invalid_metadata: 'must be an object of plain values',
  reserved_name: 'must not be the name of a metric that is made from performance records',
  no_value: 'must hold at least one metric',
  too_long: 'must be at most 256 characters long, 16,384 for free text',
  metadata_too_large: 'must be at most 16 kB',
  metadata_too_deep: 'must be nested at most 8 levels deep',
  future: 'must not be more than 5 minutes in the future',
  expired: 'must not be older than the retention',
  too_deep: 'must be nested at most 32 levels deep',
  too_many_keys: 'must have at most 1,000 keys, those of its parts included',
  too_large: 'must be at most 200,000 characters long',
  buffer_full: 'there is no room for it right now; send it again later',
};
