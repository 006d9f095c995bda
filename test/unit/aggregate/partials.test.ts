import { describe, expect, it } from 'vitest';
import { Aggregator, type AggregatorOptions, AnalyticsError, Collector, Partials } from '../../../src/index.ts';
import { sealed } from './sealed.ts';

/** The start of an hour, and a second into it. */
const T0 = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;
const DAY = 86_400_000;

const SHOP = { serviceId: 'shop' };

function gathered(add: (to: Aggregator) => void, options: AggregatorOptions = {}): Aggregator {
  const all = new Aggregator(options);
  add(all);
  return all;
}

function duration(to: Aggregator, ms: number, timestamp: number, success = true): void {
  to.add('performance', { ...SHOP, operation: 'GET /', duration: ms, success, timestamp });
}

function codeOf(work: () => void): string | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof AnalyticsError ? error.code : String(error);
  }
  return undefined;
}

describe('merged partials', () => {
  it('add up to one bucket: counts, errors, sums, extremes, and the newest sample', () => {
    const here = gathered((to) => duration(to, 10, T0 + 2000));
    const there = gathered((to) => {
      duration(to, 40, T0 + 1000, false);
      to.add('event', { ...SHOP, eventType: 'login', metadata: { error: true }, timestamp: T0 });
    });
    here.merge(there.partials());
    expect(here.getAggregations('shop', { period: '1m' })[0]).toMatchObject({
      eventCount: 3,
      errorCount: 2,
      avgLatency: 25,
    });
    expect(here.getSeries('shop', 'operation_duration')[0]).toMatchObject({ sum: 50, min: 10, max: 40, last: 10 });
    expect(here.topErrors('shop', 2).map(({ key, count }) => [key, count])).toEqual([
      ['GET / failed', 1],
      ['login', 1],
    ]);
  });

  it('count a user who was seen in both once', () => {
    const seen = (...users: string[]): Aggregator =>
      gathered((to) => {
        for (const userId of users) to.add('event', { ...SHOP, eventType: 'login', userId, timestamp: T0 });
      });
    const all = seen('ada', 'grace');
    all.merge(seen('grace', 'joan').partials());
    expect(all.getAggregations('shop', { period: '1h' })[0]?.distinctUsers).toBe(3);
    expect(all.topUsers('shop', 1)).toEqual([{ key: 'grace', count: 2, error: 0 }]);
  });

  it('bring of each gauge the newest, whichever comes first', () => {
    const early = gathered((to) => to.add('metrics', { ...SHOP, cpuUsage: 10, memoryUsage: 20, timestamp: T0 }));
    const late = gathered((to) => to.add('metrics', { ...SHOP, cpuUsage: 90, timestamp: T0 + 1000 }));
    for (const parts of [
      [early, late],
      [late, early],
    ]) {
      const all = new Aggregator();
      for (const part of parts) all.merge(part.partials());
      expect(all.latestMetrics('shop')).toEqual({ ...SHOP, cpuUsage: 90, memoryUsage: 20, timestamp: T0 + 1000 });
    }
  });

  it('close what their newest timestamp is past, when all is in', () => {
    const all = gathered((to) => duration(to, 10, T0));
    const later = gathered((to) => {
      for (const at of [T0 + 1, T0 + MINUTE + 5000]) duration(to, 30, at);
    });
    all.merge(later.partials());
    const [minute] = all.takeClosed();
    expect(minute).toMatchObject({ timestamp: T0, eventCount: 2, avgLatency: 20 });
    expect(all.stats().late).toBe(0);
  });

  it('count as late where their minute is closed, and as dropped where it is no longer kept', () => {
    const all = gathered((to) => duration(to, 10, T0 + DAY), { retentionMs: 2 * 3_600_000 });
    all.merge(gathered((to) => duration(to, 30, T0 + DAY - 3_600_000)).partials());
    expect(all.stats()).toMatchObject({ late: 1, dropped: 0 });
    expect(all.getAggregations('shop', { period: '1h' })[0]).toMatchObject({ eventCount: 1, avgLatency: 30 });
    all.merge(
      gathered((to) => {
        duration(to, 30, T0);
        to.add('metrics', { ...SHOP, cpuUsage: 1, memoryUsage: 2, timestamp: T0 });
      }).partials(),
    );
    expect(all.stats()).toMatchObject({ late: 3, dropped: 2 });
  });

  it('keep to the limit of series: the rest goes to the overflow series, and is counted', () => {
    const rooms = (first: number): Aggregator =>
      gathered((to) => {
        for (let room = first; room < first + 5; room++) {
          const labels = { room: `${room}` };
          to.add('metric', { ...SHOP, metricName: 'temperature', value: 1, labels, timestamp: T0 });
          to.add('metric', { ...SHOP, metricName: 'temperature', value: 2, labels, timestamp: T0 + 1 });
        }
      });
    const all = new Aggregator({ maxSeries: 3 });
    all.merge(rooms(0).partials());
    all.merge(rooms(5).partials());
    expect(all.getSeries('shop', 'temperature')[0]).toMatchObject({ count: 20, sum: 30 });
    const overflow = { metric: 'temperature', label: 'room', count: 14 };
    expect(all.stats()).toMatchObject({ series: 4, overflow: [overflow] });
    // What overflowed there counts as overflow here.
    const next = new Aggregator();
    next.merge(all.partials());
    expect(next.stats().overflow).toEqual([overflow]);
  });

  it('keep to the limit of services', () => {
    const all = new Aggregator({ maxSeries: 1 });
    for (const serviceId of ['a', 'b', 'c']) {
      all.merge(gathered((to) => to.add('event', { serviceId, eventType: 'e', timestamp: T0 })).partials());
    }
    expect(all.serviceIds).toEqual(['a', '__overflow__']);
    expect(all.getAggregations('__overflow__')[0]).toMatchObject({ eventCount: 2 });
    expect(all.stats().overflow).toEqual([{ metric: '__overflow__', label: 'serviceId', count: 2 }]);
  });

  it('keep names that are properties of every object', () => {
    const metric = { serviceId: '__proto__', metricName: 'constructor' };
    const labels = JSON.parse('{ "__proto__": "x" }');
    const all = new Aggregator();
    all.merge(gathered((to) => to.add('metric', { ...metric, value: 5, labels, timestamp: T0 })).partials());
    expect(all.getSeries('__proto__', 'constructor', { labels })[0]).toMatchObject({ count: 1, last: 5 });
    expect(all.getSeries('__proto__', 'constructor', { labels: {} })).toEqual([]);
  });

  it('are of the minutes that begin in the range', () => {
    const source = gathered((to) => {
      for (const minute of [0, 1, 2]) duration(to, minute + 1, T0 + minute * MINUTE);
    });
    const all = new Aggregator();
    all.merge(source.partials(T0 + MINUTE, new Date(T0 + 2 * MINUTE)));
    expect(all.getAggregations('shop', { period: '1m' }).map(({ avgLatency }) => avgLatency)).toEqual([2]);
    expect(codeOf(() => source.partials(Number.NaN))).toBe('ERR_INVALID_OPTION');
  });

  it('may be merged again after a restart of either side', () => {
    const restarted = Aggregator.restore(structuredClone(gathered((to) => duration(to, 10, T0)).snapshot()));
    restarted.merge(gathered((to) => duration(to, 30, T0)).partials());
    expect(Aggregator.restore(restarted.snapshot()).getAggregations('shop')[0]).toMatchObject({ avgLatency: 20 });
  });
});

describe('samples of watched series', () => {
  const gauge = (to: Aggregator, cpuUsage: number, timestamp: number): void =>
    to.add('metrics', { ...SHOP, cpuUsage, timestamp });
  const series = { ...SHOP, metricName: 'cpu_usage' };
  const one = (): Aggregator =>
    gathered(
      (to) => {
        gauge(to, 10, T0 + 100);
        gauge(to, 20, T0 + 200);
        gauge(to, 50, T0 + 1000);
      },
      { samples: true },
    );
  const other = (): Aggregator => gathered((to) => gauge(to, 60, T0 + 900), { samples: true });

  it('are of each second the mean over all, and wait until the watermark has passed it', () => {
    const all = new Aggregator({ samples: true });
    all.merge(one().partials());
    // By the newest record second 0 is over; but another process may still have something of it.
    expect(all.takeSamples()).toEqual([]);
    all.merge(other().partials());
    expect(all.waitingSamples()).toEqual([{ series, timestamp: T0 + 100, value: 30 }]);
    gauge(all, 70, T0 + 1500);
    gauge(all, 0, T0 + 7000);
    expect(all.takeSamples()).toEqual([
      { series, timestamp: T0 + 100, value: 30 },
      { series, timestamp: T0 + 1000, value: 60 },
    ]);
    // Too late for the detector, which only looks forward.
    all.merge(other().partials());
    all.advance(T0 + 30_000);
    expect(all.takeSamples().map(({ timestamp }) => timestamp)).toEqual([T0 + 7000]);
  });

  it('combine with what the series has in its own slot', () => {
    const all = one();
    all.takeSamples();
    all.merge(gathered((to) => gauge(to, 10, T0 + 1900), { samples: true }).partials());
    all.advance(T0 + 30_000);
    expect(all.takeSamples()).toEqual([{ series, timestamp: T0 + 1000, value: 30 }]);
  });

  it('that were taken are not in the partials, and those that wait still are after a restart', () => {
    const source = new Aggregator({ samples: true });
    source.merge(one().partials());
    const restored = Aggregator.restore(structuredClone(source.snapshot()), { samples: true });
    const all = new Aggregator({ samples: true });
    all.merge(restored.partials());
    all.advance(T0 + 30_000);
    expect(all.takeSamples().map(({ value }) => value)).toEqual([15, 50]);
    const taken = one();
    taken.advance(T0 + 30_000);
    taken.takeSamples();
    const rest = new Aggregator({ samples: true });
    rest.merge(taken.partials());
    rest.advance(T0 + 30_000);
    expect(rest.takeSamples()).toEqual([]);
  });
});

describe('bytes', () => {
  const source = gathered((to) => duration(to, 10, T0));

  it('may be a view, and are not kept', () => {
    const bytes = source.partials().toBytes();
    const padded = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('xx')]).subarray(2, -2);
    const partials = Partials.fromBytes(padded);
    padded.fill(0);
    partials.toBytes().fill(0);
    expect(partials.toBytes()).toEqual(bytes);
  });

  it('end with the checksum that FNV-1a gives', () => {
    const bytes = source.partials().toBytes();
    expect(sealed(bytes.slice(0, -4))).toEqual(bytes);
  });

  const good = source.partials().toBytes().slice(0, -4);
  it.each([
    ['nothing', Uint8Array.of()],
    ['only a checksum', sealed(Uint8Array.of())],
    ['another checksum', Uint8Array.of(...good, 1, 2, 3, 4)],
    ['another magic number', sealed(Uint8Array.of(0, ...good.slice(1)))],
    ['another version', sealed(Uint8Array.of(good[0] as number, 2, ...good.slice(2)))],
    ['a byte too many', sealed(Uint8Array.of(...good, 0))],
    ['a byte too few', sealed(good.slice(0, -1))],
    // 2^53 − 1 services in 9 bytes.
    ['an absurd number of services', sealed(Uint8Array.of(0xa9, 1, 255, 255, 255, 255, 255, 255, 255, 15))],
    ['no bytes at all', 'text' as unknown as Uint8Array],
  ])('are refused where there is %s', (_, bytes) => {
    const all = new Aggregator();
    expect(codeOf(() => all.merge(bytes))).toBe('ERR_INVALID_SNAPSHOT');
    expect(codeOf(() => Partials.fromBytes(bytes))).toBe('ERR_INVALID_SNAPSHOT');
    expect(all.serviceIds).toEqual([]);
  });

  it('that are bad at their very end leave nothing behind of what comes before', () => {
    const two = gathered((to) => {
      duration(to, 10, T0);
      to.add('event', { serviceId: 'mail', eventType: 'sent', timestamp: T0 });
    });
    const all = new Aggregator();
    expect(codeOf(() => all.merge(sealed(two.partials().toBytes().slice(0, -5))))).toBe('ERR_INVALID_SNAPSHOT');
    expect(all.serviceIds).toEqual([]);
  });
});

describe('operations', () => {
  it('beyond the limit of series count for their service, whatever else goes beyond it', () => {
    const all = new Aggregator({ maxSeries: 1 });
    all.add('metric', { ...SHOP, metricName: 'a', value: 1, timestamp: T0 });
    all.add('metric', { ...SHOP, metricName: 'b', value: 100, timestamp: T0 });
    duration(all, 10, T0 + 1);
    // It used to count 0 records, having put the operation into the series of the metrics.
    expect(all.getAggregations('shop')[0]).toMatchObject({ eventCount: 1, avgLatency: 10 });
  });

  it('of one collector may go to another aggregator from one record to the next', async () => {
    const aggregators = [new Aggregator(), new Aggregator()] as const;
    let turn: 0 | 1 = 0;
    const collector = new Collector({
      ...SHOP,
      sink: { add: () => {}, addOperations: (batch, end) => aggregators[turn].addOperations(batch, end) },
    });
    const handle = collector.operation('shop', 'GET /');
    for (turn of [0, 1, 0, 1, 1] as const) {
      handle.record(10, true);
      await collector.flush();
    }
    await collector.close();
    const counts = aggregators.map((all) => all.getAggregations('shop', { period: '1d' })[0]?.eventCount);
    // They used to go to the first, which had seen the operation before: 5 and 0.
    expect(counts).toEqual([2, 3]);
  });
});
