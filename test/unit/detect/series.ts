import type { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';
import type { Observation } from '../../../src/model/anomaly.ts';

/** Any instant; divisible by a day. */
export const START: number = Date.UTC(2026, 0, 5);

/** Uniform numbers in 0..1 from a seed (Marsaglia 2003, xorshift32). */
export function uniform(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state - 0.5) / 2 ** 32;
  };
}

/** Standard normal numbers from a seed (Box & Muller 1958). */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

/** `count` values of `make`. */
export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Feeds values of one series, `step` milliseconds apart, from `START` + `from` steps on. */
export function feed(
  detector: AnomalyDetector,
  values: readonly number[],
  { metricName = 'm', step = 60_000, from = 0 }: { metricName?: string; step?: number; from?: number } = {},
): Observation[] {
  return values.map((value, i) =>
    detector.observe({ serviceId: 's', metricName, timestamp: START + (from + i) * step, value }),
  );
}

/** How many of the observations opened an episode. */
export function openings(observations: readonly Observation[]): number {
  return observations.filter((o) => o.transition === 'opened').length;
}
