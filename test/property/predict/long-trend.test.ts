import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LongTrend } from '../../../src/predict/long-trend.ts';
import { StateLayout } from '../../../src/predict/series-state.ts';

const SLOTS = 112;
const LONGEST_MS = 6 * 3_600_000;

describe('the long memory of a series', () => {
  it('has in each slot the mean of its samples, whatever gaps there were, and never more slots than it may', () => {
    const gap = fc.oneof(
      { weight: 9, arbitrary: fc.constant(60_000) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 200_000_000 }) },
    );
    fc.assert(
      fc.property(
        fc.array(gap, { minLength: 1, maxLength: 800 }),
        fc.integer({ min: -1e9, max: 1e12 }),
        (gaps, start) => {
          const layout = new StateLayout();
          const trend = new LongTrend(layout);
          const state = layout.create();
          const samples: { time: number; value: number }[] = [];
          trend.start(state, 5, 60_000);
          let time = start;
          gaps.forEach((ms, i) => {
            time += ms;
            const value = 5 + (i % 13);
            samples.push({ time, value });
            trend.observe(state, time, value);
          });
          const { means, slotMs } = trend.course(state);
          expect(means.length).toBeLessThanOrEqual(SLOTS);
          expect(LONGEST_MS % slotMs).toBe(0);
          const newest = Math.floor(time / slotMs);
          for (let i = 0; i < means.length; i++) {
            const slot = newest - (means.length - 1 - i);
            const own = samples.filter((s) => Math.floor(s.time / slotMs) === slot).map((s) => s.value);
            expect(Number.isNaN(means[i])).toBe(own.length === 0);
            if (own.length === 0) continue;
            // Slots that grew together count alike, so the mean is only sure to lie among their values.
            expect(means[i]).toBeGreaterThanOrEqual(Math.min(...own) - 1e-4);
            expect(means[i]).toBeLessThanOrEqual(Math.max(...own) + 1e-4);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of a straight line is that line', () => {
    const layout = new StateLayout();
    const trend = new LongTrend(layout);
    const state = layout.create();
    trend.start(state, 0, 60_000);
    for (let minute = 0; minute < 20 * 1440; minute++) trend.observe(state, minute * 60_000, minute);
    const { means, slotMs } = trend.course(state);
    // 20 days need slots of 6 hours; the mean of minutes a to b is their middle.
    expect(slotMs).toBe(LONGEST_MS);
    expect(means).toHaveLength(80);
    means.forEach((mean, i) => {
      expect(Math.abs(mean - (i * 360 + 179.5))).toBeLessThan(1);
    });
  });
});
