import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import type { MetricDefinition } from '../../../src/model/metric-kind.ts';
import { feed, normal, openings, START, times } from './series.ts';

function detectorOf(definition: MetricDefinition): AnomalyDetector {
  return new AnomalyDetector({ metrics: { m: definition } });
}

describe('adaptive detector: pages rarely and rightly', () => {
  it.each([20, 25, 30])('a latency of 400 ms after %d one-second samples of 20 ± 3 opens within two', (history) => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = normal(seed);
      const detector = new AnomalyDetector();
      const options = { metricName: 'latency', step: 1000 };
      const before = feed(
        detector,
        times(history, () => 20 + 3 * next()),
        options,
      );
      const fault = feed(
        detector,
        times(2, () => 400 + 30 * next()),
        { ...options, from: history },
      );
      expect([openings(before), openings(fault)]).toEqual([0, 1]);
      expect(detector.openAnomalies()[0]?.severity).toBe('high');
    }
  });

  it('a single spike of 12 deviations opens at once, an isolated one of 3.5 does not', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const next = normal(seed);
      const detector = new AnomalyDetector();
      feed(
        detector,
        times(2000, () => next()),
      );
      const small = feed(detector, [3.5, 0, 0, 0], { from: 2000 });
      expect(openings(small)).toBe(0);
      expect(openings(feed(detector, [12], { from: 2004 }))).toBe(1);
    }
  });

  it('a level shift is one episode that ends as the new normal, and the old level is then strange', () => {
    const next = normal(2);
    const detector = new AnomalyDetector();
    const observations = feed(
      detector,
      times(1000, (i) => (i < 500 ? 100 : 110) + next()),
    );
    expect(openings(observations)).toBe(1);
    expect(detector.getAnomalies()).toMatchObject([{ kind: 'level-shift', status: 'closed', direction: 'above' }]);
    const { expected } = detector.explain('s', 'm');
    expect(Math.abs((expected as number) - 110)).toBeLessThan(1.5);
    expect(openings(feed(detector, [100, 100, 100], { from: 1000 }))).toBe(1);
  });

  it('does not learn from the samples of an open episode', () => {
    const detector = new AnomalyDetector();
    feed(
      detector,
      times(300, (i) => 100 + (i % 5)),
    );
    const during = feed(
      detector,
      times(20, () => 150),
      { from: 300 },
    );
    const expected = during.slice(2).map((o) => o.expected);
    expect(new Set(expected).size).toBe(1);
  });

  it.each([
    [5, 10],
    // With twelve it was three.
    [6, 12],
    [10, 20],
  ])('a metric that flaps is two episodes at most: %d of %d samples', (high, cycle) => {
    const detector = new AnomalyDetector();
    const flapping = times(320, (i) => (i >= 200 && (i - 200) % cycle < high ? 60 : 10) + (i % 3));
    expect(openings(feed(detector, flapping))).toBeLessThanOrEqual(2);
  });

  it('the second outage of a kind is found too', () => {
    const next = normal(4);
    const detector = new AnomalyDetector();
    const values = times(3000, (i) => 20 + next() + (i % 1000 >= 900 && i % 1000 < 905 ? 60 : 0));
    expect(openings(feed(detector, values))).toBe(3);
  });

  it('rare jumps of an otherwise constant series stop paging', () => {
    const detector = new AnomalyDetector();
    const observations = feed(
      detector,
      times(5000, (i) => (i % 100 === 99 ? 1 : 0)),
    );
    expect(openings(observations.slice(2000))).toBe(0);
  });

  it('one failed request in a quiet minute is not high, and no episode by itself', () => {
    const detector = new AnomalyDetector();
    const options = { metricName: 'operation_error_rate' };
    feed(
      detector,
      times(1440, () => 0),
      options,
    );
    const [failed] = feed(detector, [0.1], { ...options, from: 1440 });
    // Once in 1,440: a normal deviation of 3.4.
    expect(failed?.deviation).toBeCloseTo(3.39, 1);
    expect(failed?.anomaly).toBeUndefined();
    feed(
      detector,
      times(100, () => 0),
      { ...options, from: 1441 },
    );
    const outage = feed(detector, [0.4, 0.4, 0.5], { ...options, from: 1541 });
    expect(openings(outage)).toBe(1);
  });

  it('a jump after 150,000 equal values, noise before them or not, is found', () => {
    for (const start of [() => 5, (i: number) => i % 3]) {
      const detector = new AnomalyDetector();
      feed(
        detector,
        times(150_100, (i) => (i < 100 ? start(i) : 5)),
      );
      expect(openings(feed(detector, [6, 6, 6], { from: 150_100 }))).toBe(1);
    }
  });

  it('down time is a gap and no anomaly', () => {
    const next = normal(6);
    const detector = new AnomalyDetector();
    feed(
      detector,
      times(500, () => 50 + next()),
    );
    const back = feed(
      detector,
      times(500, () => 50 + next()),
      { from: 5000 },
    );
    expect(openings(back)).toBe(0);
  });
});

describe('metric definitions', () => {
  const calm = times(200, (i) => 50 + (i % 5));

  it('a deviation in a direction that does not matter has its score and opens nothing', () => {
    const detector = detectorOf({ direction: 'above' });
    feed(detector, calm);
    const [below] = feed(detector, [10], { from: 200 });
    expect(below?.deviation).toBeLessThan(-5);
    expect(below?.score).toBeGreaterThan(0.5);
    expect(below?.anomaly).toBeUndefined();
    expect(detector.explain('s', 'm').reasons).toContain('values below the band do not matter for this metric');
    expect(openings(feed(detector, [90], { from: 201 }))).toBe(1);
  });

  it('a change smaller than minChange opens nothing', () => {
    const detector = detectorOf({ minChange: 100 });
    feed(detector, calm);
    expect(openings(feed(detector, [140, 140, 140], { from: 200 }))).toBe(0);
    expect(openings(feed(detector, [200], { from: 203 }))).toBe(1);
  });

  it('a threshold of its own widens the band', () => {
    const bands = [2, 6].map((threshold) => {
      const detector = detectorOf({ threshold });
      feed(detector, calm);
      const [o] = feed(detector, [52], { from: 200 });
      return (o?.upper as number) - (o?.lower as number);
    });
    expect(bands[1]).toBeGreaterThan(2.5 * (bands[0] as number));
  });

  it('an ignored metric is not kept', () => {
    const detector = detectorOf({ ignore: true });
    expect(feed(detector, calm).every((o) => !o.ready)).toBe(true);
    expect(detector.size).toBe(0);
    expect(detector.explain('s', 'm')).toMatchObject({ state: 'ignored', reasons: ['m is ignored by its definition'] });
  });

  it('the band stays inside the natural range', () => {
    const detector = detectorOf({ min: 0, max: 1 });
    const band = feed(
      detector,
      times(100, (i) => (i % 3) / 100),
    );
    expect(band.slice(10).every((o) => (o.lower as number) >= 0 && (o.upper as number) <= 1)).toBe(true);
  });
});

describe('options', () => {
  it.each([
    [{ threshold: 0 }, 'option threshold must be a number above 0, got 0'],
    [{ minSamples: 1 }, 'option minSamples must be a whole number of at least 2, got 1'],
    [{ historySize: 5 }, 'option historySize must be a whole number of at least 10, got 5'],
    [{ maxSeries: 0.5 }, 'option maxSeries must be a whole number of at least 1, got 0.5'],
    [{ method: 'magic' as 'zscore' }, 'option method must be one of adaptive, zscore, got "magic"'],
    [{ metrics: { m: { threshold: -1 } } }, 'option metrics.m.threshold must be a number above 0, got -1'],
  ])('%o is refused', (options, message) => {
    expect(() => new AnomalyDetector(options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message }),
    );
  });

  it('maxSeries: further series are not watched, known ones go on', () => {
    const detector = new AnomalyDetector({ maxSeries: 1 });
    feed(detector, times(20, Number));
    feed(detector, times(20, Number), { metricName: 'other' });
    expect([detector.size, detector.learning]).toEqual([1, 0]);
    expect(detector.explain('s', 'other').state).toBe('unknown');
  });

  it('minSamples is the number of samples before the first verdict', () => {
    const observations = feed(new AnomalyDetector({ minSamples: 30 }), times(31, Number));
    expect(observations.findIndex((o) => o.ready)).toBe(30);
  });

  it('a snapshot of another version is refused', () => {
    const snapshot = { ...new AnomalyDetector().snapshot(), version: 1 as 2 };
    expect(() => AnomalyDetector.restore(snapshot)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_SNAPSHOT',
        message: 'detector snapshot must be of version 2, got 1',
      }),
    );
  });
});

describe('answers', () => {
  it('explain tells each state in words', () => {
    const detector = new AnomalyDetector();
    const ask = () => detector.explain('s', 'latency');
    const options = { metricName: 'latency' };
    expect(ask()).toMatchObject({ state: 'unknown', samples: 0, samplesNeeded: 10 });
    feed(detector, [20, 20, 20], options);
    expect(ask()).toMatchObject({
      state: 'learning',
      samples: 3,
      timeLeft: { ready: 7 * 60_000 },
      reasons: ['learning: 3 of 10 samples', 'ready in about 7 minutes'],
    });
    feed(
      detector,
      times(20, () => 20),
      { ...options, from: 3 },
    );
    expect(ask().state).toBe('constant');
    expect(ask().reasons[0]).toContain('20 ms');
    feed(
      detector,
      times(20, (i) => 20 + (i % 2)),
      { ...options, from: 23 },
    );
    feed(
      detector,
      times(300, (i) => 20 + (i % 3)),
      { ...options, from: 43 },
    );
    expect(ask()).toMatchObject({ state: 'normal', lastValue: 22, lastTimestamp: START + 342 * 60_000 });
    expect(ask().reasons[0]).toMatch(/^the last value, 22 ms, lies inside the band .* to .* ms$/);
    feed(detector, [27], { ...options, from: 343 });
    expect(ask().state).toBe('suspicious');
    expect(ask().reasons.join('; ')).toMatch(/lies outside the band .* evidence for an anomaly is at \d+ %/);
    feed(detector, [400, 400, 400], { ...options, from: 344 });
    expect(ask().state).toBe('anomalous');
    expect(ask().anomaly?.description).toBe(ask().reasons[0]);
  });

  it('an anomaly has all its fields, and a sentence with the numbers', () => {
    const detector = new AnomalyDetector({ metrics: { depth: { unit: 'jobs', labels: ['queue'] } } });
    const series = { serviceId: 's', metricName: 'depth', labels: { queue: 'mail' } };
    times(100, (i) => detector.observe({ ...series, timestamp: START + i * 1000, value: 20 + (i % 3) }));
    const { anomaly } = detector.observe({ ...series, timestamp: START + 100_000, value: 400 });
    expect(anomaly).toMatchObject({
      ...series,
      timestamp: START + 100_000,
      startedAt: START + 100_000,
      currentValue: 400,
      severity: 'high',
      direction: 'above',
      kind: 'spike',
      status: 'open',
      samples: 1,
    });
    expect(anomaly?.deviation).toBeGreaterThan(5);
    expect(anomaly?.description).toMatch(
      /^depth \(queue mail\) was 400 jobs, expected 2[01](\.\d+)? jobs \([\d.]+ to [\d.]+ jobs\), since 2026-01-05 00:01:40 UTC: [\d.]+ σ above, as by chance less than once in ten years$/,
    );
    expect(detector.explain('s', 'depth', { queue: 'mail' }).state).toBe('anomalous');
    expect(detector.explain('s', 'depth').state).toBe('unknown');
  });

  it('getAnomalies gives the newest first, of all services or one, up to the limit', () => {
    const detector = new AnomalyDetector();
    for (const [i, serviceId] of ['a', 'b', 'c'].entries()) {
      times(100, (k) => detector.observe({ serviceId, metricName: 'm', timestamp: START + k * 1000, value: k % 3 }));
      detector.observe({ serviceId, metricName: 'm', timestamp: START + 200_000 + (i % 2), value: 100 });
    }
    expect(detector.getAnomalies().map((a) => a.timestamp - START)).toEqual([200_001, 200_000, 200_000]);
    expect(detector.getAnomalies('c').map((a) => a.serviceId)).toEqual(['c']);
    expect(detector.getAnomalies(undefined, 2)).toHaveLength(2);
    expect(detector.openAnomalies()).toEqual(detector.getAnomalies());
  });

  it('twenty closed episodes of a series are kept', () => {
    const detector = new AnomalyDetector({ method: 'zscore', historySize: 50 });
    feed(
      detector,
      times(3000, (i) => (i % 60 === 59 ? 100 : i % 3)),
    );
    expect(detector.getAnomalies('s', 1000).filter((a) => a.status === 'closed')).toHaveLength(20);
  });
});

it('names no value beyond the natural range as one that would be an anomaly', () => {
  const detector = new AnomalyDetector();
  feed(
    detector,
    times(300, (i) => (i % 10 < 5 ? 3 : 97)),
    { metricName: 'cpu_usage' },
  );
  const { alarmAbove, alarmBelow, reasons } = detector.explain('s', 'cpu_usage');
  expect([alarmAbove, alarmBelow]).toEqual([undefined, undefined]);
  expect(reasons).toContain('no single sample can be an anomaly here, several in a row can');
});
