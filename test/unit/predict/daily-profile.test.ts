import { describe, expect, it } from 'vitest';
import { DailyProfile } from '../../../src/predict/daily-profile.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The hour of the day as value, at the middle of each hour. */
function fill(profile: DailyProfile, days: readonly number[], value: (hour: number, day: number) => number): void {
  for (const day of days) {
    for (let hour = 0; hour < 24; hour++) profile.observe(day * DAY + (hour + 0.5) * HOUR, value(hour, day));
  }
}

describe('the daily profile', () => {
  it('knows nothing on the first day, and the day before on the second', () => {
    const profile = new DailyProfile(HOUR, 0.15);
    fill(profile, [0], (hour) => hour);
    expect(profile.at(DAY + 10.5 * HOUR)).toBe(10);
    expect(profile.at(DAY + 11 * HOUR)).toBe(10.5);
    // The last hour is not finished before a sample of the next comes.
    expect(profile.at(DAY + 23.5 * HOUR)).toBeNaN();
    const empty = new DailyProfile(HOUR, 0.15);
    empty.observe(0, 1);
    expect(empty.at(0)).toBeNaN();
  });

  it('is the mean of the first days, then leans towards the newest', () => {
    const profile = new DailyProfile(HOUR, 0.5);
    fill(profile, [0, 1, 2], (_, day) => [10, 20, 40][day] as number);
    profile.observe(3 * DAY + HOUR / 2, 0);
    // Day 2 weighs max(.5, 1/2), day 3 max(.5, 1/3): 10, then 15, then 27.5.
    expect(profile.at(10.5 * HOUR)).toBe(27.5);
  });

  it('is not shifted by a gap, nor by a late start', () => {
    const profile = new DailyProfile(HOUR, 0.15);
    profile.observe(17.5 * HOUR, 17);
    fill(profile, [3, 9, 10], (hour) => hour);
    for (let hour = 0; hour < 23; hour++) expect(profile.at(11 * DAY + (hour + 0.5) * HOUR)).toBeCloseTo(hour, 12);
  });

  it('takes any number of samples an hour, and none where steps are longer than three hours', () => {
    const profile = new DailyProfile(HOUR, 0.15);
    for (const minute of [1, 2, 50]) profile.observe(minute * 60_000, minute);
    profile.observe(1.5 * HOUR, 5);
    profile.observe(2.5 * HOUR, 5);
    expect(profile.at(HOUR / 2)).toBeCloseTo(53 / 3, 12);
    const sparse = new DailyProfile(4 * HOUR, 0.15);
    fill(sparse, [0, 1, 2], (hour) => hour);
    expect(sparse.at(5 * HOUR)).toBeNaN();
  });

  it('goes on from a snapshot', () => {
    const profile = new DailyProfile(HOUR, 0.15);
    fill(profile, [0, 1], (hour) => hour);
    const restored = new DailyProfile(structuredClone(profile.snapshot()), 0.15);
    fill(profile, [2], (hour) => 2 * hour);
    fill(restored, [2], (hour) => 2 * hour);
    expect(restored.snapshot()).toEqual(profile.snapshot());
  });
});
