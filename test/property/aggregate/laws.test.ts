import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Aggregator, type Period, type SeriesBucket } from '../../../src/index.ts';
import { METRICS, type Mixed, mixedRecords, SERVICES } from '../service/mixed-records.ts';

const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];
const WIDTH = { '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000, '1d': 86_400_000 };
const NAMES = ['latency', 'error_rate', 'operation_duration', 'business.revenue', ...METRICS];

function aggregate(records: readonly Mixed[], end: number): Aggregator {
  const all = new Aggregator();
  for (const { kind, input } of records) all.add(kind, input as never);
  all.advance(end);
  return all;
}

function everything(all: Aggregator): unknown {
  return SERVICES.map((id) =>
    PERIODS.map((period) => [
      all.getAggregations(id, { period }),
      NAMES.map((name) => all.getSeries(id, name, { period })),
      NAMES.map((name) => all.getSeries(id, name, { period, labels: { room: 'a' } })),
    ]),
  );
}

/** After this all but the longest buckets are closed. */
function endOf(records: readonly Mixed[]): number {
  return Math.max(...records.map(({ input }) => Number(input.timestamp))) + 2 * 3_600_000;
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('buckets', () => {
  it('are the same in whatever order records come, up to a minute out of place', () => {
    const shuffled = mixedRecords.chain((records) =>
      fc
        .array(fc.integer({ min: -60_000, max: 60_000 }), { minLength: records.length, maxLength: records.length })
        .map((shifts) => ({ records, shifts })),
    );
    fc.assert(
      fc.property(shuffled, ({ records, shifts }) => {
        const end = endOf(records);
        const order = records
          .map((record, i) => ({ record, at: Number(record.input.timestamp) + (shifts[i] as number) }))
          .sort((a, b) => a.at - b.at);
        const moved = aggregate(
          order.map(({ record }) => record),
          end,
        );
        expect(everything(moved)).toEqual(everything(aggregate(records, end)));
        expect(moved.stats().dropped).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('of any finite numbers are the same in any order', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), finite), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat()), (samples, keys) => {
        const at = ([second, value]: readonly [number, number]): Mixed => ({
          kind: 'metric',
          input: { serviceId: 'shop', metricName: 'temperature', value, timestamp: second * 1000 },
        });
        const ordered = samples.map(at);
        const random = ordered
          .map((record) => ({ record, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ record }) => record);
        expect(everything(aggregate(random, 1e7))).toEqual(everything(aggregate(ordered, 1e7)));
      }),
    );
  });

  it('of longer periods are the merge of their minutes, open or closed', () => {
    fc.assert(
      fc.property(mixedRecords, fc.constantFrom(0, 120_000, 7_200_000), (records, wait) => {
        const all = aggregate(records, endOf(records) - 7_200_000 + wait);
        for (const id of SERVICES) {
          const minutes = all.getAggregations(id, { period: '1m' });
          for (const period of PERIODS) {
            for (const bucket of all.getAggregations(id, { period })) {
              const parts = minutes.filter(({ timestamp }) => within(timestamp, bucket.timestamp, period));
              expect(bucket.eventCount).toBe(total(parts.map(({ eventCount }) => eventCount)));
              expect(bucket.errorCount).toBe(total(parts.map(({ errorCount }) => errorCount)));
            }
            for (const name of NAMES) {
              for (const bucket of all.getSeries(id, name, { period })) {
                expectMerge(
                  bucket,
                  all.getSeries(id, name).filter(({ timestamp }) => within(timestamp, bucket.timestamp, period)),
                );
              }
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('hold every record: the sum over them is what was added', () => {
    fc.assert(
      fc.property(mixedRecords, (records) => {
        const all = aggregate(records, endOf(records));
        const counted = records.filter(({ kind }) => kind === 'event' || kind === 'behavior' || kind === 'performance');
        for (const period of PERIODS) {
          const counts = SERVICES.flatMap((id) => all.getAggregations(id, { period }).map((b) => b.eventCount));
          expect(total(counts)).toBe(counted.length);
        }
        const custom = records.filter(({ kind }) => kind === 'metric').length;
        const buckets = SERVICES.flatMap((id) => METRICS.flatMap((name) => all.getSeries(id, name, { period: '1d' })));
        expect(total(buckets.map(({ count }) => count))).toBe(custom);
      }),
    );
  });

  it('go on the same from a snapshot', () => {
    fc.assert(
      fc.property(mixedRecords, fc.nat(150), (records, place) => {
        const end = endOf(records);
        const first = new Aggregator();
        for (const { kind, input } of records.slice(0, place)) first.add(kind, input as never);
        first.takeClosed();
        const second = Aggregator.restore(structuredClone(first.snapshot()));
        for (const all of [first, second]) {
          for (const { kind, input } of records.slice(place)) all.add(kind, input as never);
        }
        expect(second.advance(end)).toEqual(first.advance(end));
        expect(everything(second)).toEqual(everything(first));
        expect(second.snapshot()).toEqual(first.snapshot());
      }),
      { numRuns: 60 },
    );
  });
});

function expectMerge(bucket: SeriesBucket, minutes: readonly SeriesBucket[]): void {
  expect(bucket.count).toBe(total(minutes.map(({ count }) => count)));
  // Values here are multiples of 1/32, so that their sums are exact in any order.
  expect(bucket.sum).toBe(total(minutes.map(({ sum }) => sum)));
  expect(bucket.min).toBe(Math.min(...minutes.map(({ min }) => min)));
  expect(bucket.max).toBe(Math.max(...minutes.map(({ max }) => max)));
  if (bucket.period !== '1m' && minutes.length === 1) {
    const { timestamp: _, period: __, complete: ___, ...own } = minutes[0] as SeriesBucket;
    expect(bucket).toMatchObject(own);
  }
  expect(bucket.last).toBe(minutes.at(-1)?.last);
}

function within(timestamp: number, start: number, period: Period): boolean {
  return timestamp >= start && timestamp < start + WIDTH[period];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
