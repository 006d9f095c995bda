import { describe, expect, it } from 'vitest';
import { RobustLevel } from '../../../src/stats/robust-level.ts';
import { SamplingStep } from '../../../src/stats/sampling-step.ts';
import { DAY, SeasonalLevel } from '../../../src/stats/seasonal-level.ts';
import { TailCalibration } from '../../../src/stats/tail-calibration.ts';
import { normal, times, uniform } from '../detect/series.ts';

const DAY_MS = 86_400_000;

describe('robust level', () => {
  it('finds level and standard deviation of normal values', () => {
    const next = normal(1);
    const level = new RobustLevel(0.02, { level: 0, meanAbsolute: 0, count: 1 });
    for (let i = 0; i < 20_000; i++) level.learn(50 + 3 * next());
    expect(Math.abs(level.level - 50)).toBeLessThan(1.5);
    // An average over some 400 values knows a scale to 5 %.
    expect(Math.abs(level.scale / 3 - 1)).toBeLessThan(0.15);
  });

  it('a huge outlier moves it by its rate times four scales, no more', () => {
    const level = new RobustLevel(0.1, { level: 10, meanAbsolute: Math.sqrt(2 / Math.PI), count: 1000 });
    level.learn(1e12);
    expect(level.level).toBeCloseTo(10 + 0.1 * 4, 12);
  });
});

describe('sampling step', () => {
  it('is the median of the last fifteen gaps', () => {
    const step = new SamplingStep();
    expect(step.value).toBeNaN();
    for (const gap of [10, 10, 10, 5000, 10]) step.add(gap);
    expect(step.value).toBe(10);
    for (let i = 0; i < 7; i++) step.add(60);
    expect(step.value).toBe(60);
    for (let i = 0; i < 15; i++) step.add(30);
    expect(step.value).toBe(30);
  });

  it('goes on from its snapshot', () => {
    const gap = uniform(3);
    const one = new SamplingStep();
    for (let i = 0; i < 100; i++) {
      const other = new SamplingStep(one.snapshot());
      for (const next of times(20, gap)) other.add(next);
      one.add(gap());
      expect(new SamplingStep(one.snapshot()).value).toBe(one.value);
    }
  });
});

describe('tail calibration', () => {
  const learned = (count: number, next: () => number): TailCalibration => {
    const tail = new TailCalibration();
    for (let i = 0; i < count; i++) tail.learn(Math.abs(next()), 0.001);
    return tail;
  };

  it('leaves normal deviations about as they are', () => {
    const tail = learned(50_000, normal(4));
    for (const x of [1, 2, 3, 4, 6]) expect(Math.abs(tail.map(x) / x - 1)).toBeLessThan(0.15);
  });

  it('makes of what is exponential the normal deviation of the same rarity, within a fifth', () => {
    const next = uniform(5);
    const tail = learned(200_000, () => -Math.log(next()));
    // exp(−x) = 0.0027 at x = 5.91, which is 3 σ; 6.33e-5 at 9.67, which is 4 σ.
    expect(Math.abs(tail.map(5.91) / 3 - 1)).toBeLessThan(0.2);
    expect(Math.abs(tail.map(9.67) / 4 - 1)).toBeLessThan(0.2);
  });

  it('calls what lies far beyond all jobs of a stream that has one an hour far out, not one more of them', () => {
    const noise = normal(7);
    let i = 0;
    // Two days of minutes; the jobs differ by a tenth.
    const tail = learned(2880, () => (i++ % 60 === 0 ? 9 + 0.3 * noise() : noise()));
    // Of jobs alone ten times as far is ten times the deviation; of the gap between noise and jobs it would be 1.4 times.
    expect(tail.map(90) / tail.map(9)).toBeGreaterThan(4);
    for (const x of [0.5, 3, 9, 12, 90, 1e4]) expect(tail.inverse(tail.map(x)) / x).toBeCloseTo(1, 9);
  });

  it('rises everywhere, never enlarges, and has an inverse', () => {
    const next = uniform(6);
    const tail = learned(5000, () => 1 / next());
    let before = 0;
    for (let x = 0.5; x < 1e6; x *= 1.5) {
      const mapped = tail.map(x);
      expect(mapped).toBeGreaterThan(before);
      expect(mapped).toBeLessThanOrEqual(x);
      expect(tail.inverse(mapped) / x).toBeCloseTo(1, 9);
      before = mapped;
    }
  });

  it('one outage among many values hardly changes it', () => {
    const values = times(20_000, normal(7));
    const calm = learned(values.length, () => values[0] as number);
    const plain = new TailCalibration();
    const hit = new TailCalibration();
    values.forEach((value, i) => {
      plain.learn(Math.abs(value), 0.001);
      hit.learn(i >= 10_000 && i < 10_030 ? 50 : Math.abs(value), 0.001);
    });
    expect(calm.map(1)).toBeGreaterThan(0);
    expect(Math.abs(hit.map(10) / plain.map(10) - 1)).toBeLessThan(0.05);
  });
});

describe('seasonal level', () => {
  const run = (days: number, step: number, shape: (hour: number) => number): SeasonalLevel => {
    const level = SeasonalLevel.begin(DAY, 0, step, shape(0)) as SeasonalLevel;
    for (let t = 0; t < days * DAY_MS; t += step) level.learn(t, shape((t % DAY_MS) / 3_600_000), step);
    return level;
  };

  it('confirms a habit of the day, and foretells it', () => {
    const level = run(6, 300_000, (hour) => (hour >= 9 && hour < 18 ? 80 : 20));
    expect(level.confirmed).toBe(true);
    const noon = 6 * DAY_MS + 12 * 3_600_000;
    expect(Math.abs(level.at(noon) - 80)).toBeLessThan(10);
    expect(Math.abs(level.at(noon + DAY_MS / 2) - 20)).toBeLessThan(10);
  });

  it('confirms none where there is noise, and none before two days', () => {
    const next = normal(8);
    expect(run(10, 300_000, () => 20 + next()).confirmed).toBe(false);
    expect(run(1.9, 300_000, (hour) => hour).confirmed).toBe(false);
  });

  it('has no habits for values that come every few hours', () => {
    expect(SeasonalLevel.begin(DAY, 0, 4 * 3_600_000, 1)).toBeUndefined();
  });
});
