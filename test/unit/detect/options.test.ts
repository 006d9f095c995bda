import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import { AnalyticsError } from '../../../src/errors.ts';

function errorOf(action: () => unknown): AnalyticsError {
  try {
    action();
  } catch (error) {
    if (error instanceof AnalyticsError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

describe('options of the detector', () => {
  it.each([
    [{ direction: 'up' }, 'direction'],
    [{ minChange: -1 }, 'minChange'],
    [{ threshold: 0 }, 'threshold'],
    [{ ignore: 'yes' }, 'ignore'],
    [{ min: 'low' }, 'min'],
    [{ min: 10, max: 5 }, 'max'],
  ])('a definition of %o is refused by the name of its field', (definition, field) => {
    const error = errorOf(() => new AnomalyDetector({ metrics: { depth: definition as never } }));
    expect(error.code).toBe('ERR_INVALID_OPTION');
    expect(error.message).toContain(`metrics.depth.${field}`);
  });

  it.each([[null], [5]])('%o is not taken for no options', (options) => {
    expect(errorOf(() => new AnomalyDetector(options as never)).code).toBe('ERR_INVALID_OPTION');
    expect(errorOf(() => new AnomalyDetector({ metrics: options as never })).code).toBe('ERR_INVALID_OPTION');
  });
});

describe('a snapshot of the detector', () => {
  it('that is damaged is said to be, whatever is wrong with it', () => {
    const broken = { version: 1, series: [{ serviceId: 'a', metricName: 'm', state: null }], errorRates: [] };
    expect(errorOf(() => AnomalyDetector.restore(broken as never)).code).toBe('ERR_INVALID_SNAPSHOT');
  });
});

describe('anomalies', () => {
  it('are read-only, so that a listener cannot change what others get', () => {
    const detector = new AnomalyDetector();
    for (let i = 0; i < 40; i++) {
      detector.observe({ serviceId: 'a', metricName: 'm', timestamp: i * 1000, value: i < 39 ? 10 + (i % 3) : 500 });
    }
    const [anomaly] = detector.getAnomalies();
    expect(() => Object.assign(anomaly ?? {}, { severity: 'low' })).toThrow(TypeError);
    expect(detector.getAnomalies()[0]?.severity).toBe('high');
  });

  it('of one failure among a dozen requests after none for long are no episode', () => {
    const detector = new AnomalyDetector();
    for (let i = 0; i < 60; i++) {
      // One of eleven requests fails in the last second.
      detector.observe({ serviceId: 'a', metricName: 'error_rate', timestamp: i * 1000, value: i < 59 ? 0 : 1 / 11 });
    }
    expect(detector.getAnomalies()).toEqual([]);
  });
});
