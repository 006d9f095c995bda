import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type History, ManualClock, memoryStore, type Period, Service, type Store } from '../../../src/index.ts';
import { type SqliteStore, sqlite } from '../../../src/sqlite/index.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
const DAYS = 9;

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lives through some days of two services, with a stop in the middle of them. */
async function live(newStore: () => Store): Promise<Service> {
  const clock = new ManualClock(T0);
  const options = { clock, flushIntervalMs: DAY, retentionMs: 3 * DAY, keepEvents: true };
  let service = await Service.open({ ...options, store: newStore() });
  for (let minute = 0; minute < DAYS * 1440; minute += 5) {
    const timestamp = T0 + minute * MINUTE;
    clock.set(timestamp + 1000);
    const isFault = Math.floor(minute / 60) % 40 === 30;
    for (const operation of minute % 15 === 0 ? ['read', 'write'] : ['read']) {
      service.recordPerformanceMetric({
        serviceId: 'a',
        operation,
        duration: (isFault ? 500 : 20) + (minute % 17),
        success: true,
      });
    }
    for (const q of ['x', 'y'])
      service.recordMetric({ serviceId: 'a', metricName: 'depth', value: minute % 31, labels: { q } });
    service.recordMetrics({ serviceId: 'b', latency: (isFault ? 90 : 30) + (minute % 11), cpuUsage: 50 });
    if (minute % 240 === 0) service.recordEvent({ serviceId: 'a', eventType: 'tick', metadata: { minute } });
    if (minute % 240 === 120)
      service.recordUserBehavior({ serviceId: 'a', userId: 'u', action: 'look', success: true });
    if (minute % 360 === 355) await service.flush();
    if (minute === 4 * 1440) {
      await service.close();
      service = await Service.open({ ...options, store: newStore() });
    }
  }
  await service.flush();
  return service;
}

async function all(history: History): Promise<Record<string, unknown[]>> {
  const read = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = [];
    for await (const item of items) found.push(item);
    return found;
  };
  const found: Record<string, unknown[]> = {};
  for (const period of ['1m', '1h', '1d'] satisfies Period[]) {
    found[`a ${period}`] = await read(history.aggregations('a', { period }));
    found[`b ${period}`] = await read(history.aggregations('b', { period }));
    found[`depth ${period}`] = await read(history.series('a', 'depth', { period }));
    found[`depth x ${period}`] = await read(history.series('a', 'depth', { period, labels: { q: 'x' } }));
    found[`duration ${period}`] = await read(history.series('a', 'operation_duration', { period }));
  }
  found['part'] = await read(history.aggregations('a', { period: '1h', from: T0 + 1.5 * DAY, to: T0 + 6.2 * DAY }));
  found['anomalies'] = await read(history.anomalies());
  found['events'] = await read(history.events({ serviceId: 'a' }));
  // Of those of one moment the order is not promised.
  const predictions = await read(history.predictions({ serviceId: 'b' }));
  found['predictions'] = predictions.sort((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
  return found;
}

describe('the history', () => {
  it('is the same whether it is in memory, in the database, or in the archive', { timeout: 60_000 }, async () => {
    const inMemory = memoryStore();
    const expected = await live(() => inMemory);
    const path = join(folder, 'archive.db');
    const archiveFolder = join(folder, 'archive');
    const retentionDays = { '1m': 400, '5m': 400, '15m': 400, '1h': 400, predictions: 400, events: 400 };
    let store: SqliteStore | undefined;
    const newStore = (): Store => {
      store = sqlite({ path, retentionDays, archiveFolder, archiveAfterDays: 4 });
      return store;
    };
    const service = await live(newStore);
    // It ends on 9 January: what is older than the 5th is archived, in the background.
    await vi.waitFor(() => expect(store?.info.archivedUpTo).toBe(T0 + 4 * DAY), 30_000);
    expect(readdirSync(archiveFolder, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual(
      [],
    );
    const found = await all(service.history);
    for (const [what, items] of Object.entries(await all(expected.history))) {
      expect(found[what]?.length, what).toBe(items.length);
      expect(found[what], what).toEqual(items);
      expect(items.length, what).toBeGreaterThan(5);
    }
    await service.close();
    await expected.close();

    const duckdb = await (await DuckDBInstance.create()).connect();
    const rows = await duckdb.runAndReadAll(
      `SELECT count(*), sum(event_count), min(timestamp) = TIMESTAMPTZ '2026-01-01 00:00:00Z'
       FROM '${archiveFolder}/aggregations/*.parquet' WHERE service_id = 'a' AND period = '1h' AND timestamp < TIMESTAMPTZ '2026-01-05 00:00:00Z'`,
    );
    // Four days of hours; each hour 12 executions of read and 4 of write; each day 6 ticks and 6 looks.
    expect(rows.getRows()).toEqual([[96n, BigInt(4 * 24 * 16 + 4 * 12), true]]);

    const page = readFileSync(new URL('../../../docs/storage.md', import.meta.url), 'utf8');
    const questions = [...page.matchAll(/\| `(SELECT [^|]*)` \|/g)].map(([, sql = '']) => sql);
    expect(questions.length).toBeGreaterThanOrEqual(2);
    for (const sql of questions) {
      const answer = await duckdb.runAndReadAll(sql.replaceAll("'archive/", `'${archiveFolder}/`));
      expect(answer.getRows().length, sql).toBeGreaterThan(0);
    }
  });
});

describe('an archive that cannot be written', () => {
  it('is told of once, and goes on by itself when it can be', async () => {
    const clock = new ManualClock(T0);
    const archiveFolder = join(folder, 'blocked');
    writeFileSync(archiveFolder, 'a file where the folder should be');
    const store = sqlite({ path: join(folder, 'blocked.db'), archiveFolder, archiveAfterDays: 1 });
    const service = await Service.open({ clock, store, flushIntervalMs: DAY });
    const errors: string[] = [];
    service.on('error', ({ code, message }) => errors.push(`${code} ${message}`));
    const tick = async (ms: number): Promise<void> => {
      clock.advance(ms);
      service.recordEvent({ serviceId: 'a', eventType: 'tick' });
      await service.flush();
    };
    for (let hour = 0; hour < 49; hour++) await tick(60 * MINUTE);
    await vi.waitFor(() => expect(store.info.upkeepProblem).toMatch(/^archive must be written, got/), 20_000);
    await tick(MINUTE);
    await tick(MINUTE);
    const problem = expect.stringMatching(/^archive must be written, got .*(ENOTDIR|EEXIST)/);
    expect(errors).toEqual([expect.stringMatching(/^ERR_STORE_FAILED archive must be written, got /)]);
    expect(service.stats().store).toMatchObject({ problem: undefined, upkeepProblem: problem, failures: 0 });
    expect(service.getHealth().reasons).toContainEqual(expect.stringContaining('archive must be written'));

    rmSync(archiveFolder);
    await tick(MINUTE);
    await vi.waitFor(() => expect(store.info.archivedUpTo).toBe(T0 + DAY), 20_000);
    await tick(MINUTE);
    expect(service.stats().store?.upkeepProblem).toBeUndefined();
    expect(service.getHealth().reasons).toEqual(['no anomaly is open']);
    await service.close();
  });
});

describe('a service whose archive begins before its own retention', () => {
  it('refuses what comes for an archived day, and finds the archive again after a restart', async () => {
    const clock = new ManualClock(T0);
    const newStore = (): SqliteStore =>
      sqlite({ path: join(folder, 'early.db'), archiveFolder: join(folder, 'early'), archiveAfterDays: 1 });
    const store = newStore();
    const options = { clock, flushIntervalMs: DAY, keepEvents: true };
    let service = await Service.open({ ...options, store });
    const record = (timestamp: number): boolean =>
      service.recordEvent({ serviceId: 'a', eventType: 'tick', timestamp });
    for (let minute = 0; minute < 5 * 1440; minute += 30) {
      clock.set(T0 + minute * MINUTE);
      expect(record(clock.now())).toBe(true);
      if (minute % 180 === 150) await service.flush();
    }
    await vi.waitFor(() => expect(store.info.archivedUpTo).toBe(T0 + 3 * DAY), 30_000);
    const count = async (): Promise<number[]> => {
      const counts = [0, 0, 0];
      for await (const _ of service.history.events()) counts[0] = (counts[0] as number) + 1;
      for (const [i, period] of (['1h', '1d'] as const).entries()) {
        for await (const { eventCount } of service.history.aggregations('a', { period })) {
          counts[i + 1] = (counts[i + 1] as number) + eventCount;
        }
      }
      return counts;
    };
    // Two an hour. What was recorded for the second day used to be accepted, and to be in neither of the two.
    const all = 5 * 24 * 2;
    expect(record(T0 + 1.5 * DAY)).toBe(false);
    expect(record(T0 + 4.5 * DAY)).toBe(true);
    expect(service.stats().rejected).toEqual({ expired: 1 });
    await service.flush();
    expect(await count()).toEqual([all + 1, all + 1, all + 1]);
    // What is archived goes from the database at the next chance, and was then taken to be in memory.
    for (let i = 0; i < 3; i++) {
      clock.advance(2 * MINUTE);
      record(clock.now());
      await service.flush();
    }
    await service.close();
    service = await Service.open({ ...options, store: newStore() });
    expect(await count()).toEqual([all + 4, all + 4, all + 4]);
    await service.close();
  });
});
