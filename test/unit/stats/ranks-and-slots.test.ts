import { describe, expect, it } from 'vitest';
import { RankTable } from '../../../src/stats/rank-table.ts';
import { SlotMeans, slotOf } from '../../../src/stats/slot-means.ts';
import { normal, times, uniform } from '../detect/series.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Rarity of one more value of a table's only stream. */
function rarity(ranks: RankTable, x: number): number {
  ranks.show(0, x);
  return ranks.take();
}

/** A stream that has shown 0, 1 … 99 in a mixed order. */
function hundred(): RankTable {
  const ranks = new RankTable(1);
  for (let i = 0; i < 100; i++) rarity(ranks, (i * 37) % 100);
  return ranks;
}

describe('a rank table', () => {
  it('gives the decades of the rank, and more for a record by how far it lies beyond', () => {
    // Two of the hundred are larger: one in 100 / 3.
    expect(rarity(hundred(), 97.5)).toBeCloseTo(Math.log10(100 / 3), 12);
    // The tail begins at the sixth largest, 94, and is 5 wide; the record of 99 is beaten by 3.
    expect(rarity(hundred(), 102)).toBeCloseTo(2 + 3 / 5, 12);
    expect(rarity(hundred(), 1e9)).toBeCloseTo(4, 12);
  });

  it('gives nothing to the body, to a sixth value, and to what is as large as many before', () => {
    expect(rarity(hundred(), 90)).toBe(0);
    const ranks = new RankTable(1);
    expect(times(6, (i) => rarity(ranks, 10 ** i))).toEqual([0, 0, 0, 0, 0, 0]);
    const flat = new RankTable(1);
    expect(times(1000, () => rarity(flat, 7)).every((decades) => decades === 0)).toBe(true);
  });

  it('does not let rounding decide between equals', () => {
    const ranks = new RankTable(1);
    for (let i = 0; i < 1000; i++) rarity(ranks, i % 100 === 0 ? 0.3 : i % 7);
    // 0.1 + 0.2 is a little more than 0.3; neither is a record.
    expect(rarity(ranks, 0.1 + 0.2)).toBe(0);
  });

  it('finds things as rare as it says, over any law', () => {
    for (const law of [uniform(3), normal(3), () => Math.exp(4 * normal(4)())]) {
      const ranks = new RankTable(1);
      let beyond = 0;
      for (let i = 0; i < 20_000; i++) if (rarity(ranks, law()) >= 3 && i >= 2000) beyond++;
      // One in a thousand of 18,000, give or take four deviations of a Poisson count; records jump further.
      expect(beyond).toBeLessThan(18 + 4 * Math.sqrt(18));
    }
  });

  it('goes on from a snapshot, also where history is halved', () => {
    const next = normal(5);
    const ranks = new RankTable(2);
    for (let i = 0; i < 65_000; i++) {
      ranks.showBoth(0, next());
      ranks.take();
    }
    const other = new RankTable(2, structuredClone(ranks.snapshot()));
    // Past 65,536 values, where the history is halved.
    for (let i = 0; i < 5000; i++) {
      const value = next();
      ranks.showBoth(0, value);
      other.showBoth(0, value);
      expect(other.take()).toBe(ranks.take());
    }
    expect(other.snapshot()).toEqual(ranks.snapshot());
  });

  it('two sides of a stream are as rare as the rarer one', () => {
    const ranks = new RankTable(2);
    for (let i = 0; i < 100; i++) {
      ranks.showBoth(0, (i * 37) % 100);
      ranks.take();
    }
    // −3 is a record below: the tail there begins at 5 and is 5 wide.
    ranks.showBoth(0, -3);
    expect(ranks.take()).toBeCloseTo(2 + 3 / 5, 12);
  });

  it('streams that agree are a little rarer than one, and one that shows nothing is not asked', () => {
    const ranks = new RankTable(3);
    for (let i = 0; i < 100; i++) {
      ranks.show(0, (i * 37) % 100);
      ranks.show(1, (i * 37) % 100);
      ranks.take();
    }
    const other = new RankTable(3, ranks.snapshot());
    other.show(0, 102);
    expect(other.take()).toBeCloseTo(2.6, 12);
    // Two of 2.6 together: 2.6 times the 12th root of 2.
    ranks.show(0, 102);
    ranks.show(1, 102);
    expect(ranks.take()).toBeCloseTo(2.6 * 2 ** (1 / 12), 12);
    expect(ranks.take()).toBe(0);
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
