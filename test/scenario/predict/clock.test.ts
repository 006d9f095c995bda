import { describe, expect, it } from 'vitest';
import type { Horizon } from '../../../src/model/forecast.ts';
import { Predictor } from '../../../src/predict/predictor.ts';
import { Random } from './random.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** 100 at the start of each day, 60 more six hours later. */
function course(timestamp: number): number {
  return 100 + 60 * Math.sin((2 * Math.PI * timestamp) / DAY);
}

interface Play {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** Feeds stretches of the daily course with a little noise. */
function play(predictor: Predictor, random: Random, stretches: readonly Play[]): void {
  for (const { from, to, stepMs } of stretches) {
    for (let t = from; t < to; t += stepMs) {
      predictor.observe({ serviceId: 's', metricName: 'm', timestamp: t, value: course(t) + 0.5 * random.normal() });
    }
  }
}

/** Mean absolute error over the next six hours of forecasts asked every ten minutes, while the course goes on. */
function errorFrom(predictor: Predictor, random: Random, start: number, stepMs: number, horizon: Horizon): number {
  let sum = 0;
  let count = 0;
  for (let t = start; t < start + DAY / 4; t += 10 * MINUTE) {
    play(predictor, random, [{ from: t, to: t + 10 * MINUTE, stepMs }]);
    const forecast = predictor.forecast('s', 'm', { horizon });
    if (forecast === undefined) continue;
    sum += Math.abs(forecast.mean - course(forecast.targetTime));
    count++;
  }
  return sum / count;
}

describe('the daily course', () => {
  it('is known from the second day on: an hour ahead at a fifth of the error of the last value', () => {
    const errors = (['auto', 'naive'] as const).map((model) => {
      const predictor = new Predictor({ model });
      const random = new Random(1);
      play(predictor, random, [{ from: 0, to: 3 * DAY, stepMs: MINUTE }]);
      return errorFrom(predictor, random, 3 * DAY, MINUTE, '1h');
    });
    expect(errors[0]).toBeLessThan((errors[1] as number) / 5);
  });

  it('is not shifted by a gap of 13 hours and 7 seconds', () => {
    const predictor = new Predictor();
    const random = new Random(2);
    const resume = 3 * DAY + 13 * 60 * MINUTE + 7_000;
    play(predictor, random, [
      { from: 0, to: 3 * DAY, stepMs: MINUTE },
      { from: resume, to: resume + 30 * MINUTE, stepMs: MINUTE },
    ]);
    expect(errorFrom(predictor, random, resume + 30 * MINUTE, MINUTE, '1h')).toBeLessThan(3);
  });

  it('survives a change of the sampling step from a minute to 15 seconds', () => {
    const predictor = new Predictor();
    const random = new Random(3);
    play(predictor, random, [
      { from: 0, to: 3 * DAY, stepMs: MINUTE },
      { from: 3 * DAY, to: 3.25 * DAY, stepMs: MINUTE / 4 },
    ]);
    expect(errorFrom(predictor, random, 3.25 * DAY, MINUTE / 4, '1h')).toBeLessThan(3);
  });
});

describe('hard weather', () => {
  it('one absurd value widens the band for hours at most, and hardly moves the mean', () => {
    const predictor = new Predictor();
    const random = new Random(4);
    const observe = (i: number, value: number): void =>
      predictor.observe({ serviceId: 's', metricName: 'm', timestamp: i * MINUTE, value });
    const width = (): number => {
      const f = predictor.forecast('s', 'm', { horizon: '15m' });
      return (f?.upper as number) - (f?.lower as number);
    };
    for (let i = 0; i < 1000; i++) observe(i, 10 + random.normal());
    const before = width();
    observe(1000, 1e9);
    for (let i = 1001; i < 1480; i++) observe(i, 10 + random.normal());
    expect(Math.abs((predictor.forecast('s', 'm', { horizon: '15m' })?.mean as number) - 10)).toBeLessThan(1);
    expect(width()).toBeLessThan(2 * before);
  });

  it('an absurd first value is forgotten within hours', () => {
    const predictor = new Predictor();
    const random = new Random(6);
    for (let i = 0; i < 300; i++) {
      const value = i === 0 ? 1e9 : 10 + random.normal();
      predictor.observe({ serviceId: 's', metricName: 'm', timestamp: i * MINUTE, value });
    }
    const f = predictor.forecast('s', 'm', { horizon: '15m' });
    expect(Math.abs((f?.mean as number) - 10)).toBeLessThan(1);
    // ± 1.64 would be right.
    expect((f?.upper as number) - (f?.lower as number)).toBeLessThan(2 * 5);
  });

  it('a level shift is followed within a few samples', () => {
    const predictor = new Predictor();
    const random = new Random(5);
    for (let i = 0; i < 1000; i++) {
      const value = (i < 990 ? 10 : 50) + random.normal();
      predictor.observe({ serviceId: 's', metricName: 'm', timestamp: i * MINUTE, value });
    }
    expect(predictor.forecast('s', 'm', { horizon: '5m' })?.mean).toBeGreaterThan(35);
  });
});
