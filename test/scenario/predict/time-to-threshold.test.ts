import { describe, expect, it } from 'vitest';
import type { ThresholdTime } from '../../../src/model/threshold-time.ts';
import { Predictor } from '../../../src/predict/predictor.ts';
import { Random } from './random.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Feeds `days` of a course, a value every five minutes, and asks when it passes 90. */
function ask(days: number, course: (day: number, random: Random) => number, threshold = 90): ThresholdTime {
  const predictor = new Predictor();
  const random = new Random(11);
  for (let t = 0; t < days * DAY; t += 5 * MINUTE) {
    predictor.observe({ serviceId: 'db', metricName: 'disk_usage', timestamp: t, value: course(t / DAY, random) });
  }
  return predictor.timeToThreshold('db', 'disk_usage', threshold) as ThresholdTime;
}

const inDays = (ms: number | undefined): number => (ms ?? Number.NaN) / DAY;
/** 0 at midnight, rising to 1 through the day. */
const tooth = (day: number): number => day % 1;

describe('the time until a disk is full', () => {
  it('under a straight leak: 50 % and 2 points a day pass 90 % after 20 days', () => {
    const time = ask(8, (day, random) => 50 + 2 * day + 0.3 * random.normal());
    // 66 % after 8 days; 24 points at 2 a day are 12 days.
    expect(time.state).toBe('ahead');
    expect(Math.abs(inDays(time.expected) - 12)).toBeLessThan(1);
    expect(inDays(time.earliest)).toBeLessThan(12);
    expect(inDays(time.latest)).toBeGreaterThan(12);
    expect(time.text).toMatch(/^disk usage passes 90 % in 1[123] days \(80 %: \d+ to \d+ days\)$/);
  });

  it('is not in sight when logs are rotated every night, however much they fill by day', () => {
    for (const days of [3.4, 4.9, 7.7, 15, 30.9]) {
      const time = ask(days, (day, random) => 40 + 40 * tooth(day) + 0.3 * random.normal());
      expect([days, time.state, time.earliest]).toEqual([days, 'not in sight', undefined]);
    }
  });

  it('is found where the nightly rotation leaves a little more each time', () => {
    for (const days of [4.3, 8.6]) {
      const time = ask(days, (day, random) => 20 + 30 * tooth(day) + 3 * Math.floor(day) + 0.3 * random.normal());
      // The peak of day k is 50 + 3k: 90 is passed at the end of day 13, when the tooth of day 13 reaches 31/30 … of day 14.
      const truth = 14 - days;
      expect(time.state).toBe('ahead');
      expect(Math.abs(inDays(time.expected) - truth)).toBeLessThan(1.5);
    }
  });

  it('is not in sight when files are rotated by size, every 1.7 days', () => {
    for (const days of [6, 11, 20]) {
      const time = ask(days, (day, random) => 40 + 40 * ((day / 1.7) % 1) + 0.3 * random.normal());
      expect([days, time.state]).toEqual([days, 'not in sight']);
    }
  });

  it('follows a leak that began after ten quiet days', () => {
    const time = ask(16, (day, random) => 40 + 3 * Math.max(0, day - 10) + 0.3 * random.normal());
    // 58 % after 16 days; 32 points at 3 a day.
    expect(Math.abs(inDays(time.expected) - 32 / 3)).toBeLessThan(2);
  });

  it('is minutes where it is minutes', () => {
    const predictor = new Predictor();
    for (let i = 0; i < 180; i++) {
      predictor.observe({ serviceId: 'db', metricName: 'disk_usage', timestamp: i * MINUTE, value: 20 + i / 3 });
    }
    // 79.7 % now and a third of a point a minute: 31 minutes.
    const time = predictor.timeToThreshold('db', 'disk_usage', 90) as ThresholdTime;
    expect(Math.abs((time.expected as number) / MINUTE - 31)).toBeLessThan(10);
    expect(time.text).toMatch(/in \d+ minutes/);
  });

  it('is 0 once it is passed, and out of sight for a series that never changes', () => {
    expect(ask(2, () => 95)).toMatchObject({ state: 'passed', expected: 0, text: 'disk usage is above 90 %, at 95 %' });
    expect(ask(2, () => 40)).toMatchObject({ state: 'not in sight', expected: undefined });
  });

  it('of white noise and random walks is seldom given', () => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const predictor = new Predictor();
      const random = new Random(seed);
      let walk = 50;
      for (let t = 0; t < 6 * DAY; t += 5 * MINUTE) {
        walk += seed % 2 === 0 ? 0.05 * random.normal() : 0;
        const value = seed % 2 === 0 ? walk : 50 + 5 * random.normal();
        predictor.observe({ serviceId: 'db', metricName: 'queue', timestamp: t, value });
      }
      if (predictor.timeToThreshold('db', 'queue', 90)?.state === 'ahead') found++;
    }
    expect(found).toBeLessThanOrEqual(4);
  });

  it('goes downward as well', () => {
    const predictor = new Predictor();
    for (let t = 0; t < 5 * DAY; t += 5 * MINUTE) {
      predictor.observe({ serviceId: 'db', metricName: 'free_gb', timestamp: t, value: 100 - 8 * (t / DAY) });
    }
    // 60 left, 8 a day, down to 20: 5 days.
    const time = predictor.timeToThreshold('db', 'free_gb', 20) as ThresholdTime;
    expect(time.direction).toBe('below');
    expect(Math.abs(inDays(time.expected) - 5)).toBeLessThan(0.5);
    expect(time.text).toContain('falls below 20 in');
  });
});
