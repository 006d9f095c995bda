import { describe, expect, it } from 'vitest';
import { SeasonProfile } from '../../../src/predict/season-profile.ts';
import { StateLayout } from '../../../src/predict/series-state.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Profile {
  observe(timestamp: number, value: number): void;
  at(timestamp: number): number;
}

/** The profile of one series with the given step. */
function profileOf(stepMs: number, newestWeight: number, periodMs = DAY): Profile {
  const layout = new StateLayout();
  const profile = new SeasonProfile(layout, { periodMs, buckets: 288, newestWeight });
  const state = layout.create();
  profile.start(state, stepMs);
  return {
    observe: (timestamp, value) => profile.observe(state, timestamp, value),
    at: (timestamp) => profile.at(state, timestamp),
  };
}

/** The hour of the day as value, at the middle of each hour. */
function fill(profile: Profile, days: readonly number[], value: (hour: number, day: number) => number): void {
  for (const day of days) {
    for (let hour = 0; hour < 24; hour++) profile.observe(day * DAY + (hour + 0.5) * HOUR, value(hour, day));
  }
}

describe('the profile of a day', () => {
  it('knows nothing on the first day, and the day before on the second', () => {
    const profile = profileOf(HOUR, 0.15);
    fill(profile, [0], (hour) => hour);
    expect(profile.at(DAY + 10.5 * HOUR)).toBe(10);
    expect(profile.at(DAY + 11 * HOUR)).toBe(10.5);
    // The last hour is not finished before a sample of the next comes.
    expect(profile.at(DAY + 23.5 * HOUR)).toBeNaN();
    const empty = profileOf(HOUR, 0.15);
    empty.observe(0, 1);
    expect(empty.at(0)).toBeNaN();
  });

  it('is the mean of the first days, then leans towards the newest', () => {
    const profile = profileOf(HOUR, 0.5);
    fill(profile, [0, 1, 2], (_, day) => [10, 20, 40][day] as number);
    profile.observe(3 * DAY + HOUR / 2, 0);
    // Day 2 weighs max(.5, 1/2), day 3 max(.5, 1/3): 10, then 15, then 27.5.
    expect(profile.at(10.5 * HOUR)).toBe(27.5);
  });

  it('is not shifted by a gap, nor by a late start', () => {
    const profile = profileOf(HOUR, 0.15);
    profile.observe(17.5 * HOUR, 17);
    fill(profile, [3, 9, 10], (hour) => hour);
    for (let hour = 0; hour < 23; hour++) expect(profile.at(11 * DAY + (hour + 0.5) * HOUR)).toBeCloseTo(hour, 5);
  });

  it('takes any number of samples an hour, and none where steps are longer than three hours', () => {
    const profile = profileOf(HOUR, 0.15);
    for (const minute of [1, 2, 50]) profile.observe(minute * 60_000, minute);
    profile.observe(1.5 * HOUR, 5);
    profile.observe(2.5 * HOUR, 5);
    expect(profile.at(HOUR / 2)).toBeCloseTo(53 / 3, 5);
    const sparse = profileOf(4 * HOUR, 0.15);
    fill(sparse, [0, 1, 2], (hour) => hour);
    expect(sparse.at(5 * HOUR)).toBeNaN();
  });

  it('of a week tells its days apart', () => {
    const week = profileOf(HOUR, 0.4, 7 * DAY);
    for (let hour = 0; hour < 15 * 24; hour++) {
      const day = Math.floor(hour / 24) % 7;
      week.observe((hour + 0.5) * HOUR, day >= 5 ? 0 : 10 + day);
    }
    for (let day = 0; day < 7; day++) {
      expect(week.at((21 + day) * DAY + 12.5 * HOUR)).toBeCloseTo(day >= 5 ? 0 : 10 + day, 5);
    }
  });

  it('counts back before 1970 as well', () => {
    const profile = profileOf(HOUR, 0.15);
    fill(profile, [-3, -2], (hour) => hour);
    expect(profile.at(-DAY + 10.5 * HOUR)).toBeCloseTo(10, 5);
  });
});
