import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Aggregator, AnalyticsError, Partials, type Period } from '../../../src/index.ts';
import { sealed } from '../../unit/aggregate/sealed.ts';
import { METRICS, type Mixed, mixedRecords, SERVICES } from '../service/mixed-records.ts';

const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];
const NAMES = ['latency', 'error_rate', 'cpu_usage', 'operation_duration', 'business.revenue', ...METRICS];
const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;

function add(to: Aggregator, { kind, input }: Mixed): void {
  to.add(kind, input as never);
}

/** After this all but the longest buckets are closed. */
function endOf(records: readonly Mixed[]): number {
  return Math.max(...records.map(({ input }) => Number(input.timestamp))) + 2 * 3_600_000;
}

function buckets(all: Aggregator): unknown {
  return SERVICES.map((id) =>
    PERIODS.map((period) => [
      all.getAggregations(id, { period }),
      NAMES.map((name) => all.getSeries(id, name, { period })),
      NAMES.map((name) => all.getSeries(id, name, { period, labels: { room: 'a' } })),
      NAMES.map((name) => all.getSeries(id, name, { period, labels: { operation: 'read' } })),
    ]),
  );
}

function everything(all: Aggregator): unknown {
  const tops = SERVICES.map((id) => [all.topErrors(id, 64), all.topUsers(id, 64), all.newestTimestamp(id)]);
  return [buckets(all), tops];
}

/** Records, and for each the number of the process that it came to. */
const spread = mixedRecords.chain((records) =>
  fc.record({
    records: fc.constant(records),
    nodes: fc.array(fc.nat(3), { minLength: records.length, maxLength: records.length }),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
  }),
);

function split(records: readonly Mixed[], nodes: readonly number[]): Aggregator[] {
  const all = Array.from({ length: 4 }, () => new Aggregator({ samples: true }));
  for (const [i, record] of records.entries()) add(all[nodes[i] as number] as Aggregator, record);
  return all;
}

function merged(parts: readonly Aggregator[], into = new Aggregator()): Aggregator {
  for (const part of parts) into.merge(part.partials().toBytes());
  return into;
}

describe('partials', () => {
  it('of records spread over processes, merged in any order, are what one process makes of them all', () => {
    fc.assert(
      fc.property(spread, fc.boolean(), ({ records, nodes, order }, closeFirst) => {
        const end = endOf(records);
        const one = new Aggregator();
        for (const record of records) add(one, record);
        const parts = split(records, nodes);
        if (closeFirst) for (const part of parts) part.advance(end);
        const all = merged(order.map((i) => parts[i] as Aggregator));
        one.advance(end);
        all.advance(end);
        expect(everything(all)).toEqual(everything(one));
        expect(all.stats().dropped).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('merged into minutes and longer buckets that are closed, count as late and change nothing else', () => {
    fc.assert(
      fc.property(spread, ({ records, nodes }) => {
        const end = endOf(records);
        const one = new Aggregator();
        for (const record of records) add(one, record);
        const [first, ...others] = split(records, nodes) as [Aggregator, ...Aggregator[]];
        first.advance(end);
        const { late } = first.stats();
        const known = new Set(first.serviceIds);
        first.merge(merged(others).partials());
        one.advance(end);
        first.advance(end);
        expect(everything(first)).toEqual(everything(one));
        const lateRecords = records.filter(({ input }, i) => nodes[i] !== 0 && known.has(input.serviceId as string));
        // Snapshots of gauges without a gauge in common count as one, which here they always have.
        expect(first.stats().late - late).toBe(lateRecords.length);
      }),
      { numRuns: 100 },
    );
  });

  it('may be merged in groups first', () => {
    fc.assert(
      fc.property(spread, ({ records, nodes }) => {
        const end = endOf(records);
        const [a, b, c, d] = split(records, nodes) as [Aggregator, Aggregator, Aggregator, Aggregator];
        const flat = merged([a, b, c, d]);
        const grouped = merged([merged([d, b]), merged([c, a])]);
        flat.advance(end);
        grouped.advance(end);
        expect(everything(grouped)).toEqual(everything(flat));
      }),
      { numRuns: 60 },
    );
  });

  it('of adjoining ranges are together those of the whole', () => {
    fc.assert(
      fc.property(mixedRecords, fc.nat(8), (records, quarters) => {
        const end = endOf(records);
        const source = new Aggregator();
        for (const record of records) add(source, record);
        const between = Number(records[0]?.input.timestamp) + quarters * QUARTER_MS;
        const halves = new Aggregator();
        halves.merge(source.partials(between));
        halves.merge(source.partials(undefined, between));
        halves.advance(end);
        source.advance(end);
        expect(everything(halves)).toEqual(everything(source));
      }),
      { numRuns: 60 },
    );
  });

  it('bring the samples of watched series: of each second the mean over all processes', () => {
    // In order, as records come that are stamped with the clock.
    const inOrder = spread.map(({ records, ...rest }) => ({
      ...rest,
      records: records.toSorted((a, b) => Number(a.input.timestamp) - Number(b.input.timestamp)),
    }));
    fc.assert(
      fc.property(inOrder, ({ records, nodes, order }) => {
        const one = new Aggregator({ samples: true });
        for (const record of records) add(one, record);
        one.advance(endOf(records));
        const parts = split(records, nodes);
        // Patient enough that no slot is over before the last process has reported.
        const all = new Aggregator({ samples: true, latenessMs: DAY_MS });
        merged(
          order.map((i) => parts[i] as Aggregator),
          all,
        );
        all.advance(endOf(records) + 2 * DAY_MS);
        const expected = samplesOf(one);
        const found = samplesOf(all);
        expect([...found.keys()]).toEqual([...expected.keys()]);
        // Means of numbers up to 2,500: rounding of a few additions.
        for (const [key, value] of found) expect(value).toBeCloseTo(expected.get(key) as number, 9);
      }),
      { numRuns: 100 },
    );
  });

  it('that were damaged or cut before they were sealed are refused or merged, but never anything else', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 });
    fc.assert(
      fc.property(mixedRecords, damage, fc.option(fc.nat()), (records, flips, cut) => {
        const source = new Aggregator({ samples: true });
        for (const record of records.slice(0, 20)) add(source, record);
        let bytes: Uint8Array = source.partials().toBytes().slice(0, -4);
        for (const [at, by] of flips) bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ by;
        if (cut !== null) bytes = bytes.subarray(0, cut % (bytes.length + 1));
        bytes = sealed(bytes);
        const target = new Aggregator({ samples: true });
        for (const record of records) add(target, record);
        const before = target.snapshot();
        try {
          target.merge(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AnalyticsError);
          expect((error as AnalyticsError).code).toBe('ERR_INVALID_SNAPSHOT');
          expect(target.snapshot()).toEqual(before);
          return;
        }
        // What was merged can be read, closed and passed on.
        target.advance(endOf(records));
        everything(target);
        Partials.fromBytes(target.partials().toBytes());
      }),
      { numRuns: 250 },
    );
  });

  it('of which a disk or a cable has changed a few bytes are refused', () => {
    const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(mixedRecords, flip, (records, [at, by]) => {
        const source = new Aggregator();
        for (const record of records.slice(0, 20)) add(source, record);
        const bytes = source.partials().toBytes();
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ by;
        expect(() => Partials.fromBytes(bytes)).toThrow(AnalyticsError);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused where the bytes are anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        try {
          new Aggregator().merge(sealed(Uint8Array.of(0xa9, 1, ...tail)));
        } catch (error) {
          expect((error as AnalyticsError).code).toBe('ERR_INVALID_SNAPSHOT');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Samples by series and time, without those that are derived from closed minutes. */
function samplesOf(all: Aggregator): Map<string, number> {
  const isDerived = /^(operation_|business\.)/;
  const samples = all.takeSamples().filter(({ series }) => !isDerived.test(series.metricName));
  const rows = samples.map(({ series, timestamp, value }): [string, number] => {
    const { serviceId, metricName, labels } = series;
    return [JSON.stringify([serviceId, metricName, labels, timestamp]), value];
  });
  return new Map(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}
