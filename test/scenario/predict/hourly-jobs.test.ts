import { describe, expect, it } from 'vitest';
import { Predictor } from '../../../src/predict/predictor.ts';
import { Random } from './random.ts';

const STEP = 300_000;
const STEPS_OF_HOUR = 12;

/** A machine that idles at 20 ± 1 %, and for five minutes of each hour, from twenty past, runs a job: 80 ± 1 %. */
function load(step: number, random: Random): number {
  return (step % STEPS_OF_HOUR === 4 ? 80 : 20) + random.normal();
}

describe('a job that is started every hour by the clock', () => {
  const random = new Random(5);
  const predictor = new Predictor();
  const answers = new Map<string, number[]>();
  for (let step = 0; step < 4 * 288; step++) {
    predictor.observe({ serviceId: 'vm', metricName: 'cpu_usage', timestamp: step * STEP, value: load(step, random) });
    if (step < 3 * 288) continue;
    for (const horizon of ['5m', '15m', '1h'] as const) {
      const key = `${horizon} from ${step % STEPS_OF_HOUR}`;
      const mean = predictor.forecast('vm', 'cpu_usage', { horizon })?.mean ?? Number.NaN;
      answers.set(key, [...(answers.get(key) ?? []), mean]);
    }
  }
  /** Mean absolute error of the forecasts made at a step of the hour. */
  const error = (horizon: string, from: number, truth: number): number => {
    const means = answers.get(`${horizon} from ${from}`) ?? [];
    expect(means).toHaveLength(24);
    return means.reduce((sum, mean) => sum + Math.abs(mean - truth), 0) / means.length;
  };

  it('is foreseen five minutes and a quarter of an hour ahead', () => {
    // Repeating the last value is wrong by 60 here, the mean of the hour by 55.
    expect(error('5m', 3, 80)).toBeLessThan(6);
    expect(error('15m', 1, 80)).toBeLessThan(6);
  });

  it('is known to be over soon while it runs, and to come again in an hour', () => {
    expect(error('5m', 4, 20)).toBeLessThan(6);
    expect(error('1h', 4, 80)).toBeLessThan(6);
  });

  it('leaves the forecasts of idle times alone', () => {
    expect(error('5m', 8, 20)).toBeLessThan(3);
    expect(error('1h', 8, 20)).toBeLessThan(3);
  });
});
