import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import { feed, normal, openings, times } from './series.ts';

const SECONDS = { step: 1000 };
const CYCLE = 600;
const HALF_DAY = 72 * CYCLE;

/** Twelve hours of seconds; every ten minutes a job takes the last minute. */
function halfDay(seed: number): number[] {
  const next = normal(seed);
  return times(HALF_DAY, (i) => (i % CYCLE >= CYCLE - 60 ? 70 : 20) + 2 * next());
}

describe('what a series does again and again', () => {
  it.each([1, 2, 3])(
    'is told some times and then no more, what outgrows it or goes the other way is (seed %d)',
    (seed) => {
      const detector = new AnomalyDetector();
      const told = openings(feed(detector, halfDay(seed), SECONDS));
      // Each of the 72 was told of.
      expect(told).toBeGreaterThanOrEqual(1);
      expect(told).toBeLessThanOrEqual(8);
      const next = normal(seed + 10);
      const quiet = times(CYCLE - 60, () => 20 + 2 * next());
      const dip = times(60, () => -30 + 2 * next());
      const outage = times(60, () => 220 + 2 * next());
      expect(openings(feed(detector, [...quiet, ...dip], { ...SECONDS, from: HALF_DAY }))).toBe(1);
      expect(openings(feed(detector, [...quiet, ...outage], { ...SECONDS, from: HALF_DAY + CYCLE }))).toBe(1);
      expect(detector.openAnomalies()).toMatchObject([{ direction: 'above' }]);
    },
  );

  it('is explained by what can be an anomaly: where values swing so widely that no number is far enough, no number', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const next = normal(seed);
      const detector = new AnomalyDetector();
      const job = (i: number): number => (i % 60 >= 55 ? 70 : 20) + 2 * next();
      // Of 48 jobs.
      expect(openings(feed(detector, times(2880, job)))).toBeLessThanOrEqual(10);
      const { reasons, alarmAbove, alarmBelow } = detector.explain('s', 'm');
      expect([alarmAbove, alarmBelow].every((value) => value === undefined || Number.isFinite(value))).toBe(true);
      expect(reasons.join('; ')).not.toContain('Infinity');
    }
  });

  it('is told more often with a larger budget', () => {
    const told = [0.2, 1, 20].map((maxPagesPerWeek) =>
      openings(feed(new AnomalyDetector({ maxPagesPerWeek }), halfDay(1), SECONDS)),
    );
    expect(told[0]).toBeLessThan(told[1] as number);
    expect(told[2]).toBeGreaterThan(2 * (told[1] as number));
  });

  it('is explained while it goes on, neither listed nor told', () => {
    const detector = new AnomalyDetector();
    const values = halfDay(1);
    const listed = new Set<string>();
    const explained = new Set<string>();
    values.forEach((_, i) => {
      const [o] = feed(detector, values.slice(i, i + 1), { ...SECONDS, from: i });
      if (o?.anomaly !== undefined) listed.add(o.anomaly.id);
      if (i % CYCLE !== CYCLE - 30 || i < HALF_DAY / 2) return;
      const { state, anomaly, reasons } = detector.explain('s', 'm');
      expect(anomaly).toEqual(detector.openAnomalies()[0]);
      if (reasons.some((reason) => reason.includes('too many like it within a day'))) explained.add(state);
    });
    expect([...explained]).toEqual(['suspicious']);
    expect(new Set(detector.getAnomalies('s', 100).map(({ id }) => id))).toEqual(listed);
  });

  it('is remembered by a snapshot', () => {
    const through = new AnomalyDetector();
    const values = halfDay(2);
    feed(through, values, SECONDS);
    const restored = AnomalyDetector.restore(structuredClone(through.snapshot()));
    const next = [through, restored].map((detector) => feed(detector, values, { ...SECONDS, from: HALF_DAY }));
    expect(next[1]).toEqual(next[0]);
  });
});

describe('a young series, of which nobody knows how far its values go', () => {
  const calm = (count: number, next: () => number): number[] => times(count, () => 100 + next());

  it('pages for one sample only where it lies thrice as far as any before', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const next = normal(seed);
      const detector = new AnomalyDetector();
      const first = feed(detector, [...calm(30, next), 130, ...calm(20, next)]);
      expect(openings(first)).toBe(1);
      // As far as the one before: it was a page each time.
      const again = feed(detector, [130, ...calm(10, next)], { from: 51 });
      expect(openings(again)).toBe(0);
      const confirmed = feed(detector, [130, 131], { from: 62 });
      expect(confirmed.map((o) => o.transition)).toEqual([undefined, 'opened']);
    }
  });

  it('says from which value on one sample would be enough', () => {
    const next = normal(1);
    const detector = new AnomalyDetector();
    feed(detector, [...calm(30, next), 130, ...calm(20, next)]);
    const { alarmAbove, expected } = detector.explain('s', 'm');
    // 30 or so is as far as it has been.
    expect((alarmAbove as number) - (expected as number)).toBeGreaterThan(85);
    expect(openings(feed(detector, [Math.ceil((alarmAbove as number) + 1)], { from: 51 }))).toBe(1);
  });
});
