import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';

// Point STREAMGATE_DATA at a folder with a copy of the Numenta Anomaly Benchmark as `nab/`, and labelled minute series
// of web services (NAME.csv.gz: timestamp, value, label) as `kpi/`, to run these.
const data = process.env['STREAMGATE_DATA'] ?? 'nowhere';
const nab = path.join(data, 'nab');
const kpi = path.join(data, 'kpi');
const present = existsSync(path.join(nab, 'labels/combined_windows.json'));

interface Recorded {
  readonly timestamps: readonly number[];
  readonly values: readonly number[];
}

function read(name: string): Recorded {
  const lines = readFileSync(path.join(nab, 'data', name), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const rows = lines.map((line) => line.split(','));
  return {
    timestamps: rows.map(([time]) => Date.parse(`${time?.replace(' ', 'T')}Z`)),
    values: rows.map(([, value]) => Number(value)),
  };
}

/** When each episode that reached medium opened. */
function pages({ timestamps, values }: Recorded): number[] {
  const detector = new AnomalyDetector();
  const opened = new Map<string, number>();
  values.forEach((value, i) => {
    const { anomaly } = detector.observe({
      serviceId: 's',
      metricName: 'm',
      timestamp: timestamps[i] as number,
      value,
    });
    if (anomaly !== undefined && anomaly.severity !== 'low') opened.set(anomaly.id, anomaly.timestamp);
  });
  return [...opened.values()];
}

/** When the score is above one half, after the first 15 % of the series. */
function newsIn({ timestamps, values }: Recorded): number[] {
  const detector = new AnomalyDetector();
  return timestamps.filter((timestamp, i) => {
    const { score } = detector.observe({ serviceId: 's', metricName: 'm', timestamp, value: values[i] as number });
    return score > 0.5 && i > 0.15 * values.length;
  });
}

describe.skipIf(!present)('Numenta Anomaly Benchmark (skipped without STREAMGATE_DATA)', () => {
  it('a flat line opens no episode', () => {
    expect(pages(read('artificialNoAnomaly/art_flatline.csv'))).toEqual([]);
  });

  it('a daily square wave is known after a week, noise from the start', () => {
    for (const file of ['art_daily_no_noise', 'art_daily_perfect_square_wave', 'art_daily_small_noise', 'art_noisy']) {
      const recorded = read(`artificialNoAnomaly/${file}.csv`);
      const known = (recorded.timestamps[0] as number) + (file === 'art_noisy' ? 0 : 604_800_000);
      expect(pages(recorded).filter((opened) => opened > known)).toEqual([]);
    }
  });

  it('three quarters of the labelled windows hold news, at five such samples a series outside them', () => {
    const text = readFileSync(path.join(nab, 'labels/combined_windows.json'), 'utf8');
    const windows = JSON.parse(text) as Record<string, [from: string, to: string][]>;
    let [found, all, outside] = [0, 0, 0];
    for (const [name, spans] of Object.entries(windows)) {
      const news = newsIn(read(name));
      const utc = (time: string): number => Date.parse(`${time.replace(' ', 'T')}Z`);
      const inside = (t: number): boolean => spans.some(([from, to]) => utc(from) <= t && t <= utc(to));
      all += spans.length;
      found += spans.filter(([from, to]) => news.some((t) => utc(from) <= t && t <= utc(to))).length;
      outside += news.filter((t) => !inside(t)).length;
    }
    expect(found / all).toBeGreaterThanOrEqual(0.75);
    expect(outside / Object.keys(windows).length).toBeLessThan(5);
  });

  it('at least half of the labelled windows hold an open episode', () => {
    const text = readFileSync(path.join(nab, 'labels/combined_windows.json'), 'utf8');
    const windows = JSON.parse(text) as Record<string, [from: string, to: string][]>;
    let found = 0;
    let all = 0;
    for (const [name, spans] of Object.entries(windows)) {
      const at = pages(read(name));
      const utc = (time: string): number => Date.parse(`${time.replace(' ', 'T')}Z`);
      all += spans.length;
      found += spans.filter(([from, to]) => at.some((t) => utc(from) <= t && t <= utc(to))).length;
    }
    expect(found / all).toBeGreaterThanOrEqual(0.5);
  });
});

const WEEK_MS = 604_800_000;

describe.skipIf(!existsSync(kpi))('labelled minute series of web services (skipped without STREAMGATE_DATA)', () => {
  it('two thirds of the incidents hold an episode, at about one false page a series and week', () => {
    let [found, incidents, falsePages, weeks] = [0, 0, 0, 0];
    for (const file of readdirSync(kpi)) {
      const rows = gunzipSync(readFileSync(path.join(kpi, file)))
        .toString()
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
      const timestamps = rows.map(([time]) => Date.parse(time as string));
      const labels = rows.map(([, , label]) => Number(label));
      const opened = pages({ timestamps, values: rows.map(([, value]) => Number(value)) });
      const spans: { from: number; to: number }[] = [];
      timestamps.forEach((at, i) => {
        const last = spans.at(-1);
        if (labels[i] === 1 && last !== undefined && labels[i - 1] === 1) last.to = at;
        else if (labels[i] === 1) spans.push({ from: at, to: at });
      });
      const hit = (span: { from: number; to: number }, at: number): boolean => span.from <= at && at <= span.to;
      incidents += spans.length;
      found += spans.filter((span) => opened.some((at) => hit(span, at))).length;
      falsePages += opened.filter((at) => !spans.some((span) => hit(span, at))).length;
      weeks += ((timestamps.at(-1) as number) - (timestamps[0] as number)) / WEEK_MS;
    }
    expect(found / incidents).toBeGreaterThan(0.6);
    expect(falsePages / weeks).toBeLessThan(1.3);
  });
});
