import { describe, expect, it } from 'vitest';
import { type Health, ManualClock, Service, type ServiceOptions, type ServiceSnapshot } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);

describe('options', () => {
  it.each<[string, unknown]>([
    ['serviceId', ''],
    ['serviceId', 7],
    ['serviceId', 'x'.repeat(257)],
    ['bufferSize', 0],
    ['bufferSize', 10.5],
    ['bufferSize', '1000'],
    ['flushIntervalMs', 0],
    ['flushIntervalMs', Number.NaN],
    ['flushIntervalMs', DAY + 1],
    ['retentionMs', '30d'],
    ['retentionMs', -1],
    ['latenessMs', -1],
    ['maxSeries', 0],
    ['maxSeries', null],
    ['maxBytes', 1],
    ['resolutionMs', 0],
    ['clock', {}],
    ['clock', 5],
    ['detector.threshold', 0],
    ['detector.minSamples', 1],
    ['detector.historySize', 'long'],
    ['detector.method', 'magic'],
    ['predictor.minSamples', 1],
    ['predictor.historySize', 1.5],
    ['predictor.level', 1],
    ['predictor.model', 'magic'],
    ['predictor.horizons', []],
    ['detector', 5],
    ['detector', null],
    ['predictor', 5],
    ['predictor', null],
    ['metrics', 5],
    ['metrics', null],
  ])('%s: %s is refused by name, with its rule', (path, value) => {
    const [first, second] = path.split('.') as [string, string?];
    const options = second === undefined ? { [first]: value } : { [first]: { [second]: value } };
    expect(() => new Service(options as ServiceOptions)).toThrow(
      expect.objectContaining({
        name: 'AnalyticsError',
        code: 'ERR_INVALID_OPTION',
        message: expect.stringMatching(`^option ${second ?? first} must be .+, got .+`) as string,
      }),
    );
  });

  it.each([null, 5, 'shop'])('%s is not taken for options', (options) => {
    const service = new Service({ clock: new ManualClock(T0) });
    const calls = [
      () => new Service(options as never),
      () => Service.restore(service.snapshot(), options as never),
      () => service.forecast('shop', 'latency', options as never),
      () => service.subscribe('event', () => {}, options as never),
      () => service.stream('event', options as never),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  });

  it('a forecast needs a horizon', () => {
    const service = new Service({ clock: new ManualClock(T0) });
    for (const options of [[], [{}]]) {
      const forecast = () => service.forecast('shop', 'latency', ...(options as [never]));
      expect(forecast).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    }
  });
});

/** A clock that knows how many timers run. */
function countingClock() {
  const clock = new ManualClock(T0);
  const timers = new Set<symbol>();
  const every = (): (() => void) => {
    const timer = Symbol();
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const slice = (step: () => boolean): void => clock.slice(step);
  return {
    timers,
    clock: { now: () => clock.now(), coarseNow: () => clock.now(), every, slice, pause: () => clock.pause() },
  };
}

describe('a snapshot', () => {
  /** Has something of every stage, a sample that was only shown included. */
  function full(): ServiceSnapshot {
    const clock = new ManualClock(T0);
    const service = new Service({ clock });
    for (let second = 0; second < 90; second++) {
      clock.advance(SECOND);
      service.recordMetrics({ latency: 20 + (second % 4) });
      service.recordPerformanceMetric({ operation: 'read', duration: 12, success: true });
      service.recordUserBehavior({ userId: 'ada', action: 'play', success: true });
    }
    void service.flush();
    return service.snapshot();
  }

  it.each<[string, (snapshot: ServiceSnapshot) => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a text', () => 'text'],
    ['an empty object', () => ({})],
    ['one of another version', (snapshot) => ({ ...snapshot, version: 2 })],
    ['one that went through JSON', (snapshot) => JSON.parse(JSON.stringify(snapshot))],
    ['one without its collector', ({ collector: _, ...rest }) => rest],
    ['one whose buffer is lost', (snapshot) => ({ ...snapshot, collector: { version: 1 } })],
    ['one without its buckets', ({ aggregator: _, ...rest }) => rest],
    ['one whose buckets are lost', (snapshot) => ({ ...snapshot, aggregator: { version: 1 } })],
    ['one without its detector', ({ detector: _, ...rest }) => rest],
    ['one whose watched series are lost', (snapshot) => ({ ...snapshot, detector: { version: 1 } })],
    ['one without its predictor', ({ predictor: _, ...rest }) => rest],
    ['one without its feed', ({ feed: _, ...rest }) => rest],
  ])('is refused where it is %s, and no timer is left running', (_, damage) => {
    const { clock, timers } = countingClock();
    const restore = () => Service.restore(damage(full()) as ServiceSnapshot, { clock });
    expect(restore).toThrow(expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_INVALID_SNAPSHOT' }));
    expect(timers.size).toBe(0);
  });

  it('that is whole is taken', () => {
    const { clock, timers } = countingClock();
    expect(Service.restore(full(), { clock }).stats().accepted).toBe(270);
    expect(timers.size).toBeGreaterThan(0);
  });
});

describe('a constructor that throws', () => {
  it.each<[string, unknown]>([
    ['serviceId', ''],
    ['latenessMs', -1],
    ['flushIntervalMs', 0],
    ['detector', { threshold: 0 }],
    ['predictor', { horizons: ['soon'] }],
  ])('on account of %s leaves no timer running', (name, value) => {
    const { clock, timers } = countingClock();
    expect(() => new Service({ clock, [name]: value })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
    expect(timers.size).toBe(0);
  });
});

describe('a service without a serviceId', () => {
  it('is the default one, or that of the option', () => {
    for (const serviceId of [undefined, 'shop']) {
      const service = new Service({ clock: new ManualClock(T0), serviceId });
      service.recordEvent({ eventType: 'login' });
      expect(service.getAggregations()[0]).toMatchObject({ serviceId: serviceId ?? 'default', eventCount: 1 });
    }
  });
});

describe('the clock', () => {
  const performance = { serviceId: 'shop', operation: 'read', duration: 1, success: true };

  it('closes the minutes of a service that is live', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock });
    const closed: string[] = [];
    service.on('aggregation', ({ period, timestamp }) => closed.push(`${period} ${timestamp - T0}`));
    service.recordPerformanceMetric(performance);
    clock.advance(MINUTE);
    expect(closed).toEqual([]);
    clock.advance(5 * SECOND);
    expect(closed).toEqual(['1m 0']);
    clock.advance(4 * MINUTE);
    expect(closed).toEqual(['1m 0', '5m 0']);
  });

  it('closes nothing of a replay, and flush closes nothing early', async () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock });
    let closed = 0;
    service.on('aggregation', () => closed++);
    service.recordPerformanceMetric({ ...performance, timestamp: T0 - MINUTE - 1 });
    clock.advance(DAY);
    await service.flush();
    expect(closed).toBe(0);
    expect(service.getAggregations('shop')[0]?.complete).toBe(false);
  });

  it('counts the age of a record from when it came, not from when it was flushed', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock, flushIntervalMs: 3 * MINUTE });
    let closed = 0;
    service.on('aggregation', () => closed++);
    service.recordPerformanceMetric({ ...performance, timestamp: T0 - 59 * SECOND });
    clock.advance(3 * MINUTE);
    expect(closed).toBe(5); // It was the last minute of a year, and so of every period.
  });
});

describe('health', () => {
  /** A latency that is 20 ± 2, then `peak` for ten seconds, then as before; with so many errors. */
  function live(peak: number, errorRate: number) {
    const clock = new ManualClock(T0);
    const service = new Service({ clock, serviceId: 'shop', detector: { method: 'zscore' } });
    const heard: Health[] = [];
    service.on('health', (health) => heard.push(health));
    for (let second = 0; second < 120; second++) {
      clock.advance(SECOND);
      const latency = second >= 60 && second < 70 ? peak : 20 + ((second * 7) % 5) - 2;
      service.recordMetrics({ latency, errorRate });
    }
    clock.advance(10 * SECOND);
    return { service, heard };
  }

  it('is degraded while a high episode is open, and recovers when it closes', () => {
    const { service, heard } = live(500, 0.01);
    expect(heard.map(({ status }) => status)).toEqual(['degraded', 'healthy']);
    expect(heard[0]?.reasons[0]).toMatch(/^shop: latency was /);
    expect(service.getDashboardData()).toMatchObject({ systemHealth: 'healthy', healthReasons: [expect.any(String)] });
    expect(service.getAnomalies('shop')[0]).toMatchObject({ severity: 'high', status: 'closed' });
  });

  it('is critical where more than 5 % fail meanwhile', () => {
    const { service, heard } = live(500, 0.2);
    expect(heard.map(({ status }) => status)).toEqual(['critical', 'healthy']);
    expect(service.getAnomalies('shop')[0]).toMatchObject({ severity: 'critical' });
  });

  it('stays healthy where nothing happens', () => {
    expect(live(20, 0).heard).toEqual([]);
  });

  it('recovers when the series of an open episode is evicted', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock, retentionMs: 3_600_000, detector: { method: 'zscore' } });
    const heard: string[] = [];
    service.on('health', ({ status }) => heard.push(status));
    service.on('anomalyClosed', ({ metricName, status }) => heard.push(`${metricName} ${status}`));
    for (let second = 0; second < 60; second++) {
      service.recordMetric({
        metricName: 'queue',
        value: second === 59 ? 900 : second % 3,
        timestamp: T0 + second * SECOND,
      });
    }
    void service.flush();
    expect(heard).toEqual(['degraded']);
    for (let minute = 0; minute < 200; minute++) {
      clock.advance(MINUTE);
      service.recordEvent({ eventType: 'e' });
    }
    expect(heard).toEqual(['degraded', 'queue closed', 'healthy']);
    expect([service.anomalyDetector.size, service.predictor.size]).toEqual([0, 0]);
  });
});

describe('the last reason of an explanation', () => {
  function explained(samples: number, metrics?: ServiceOptions['metrics']): string | undefined {
    const clock = new ManualClock(T0);
    const options = { clock, serviceId: 'mailer', metrics, predictor: { model: 'naive', level: 0.8 } } as const;
    const service: Service = new Service(options as ServiceOptions);
    for (let second = 0; second < samples; second++) {
      clock.advance(SECOND);
      service.recordMetric({ metricName: 'depth', value: 1234.56, labels: { queue: 'sms' } });
    }
    return service.explain('mailer', 'depth', { queue: 'sms' }).reasons.at(-1);
  }

  it('says how many samples a forecast still needs', () => {
    expect(explained(19)).toBe('a forecast needs 20 samples, 19 came so far');
  });

  // A series that never changed, repeated by the naive model, cannot miss: 1234.56 to four digits, in the unit defined.
  it('says what is expected, with its interval and its unit', () => {
    expect(explained(60)).toBe('in 5 minutes it is expected at 1235 (1235 to 1235 with probability 0.8)');
    expect(explained(60, { depth: { unit: 'jobs' } })).toBe(
      'in 5 minutes it is expected at 1235 jobs (1235 to 1235 jobs with probability 0.8)',
    );
  });

  it('is not about forecasts where there is no such series', () => {
    expect(explained(0)).toBe('no sample of depth (queue sms) has come yet');
  });
});

describe('the memory that is counted', () => {
  it('is that of the buckets and, for series that are watched, of detector and predictor', () => {
    const [watched, ignored] = [false, true].map((ignore) => {
      const clock = new ManualClock(T0);
      const service: Service = new Service({ clock, metrics: { depth: { ignore } } } as ServiceOptions);
      for (let second = 0; second < 60; second++) {
        clock.advance(SECOND);
        service.recordMetric({ metricName: 'depth', value: second % 3 });
      }
      void service.flush();
      return service;
    }) as [Service, Service];
    const { anomalyDetector, predictor } = watched;
    expect(ignored.stats().bytes).toBeGreaterThan(0);
    expect(predictor.byteLength).toBeGreaterThan(0);
    expect(anomalyDetector.byteLength).toBeGreaterThan(0);
    const more = watched.stats().bytes - ignored.stats().bytes;
    expect(more).toBe(anomalyDetector.byteLength + predictor.byteLength);
  });
});

describe('dashboard data', () => {
  it('without data is empty and healthy, at the clock’s time', () => {
    expect(new Service({ clock: new ManualClock(T0) }).getDashboardData()).toMatchObject({
      ...{ timestamp: T0, serviceMetrics: [], aggregations: [], anomalies: [], predictions: [] },
      ...{ topErrors: [], topUsers: [], systemHealth: 'healthy' },
    });
  });

  it('leaves no field empty where there is data', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock, detector: { method: 'zscore' } });
    for (let second = 0; second < 120; second++) {
      clock.advance(SECOND);
      service.recordMetrics({ serviceId: 'shop', cpuUsage: second === 100 ? 99 : 20 + (second % 3) });
      const failed = second % 10 === 0;
      const performance = { serviceId: 'shop', operation: 'read', duration: 12, success: !failed };
      service.recordPerformanceMetric({ ...performance, errorType: failed ? 'timeout' : undefined });
      service.recordUserBehavior({ serviceId: 'shop', userId: `user-${second % 4}`, action: 'play', success: true });
    }
    const data = service.getDashboardData();
    expect(data.timestamp).toBe(T0 + 120 * SECOND);
    // From the newest closed minute: 60 performance records and 60 behaviours, 6 of them failed.
    expect(data.serviceMetrics).toEqual([
      {
        ...{ serviceId: 'shop', timestamp: T0 + 120 * SECOND, cpuUsage: 20 + (119 % 3) },
        ...{ requestRate: expect.any(Number), errorRate: expect.any(Number), latency: 12 },
      },
    ]);
    expect(data.aggregations.map(({ period }) => period)).toEqual(['1m', '5m', '15m', '1h', '1d']);
    expect(data.anomalies[0]).toMatchObject({ metricName: 'cpu_usage', currentValue: 99 });
    expect(data.predictions.map(({ timeHorizon }) => timeHorizon)).toEqual(['5m', '15m', '1h']);
    expect(data.topErrors).toEqual([{ serviceId: 'shop', error: 'timeout', count: 12 }]);
    expect(data.topUsers).toHaveLength(4);
    expect(data.topUsers[0]).toMatchObject({ count: 30 });
    expect(service.getDashboardData('nobody')).toMatchObject({ serviceMetrics: [], aggregations: [], topUsers: [] });
  });
});

describe('names that mean something to JavaScript', () => {
  it.each(['__proto__', 'constructor', 'toString', '__overflow__'])('are data everywhere: %s', async (name) => {
    const clock = new ManualClock(T0);
    const first = new Service({ clock });
    const labels = JSON.parse(`{"${name}":"${name}"}`) as Record<string, string>;
    for (let i = 0; i < 30; i++) {
      const timestamp = T0 - 30 * SECOND + i * SECOND;
      first.recordMetric({ serviceId: name, metricName: name, value: i % 3, labels, timestamp });
      const behavior = { serviceId: name, userId: name, action: name, success: false, errorMessage: name };
      first.recordUserBehavior({ ...behavior, timestamp });
      first.recordPerformanceMetric({ serviceId: name, operation: name, duration: 1, success: true, timestamp });
      first.recordBusinessMetric({ serviceId: name, metricType: name, value: 1, dimension: name, timestamp });
    }
    await first.flush();
    for (const service of [first, Service.restore(structuredClone(first.snapshot()), { clock })]) {
      expect(service.stats().accepted).toBe(120);
      expect(service.getSeries(name, name, { labels })[0]?.count).toBe(30);
      expect(service.getSeries(name, 'operation_duration', { labels: { operation: name } })[0]?.count).toBe(30);
      expect(service.getSeries(name, `business.${name}`)[0]?.sum).toBe(30);
      const { topErrors, topUsers } = service.getDashboardData(name);
      expect(topErrors).toEqual([{ serviceId: name, error: name, count: 30 }]);
      expect(topUsers).toEqual([{ userId: name, count: 30 }]);
      if (name !== '__overflow__') expect(service.explain(name, name, labels).samples).toBe(30);
    }
  });
});
