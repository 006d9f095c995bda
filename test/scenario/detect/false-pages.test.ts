import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import { feed, normal, times, uniform } from '../../unit/detect/series.ts';

const WEEK_MS = 604_800_000;
const SAMPLES = 100_000;

/** Noise of several laws; none of it ever holds an anomaly. */
const NOISE: Readonly<Record<string, (seed: number) => () => number>> = {
  normal,
  laplace: (seed) => {
    const next = uniform(seed);
    return () => {
      const u = next() - 0.5;
      return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
    };
  },
  lognormal: (seed) => {
    const next = normal(seed);
    return () => Math.exp(next());
  },
  'autoregressive, 0.9': (seed) => {
    const next = normal(seed);
    let x = 0;
    return () => {
      x = 0.9 * x + next();
      return x;
    };
  },
  'daily wave': (seed) => {
    const next = normal(seed);
    let i = 0;
    return () => 50 + 20 * Math.sin((2 * Math.PI * i++) / 1440) + next();
  },
};

/** Episodes that reached medium. */
function pages(values: readonly number[], step: number): number {
  const ids = new Set<string>();
  for (const { anomaly } of feed(new AnomalyDetector(), values, { step })) {
    if (anomaly !== undefined && anomaly.severity !== 'low') ids.add(anomaly.id);
  }
  return ids.size;
}

describe.each(Object.entries(NOISE))('%s noise', (_, law) => {
  // One page a week, and room for chance: Poisson with mean m stays below m + 3 √m + 3. Heavy tails take a second
  // series of samples to be known as such.
  it.each([60_000, 300_000, 3_600_000])('pages about once a week at most, %d ms apart', (step) => {
    const weeks = (SAMPLES * step) / WEEK_MS;
    const found = pages(times(SAMPLES, law(step)), step);
    expect(found).toBeLessThanOrEqual(weeks + 3 * Math.sqrt(weeks) + 3);
  });
});

it('100,000 normal samples a second apart, more than a day, open no episode', () => {
  expect(pages(times(SAMPLES, normal(9)), 1000)).toBe(0);
});
