import { describe, expect, it } from 'vitest';
import { type Health, ManualClock, Service, type ServiceOptions } from '../../../src/index.ts';

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

  it.each([{}, { version: 2 }, 'text', 7])('snapshots of another version are refused: %s', (snapshot) => {
    expect(() => Service.restore(snapshot as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_SNAPSHOT' }));
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
    expect(heard[0]?.reasons[0]).toMatch(/latency/);
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
