import { ManualClock, Service } from '@streamgate/analytics';
import { createHandler } from '@streamgate/analytics/http';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { READERS } from '../../../src/http/read-record.ts';
import { RECORD_SCHEMAS, schemaIssues } from '../../../src/http/record-schemas.ts';

/** Reasons that depend on the moment, on the retention, or on more than the shape of a field: only the border has them. */
const BORDER_ONLY = new Set([
  'future',
  'expired',
  'metadata_too_large',
  'metadata_too_deep',
  'reserved_name',
  'buffer_full',
]);

const NOW = Date.UTC(2026, 0, 5, 9);

const odd = fc.oneof(
  fc.constantFrom(null, true, false, '', ' ', 0, -1, 1, 0.5, 5, -0, 1e308, '1', 'x'.repeat(256), 'x'.repeat(257)),
  fc.constantFrom(
    '2026-01-05T09:00:00Z',
    '2026-01-05T09:00:00+01:00',
    '2026-02-30T00:00:00Z',
    '2026-01-05',
    NOW,
    NOW / 1000,
  ),
  fc.string({ maxLength: 20 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.string({ maxLength: 5 }), fc.integer()), { maxKeys: 4 }),
  fc.array(fc.oneof(fc.string({ maxLength: 5 }), fc.integer()), { maxLength: 4 }),
);

/** Values that a field would take, so that not every item is refused. */
const FIT: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  timestamp: fc.constantFrom('2026-01-05T09:00:00Z', '2026-01-05T08:59:00.123+00:00', NOW),
  success: fc.boolean(),
  metadata: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 }),
  tags: fc.oneof(fc.constant(['a', 'b']), fc.constant({ a: 'b', c: '' })),
  labels: fc.constantFrom({}, { queue: 'mail' }, { queue: '' }),
  dimension: fc.constantFrom('eu', { region: 'eu' }),
};
const NUMERIC = /usage|rate|latency|duration|value|used|throughput/;

function itemOf(fields: ReadonlySet<string>): fc.Arbitrary<Record<string, unknown>> {
  const values = [...fields].map((field) => {
    const fit = FIT[field] ?? (NUMERIC.test(field) ? fc.double({ min: 0, max: 1, noNaN: true }) : fc.constant('name'));
    const value = fc.oneof({ weight: 9, arbitrary: fit }, { weight: 1, arbitrary: odd });
    return fc.option(
      value.map((given) => [field, given] as const),
      { freq: 6, nil: undefined },
    );
  });
  const strays = fc.constantFrom('extra', '__proto__', 'constructor', 'toString');
  const stray = fc.oneof({ weight: 19, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: strays });
  return fc.tuple(fc.tuple(...values), stray).map(([pairs, name]) => {
    const text = pairs
      .filter((pair) => pair !== undefined)
      .map(([field, given]) => `${JSON.stringify(field)}:${JSON.stringify(given)}`);
    if (name !== undefined) text.push(`${JSON.stringify(name)}:1`);
    // Parsed, so that `__proto__` is a key as it is after it came over the wire.
    return JSON.parse(`{${text.join(',')}}`);
  });
}

it.each([...READERS])(
  '/%s: what is recorded has no objection of its schema, what is refused has one',
  async (path, reader) => {
    const service = new Service({ clock: new ManualClock(NOW) });
    const handler = createHandler(service, { allowAnonymous: true, rateLimit: false });
    const counts = { recorded: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(itemOf(reader.fields), async (item) => {
        const request = new Request(`http://localhost/api/v1/analytics/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(item),
        });
        const response = await handler(request);
        const issues = schemaIssues(RECORD_SCHEMAS[reader.kind], item);
        const { errors } = (await response.json()) as { errors: { reason: string }[] };
        if (response.status === 202) {
          counts.recorded++;
          expect(issues).toEqual([]);
        } else {
          counts.refused++;
          expect(response.status).toBe(400);
          if (!BORDER_ONLY.has(errors[0]?.reason ?? '')) expect(issues).not.toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
    // Neither side of the law is empty.
    expect(counts.recorded).toBeGreaterThan(20);
    expect(counts.refused).toBeGreaterThan(20);
  },
);
