import { ManualClock, Service } from '@streamgate/analytics';
import { describe, expect, it } from 'vitest';

const NOW = Date.UTC(2026, 0, 5, 9);
const newService = () =>
  new Service({
    clock: new ManualClock(NOW),
    serviceId: 'shop',
    metrics: { jobs: { unit: 'jobs', labels: ['queue'] } },
  });

describe('what a service knows of itself', () => {
  it('a record that is refused by offer() is refused with its reason and counted, and nothing is said of one that is not', () => {
    const { collector } = newService();
    expect(collector.offer('performance', { operation: 'x', duration: 1, success: true })).toBeUndefined();
    const refused = collector.offer('performance', { operation: 'x', duration: -1, success: true });
    expect(refused).toEqual({ reason: 'out_of_range', field: 'duration' });
    expect(collector.stats()).toMatchObject({ accepted: 1, rejected: { out_of_range: 1 } });
  });

  it('its series, each label set by itself, of one service or of all', async () => {
    const service = newService();
    for (const queue of ['mail', 'push']) service.recordMetric({ metricName: 'jobs', value: 1, labels: { queue } });
    service.recordMetric({ serviceId: 'other', metricName: 'jobs', value: 1, labels: { queue: 'mail' } });
    await service.flush();
    const mail = { serviceId: 'shop', metricName: 'jobs', labels: { queue: 'mail' } };
    expect(service.aggregator.listSeries('shop')).toEqual([mail, { ...mail, labels: { queue: 'push' } }]);
    expect(service.aggregator.listSeries()).toHaveLength(3);
    expect(service.aggregator.listSeries('nobody')).toEqual([]);
  });

  it('what is known about a metric: your definition, that of the library, or nothing', () => {
    const service = newService();
    expect(service.metricDefinition('jobs')).toEqual({ unit: 'jobs', labels: ['queue'] });
    expect(service.metricDefinition('cpu_usage')).toMatchObject({ unit: '%', max: 100 });
    expect(service.metricDefinition('constructor')).toEqual({});
  });

  it('silences and deploys as they were given', () => {
    const service = newService();
    service.silence({ serviceId: 'shop', until: NOW + 1000 });
    service.markDeploy('shop', { version: '2' });
    service.markDeploy('shop', { version: '1', timestamp: new Date(NOW - 1000) });
    expect(service.anomalyDetector.silences).toMatchObject([{ serviceId: 'shop', until: NOW + 1000 }]);
    expect(service.anomalyDetector.deploysOf('shop').map(({ version }) => version)).toEqual(['1', '2']);
    expect(service.anomalyDetector.deploysOf('nobody')).toEqual([]);
  });

  it('its health, by the clock where there is no record yet', () => {
    expect(newService().getHealth()).toEqual({ status: 'healthy', reasons: ['no anomaly is open'], timestamp: NOW });
  });
});
