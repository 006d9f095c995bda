import { describe, expect, it } from 'vitest';
import {
  Collector,
  type CollectorEvents,
  type InputByKind,
  ManualClock,
  type RecordKind,
  type RejectionReason,
} from '../../../src/index.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;

const PERFORMANCE = { operation: 'GET /', duration: 12, success: true };

/** What becomes of one record: the record as listeners get it, or the reason of its refusal. */
function outcome<K extends RecordKind>(kind: K, input: unknown): CollectorEvents[K] | RejectionReason {
  const collector = new Collector({ clock: new ManualClock(NOW) });
  let record: CollectorEvents[K] | undefined;
  let reason: RejectionReason | undefined;
  collector.on(kind, (accepted) => {
    record = accepted;
  });
  collector.on('rejected', (rejection) => {
    reason = rejection.reason;
  });
  const accepted = collector.record(kind, input as InputByKind[K]);
  void collector.flush();
  const { rejected } = collector.stats();
  expect(accepted).toBe(reason === undefined);
  expect(rejected).toEqual(reason === undefined ? {} : { [reason]: 1 });
  return (record ?? reason) as CollectorEvents[K] | RejectionReason;
}

const throwing = {
  get operation(): string {
    throw new Error('no');
  },
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();

describe('a record that is refused', () => {
  it.each<[RejectionReason, unknown]>([
    ['invalid_number', Number.NaN],
    ['invalid_number', Number.POSITIVE_INFINITY],
    ['invalid_number', Number.NEGATIVE_INFINITY],
    ['invalid_number', '12'],
    ['invalid_number', 12n],
    ['invalid_number', new Number(12)],
    ['invalid_number', null],
    ['invalid_number', undefined],
    ['invalid_number', Symbol('12')],
    ['out_of_range', -1],
  ])('is counted as %s for the duration %s', (reason, duration) => {
    expect(outcome('performance', { ...PERFORMANCE, duration })).toBe(reason);
  });

  it.each<[RejectionReason, unknown]>([
    ['invalid_string', ''],
    ['invalid_string', 7],
    ['invalid_string', null],
    ['invalid_string', new String('shop')],
    ['too_long', 'x'.repeat(257)],
  ])('is counted as %s for a bad service id', (reason, serviceId) => {
    expect(outcome('performance', { ...PERFORMANCE, serviceId })).toBe(reason);
  });

  it.each<[RejectionReason, unknown]>([
    ['invalid_timestamp', Number.NaN],
    ['invalid_timestamp', new Date(Number.NaN)],
    ['invalid_timestamp', '2026-01-15T12:00:00Z'],
    ['invalid_timestamp', null],
    ['future', NOW + 5 * MINUTE + 1],
    ['future', new Date(NOW + DAY)],
    ['expired', NOW - 30 * DAY - 1],
    ['expired', 0],
  ])('is counted as %s for the timestamp %s', (reason, timestamp) => {
    expect(outcome('performance', { ...PERFORMANCE, timestamp })).toBe(reason);
  });

  it.each<[RejectionReason, RecordKind, unknown]>([
    ['not_a_record', 'event', undefined],
    ['not_a_record', 'event', null],
    ['not_a_record', 'event', 'login'],
    ['not_a_record', 'event', () => {}],
    ['not_a_record', 'performance', throwing],
    ['not_a_record', 'event', revoked.proxy],
    ['invalid_string', 'event', {}],
    ['invalid_string', 'event', []],
    ['invalid_boolean', 'performance', { ...PERFORMANCE, success: 1 }],
    ['invalid_boolean', 'behavior', { userId: 'ada', action: 'play' }],
    ['no_value', 'metrics', { serviceId: 'shop' }],
    ['reserved_name', 'metric', { metricName: 'operation_duration', value: 1 }],
    ['reserved_name', 'metric', { metricName: 'operation_latency_p95', value: 1 }],
    ['invalid_number', 'metrics', { cpuUsage: 10, latency: '3' }],
    ['invalid_labels', 'metric', { metricName: 'm', value: 1, labels: { a: 1 } }],
    ['invalid_labels', 'metric', { metricName: 'm', value: 1, labels: ['a'] }],
    ['invalid_labels', 'metric', { metricName: 'm', value: 1, labels: new Map([['a', 'b']]) }],
    ['too_long', 'metric', { metricName: 'm', value: 1, labels: { a: 'x'.repeat(257) } }],
    ['too_long', 'metric', { metricName: 'm', value: 1, labels: { ['x'.repeat(257)]: 'a' } }],
    ['too_long', 'metric', { metricName: 'x'.repeat(257), value: 1 }],
    ['invalid_metadata', 'event', { eventType: 'e', metadata: 'text' }],
    ['invalid_metadata', 'event', { eventType: 'e', metadata: { run: () => {} } }],
    ['invalid_metadata', 'event', { eventType: 'e', metadata: { big: 1n } }],
    ['invalid_metadata', 'event', { eventType: 'e', metadata: { map: new Map([[1, 2]]) } }],
  ])('is counted as %s: %s %#', (reason, kind, input) => {
    expect(outcome(kind, input)).toBe(reason);
  });

  it.each(['constructor', 'toString', '__proto__', 'deleted'])('is so for the unknown kind %s', (kind) => {
    const collector = new Collector();
    expect(collector.record(kind as RecordKind, { eventType: 'e' } as never)).toBe(false);
    expect(collector.stats()).toMatchObject({ accepted: 0, rejected: { not_a_record: 1 } });
  });
});

describe('limits', () => {
  it('take a name, a label and a service id of 256 characters', () => {
    const long = 'x'.repeat(256);
    const record = { serviceId: long, metricName: long, value: 1, labels: { [long]: long } };
    expect(outcome('metric', record)).toEqual({ ...record, timestamp: NOW });
  });

  it('take timestamps up to five minutes ahead and as old as the retention', () => {
    for (const timestamp of [NOW + 5 * MINUTE, NOW - 30 * DAY]) {
      expect(outcome('performance', { ...PERFORMANCE, timestamp })).toMatchObject({ timestamp });
    }
  });

  it('take metadata of 8 levels and refuse 9', () => {
    const nested = (levels: number): object => (levels === 1 ? { end: 'x' } : { next: nested(levels - 1) });
    expect(outcome('event', { eventType: 'e', metadata: nested(8) })).toMatchObject({ metadata: nested(8) });
    expect(outcome('event', { eventType: 'e', metadata: nested(9) })).toBe('metadata_too_deep');
  });

  it('take metadata below 16 kB and refuse it beyond', () => {
    const metadata = { text: 'x'.repeat(16_000) };
    expect(outcome('event', { eventType: 'e', metadata })).toMatchObject({ metadata });
    expect(outcome('event', { eventType: 'e', metadata: { text: 'x'.repeat(16_384) } })).toBe('metadata_too_large');
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, i]));
    expect(outcome('event', { eventType: 'e', metadata: wide })).toBe('metadata_too_large');
  });

  it('end cycles and sparse arrays without walking them', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(outcome('event', { eventType: 'e', metadata: cycle })).toBe('metadata_too_deep');
    const endless = new Proxy({}, { ownKeys: () => ['a'], get: () => endless, getOwnPropertyDescriptor: open });
    expect(outcome('event', { eventType: 'e', metadata: endless })).toBe('metadata_too_deep');
    expect(outcome('event', { eventType: 'e', metadata: { list: new Array(4e9) } })).toBe('metadata_too_large');
  });
});

function open(): PropertyDescriptor {
  return { enumerable: true, configurable: true, value: 1 };
}

describe('names that mean something to JavaScript', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__overflow__'])('are data: %s', (name) => {
    const labels = JSON.parse(`{"${name}": "${name}"}`) as Record<string, string>;
    const metric = { serviceId: name, metricName: name, value: 1, labels, unit: name };
    expect(outcome('metric', metric)).toStrictEqual({ ...metric, timestamp: NOW });
    const metadata = JSON.parse(`{"${name}": {"${name}": 1}}`) as Record<string, unknown>;
    const event = outcome('event', { eventType: name, serviceId: name, metadata, tags: labels });
    expect(JSON.stringify(event)).toBe(
      JSON.stringify({ eventType: name, serviceId: name, timestamp: NOW, metadata, tags: labels }),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('are not inherited: a prototype is no part of a record', () => {
    const metadata = Object.create({ error: true }) as Record<string, unknown>;
    expect(outcome('event', { eventType: 'e', metadata })).toEqual({
      eventType: 'e',
      serviceId: 'default',
      timestamp: NOW,
      metadata: {},
    });
  });
});

describe('an accepted record', () => {
  it('is a copy of the fields that are known, with service and time filled in', () => {
    const input = { ...PERFORMANCE, password: 'secret', errorType: undefined };
    expect(outcome('performance', input)).toStrictEqual({ ...PERFORMANCE, serviceId: 'default', timestamp: NOW });
  });

  it('is not changed by what happens to the input afterwards', () => {
    const metadata = { list: [{ n: 1 }] };
    const labels = { a: 'b' };
    const collector = new Collector();
    const seen: unknown[] = [];
    collector.on('event', (event) => seen.push(event.metadata, event.tags));
    collector.record('event', { eventType: 'e', metadata, tags: labels });
    metadata.list[0] = { n: 2 };
    labels.a = 'c';
    void collector.flush();
    expect(seen).toEqual([{ list: [{ n: 1 }] }, { a: 'b' }]);
  });

  it('carries 1e308 and the smallest of numbers as they are', () => {
    for (const value of [1e308, -1e308, 5e-324, 0]) {
      expect(outcome('metric', { metricName: 'm', value })).toMatchObject({ value });
    }
  });
});

describe('a ratio', () => {
  it('given in percent is refused, since it would pass for hundreds of percent', () => {
    const collector = new Collector();
    expect(collector.record('metrics', { errorRate: 5 })).toBe(false);
    expect(collector.record('metrics', { cacheHitRate: -0.1 })).toBe(false);
    expect(collector.record('metrics', { errorRate: 1, cacheHitRate: 0 })).toBe(true);
    expect(collector.stats().rejected).toEqual({ out_of_range: 2 });
  });
});
