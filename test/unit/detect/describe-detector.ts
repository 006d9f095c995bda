import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { AnomalyDetector, type AnomalyDetectorOptions } from '../../../src/detect/anomaly-detector.ts';
import { feed, normal, openings, START, times } from './series.ts';

/** What every method of detection must do, whatever it is good at. */
export function describeDetector(method: NonNullable<AnomalyDetectorOptions['method']>): void {
  const create = (options: AnomalyDetectorOptions = {}): AnomalyDetector => new AnomalyDetector({ method, ...options });
  const series = { serviceId: 's', metricName: 'm' };
  const noise = normal(7);
  // Noise, a spike, a shift, and a way back: every part of the state has something to do.
  const eventful = times(240, (i) => 50 + noise() + (i === 90 ? 40 : 0) + (i >= 150 && i < 210 ? 25 : 0));

  describe(`${method} detector`, () => {
    it.each([0, -3.25, 1e-9, 0.1 + 0.2, 1e12])('a constant %d never alarms', (value) => {
      const observations = feed(
        create(),
        times(3000, () => value),
      );
      expect(observations.every((o) => o.deviation === 0 && o.score === 0 && o.anomaly === undefined)).toBe(true);
    });

    it('a change from a long constant deviates much, by a finite number, and is an anomaly', () => {
      const detector = create();
      feed(
        detector,
        times(500, () => 7),
      );
      const [first] = feed(detector, [7.5], { from: 500 });
      expect(first?.deviation).toBeGreaterThan(5);
      expect(first?.deviation).toBeLessThan(1000);
      expect(first?.transition).toBe('opened');
    });

    it('gives no verdict before ten samples, and one on the eleventh', () => {
      const observations = feed(create(), [...times(10, (i) => 20 + (i % 3)), 400]);
      expect(observations.map((o) => o.ready)).toEqual([...times(10, () => false), true]);
      expect(observations.slice(0, 10).every((o) => o.score === 0 && o.deviation === 0)).toBe(true);
      expect(observations[10]?.deviation).toBeGreaterThan(2);
    });

    it.each([1000, 60_000, 3_600_000])('a step of ten deviations opens within three samples, %d ms apart', (step) => {
      const detector = create();
      const next = normal(3);
      feed(
        detector,
        times(500, () => 100 + next()),
        { step },
      );
      const after = feed(
        detector,
        times(3, () => 110 + next()),
        { step, from: 500 },
      );
      expect(openings(after)).toBe(1);
      expect(after.find((o) => o.transition === 'opened')?.anomaly).toMatchObject({
        direction: 'above',
        status: 'open',
        serviceId: 's',
        metricName: 'm',
      });
    });

    it('an episode keeps the largest deviation and the best score of its samples, whichever sample had which', () => {
      const detector = create();
      // A season of an hour: where it is broken, and where a value was never seen, differ.
      const course = times(600, (i) => 100 + 20 * Math.sin((i * Math.PI) / 30) + noise());
      feed(detector, course);
      const during = feed(
        detector,
        times(40, (i) => 180 + 8 * i + 20 * noise()),
        { from: 600 },
      ).filter(({ anomaly }) => anomaly !== undefined);
      expect(during.length).toBeGreaterThan(10);
      for (const [i, { anomaly }] of during.entries()) {
        const before = during[i - 1]?.anomaly;
        if (anomaly === undefined || before?.id !== anomaly.id) continue;
        expect(anomaly.deviation).toBeGreaterThanOrEqual(before.deviation);
        expect(anomaly.score).toBeGreaterThanOrEqual(before.score);
      }
    });

    it('an episode opens once, is updated, and closes after the normal has returned', () => {
      const detector = create();
      const calm = times(300, (i) => 100 + (i % 5));
      feed(detector, calm);
      const during = feed(detector, [130, 131, 132, 133], { from: 300 });
      const after = feed(detector, calm.slice(0, 10), { from: 304 });
      expect(openings(during)).toBe(1);
      expect(detector.openAnomalies()).toEqual([]);
      const [newest] = detector.getAnomalies();
      expect(newest).toMatchObject({
        status: 'closed',
        timestamp: START + 300 * 60_000,
        startedAt: START + 300 * 60_000,
      });
      expect(after.filter((o) => o.transition === 'closed')).toHaveLength(1);
      expect(detector.getAnomalies('s', 100)).toHaveLength(1);
      expect(detector.getAnomalies('other')).toEqual([]);
    });

    it('ids are unique, and the same in a second run', () => {
      const ids = times(2, () => {
        const detector = create();
        feed(detector, eventful);
        return detector.getAnomalies('s', 100).map((a) => a.id);
      });
      expect(ids[0]).toEqual(ids[1]);
      expect(new Set(ids[0]).size).toBe(ids[0]?.length);
      expect(ids[0]?.length).toBeGreaterThan(0);
    });

    it('a prefix of a series gives the same scores', () => {
      const whole = feed(create(), eventful);
      expect(feed(create(), eventful.slice(0, 160))).toEqual(whole.slice(0, 160));
    });

    it('asking changes nothing', () => {
      const asked = create();
      const observed = eventful.map((value, i) => {
        asked.explain('s', 'm');
        asked.getAnomalies();
        asked.openAnomalies('s');
        asked.snapshot();
        return feed(asked, [value], { from: i })[0];
      });
      expect(observed).toEqual(feed(create(), eventful));
    });

    it('two instances share nothing', () => {
      const [one, other, alone] = [create(), create(), create()];
      const mixed = eventful.map((value, i) => {
        feed(other, [-value * 3], { from: i });
        return feed(one, [value], { from: i })[0];
      });
      expect(mixed).toEqual(feed(alone, eventful));
    });

    it('goes on from a snapshot as if there had been none, after every prefix', () => {
      const whole = feed(create(), eventful);
      const source = create();
      eventful.forEach((value, i) => {
        feed(source, [value], { from: i });
        if (i % 7 !== 0 && i > 20) return;
        const restored = AnomalyDetector.restore(structuredClone(source.snapshot()), { method });
        const rest = feed(restored, eventful.slice(i + 1), { from: i + 1 });
        expect(rest).toEqual(whole.slice(i + 1));
      });
    });

    it('restoring a series undoes what was observed, also its episodes', () => {
      const detector = create();
      eventful.forEach((value, i) => {
        const before = detector.snapshotSeries(series);
        const state = structuredClone(detector.snapshot());
        feed(detector, [value * 5, -value], { from: i });
        detector.restoreSeries(series, before);
        expect(detector.snapshot()).toEqual(state);
        feed(detector, [value], { from: i });
      });
      const plain = create();
      feed(plain, eventful);
      expect(detector.snapshot()).toEqual(plain.snapshot());
    });

    it('restoring to undefined forgets the series', () => {
      const detector = create();
      feed(detector, eventful);
      detector.restoreSeries(series, undefined);
      expect([detector.size, detector.learning, detector.explain('s', 'm').state]).toEqual([0, 0, 'unknown']);
    });

    it('samples that are not newer, or not numbers, change nothing and do not throw', () => {
      const detector = create();
      feed(detector, eventful);
      const before = detector.snapshot();
      const last = START + (eventful.length - 1) * 60_000;
      const wrong = [
        { value: 1, timestamp: last },
        { value: 1e9, timestamp: last - 1 },
        { value: Number.NaN, timestamp: last + 1 },
        { value: Number.POSITIVE_INFINITY, timestamp: last + 1 },
        { value: 1, timestamp: Number.NaN },
        { value: 1, timestamp: new Date(Number.NaN) },
      ];
      for (const sample of wrong) {
        expect(detector.observe({ ...series, ...sample })).toEqual({ ready: false, score: 0, deviation: 0 });
      }
      expect(detector.snapshot()).toEqual(before);
    });

    it('holds no more after 40,000 samples than after 20,000, at irregular steps', () => {
      const detector = create();
      const next = normal(5);
      let timestamp = START;
      const grow = (count: number): number => {
        for (let i = 0; i < count; i++) {
          // Half a minute to a minute and a half, and now and then an hour.
          timestamp += 30_000 + ((i * 7919) % 60_000) + (i % 997 === 0 ? 3_600_000 : 0);
          detector.observe({ ...series, timestamp, value: 50 + next() });
        }
        return serialize(detector.snapshotSeries(series)).length;
      };
      const before = grow(20_000);
      // What is kept of closed episodes, and numbers that are written longer, may differ a little.
      expect(grow(20_000)).toBeLessThan(1.2 * before);
      expect(detector.byteLength).toBeLessThan(32_000);
    });

    it('stays finite whatever it is fed', () => {
      const huge = [1e308, -1e308, 1e308, 5e-324, 0, -1e308];
      const observations = feed(create(), [
        ...eventful.slice(0, 30),
        ...huge,
        ...huge,
        ...eventful,
        ...times(2000, () => 1),
      ]);
      for (const { score, deviation, expected = 0, lower = 0, upper = 0 } of observations) {
        expect([score, deviation, expected, lower, upper].every(Number.isFinite)).toBe(true);
        expect(score >= 0 && score <= 1).toBe(true);
      }
    });

    it('does not see the difference between a Date and its milliseconds', () => {
      const [a, b] = [create(), create()];
      eventful.slice(0, 100).forEach((value, i) => {
        const timestamp = START + i * 60_000;
        const sample = { ...series, value };
        expect(a.observe({ ...sample, timestamp: new Date(timestamp) })).toEqual(b.observe({ ...sample, timestamp }));
      });
    });

    it('the score rises with the deviation', () => {
      const detector = create();
      feed(
        detector,
        times(200, (i) => 50 + (i % 5)),
      );
      const before = detector.snapshotSeries(series);
      const judged = [52, 57, 60, 70, 100, 1000].map((value) => {
        detector.restoreSeries(series, before);
        return feed(detector, [value], { from: 200 })[0];
      });
      for (let i = 1; i < judged.length; i++) {
        expect(judged[i]?.deviation).toBeGreaterThan(judged[i - 1]?.deviation as number);
        expect(judged[i]?.score).toBeGreaterThan(judged[i - 1]?.score as number);
      }
    });

    it('is critical only while more than five percent fail', () => {
      const severities = [undefined, 0.05, 0.051].map((rate) => {
        const detector = create();
        feed(
          detector,
          times(200, (i) => 50 + (i % 5)),
        );
        detector.setErrorRate('s', rate);
        feed(detector, [400], { from: 200 });
        return detector.openAnomalies('s')[0]?.severity;
      });
      expect(severities).toEqual(['high', 'high', 'critical']);
    });

    it('takes the error rate from the series error_rate too', () => {
      const detector = create();
      feed(
        detector,
        times(200, (i) => 50 + (i % 5)),
      );
      feed(detector, [0.3], { metricName: 'error_rate', from: 199 });
      feed(detector, [400], { from: 200 });
      expect(detector.openAnomalies('s')[0]?.severity).toBe('critical');
    });
  });
}
