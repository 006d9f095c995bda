import { describe, expect, it } from 'vitest';
import type { Anomaly, Severity } from '../../../src/model/anomaly.ts';
import { assessHealth } from '../../../src/model/health.ts';

function open(serviceId: string, severity: Severity): Anomaly {
  return {
    ...{ id: `${serviceId} ${severity}`, timestamp: 0, startedAt: 0, samples: 1, status: 'open', kind: 'spike' },
    ...{ serviceId, metricName: 'latency', severity, direction: 'above', score: 1, deviation: 6 },
    ...{ currentValue: 400, expectedValue: 20, lower: 11, upper: 29, description: `latency was ${severity}` },
  };
}

describe('health', () => {
  it.each<[string, Severity[]]>([
    ['healthy', []],
    ['healthy', ['low', 'low', 'low', 'low']],
    ['healthy', ['medium', 'medium', 'low']],
    ['degraded', ['medium', 'medium', 'medium']],
    ['degraded', ['low', 'high']],
    ['critical', ['high', 'medium', 'critical']],
  ])('is %s with %j', (status, severities) => {
    const episodes = severities.map((severity) => open('shop', severity));
    expect(assessHealth(episodes, 7)).toMatchObject({ status, timestamp: 7 });
  });

  it('gives each reason with its service, worst first, and leaves the low ones out', () => {
    const episodes = [open('shop', 'medium'), open('mail', 'low'), open('pay', 'high'), open('shop', 'critical')];
    expect(assessHealth(episodes, 0).reasons).toEqual([
      'shop: latency was critical',
      'pay: latency was high',
      'shop: latency was medium',
    ]);
  });

  it('says so where there is no reason', () => {
    expect(assessHealth([], 0).reasons).toEqual(['no anomaly is open']);
    expect(assessHealth([open('shop', 'low')], 0).reasons).toEqual(['only 1 of low severity']);
  });
});
