import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import { Flatness } from '../../../src/detect/flatness.ts';
import { localTimeOf } from '../../../src/detect/local-time.ts';
import { feed, normal, openings, START, times } from './series.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const noise = normal(9);
const calm = times(300, () => 50 + noise());

/** A fault in the five samples from 300 on. */
function withFault(prepare: (detector: AnomalyDetector) => void): ReturnType<typeof feed> {
  const detector = new AnomalyDetector();
  prepare(detector);
  feed(detector, calm);
  return feed(detector, [90, 90, 90, 90, 90, ...calm.slice(0, 20)], { from: 300 });
}

describe('a silence', () => {
  const during = { from: START + 290 * MINUTE, until: START + 303 * MINUTE };

  it('marks what is found in it, and lets it be heard when it is over', () => {
    const observations = withFault((detector) => detector.silence(during));
    expect(openings(observations)).toBe(1);
    expect(observations.slice(0, 5).map((o) => o.anomaly?.silenced)).toEqual([true, true, true, undefined, undefined]);
    expect(observations[3]?.transition).toBe('rose');
  });

  it.each([{ serviceId: 'other' }, { metricName: 'other' }])('of %o does not concern this series', (whose) => {
    const observations = withFault((detector) => detector.silence({ ...during, ...whose }));
    expect(observations.some((o) => o.anomaly?.silenced)).toBe(false);
  });

  it('survives a restart', () => {
    const detector = new AnomalyDetector();
    detector.silence({ serviceId: 's', until: new Date(START + HOUR * 24) });
    const restored = AnomalyDetector.restore(structuredClone(detector.snapshot()));
    feed(restored, calm);
    feed(restored, [90], { from: 300 });
    expect(restored.openAnomalies()[0]?.silenced).toBe(true);
  });

  it('that ends before it begins, or has no end, is refused', () => {
    const detector = new AnomalyDetector();
    expect(() => detector.silence({ from: 10, until: 5 })).toThrow('option until must be later than from, got 5');
    expect(() => detector.silence({ until: Number.NaN })).toThrow(
      'option until must be a Date or epoch milliseconds, got NaN',
    );
  });
});

describe('a deploy', () => {
  it('is carried by what begins within half an hour after it, on its service', () => {
    const deploy = { timestamp: START + 290 * MINUTE, version: '1.2.3' };
    const deployOf = (serviceId: string, timestamp: number) =>
      withFault((detector) => detector.markDeploy(serviceId, { ...deploy, timestamp }))[0]?.anomaly?.deploy;
    expect(deployOf('s', deploy.timestamp)).toEqual(deploy);
    expect(deployOf('other', deploy.timestamp)).toBeUndefined();
    expect(deployOf('s', START + 250 * MINUTE)).toBeUndefined();
    expect(deployOf('s', START + 301 * MINUTE)).toBeUndefined();
  });
});

describe('backfill', () => {
  it('makes a detector know a series as if it had lived through it', () => {
    const [lived, filled] = [new AnomalyDetector(), new AnomalyDetector()];
    feed(lived, calm);
    const samples = calm.map((value, i) => ({ serviceId: 's', metricName: 'm', timestamp: START + i * MINUTE, value }));
    // The last is a repetition, the first of the others not a number.
    expect(filled.backfill([{ ...samples[0], value: Number.NaN } as never, ...samples, ...samples.slice(-1)])).toBe(
      300,
    );
    expect(filled.snapshot()).toEqual(lived.snapshot());
  });
});

describe('maxPagesPerWeek', () => {
  it('sets how much evidence an episode takes', () => {
    const [rare, usual, often] = [0.01, 1, 100].map((maxPagesPerWeek) => {
      const detector = new AnomalyDetector({ maxPagesPerWeek });
      feed(detector, calm);
      return detector.explain('s', 'm').alarmAbove as number;
    });
    expect(rare).toBeGreaterThan(usual as number);
    expect(often).toBeLessThan(usual as number);
    expect(() => new AnomalyDetector({ maxPagesPerWeek: 0 })).toThrow('maxPagesPerWeek must be a number above 0');
  });
});

describe('local time', () => {
  it('follows the clocks of a zone, on the days on which they change too', () => {
    const berlin = localTimeOf('Europe/Berlin');
    const offset = (...utc: [number, number, number, number, number]) => {
      const time = Date.UTC(...utc);
      return (berlin(time) - time) / HOUR;
    };
    // Summer time 2026 in the EU: 29 March, 01:00 UTC, to 25 October, 01:00 UTC.
    expect(offset(2026, 2, 29, 0, 59)).toBe(1);
    expect(offset(2026, 2, 29, 1, 0)).toBe(2);
    expect(offset(2026, 6, 1, 12, 0)).toBe(2);
    expect(offset(2026, 9, 25, 0, 59)).toBe(2);
    expect(offset(2026, 9, 25, 1, 0)).toBe(1);
    expect(offset(2026, 11, 1, 0, 0)).toBe(1);
    const kathmandu = localTimeOf('Asia/Kathmandu');
    expect(kathmandu(0) / HOUR).toBe(5.5);
    expect((kathmandu(START) - START) / HOUR).toBe(5.75);
  });

  it('of a zone that there is not is refused', () => {
    expect(() => new AnomalyDetector({ timeZone: 'Moon/Sea' })).toThrow(
      'option timeZone must be an IANA name such as Europe/Berlin, got "Moon/Sea"',
    );
  });
});

describe('flatness', () => {
  it('is nothing to what often repeats itself, and to a constant', () => {
    const flat = new Flatness();
    for (let i = 0; i < 2000; i++) flat.learn(i % 50 !== 0);
    for (let i = 0; i < 60; i++) flat.learn(true);
    expect(flat.deviation(MINUTE)).toBe(0);
    const constant = new Flatness();
    for (let i = 0; i < 5000; i++) constant.learn(true);
    expect(constant.deviation(MINUTE)).toBe(0);
  });

  it('shows in the twentieth repeat of what never repeated itself, until it is accepted', () => {
    const flat = new Flatness();
    for (let i = 0; i < 500; i++) flat.learn(false);
    const first = times(40, () => {
      const deviation = flat.deviation(MINUTE);
      flat.learn(true);
      return deviation;
    }).findIndex((deviation) => deviation > 0);
    expect(first).toBe(19);
    flat.accept();
    expect(flat.deviation(MINUTE)).toBe(0);
  });
});

describe('explain', () => {
  it('says what would alarm, the last scores, and which habits are known', () => {
    const detector = new AnomalyDetector();
    feed(detector, calm);
    const explanation = detector.explain('s', 'm');
    expect(explanation.recentScores).toHaveLength(10);
    expect(explanation.recentScores.at(-1)).toBe(explanation.score);
    expect(explanation.seasons).toEqual({ day: false, week: false });
    expect(explanation.reasons.join('; ')).toContain('no habit of the day or the week is known');
    const { alarmAbove = 0, alarmBelow = 0 } = explanation;
    const openedBy = (value: number) => {
      const copy = AnomalyDetector.restore(detector.snapshot());
      return openings(feed(copy, [value], { from: 300 }));
    };
    expect([openedBy(alarmAbove + 1), openedBy(alarmBelow - 1)]).toEqual([1, 1]);
    expect(openedBy(alarmAbove - 3)).toBe(0);
  });

  it('says how long it takes until habits can be known', () => {
    const detector = new AnomalyDetector();
    const left = (count: number, from: number, step: number, metricName = 'm') => {
      feed(
        detector,
        times(count, () => 50 + noise()),
        { from, step, metricName },
      );
      return detector.explain('s', metricName);
    };
    // Watched for after a quarter of a day; then two days, and nine for the week.
    const young = left(21, 0, 5 * MINUTE);
    expect(young.timeLeft).toEqual({
      ready: 0,
      day: (6 + 48) * HOUR - 100 * MINUTE,
      week: (6 + 216) * HOUR - 100 * MINUTE,
    });
    expect(young.reasons.at(-1)).toBe(
      'habits can be known in 2.2 days (the day) and 9.2 days (the week) at the earliest',
    );
    const older = left(288, 21, 5 * MINUTE);
    expect(older.timeLeft.day).toBe(54 * HOUR - 308 * 5 * MINUTE);
    // Four days on, noise is known to have no habit of the day; the week is open.
    const old = left(4 * 288, 309, 5 * MINUTE);
    expect(old.timeLeft).toMatchObject({ ready: 0, day: 0 });
    expect(old.reasons.at(-1)).toMatch(/^habits can be known in 4\.\d days \(the week\) at the earliest$/);
    // Eight values a day are needed to see one.
    expect(left(30, 0, 6 * HOUR, 'seldom').timeLeft).toMatchObject({ ready: 0, day: undefined });
    const plain = new AnomalyDetector({ method: 'zscore' });
    feed(plain, calm);
    expect(plain.explain('s', 'm').timeLeft).toEqual({ ready: 0, day: undefined, week: undefined });
  });

  it('finds the habit of the day', () => {
    const detector = new AnomalyDetector();
    feed(
      detector,
      times(6 * 288, (i) => (i % 288 >= 108 && i % 288 < 216 ? 80 : 20) + noise()),
      { step: 300_000 },
    );
    const explanation = detector.explain('s', 'm');
    expect(explanation.seasons.day).toBe(true);
    expect(explanation.reasons).toContain('what is expected follows the time of day');
  });
});
