import { describe, expect, it } from 'vitest';
import { Predictor } from '../../../src/predict/predictor.ts';

const MINUTE = 60_000;

describe('a steady rise, such as a leak or a disk that fills', () => {
  // Memory goes from 40 % to 60 % in two hours, one sixth of a percent a minute.
  const line = (minute: number): number => 40 + minute / 6;
  const predictor = new Predictor();
  for (let minute = 0; minute <= 120; minute++) {
    predictor.observe({
      serviceId: 'api',
      metricName: 'memory_usage',
      timestamp: minute * MINUTE,
      value: line(minute),
    });
  }

  it.each([
    ['5m', 125],
    ['15m', 135],
    ['1h', 180],
  ] as const)('goes on rising %s ahead', (horizon, minute) => {
    const forecast = predictor.forecast('api', 'memory_usage', { horizon });
    expect(Math.abs((forecast?.mean ?? 0) - line(minute))).toBeLessThan(0.5);
    expect(forecast?.lower).toBeLessThan(line(minute));
    expect(forecast?.upper).toBeGreaterThan(line(minute));
  });
});
