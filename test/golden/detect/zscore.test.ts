import { mean, sampleStandardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import { feed, normal, times } from '../../unit/detect/series.ts';

describe('zscore against simple-statistics', () => {
  it.each([
    ['plain', 0, 1],
    ['near a billion', 1e9, 1],
    ['tiny', -1e-6, 1e-9],
  ])('mean, band and deviation after every sample: %s', (_, level, scale) => {
    const next = normal(11);
    const values = times(400, (i) => level + scale * (next() + (i === 200 ? 30 : 0)));
    const historySize = 100;
    const detector = new AnomalyDetector({ method: 'zscore', historySize });
    feed(detector, values).forEach((observation, i) => {
      if (i < 10) return;
      const history = values.slice(Math.max(0, i - historySize), i);
      const expected = mean(history);
      const sd = sampleStandardDeviation(history);
      expect(Math.abs((observation.expected as number) - expected) / sd).toBeLessThan(1e-6);
      expect(observation.deviation).toBeCloseTo(((values[i] as number) - expected) / sd, 5);
      expect(((observation.upper as number) - (observation.lower as number)) / (4 * sd)).toBeCloseTo(1, 6);
    });
  });

  it('the worked example: 9, 7, 5, 5, 4, 4, 4, 2 twice, then 12', () => {
    // Mean 5; squared differences 16 4 0 0 1 1 1 9 = 32, twice 64; 64 / 15 = 4.2667, root 2.06559; (12 − 5) / 2.06559.
    const eight = [9, 7, 5, 5, 4, 4, 4, 2];
    const detector = new AnomalyDetector({ method: 'zscore' });
    feed(detector, [...eight, ...eight]);
    const [last] = feed(detector, [12], { from: 16 });
    expect(last).toMatchObject({ ready: true, transition: 'opened' });
    expect(last?.expected).toBeCloseTo(5, 12);
    expect(last?.deviation).toBeCloseTo(3.38886, 5);
    expect(last?.lower).toBeCloseTo(0.86882, 5);
    expect(last?.upper).toBeCloseTo(9.13118, 5);
    expect(last?.anomaly).toMatchObject({ severity: 'medium', kind: 'spike', samples: 1 });
  });

  it('after n equal values the first other one deviates by n / √(n + 1), and it is then learned', () => {
    const detector = new AnomalyDetector({ method: 'zscore' });
    feed(
      detector,
      times(99, () => 3),
    );
    // 99 / √100.
    expect(feed(detector, [4], { from: 99 })[0]?.deviation).toBeCloseTo(9.9, 12);
    // 99 times 3 and once 4: mean 3.01, sd 0.1; (4 − 3.01) / 0.1.
    expect(feed(detector, [4], { from: 100 })[0]?.deviation).toBeCloseTo(9.9, 12);
  });

  it('is constant again, exactly, when the history holds nothing else', () => {
    const detector = new AnomalyDetector({ method: 'zscore', historySize: 50 });
    feed(detector, [...times(60, (i) => 0.1 * i), ...times(50, () => 0.3)]);
    expect(feed(detector, [0.3], { from: 110 })[0]).toMatchObject({ deviation: 0, expected: 0.3, lower: 0.3 });
    expect(detector.explain('s', 'm').state).toBe('constant');
  });

  it('gets used to a new level by itself', () => {
    const detector = new AnomalyDetector({ method: 'zscore', historySize: 100 });
    const observations = feed(
      detector,
      times(400, (i) => (i < 100 ? 10 : 50) + (i % 3)),
    );
    expect(observations.filter((o) => o.transition === 'opened')).toHaveLength(1);
    expect(detector.openAnomalies()).toEqual([]);
  });

  it.each([
    [2.5, 'low'],
    [3.5, 'medium'],
    [5.5, 'high'],
  ])('a deviation of %d is %s', (deviation, severity) => {
    const history = times(100, (i) => (i % 2 === 0 ? -1 : 1));
    const value = deviation * sampleStandardDeviation(history);
    const detector = new AnomalyDetector({ method: 'zscore' });
    feed(detector, history);
    expect(feed(detector, [value], { from: 100 })[0]?.anomaly?.severity).toBe(severity);
  });
});
