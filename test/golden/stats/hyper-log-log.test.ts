import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HyperLogLog } from '../../../src/stats/hyper-log-log.ts';

interface Case {
  readonly registers: readonly number[];
  readonly estimate: number;
}

// Written by scripts/golden/stats.mjs.
const cases: Case[] = JSON.parse(readFileSync(new URL('hyper-log-log.json', import.meta.url), 'utf8'));

describe('HyperLogLog', () => {
  for (const { registers, estimate } of cases) {
    it(`estimates ${estimate.toPrecision(4)} from the registers ${registers.join(' ')}`, () => {
      // Version 1, precision 4, dense, 16 registers.
      const counter = HyperLogLog.fromBytes(Uint8Array.of(1, 4, 1, 16, ...registers));
      expect(counter.estimate() / estimate).toBeCloseTo(1, 12);
    });
  }
});
