import { describe, expect, it } from 'vitest';
import { AnomalyDetector, type AnomalyDetectorOptions } from '../../../src/detect/anomaly-detector.ts';
import type { Anomaly } from '../../../src/model/anomaly.ts';
import { START, times } from '../../unit/detect/series.ts';
import { textSeries } from './text-series.ts';

const MINUTE = 60_000;
const FIVE = 5 * MINUTE;
const HOUR = 60 * MINUTE;

/** Days of five-minute samples: 20 by night, 80 from nine to six. */
const OFFICE_DAY = '20~1x108 80~1x108 20~1x72';
const WEEKEND = '10~1x576';

/** What opened in the part of a series that is judged, as it was in the end, oldest first. */
function found(
  text: string,
  { step = MINUTE, seed = 11, ...options }: { step?: number; seed?: number } & AnomalyDetectorOptions = {},
): Anomaly[] {
  const detector = new AnomalyDetector(options);
  const { values, judgedFrom } = textSeries(text, seed);
  values.forEach((value, i) => {
    if (value !== undefined) detector.observe({ serviceId: 's', metricName: 'm', timestamp: START + i * step, value });
  });
  return detector
    .getAnomalies('s', 100)
    .filter(({ timestamp }) => timestamp >= START + judgedFrom * step)
    .reverse();
}

function kinds(anomalies: readonly Anomaly[]): string[] {
  return anomalies.map(({ kind }) => kind);
}

function pages(anomalies: readonly Anomaly[]): Anomaly[] {
  return anomalies.filter(({ severity }) => severity !== 'low');
}

describe('the kind of an anomaly', () => {
  it.each([
    ['spike', '50~1x600 | 80 50~1x100'],
    ['spike', '50~1x600 | 80x3 50~1x100'],
    ['dip', '50~1x600 | 20 50~1x100'],
    ['level-shift', '50~1x600 | 60~1x300'],
    ['level-shift', '50~1x600 | 40~1x300'],
    ['drift', '50~1x600 | 50..82~1x40'],
    ['variance', '50~1x600 | (65~1 35~1)x10'],
    ['flatline', '50~1x600 | 50.25x40'],
  ])('%s: %s', (kind, text) => {
    expect(kinds(found(text))).toEqual([kind]);
  });

  it('seasonal: the night of the 22nd day is as busy as noon, for two hours', () => {
    const text = `(${OFFICE_DAY})x21 | 20~1x24 80~1x24 20~1x60`;
    expect(kinds(found(text, { step: FIVE }))[0]).toBe('seasonal');
  });
});

describe('one step is one episode that closes', () => {
  it.each([
    ['of 5 deviations', '100~1x300 | 105~1x500', MINUTE],
    ['of 5 deviations, hourly', '100~1x300 | 105~1x200', HOUR],
    ['of 50 deviations after most of a day, when habits are not sure yet', '100~1x1000 | 150~1x1500', MINUTE],
    ['of 50 deviations after some days', '100~1x1000 | 150~1x1500', FIVE],
    ['of 5 deviations, and nothing moves any more', '100~1x300 | 105x500', MINUTE],
    ['of 10 deviations, and nothing moves any more', '100~1x1000 | 110x800', FIVE],
  ])('%s: %s', (_, text, step) => {
    for (let seed = 1; seed <= 10; seed++) {
      const anomalies = found(text, { step, seed });
      expect(anomalies).toMatchObject([{ kind: 'level-shift', status: 'closed' }]);
    }
  });
});

describe('what is no anomaly', () => {
  it('a constant, from the first sample on', () => {
    expect(found('7x3000')).toEqual([]);
  });

  it('weekends, once two are known', () => {
    const week = `(${OFFICE_DAY})x5 ${WEEKEND}`;
    expect(pages(found(`(${week})x3 | (${week})x2`, { step: FIVE })).length).toBeLessThanOrEqual(2);
  });

  it('the hour that clocks change, in the time zone of the users', () => {
    // Berlin: on 29 March 2026 at 01:00 UTC, the 84th day, clocks are put forward. Nine in the morning is eight by UTC
    // until then, and seven from then on.
    const winter = '20~1x96 80~1x108 20~1x84';
    const summer = '20~1x84 80~1x108 20~1x96';
    const options = { step: FIVE, timeZone: 'Europe/Berlin' };
    expect(pages(found(`(${winter})x83 | (${summer})x3`, options))).toEqual([]);
  });

  it('the hour that clocks change back', () => {
    // 25 October 2026, the 294th day; the days before it are begun in September.
    const summer = '20~1x84 80~1x108 20~1x96';
    const winter = '20~1x96 80~1x108 20~1x84';
    const options = { step: FIVE, timeZone: 'Europe/Berlin' };
    expect(pages(found(`_x${263 * 288} (${summer})x30 | (${winter})x3`, options))).toEqual([]);
  });

  it('a gap of hours, and what comes after it', () => {
    expect(found('50~1x1000 | _x400 50~1x600')).toEqual([]);
  });

  it('a nightly batch job, after the third night', () => {
    const night = '20~1x24 80~1x6 20~1x258';
    expect(pages(found(`(${night})x4 | (${night})x10`, { step: FIVE })).length).toBeLessThanOrEqual(1);
  });
});

describe('a nightly job of half an hour, a sample a minute', () => {
  const quiet = '20~1x1440';
  const night = '20~1x120 80~1x30 20~1x1290';

  it.each([
    // Its noise is as that of any hour; minute after minute of it used to add up to a page nearly every night.
    ['pages no more once four nights are known', `(${night})x4 | (${night})x10`, 0],
    // A value in the middle of the usual band, while the job does not run, was far from last night alone.
    ['does not page on the night that it is left out', `(${night})x10 | ${quiet}`, 0],
    ['pages where it comes at another time', `(${night})x10 | ${night} 20~1x720 80~1x30`, 1],
    ['pages where it takes much longer', `(${night})x10 | 20~1x120 80~1x150 20~1x100`, 1],
  ])('%s', (_, text, count) => {
    for (let seed = 1; seed <= 3; seed++) expect(pages(found(text, { seed }))).toHaveLength(count);
  });

  it('has the usual values of the night inside the band, whether it runs or not', () => {
    const detector = new AnomalyDetector();
    const { values, judgedFrom } = textSeries(`(${night})x10 | ${quiet}`);
    const inside = values.map((value, i) => {
      const o = detector.observe({ serviceId: 's', metricName: 'm', timestamp: START + i * MINUTE, value: value ?? 0 });
      return (value ?? 0) >= (o.lower ?? 0) && (value ?? 0) <= (o.upper ?? 0);
    });
    const due = inside.slice(judgedFrom + 120, judgedFrom + 150);
    // A normal value is within 2 / 1.85 deviations in 72 of 100 cases.
    expect(due.filter(Boolean).length).toBeGreaterThan(15);
  });
});

describe('what is one episode at most', () => {
  it.each([
    ['a restart: minutes without samples, then a cold start', '60~1x600 | _x4 20 35 50 57 60~1x200'],
    ['a restart that frees memory, which fills again', '40..60~0.5x600 | _x2 40..60~0.5x600'],
    ['a counter that resets', '0..600~1x600 | 0..100~1x100'],
  ])('%s: %s', (_, text) => {
    expect(found(text).length).toBeLessThanOrEqual(1);
  });
});

it('a restart of the process in between, from a snapshot, changes nothing', () => {
  const { values } = textSeries('50~1x600 80~1x40 50~1x200');
  const sample = (i: number) => ({
    serviceId: 's',
    metricName: 'm',
    timestamp: START + i * MINUTE,
    value: values[i] as number,
  });
  const through = new AnomalyDetector();
  let restarted = new AnomalyDetector();
  times(values.length, (i) => {
    if (i % 100 === 50 || i === 605) restarted = AnomalyDetector.restore(structuredClone(restarted.snapshot()));
    expect(restarted.observe(sample(i))).toEqual(through.observe(sample(i)));
  });
  expect(restarted.getAnomalies()).toEqual(through.getAnomalies());
});
