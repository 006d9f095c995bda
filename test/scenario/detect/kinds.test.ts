import { describe, expect, it } from 'vitest';
import { AnomalyDetector, type AnomalyDetectorOptions } from '../../../src/detect/anomaly-detector.ts';
import type { Anomaly } from '../../../src/model/anomaly.ts';
import { normal, START, times } from '../../unit/detect/series.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Feeds `value(i, noise)` for `count` samples; gives what opened from `from` on, as it was in the end. */
function found(
  value: (i: number, noise: () => number) => number | undefined,
  { count, from, step = MINUTE, ...options }: { count: number; from: number; step?: number } & AnomalyDetectorOptions,
): Anomaly[] {
  const detector = new AnomalyDetector(options);
  const noise = normal(11);
  times(count, (i) => {
    const v = value(i, noise);
    if (v !== undefined) detector.observe({ serviceId: 's', metricName: 'm', timestamp: START + i * step, value: v });
  });
  return detector
    .getAnomalies('s', 100)
    .filter(({ timestamp }) => timestamp >= START + from * step)
    .reverse();
}

function kinds(anomalies: readonly Anomaly[]): string[] {
  return anomalies.map(({ kind }) => kind);
}

/** 20 by night, 80 from nine to six. */
function officeHours(timestamp: number): number {
  const hour = (timestamp % DAY) / HOUR;
  return hour >= 9 && hour < 18 ? 80 : 20;
}

describe('the kind of an anomaly', () => {
  it('is spike for one high value, and dip for one low', () => {
    const at = (sign: number) =>
      found((i, noise) => 50 + noise() + (i === 600 ? sign * 30 : 0), { count: 700, from: 600 });
    expect(kinds(at(1))).toEqual(['spike']);
    expect(kinds(at(-1))).toEqual(['dip']);
  });

  it('is level-shift for what stays, one episode that closes as the new normal', () => {
    const anomalies = found((i, noise) => (i < 600 ? 50 : 60) + noise(), { count: 900, from: 600 });
    expect(kinds(anomalies)).toEqual(['level-shift']);
    expect(anomalies[0]?.status).toBe('closed');
  });

  it('is drift for what creeps away', () => {
    const anomalies = found((i, noise) => 50 + noise() + Math.max(0, i - 600) * 0.8, { count: 640, from: 600 });
    expect(kinds(anomalies)).toEqual(['drift']);
  });

  it('is variance for what swings to both sides', () => {
    const anomalies = found((i, noise) => 50 + noise() + (i >= 600 ? 15 * (i % 2 ? 1 : -1) : 0), {
      count: 620,
      from: 600,
    });
    expect(kinds(anomalies)).toEqual(['variance']);
  });

  it('is flatline for a noisy line that stops moving', () => {
    const anomalies = found((i, noise) => (i < 600 ? 50 + noise() : 50.25), { count: 640, from: 600 });
    expect(kinds(anomalies)).toEqual(['flatline']);
    expect(anomalies[0]?.severity).toBe('medium');
  });

  it('is seasonal for a usual value at an unusual time', () => {
    const step = 5 * MINUTE;
    const perDay = DAY / step;
    // The night of the 22nd day is as busy as noon, for two hours.
    const anomalies = found(
      (i, noise) => (i >= 21 * perDay + 24 && i < 21 * perDay + 48 ? 80 : officeHours(START + i * step)) + noise(),
      { count: 21 * perDay + 60, from: 19 * perDay, step },
    );
    expect(kinds(anomalies)[0]).toBe('seasonal');
  });
});

describe('what is no anomaly', () => {
  const step = 5 * MINUTE;
  const perDay = DAY / step;

  it('weekends, once two are known', () => {
    const quietWeekend = (i: number) => new Date(START + i * step).getUTCDay() % 6 === 0;
    const value = (i: number, noise: () => number) => (quietWeekend(i) ? 10 : officeHours(START + i * step)) + noise();
    const pages = found(value, { count: 35 * perDay, from: 21 * perDay, step }).filter((a) => a.severity !== 'low');
    expect(pages.length).toBeLessThanOrEqual(2);
  });

  it('the hour that clocks change, in the time zone of the users', () => {
    // Berlin: 29 March 2026, 02:00 becomes 03:00. Work begins at nine by the clock on the wall, seven by UTC from then on.
    const berlin = (timestamp: number) => timestamp + (timestamp < Date.UTC(2026, 2, 29, 1) ? HOUR : 2 * HOUR);
    const first = (Date.UTC(2026, 2, 29) - START) / step;
    const value = (i: number, noise: () => number) => officeHours(berlin(START + i * step)) + noise();
    const pages = (timeZone: string) =>
      found(value, { count: first + 3 * perDay, from: first, step, timeZone }).filter((a) => a.severity !== 'low');
    expect(pages('Europe/Berlin')).toEqual([]);
  });

  it('a gap of hours, and what comes after it', () => {
    const value = (i: number, noise: () => number) => (i > 1000 && i < 1400 ? undefined : 50 + noise());
    expect(found(value, { count: 2000, from: 1000 })).toEqual([]);
  });

  it('a nightly batch job, after the third night', () => {
    const value = (i: number, noise: () => number) => 20 + noise() + (i % perDay >= 24 && i % perDay < 30 ? 60 : 0);
    const pages = found(value, { count: 14 * perDay, from: 4 * perDay, step }).filter((a) => a.severity !== 'low');
    expect(pages.length).toBeLessThanOrEqual(1);
  });
});

it('a counter that resets is one dip, and the climb after it none', () => {
  const anomalies = found((i, noise) => (i < 600 ? i : i - 600) + noise(), { count: 700, from: 590 });
  expect(anomalies.length).toBeLessThanOrEqual(1);
});
