import { describe, expect, it } from 'vitest';
import { PeakRanks } from '../../../src/stats/peak-ranks.ts';
import { SlotMeans, slotOf } from '../../../src/stats/slot-means.ts';
import { TwoSidedRanks } from '../../../src/stats/two-sided-ranks.ts';
import { normal, times, uniform } from '../detect/series.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Ranks that have seen 0, 1 … 99 in a mixed order. */
function hundred(): PeakRanks {
  const ranks = new PeakRanks();
  for (let i = 0; i < 100; i++) ranks.take((i * 37) % 100);
  return ranks;
}

describe('peak ranks', () => {
  it('give the decades of the rank, and more for a record by how far it lies beyond', () => {
    // Two of the hundred are larger: one in 100 / 3.
    expect(hundred().take(97.5)).toBeCloseTo(Math.log10(100 / 3), 12);
    // The tail begins at the sixth largest, 94, and is 5 wide; the record of 99 is beaten by 3.
    expect(hundred().take(102)).toBeCloseTo(2 + 3 / 5, 12);
    expect(hundred().take(1e9)).toBeCloseTo(4, 12);
  });

  it('give nothing to the body, to a sixth value, and to what is as large as many before', () => {
    expect(hundred().take(90)).toBe(0);
    const ranks = new PeakRanks();
    expect(times(6, (i) => ranks.take(10 ** i))).toEqual([0, 0, 0, 0, 0, 0]);
    const flat = new PeakRanks();
    expect(times(1000, () => flat.take(7)).every((rarity) => rarity === 0)).toBe(true);
  });

  it('do not let rounding decide between equals', () => {
    const ranks = new PeakRanks();
    for (let i = 0; i < 1000; i++) ranks.take(i % 100 === 0 ? 0.3 : i % 7);
    // 0.1 + 0.2 is a little more than 0.3; neither is a record.
    expect(ranks.take(0.1 + 0.2)).toBe(0);
  });

  it('are as rare as they say, over any law', () => {
    for (const law of [uniform(3), normal(3), () => Math.exp(4 * normal(4)())]) {
      const ranks = new PeakRanks();
      let beyond = 0;
      for (let i = 0; i < 20_000; i++) if (ranks.take(law()) >= 3 && i >= 2000) beyond++;
      // One in a thousand of 18,000, give or take four deviations of a Poisson count; records jump further.
      expect(beyond).toBeLessThan(18 + 4 * Math.sqrt(18));
    }
  });

  it('go on from a snapshot, also where history is halved', () => {
    const next = normal(5);
    const ranks = new PeakRanks();
    const values = times(70_000, next);
    values.slice(0, 65_000).forEach((value) => {
      ranks.take(value);
    });
    const other = new PeakRanks(structuredClone(ranks.snapshot()));
    for (const value of values.slice(65_000)) expect(other.take(value)).toBe(ranks.take(value));
    expect(ranks.snapshot().count).toBeLessThan(65_536);
  });

  it('two-sided: as rare as on the rarer side', () => {
    const ranks = new TwoSidedRanks();
    for (let i = 0; i < 100; i++) ranks.take((i * 37) % 100);
    // −3 is a record below: the tail there begins at 5 and is 5 wide.
    expect(ranks.take(-3)).toBeCloseTo(2 + 3 / 5, 12);
  });
});

describe('slot means', () => {
  it('remember the mean of the slot a period ago, and how far values lie from it', () => {
    const means = new SlotMeans(DAY_MS, 24);
    expect(means.at(0)).toBeNaN();
    for (let t = 0; t < DAY_MS; t += HOUR_MS / 4) means.learn(t, t < HOUR_MS ? t / HOUR_MS : 8);
    means.learn(DAY_MS, 3);
    // 0, ¼, ½, ¾.
    expect(means.at(DAY_MS + 1)).toBeCloseTo(0.375, 12);
    // One distance, 2.625, in standard deviations of a normal law.
    expect(means.scale).toBeCloseTo(2.625 * Math.sqrt(Math.PI / 2), 12);
  });

  it('put a value at a border into the slot that begins there', () => {
    for (let slot = 0; slot < 288; slot++) expect(slotOf(DAY_MS * 20_000 + slot * 300_000, DAY_MS, 288)).toBe(slot);
    expect(slotOf(-1, DAY_MS, 24)).toBe(23);
  });
});
