import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../../src/model/forecast.ts';
import { Predictor } from '../../../src/predict/predictor.ts';
import { Random } from './random.ts';

const MINUTE = 60_000;
const QUIET = 47;
const FAULT = 438;
const JUMP = FAULT - QUIET;
const NOISE = 1.5;

/** Six hours of quiet, then `minutes` at the level of a fault. */
class Incident {
  readonly #predictor = new Predictor();
  readonly #random = new Random(5);
  #timestamp = 0;

  stay(level: number, minutes: number): this {
    for (let i = 0; i < minutes; i++) {
      const value = level + NOISE * this.#random.normal();
      this.#predictor.observe({ serviceId: 's', metricName: 'latency', timestamp: this.#timestamp, value });
      this.#timestamp += MINUTE;
    }
    return this;
  }

  forecast(horizon: '5m' | '1h'): Forecast {
    return this.#predictor.forecast('s', 'latency', { horizon }) as Forecast;
  }
}

describe.each(['5m', '1h'] as const)('a level that jumps by 260 times its noise, forecast %s ahead', (horizon) => {
  it('is met with doubt at once: the band is twenty times as wide as in the quiet, and more', () => {
    const quiet = new Incident().stay(QUIET, 360);
    const before = quiet.forecast(horizon);
    const { lower, upper } = quiet.stay(FAULT, 1).forecast(horizon);
    expect(upper - lower).toBeGreaterThan(20 * (before.upper - before.lower));
  });

  it('is followed after six minutes: five in a row confirm it, the median of three hides the first', () => {
    const { mean } = new Incident().stay(QUIET, 360).stay(FAULT, 6).forecast(horizon);
    expect(Math.abs(mean - FAULT)).toBeLessThan(4 * NOISE);
  });

  it('and comes back is followed back as soon', () => {
    const { mean } = new Incident().stay(QUIET, 360).stay(FAULT, 10).stay(QUIET, 6).forecast(horizon);
    expect(Math.abs(mean - QUIET)).toBeLessThan(4 * NOISE);
  });

  it('for two minutes only leaves the forecast nearer to what is usual', () => {
    const { mean } = new Incident().stay(QUIET, 360).stay(FAULT, 2).stay(QUIET, 1).forecast(horizon);
    expect(mean).toBeLessThan(QUIET + JUMP / 2);
  });
});
