import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Anomaly, ManualClock, memoryStore, type OpenOptions, Service, type Store } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';

const SECOND = 1000;
const T0 = Date.UTC(2026, 0, 5, 10);

/** What listeners heard of, in order. */
interface Heard {
  readonly anomalies: string[];
  readonly closed: string[];
}

/** One life of a service, from opening to its end. */
class Life {
  readonly clock: ManualClock;
  readonly service: Service;

  constructor(clock: ManualClock, service: Service, heard: Heard) {
    this.clock = clock;
    this.service = service;
    service.on('anomaly', ({ id, severity }: Anomaly) => heard.anomalies.push(`${id} ${severity}`));
    service.on('anomalyClosed', ({ id }) => heard.closed.push(id));
  }

  static async open(store: Store | undefined, nowMs: number, heard: Heard, options: OpenOptions = {}): Promise<Life> {
    const clock = new ManualClock(nowMs);
    const all = { ...options, clock, flushIntervalMs: 5 * SECOND };
    const service = store === undefined ? new Service(all) : await Service.open({ ...all, store });
    return new Life(clock, service, heard);
  }

  /** Lives through seconds `[from, to)` of a day that has a fault from 20:00 to 26:00 minutes. */
  live(from: number, to: number): void {
    const { service, clock } = this;
    for (let s = from; s < to; s++) {
      clock.advance(T0 + s * SECOND - clock.now());
      const timestamp = clock.now();
      const wave = Math.sin(s / 7) * 3 + ((s * 7919) % 13) / 4;
      const fault = s >= 20 * 60 && s < 26 * 60;
      service.recordPerformanceMetric({
        serviceId: 'shop',
        operation: s % 3 === 0 ? 'pay' : 'cart',
        duration: (fault ? 400 : 40) + wave,
        success: !(fault && s % 4 === 0),
        errorType: 'timeout',
      });
      if (s % 5 === 0) {
        service.recordMetrics({ serviceId: 'shop', cpuUsage: (fault ? 90 : 40) + wave, memoryUsage: 50 + s / 400 });
        service.recordEvent({ serviceId: 'shop', eventType: 'login', userId: `u${s % 50}`, timestamp });
      }
      if (s % 20 === 0) service.recordBusinessMetric({ metricType: 'revenue', value: 10 + wave, serviceId: 'shop' });
      if (s % 10 === 0) {
        service.recordMetric({ serviceId: 'jobs', metricName: 'depth', value: 100 + wave, labels: { q: `q${s % 3}` } });
      }
    }
  }
}

function outcome(service: Service): unknown {
  const read = (serviceId: string) =>
    (['1m', '5m', '15m', '1h', '1d'] as const).map((period) => service.getAggregations(serviceId, { period }));
  const { accepted, late, dropped, series, learning } = service.stats();
  return {
    counts: { accepted, late, dropped, series, learning },
    shop: read('shop'),
    jobs: read('jobs'),
    series: service
      .listSeries()
      .map(({ serviceId, metricName, labels }) => [
        service.getSeries(serviceId, metricName, { labels }),
        service.getSeries(serviceId, metricName, { labels, period: '15m' }),
        service.explain(serviceId, metricName, labels),
        service.predictionAccuracy(serviceId, metricName, labels),
        service.forecast(serviceId, metricName, { horizon: '15m', labels })?.mean,
        service.getChart(serviceId, metricName, { labels }),
      ]),
    anomalies: service.getAnomalies(undefined, 100),
    predictions: service.getPredictions(undefined, 100),
    dashboard: service.getDashboardData(),
  };
}

const END = 40 * 60;

/** What somebody does at a stop, `second` seconds after the beginning. */
type Plan = (service: Service, second: number) => void;

const nothing: Plan = () => {};
/** Work on the shop is announced, and over before its fault is. */
const maintenance: Plan = (service, second) => {
  if (second === 19 * 60) service.silence({ serviceId: 'shop', until: T0 + 24 * 60 * SECOND });
};

async function uninterrupted(plan: Plan, stops: readonly number[]): Promise<unknown[]> {
  const heard: Heard = { anomalies: [], closed: [] };
  const life = await Life.open(undefined, T0, heard);
  let from = 0;
  for (const stop of [...stops, END]) {
    life.live(from, stop);
    await life.service.flush();
    plan(life.service, stop);
    await life.service.flush();
    from = stop;
  }
  return [outcome(life.service), heard];
}

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Of each kind: makes a store on what is new, and then others on the same. */
const STORES = {
  memory: () => {
    const store = memoryStore();
    return () => store;
  },
  sqlite: () => {
    const path = join(folder, `${files++}.db`);
    return () => sqlite({ path });
  },
} satisfies Record<string, () => () => Store>;

describe.each(Object.entries(STORES))('a service that goes on from its %s store', (_kind, stores) => {
  it.each<readonly [when: string, stops: readonly number[], plan: Plan]>([
    ['in the learning phase', [5 * 60 + 3], nothing],
    ['in the middle of an anomaly', [22 * 60 + 17], nothing],
    ['in a maintenance window', [19 * 60, 21 * 60, 23 * 60 + 30], maintenance],
    ['again and again', [60, 7 * 60 + 1, 19 * 60 + 59, 20 * 60 + 30, 23 * 60, 31 * 60 + 2], nothing],
  ])('is what it would be had it never stopped: %s', async (_, stops, plan) => {
    const expected = await uninterrupted(plan, stops);
    const newStore = stores();
    let store = newStore();
    const heard: Heard = { anomalies: [], closed: [] };
    let from = 0;
    let life = await Life.open(store, T0, heard);
    for (const stop of stops) {
      life.live(from, stop);
      await life.service.flush();
      plan(life.service, stop);
      await life.service.flush();
      // As when it is killed: nothing of the service is asked to do anything more.
      await store.close();
      store = newStore();
      // Flushes fall due at the same times as without the restart.
      life = await Life.open(store, T0 + Math.floor((stop - 1) / 5) * 5 * SECOND, heard);
      from = stop;
    }
    life.live(from, END);
    await life.service.flush();
    expect(life.service.stats().store?.failures).toBe(0);
    expect([outcome(life.service), heard]).toEqual(expected);
  });

  it('takes the time in which it was down for a gap, and not for an anomaly', async () => {
    const newStore = stores();
    const heard: Heard = { anomalies: [], closed: [] };
    const MINUTES = 90;
    const DOWN = 180;
    const live = async (from: number): Promise<void> => {
      const store = newStore();
      const { service, clock } = await Life.open(store, T0 + from * 60 * SECOND, heard);
      for (let minute = from; minute < from + MINUTES; minute++) {
        for (let i = 0; i < 6; i++) {
          const duration = 40 + ((minute * 6 + i) % 7);
          service.recordPerformanceMetric({ serviceId: 'shop', operation: 'pay', duration, success: true });
          service.recordMetrics({ serviceId: 'shop', cpuUsage: 30 + ((minute + i) % 5) });
          clock.advance(10 * SECOND);
        }
      }
      await service.flush();
      await store.close();
    };
    await live(0);
    await live(MINUTES + DOWN);
    const { service } = await Life.open(newStore(), T0 + (2 * MINUTES + DOWN) * 60 * SECOND, heard);
    const minutes: number[] = [];
    for await (const { timestamp } of service.history.aggregations('shop')) {
      minutes.push((timestamp - T0) / (60 * SECOND));
    }
    const lived = Array.from({ length: MINUTES }, (_, i) => i);
    expect(minutes).toEqual([...lived, ...lived.map((minute) => minute + MINUTES + DOWN)]);
    expect(heard).toEqual({ anomalies: [], closed: [] });
    expect(service.explain('shop', 'operation_latency_p95').samples).toBe(2 * MINUTES - 1);
    await service.close();
  });
});
