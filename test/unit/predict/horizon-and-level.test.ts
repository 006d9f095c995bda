import { describe, expect, it } from 'vitest';
import { horizonMs, horizonName, horizonWords } from '../../../src/predict/horizon-and-level.ts';

describe('horizons', () => {
  it('are milliseconds or short forms', () => {
    expect(['30s', '5m', '1.5h', '2d', 250].map((h) => horizonMs(h as '5m'))).toEqual([
      30_000, 300_000, 5_400_000, 172_800_000, 250,
    ]);
  });

  it('anything else is refused', () => {
    for (const wrong of [
      '5',
      'm',
      '5 m',
      '-5m',
      '5w',
      '1e3s',
      '',
      0,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '400d',
    ]) {
      expect(() => horizonMs(wrong as '5m')).toThrow('option horizon must be');
    }
  });

  it('have a name and words', () => {
    expect([300_000, 3_600_000, 86_400_000, 90_000, 1_500].map(horizonName)).toEqual(['5m', '1h', '1d', '90s', '1.5s']);
    expect(['5m', '1h', '2d', '1s', '1m'].map(horizonWords)).toEqual([
      '5 minutes',
      'hour',
      '2 days',
      'second',
      'minute',
    ]);
  });
});
