import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnalyticsError, ManualClock, Service } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';
import { Random } from '../predict/random.ts';
import { ROUNDS } from './recorder.ts';

const T0 = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
const PAGE = 16_384;

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-damage-'));
const sound = join(folder, 'sound.db');
let truth: string;

/** Everything that a store tells, as one text. */
async function readAll(path: string): Promise<string> {
  const clock = new ManualClock(T0 + 300 * MINUTE);
  const service = await Service.open({ clock, store: sqlite({ path }) });
  try {
    const all: unknown[] = [service.getAnomalies(undefined, 1000), service.getAggregations('a', { period: '5m' })];
    for (const serviceId of ['a', 'b']) {
      for await (const bucket of service.history.aggregations(serviceId)) all.push(bucket);
      for await (const bucket of service.history.series(serviceId, 'depth')) all.push(bucket);
    }
    for await (const record of service.history.events()) all.push(record);
    return JSON.stringify(all);
  } finally {
    await service.close();
  }
}

beforeAll(async () => {
  const clock = new ManualClock(T0);
  const service = await Service.open({ clock, store: sqlite({ path: sound }), keepEvents: true });
  for (let minute = 0; minute < 240; minute++) {
    for (const serviceId of ['a', 'b']) {
      service.recordPerformanceMetric({ serviceId, operation: 'work', duration: 20 + (minute % 17), success: true });
      service.recordMetric({ serviceId, metricName: 'depth', value: minute % 31 });
      service.recordEvent({ serviceId, eventType: 'tick', metadata: { minute } });
    }
    clock.advance(MINUTE);
    if (minute % 20 === 0) await service.flush();
  }
  await service.close();
  truth = await readAll(sound);
  expect(truth.length).toBeGreaterThan(100_000);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = new Random(7);
const below = (n: number): number => Math.floor(random.uniform() * n);

/** What is done to a file of so many bytes. */
const DAMAGES: Readonly<Record<string, (path: string, bytes: number) => void>> = {
  'whose tail is cut off': (path, bytes) => truncateSync(path, bytes - 1 - below(bytes / 2)),
  'with a page that is all zeros': (path, bytes) => overwrite(path, PAGE * below(bytes / PAGE), Buffer.alloc(PAGE)),
  'with some bits flipped': (path, bytes) => {
    const content = readFileSync(path);
    for (let i = 0; i < 8; i++) {
      const at = below(bytes);
      overwrite(path, at, Buffer.of((content[at] as number) ^ (1 << below(8))));
    }
  },
};

/** Writes over a part of a file. */
function overwrite(path: string, at: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

describe.each(Object.keys(DAMAGES))('a store %s', (damage) => {
  it('tells the truth, or refuses with the reason', { timeout: 120_000 }, async () => {
    for (let round = 0; round < ROUNDS(5, 50); round++) {
      const path = join(folder, `${damage.length}-${round}.db`);
      copyFileSync(sound, path);
      DAMAGES[damage]?.(path, readFileSync(path).length);
      try {
        expect(await readAll(path)).toBe(truth);
      } catch (cause) {
        if (!(cause instanceof AnalyticsError)) throw cause;
        expect(cause.code).toMatch(/^ERR_STORE_(DAMAGED|VERSION|FAILED)$/);
      }
    }
  });
});
