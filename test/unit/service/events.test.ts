import { describe, expect, it } from 'vitest';
import { type AnalyticsError, type Anomaly, ManualClock, Service, type ServiceSnapshot } from '../../../src/index.ts';

const SECOND = 1000;
const T0 = Date.UTC(2026, 0, 1);
const RECORD_EVENTS = ['event', 'metrics', 'behavior', 'performance', 'business', 'metric'] as const;
const ALL_EVENTS = [
  ...RECORD_EVENTS,
  ...(['aggregation', 'anomaly', 'anomalyUpdated', 'anomalyClosed', 'prediction', 'health', 'rejected'] as const),
];

function setUp() {
  const clock = new ManualClock(T0);
  const service = new Service({
    ...{ clock, serviceId: 'shop' },
    detector: { method: 'zscore' },
    predictor: { minSamples: 5 },
  });
  return { clock, service };
}

/** Records something of every kind, a bad record, and a latency that jumps for five seconds; closes a minute. */
function liveThrough({ clock, service }: ReturnType<typeof setUp>): boolean[] {
  const accepted: boolean[] = [];
  for (let second = 0; second < 90; second++) {
    clock.advance(SECOND);
    const latency = second > 50 && second <= 55 ? 900 : 20 + (second % 4);
    accepted.push(
      service.recordMetrics({ latency }),
      service.recordEvent({ eventType: 'login', userId: 'ada' }),
      service.recordUserBehavior({ userId: 'ada', action: 'play', success: true }),
      service.recordPerformanceMetric({ operation: 'read', duration: latency, success: true }),
      service.recordBusinessMetric({ metricType: 'revenue', value: 5 }),
      service.recordMetric({ metricName: 'queue', value: second % 3 }),
      !service.recordEvent({ eventType: '' }),
    );
  }
  return accepted;
}

describe('listeners of every event', () => {
  it('that throw, reject, and never finish stop neither records, nor siblings, nor the work', async () => {
    const setup = setUp();
    const { service } = setup;
    const before = new Map<string, number>();
    const after = new Map<string, number>();
    const errors: AnalyticsError[] = [];
    service.on('error', (error) => errors.push(error));
    for (const event of ALL_EVENTS) {
      service.on(event, () => before.set(event, (before.get(event) ?? 0) + 1));
      service.on(event, () => {
        throw new Error(`${event} threw`);
      });
      service.on(event, () => Promise.reject(new Error(`${event} rejected`)));
      // biome-ignore lint/suspicious/noThenProperty: a promise of another library
      service.on(event, () => ({ then: (_: unknown, reject: (e: Error) => void) => reject(new Error('foreign')) }));
      service.on(event, () => new Promise(() => {}));
      service.on(event, () => after.set(event, (after.get(event) ?? 0) + 1));
    }
    expect(liveThrough(setup).every(Boolean)).toBe(true);
    await service.close();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    expect([...before.keys()].sort()).toEqual([...ALL_EVENTS].sort());
    expect(after).toEqual(before);
    const calls = [...before.values()].reduce((sum, count) => sum + count, 0);
    expect(errors).toHaveLength(3 * calls);
    expect(service.stats().errors).toBe(3 * calls);
    expect(errors[0]).toMatchObject({ code: 'ERR_LISTENER', message: expect.stringContaining('must not throw') });
    expect(errors[0]?.cause).toBeInstanceOf(Error);
    expect(service.stats()).toMatchObject({ accepted: 540, rejected: { invalid_string: 90 } });
    expect(service.getAnomalies('shop')).not.toEqual([]);
  });

  it('of error that throw are counted and end there', async () => {
    const { service } = setUp();
    const fail = (): void => {
      throw new Error('broken');
    };
    service.on('error', fail).on('event', fail);
    service.recordEvent({ eventType: 'login' });
    await service.flush();
    expect(service.stats().errors).toBe(2);
  });

  it('may throw things that throw when they are read', async () => {
    const { service } = setUp();
    const unreadable = Proxy.revocable({}, {});
    unreadable.revoke();
    const hostile = Object.assign(new Error('x'), { message: 5n });
    const causes = [unreadable.proxy, hostile, Object.create(null), undefined, Symbol('s'), 'x'.repeat(1e6)];
    const errors: AnalyticsError[] = [];
    const heard: string[] = [];
    service.on('error', (error) => errors.push(error));
    for (const cause of causes) {
      service.on('event', () => {
        throw cause;
      });
    }
    service.on('event', ({ eventType }) => heard.push(eventType));
    for (const eventType of ['a', 'b']) {
      expect(service.recordEvent({ eventType })).toBe(true);
      await service.flush();
    }
    expect(heard).toEqual(['a', 'b']);
    // By identity: comparing would read them.
    expect(errors.every(({ cause }, i) => Object.is(cause, causes[i % causes.length]))).toBe(true);
    expect(errors).toHaveLength(2 * causes.length);
    expect(Math.max(...errors.map(({ message }) => message.length))).toBeLessThan(300);
  });

  it('must be functions', () => {
    const { service } = setUp();
    for (const listener of [undefined, null, 'log', {}]) {
      expect(() => service.on('event', listener as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
      );
    }
  });
});

describe('a listener', () => {
  it('that records again gets its record in the next flush', async () => {
    const { service } = setUp();
    const heard: string[] = [];
    service.on('event', ({ eventType }) => {
      heard.push(eventType);
      if (eventType === 'order') service.recordEvent({ eventType: 'invoice' });
    });
    service.recordEvent({ eventType: 'order' });
    await service.flush();
    expect(heard).toEqual(['order']);
    await service.flush();
    expect(heard).toEqual(['order', 'invoice']);
  });

  it('that reads everything at every event changes nothing of what is found', () => {
    const plain = setUp();
    liveThrough(plain);
    const reading = setUp();
    for (const event of ALL_EVENTS) {
      reading.service.on(event, () => {
        reading.service.getDashboardData();
        reading.service.getPredictions();
        void reading.service.flush();
      });
    }
    liveThrough(reading);
    expect(reading.service.stats().errors).toBe(0);
    expect(reading.service.getDashboardData()).toEqual(plain.service.getDashboardData());
    expect(reading.service.getSeries('shop', 'latency')).toEqual(plain.service.getSeries('shop', 'latency'));
  });

  it('that saves a snapshot saves all that was accepted', () => {
    const setup = setUp();
    let saved: ServiceSnapshot | undefined;
    setup.service.on('aggregation', () => {
      saved ??= structuredClone(setup.service.snapshot());
    });
    for (let i = 0; i < 500; i++) {
      setup.service.recordMetric({ metricName: 'queue', value: i % 7, timestamp: T0 + i * 200 });
    }
    void setup.service.flush();
    const restored = Service.restore(saved as ServiceSnapshot, {
      ...{ clock: setup.clock, serviceId: 'shop' },
      detector: { method: 'zscore' },
      predictor: { minSamples: 5 },
    });
    expect(restored.getDashboardData()).toEqual(setup.service.getDashboardData());
    expect(restored.getSeries('shop', 'queue')).toEqual(setup.service.getSeries('shop', 'queue'));
    expect(restored.explain('shop', 'queue')).toEqual(setup.service.explain('shop', 'queue'));
  });

  it('that closes the service loses nothing', async () => {
    const { service } = setUp();
    const heard: string[] = [];
    service.on('event', ({ eventType }) => {
      heard.push(eventType);
      if (eventType === 'a') {
        service.recordEvent({ eventType: 'echo' });
        void service.close();
      }
    });
    service.recordEvent({ eventType: 'a' });
    service.recordEvent({ eventType: 'b' });
    await service.flush();
    expect(heard).toEqual(['a', 'b', 'echo']);
    expect(service.getAggregations('shop')[0]?.eventCount).toBe(3);
  });

  it('hears once, leaves by off, by its function and by its signal', async () => {
    const { service } = setUp();
    const heard: string[] = [];
    const controller = new AbortController();
    const off = (): unknown => heard.push('off');
    service.once('event', () => heard.push('once'));
    service.on('event', off);
    const leave = service.subscribe('event', () => heard.push('function'));
    service.subscribe('event', () => heard.push('signal'), { signal: controller.signal });
    service.recordEvent({ eventType: 'a' });
    await service.flush();
    service.off('event', off);
    leave();
    controller.abort();
    service.recordEvent({ eventType: 'b' });
    await service.flush();
    expect(heard).toEqual(['once', 'off', 'function', 'signal']);
  });

  it('that was subscribed twice leaves one at a time', async () => {
    const { service } = setUp();
    let heard = 0;
    const listener = (): number => heard++;
    const leave = service.subscribe('event', listener);
    service.subscribe('event', listener);
    service.recordEvent({ eventType: 'a' });
    await service.flush();
    expect(heard).toBe(2);
    leave();
    leave();
    service.recordEvent({ eventType: 'b' });
    await service.flush();
    expect(heard).toBe(3);
  });
});

describe('an episode', () => {
  it('is announced once, updated, and closed once, however often somebody looks meanwhile', () => {
    for (const look of [false, true]) {
      const setup = setUp();
      const { service } = setup;
      const told: string[] = [];
      const tell = (event: string) => (anomaly: Anomaly) => {
        if (anomaly.metricName === 'latency') told.push(`${event} ${anomaly.id}`);
      };
      for (const event of ['anomaly', 'anomalyClosed'] as const) service.on(event, tell(event));
      if (look) service.on('metrics', () => service.getAnomalies());
      liveThrough(setup);
      void service.flush();
      const ids = service.getAnomalies('shop').filter(({ metricName }) => metricName === 'latency');
      const opened = told.filter((text) => text.startsWith('anomaly '));
      const closed = told.filter((text) => text.startsWith('anomalyClosed '));
      expect(new Set(opened).size).toBe(ids.length);
      expect(closed).toHaveLength(new Set(closed).size);
      expect(closed).toHaveLength(ids.filter(({ status }) => status === 'closed').length);
    }
  });
});

describe('predictions', () => {
  it('are news when a minute closes', () => {
    const setup = setUp();
    const times = new Set<string>();
    setup.service.on('prediction', ({ predictionType, timeHorizon }) => times.add(`${predictionType} ${timeHorizon}`));
    liveThrough(setup);
    void setup.service.flush();
    for (const horizon of ['5m', '15m', '1h']) expect(times).toContain(`latency ${horizon}`);
  });
});

describe('after close', () => {
  it('recording throws ERR_CLOSED, reading goes on', async () => {
    const setup = setUp();
    const { service } = setup;
    liveThrough(setup);
    const handle = service.operation('shop', 'read');
    await service[Symbol.asyncDispose]();
    await service.close();
    const closed = expect.objectContaining({ name: 'AnalyticsError', code: 'ERR_CLOSED' });
    expect(() => service.recordEvent({ eventType: 'a' })).toThrow(closed);
    expect(() => service.recordMetrics({ cpuUsage: 1 })).toThrow(closed);
    expect(() => handle.record(1, true)).toThrow(closed);
    expect(service.getAggregations('shop')).not.toEqual([]);
    expect(service.getDashboardData().serviceMetrics).toHaveLength(1);
    expect(service.forecast('shop', 'latency', { horizon: '5m' })?.mean).toBeGreaterThan(0);
    expect(service.explain('shop', 'latency').state).not.toBe('unknown');
    expect(service.snapshot().version).toBe(1);
    await service.flush();
  });
});
