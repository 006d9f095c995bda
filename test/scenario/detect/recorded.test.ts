import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AnomalyDetector } from '../../../src/detect/anomaly-detector.ts';

// Point it at a folder with a copy of the Numenta Anomaly Benchmark as `nab/` to run these.
const nab = path.join(process.env['STREAMGATE_DATA'] ?? '', 'nab');
const present =
  process.env['STREAMGATE_DATA'] !== undefined && existsSync(path.join(nab, 'labels/combined_windows.json'));

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
