import { describe, expect, it } from 'vitest';
import { Aggregator, type AggregatorSnapshot } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 1);

const metric = (timestamp: number, value: number) => ({ serviceId: 'shop', metricName: 'm', value, timestamp });

describe('a snapshot', () => {
  it.each<[string, (all: Aggregator) => void]>([
    ['with an open minute', (all) => all.add('metric', metric(T0, 1))],
    [
      'with few closed buckets',
      (all) => {
        all.add('metric', metric(T0, 1));
        all.advance(T0 + HOUR);
      },
    ],
    [
      'with many closed buckets',
      (all) => {
        for (let i = 0; i < 60; i++) all.add('metric', metric(T0 + i * MINUTE, i));
        all.advance(T0 + 2 * HOUR);
      },
    ],
    ['with a performance record', addOperation],
    ['with a user', (all) => all.add('event', { serviceId: 'shop', eventType: 'e', userId: 'u', timestamp: T0 })],
  ])('%s that went through JSON, where typed arrays get lost, is refused as damaged', (_, fill) => {
    const all = new Aggregator();
    fill(all);
    const json = JSON.parse(JSON.stringify(all.snapshot())) as AggregatorSnapshot;
    expect(() => Aggregator.restore(json)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_SNAPSHOT',
        message: 'aggregator snapshot must be what snapshot() gave, got one that cannot be read',
      }),
    );
  });

  it.each([[null], [5], [{}], [{ version: 2 }]])('that is %j is refused as of another version', (snapshot) => {
    expect(() => Aggregator.restore(snapshot as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_SNAPSHOT',
        message: expect.stringMatching(/^aggregator snapshot must be of version 1, got /) as string,
      }),
    );
  });

  it('holds the samples of slots that are not over, and they end as if nothing had been', () => {
    const first = new Aggregator({ samples: true });
    first.add('metric', metric(T0, 1));
    const second = Aggregator.restore(structuredClone(first.snapshot()), { samples: true });
    second.add('metric', metric(T0 + 500, 3));
    expect(second.takeSamples()).toEqual([]);
    // Mean of 1 and 3, at the time of the first; ended by a record of another series.
    second.add('metric', { ...metric(T0 + SECOND, 9), metricName: 'other' });
    expect(second.takeSamples()).toEqual([{ series: { serviceId: 'shop', metricName: 'm' }, timestamp: T0, value: 2 }]);
  });

  it('holds what was dropped and what was late, and counting goes on from there', () => {
    const first = new Aggregator({ retentionMs: HOUR });
    first.add('metric', metric(T0, 1));
    first.add('metric', metric(T0 - 2 * HOUR, 1));
    expect(first.stats()).toMatchObject({ late: 1, dropped: 1 });
    const second = Aggregator.restore(structuredClone(first.snapshot()), { retentionMs: HOUR });
    second.add('metric', metric(T0 - 2 * HOUR, 1));
    expect(second.stats()).toMatchObject({ late: 2, dropped: 2 });
  });
});

function addOperation(all: Aggregator): void {
  all.add('performance', { serviceId: 'shop', operation: 'read', duration: 10, success: true, timestamp: T0 });
}
