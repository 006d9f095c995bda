import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, type Period, Service, type ServiceOptions } from '../../../src/index.ts';
import { METRICS, type Mixed, mixedRecords, SERVICES, START, send } from './mixed-records.ts';

const PERIODS: readonly Period[] = ['1m', '5m', '15m', '1h', '1d'];
const NAMES = [
  ...['latency', 'error_rate', 'cpu_usage', 'operation_duration', 'operation_rate', 'operation_error_rate'],
  ...['operation_latency_p95', 'business.revenue', ...METRICS],
];

/** Detectors and predictors that speak early, so that short runs have something to lose. */
const OPTIONS: ServiceOptions = {
  detector: { method: 'zscore', minSamples: 3 },
  predictor: { minSamples: 3, model: 'linear' },
};
const SHIPPED: ServiceOptions = { predictor: { minSamples: 10 } };

/** What may happen between two records and must not matter. */
type Interruption = (service: Service, restore: (service: Service) => Service) => Service;

const looks: readonly ((service: Service) => unknown)[] = [
  (s) => s.flush(),
  (s) => s.getAnomalies(),
  (s) => s.getPredictions('shop'),
  (s) => s.getDashboardData(),
  (s) => s.explain('shop', 'latency'),
];
const look: fc.Arbitrary<Interruption> = fc.constantFrom(...looks).map((read) => (service) => {
  void read(service);
  return service;
});
const restart: Interruption = (service, restore) => restore(service);

interface Run {
  readonly service: Service;
  readonly events: readonly string[];
}

function run(
  records: readonly Mixed[],
  options: ServiceOptions,
  interruptions: ReadonlyMap<number, Interruption>,
): Run {
  const clock = new ManualClock(START);
  const events: string[] = [];
  const listen = (service: Service): Service => {
    service.on('error', (error) => expect.unreachable(String(error.cause)));
    service.on('aggregation', ({ id, eventCount }) => events.push(`${id} ${eventCount}`));
    return service;
  };
  const restore = (service: Service): Service =>
    listen(Service.restore(structuredClone(service.snapshot()), { ...options, clock }));
  let service = listen(new Service({ ...options, clock }));
  for (const [i, record] of records.entries()) {
    clock.set(Math.max(clock.now(), Number(record.input.timestamp)));
    expect(send(service, record)).toBe(true);
    const interrupt = interruptions.get(i);
    if (interrupt !== undefined) service = interrupt(service, restore);
  }
  void service.flush();
  return { service, events };
}

function findings({ service, events }: Run): Record<string, unknown> {
  const buckets = SERVICES.flatMap((id) => PERIODS.flatMap((period) => service.getAggregations(id, { period })));
  const series = SERVICES.flatMap((id) =>
    NAMES.flatMap((name) =>
      PERIODS.map((period) => [
        service.getSeries(id, name, { period }),
        service.getSeries(id, name, { period, labels: { room: 'a' } }),
        service.getSeries(id, name, { period, labels: {} }),
      ]),
    ),
  );
  const newest = SERVICES.map((id) => service.getAggregations(id));
  const anomalies = service.getAnomalies(undefined, 1000);
  const predictions = service.getPredictions(undefined, 1000);
  const { bytes: _, ...stats } = service.stats();
  return { buckets, newest, series, anomalies, predictions, stats, events, dashboard: service.getDashboardData() };
}

function interruptionsAt(places: readonly (readonly [number, Interruption])[]): ReadonlyMap<number, Interruption> {
  return new Map(places);
}

describe('the same records', () => {
  const places = (what: fc.Arbitrary<Interruption>): fc.Arbitrary<ReadonlyMap<number, Interruption>> =>
    fc.array(fc.tuple(fc.nat(149), what), { maxLength: 12 }).map(interruptionsAt);

  it('give the same findings however often one looks, flushes and restores meanwhile', () => {
    fc.assert(
      fc.property(mixedRecords, places(fc.oneof(look, fc.constant(restart))), (records, interruptions) => {
        expect(findings(run(records, OPTIONS, interruptions))).toEqual(findings(run(records, OPTIONS, new Map())));
      }),
      { numRuns: 150 },
    );
  });

  it('give the same findings when every record is flushed by itself', () => {
    const flush: Interruption = (service) => {
      void service.flush();
      return service;
    };
    fc.assert(
      fc.property(mixedRecords, (records) => {
        const everywhere = interruptionsAt(records.map((_, i) => [i, flush]));
        expect(findings(run(records, OPTIONS, everywhere))).toEqual(findings(run(records, OPTIONS, new Map())));
      }),
      { numRuns: 40 },
    );
  });

  it('give the same findings with the default detector and predictor', () => {
    fc.assert(
      fc.property(mixedRecords, places(fc.oneof(look, fc.constant(restart))), (records, interruptions) => {
        expect(findings(run(records, SHIPPED, interruptions))).toEqual(findings(run(records, SHIPPED, new Map())));
      }),
      { numRuns: 60 },
    );
  });

  it('give the same findings in one go, in a thousand flushes, and with a restore in the middle', () => {
    const records: Mixed[] = Array.from({ length: 3000 }, (_, i) => {
      const serviceId = SERVICES[i % 2] as string;
      const timestamp = START + i * 700 - (i % 13 === 0 ? 4000 : 0);
      const jump = i > 2000 && i < 2200 ? 300 : 0;
      const value = 20 + jump + ((i * 0.618_033_988_749_894_9) % 1) * 5;
      if (i % 3 === 0)
        return { kind: 'metrics', input: { serviceId, latency: value, errorRate: jump / 1000, timestamp } };
      if (i % 3 === 1) return { kind: 'metric', input: { serviceId, metricName: METRICS[0], value, timestamp } };
      return {
        kind: 'performance',
        input: { serviceId, operation: 'read', duration: value, success: jump === 0, timestamp },
      };
    });
    const flush = looks.map(
      (read): Interruption =>
        (service) => {
          void read(service);
          return service;
        },
    );
    const thousand = interruptionsAt(
      Array.from({ length: 1000 }, (_, i) => [3 * i, flush[i % flush.length] as Interruption]),
    );
    const once = findings(run(records, {}, new Map()));
    expect(once['anomalies']).not.toEqual([]);
    expect(once['predictions']).not.toEqual([]);
    expect(findings(run(records, {}, thousand))).toEqual(once);
    for (const middle of [1500, 2100]) {
      expect(findings(run(records, {}, interruptionsAt([[middle, restart]])))).toEqual(once);
    }
  });
});
