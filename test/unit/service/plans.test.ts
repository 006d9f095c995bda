import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/clock.ts';
import type { Anomaly } from '../../../src/model/anomaly.ts';
import { Service } from '../../../src/service.ts';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;

/** A service whose latency was 20 to 22 ms for five hours, as history, and is 400 ms for `faulty` minutes from then on. */
async function faulty(
  prepare: (service: Service) => void,
  minutes: number,
): Promise<{ service: Service; told: Anomaly[] }> {
  const service = new Service({ serviceId: 'shop', clock: new ManualClock(START + 300 * MINUTE) });
  const told: Anomaly[] = [];
  service.on('anomaly', (anomaly) => told.push(anomaly));
  const history = Array.from({ length: 300 }, (_, i) => ({
    serviceId: 'shop',
    metricName: 'latency',
    timestamp: START + i * MINUTE,
    value: 20 + (i % 3),
  }));
  expect(service.backfill(history)).toBe(300);
  prepare(service);
  for (let i = 300; i < 300 + minutes; i++) service.recordMetrics({ timestamp: START + i * MINUTE, latency: 400 });
  await service.flush();
  return { service, told };
}

describe('service', () => {
  it('learns history under its own id, and takes nothing that no series can learn from', async () => {
    const service = new Service({ serviceId: 'shop', clock: new ManualClock(START + 300 * MINUTE) });
    const good = { metricName: 'latency', timestamp: START, value: 20 };
    const bad = [
      null,
      'latency',
      { ...good, value: Number.NaN },
      { ...good, value: '20' },
      { ...good, timestamp: new Date(Number.NaN) },
      { ...good, metricName: 7 },
      { ...good, serviceId: null },
      { ...good, labels: { host: 7 } },
      { ...good, labels: ['host'] },
    ] as unknown as (typeof good)[];
    expect(service.backfill([...bad, good])).toBe(1);
    expect(service.explain('shop', 'latency').samples).toBe(1);
    for (const samples of [undefined, null, 5, 'latency', {}]) {
      const rule = expect.objectContaining({ code: 'ERR_INVALID_OPTION' });
      expect(() => service.backfill(samples as never)).toThrow(rule);
      expect(() => service.anomalyDetector.backfill(samples as never)).toThrow(rule);
    }
    await service.close();
  });

  it('finds what a silence covers, tells nobody, and stays healthy', async () => {
    const silence = { serviceId: 'shop', until: START + 400 * MINUTE };
    const { service, told } = await faulty((s) => s.silence(silence), 4);
    expect(told).toEqual([]);
    expect(service.getAnomalies('shop')).toMatchObject([{ status: 'open', silenced: true, metricName: 'latency' }]);
    expect(service.getDashboardData().systemHealth).toBe('healthy');
    await service.close();
  });

  it('tells of what is still open when the silence is over', async () => {
    const { service, told } = await faulty((s) => s.silence({ until: START + 303 * MINUTE }), 5);
    expect(told).toHaveLength(1);
    expect(told[0]?.silenced).toBeUndefined();
    await service.close();
  });

  it('hangs the deploy before it on an anomaly', async () => {
    const { service, told } = await faulty((s) => s.markDeploy('shop', { version: '2.0.0' }), 4);
    expect(told[0]?.deploy).toEqual({ timestamp: START + 300 * MINUTE, version: '2.0.0' });
    await service.close();
  });

  it('knows from history what is normal, and makes nothing of it known', async () => {
    const { service, told } = await faulty(() => {}, 0);
    expect(told).toEqual([]);
    expect(service.explain('shop', 'latency')).toMatchObject({ state: 'normal', samples: 300 });
    expect(service.forecast('shop', 'latency', { horizon: '5m' })).toBeDefined();
    await service.close();
  });
});
