import * as fc from 'fast-check';
import type { InputByKind, RecordKind, Service } from '../../../src/index.ts';

/** A record of any kind with its timestamp. */
export type Mixed = { [K in RecordKind]: { readonly kind: K; readonly input: InputByKind[K] } }[RecordKind];

/** Three minutes before an hour, so that buckets of every period up to it close early. */
export const START: number = Date.UTC(2026, 0, 1, 10, 57);

export const SERVICES = ['shop', 'mail'] as const;
export const METRICS = ['queue_length', 'temperature'] as const;

/** Repeated, so that detectors learn; the last ones are far out, so that they find something. */
const value: fc.Arbitrary<number> = fc.constantFrom(10, 10, 10.5, 11, 11, 12, 12.5, 9, 0, -3, 900, 2500);

const origin = { serviceId: fc.constantFrom(...SERVICES) };

const record: fc.Arbitrary<Mixed> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('metrics' as const), input: metrics() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('metric' as const), input: metric() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('performance' as const), input: performance() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('event' as const), input: event() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('behavior' as const), input: behavior() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('business' as const), input: business() }) },
);

/** Milliseconds to the next record: often the same second, sometimes the next minute, rarely a quarter of an hour. */
const step = fc.constantFrom(0, 0, 100, 300, 500, 1000, 1000, 1000, 2000, 20_000, 61_000, 900_000);
/** Milliseconds that a record comes too late. */
const lag = fc.constantFrom(0, 0, 0, 0, 400, 1500, 30_000, 200_000);

/** Records in the order in which they come: mostly in the order of their timestamps. */
export const mixedRecords: fc.Arbitrary<Mixed[]> = fc
  .array(fc.tuple(record, step, lag), { minLength: 1, maxLength: 150, size: 'max' })
  .map((rows) => {
    let now = START;
    return rows.map(([{ kind, input }, gap, behind]) => {
      now += gap;
      return { kind, input: { ...input, timestamp: now - behind } } as Mixed;
    });
  });

export function send(service: Service, { kind, input }: Mixed): boolean {
  return service.collector.record(kind, input as never);
}

function metrics(): fc.Arbitrary<InputByKind['metrics']> {
  return fc.record(
    { ...origin, latency: value, errorRate: fc.constantFrom(0, 0, 0.03125, 0.5), cpuUsage: value },
    { requiredKeys: ['serviceId', 'latency'] },
  );
}

function metric(): fc.Arbitrary<InputByKind['metric']> {
  const labels = fc.constantFrom(undefined, { room: 'a' }, { room: 'b' }, { room: 'a', floor: '1' });
  return fc.record({ ...origin, metricName: fc.constantFrom(...METRICS), value, labels });
}

function performance(): fc.Arbitrary<InputByKind['performance']> {
  const operation = fc.constantFrom('read', 'write');
  return fc.record({ ...origin, operation, duration: value.map(Math.abs), success: fc.boolean() });
}

function event(): fc.Arbitrary<InputByKind['event']> {
  const metadata = fc.constantFrom(undefined, { error: true }, { error: 'timeout' }, { error: '' });
  return fc.record({ ...origin, eventType: fc.constant('login'), userId: fc.constantFrom('ada', 'bob'), metadata });
}

function behavior(): fc.Arbitrary<InputByKind['behavior']> {
  return fc.record({
    ...origin,
    userId: fc.constantFrom('ada', 'eve'),
    action: fc.constant('play'),
    success: fc.boolean(),
  });
}

function business(): fc.Arbitrary<InputByKind['business']> {
  const dimension = fc.constantFrom(undefined, 'eu', { plan: 'pro' });
  return fc.record({ ...origin, metricType: fc.constant('revenue'), value, dimension });
}
