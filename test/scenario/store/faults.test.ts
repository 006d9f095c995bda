import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ManualClock, Service } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';
import { Workshop } from './recorder.ts';

const T0 = Date.UTC(2026, 0, 1);
const workshop = new Workshop();
beforeAll(async () => {
  await workshop.build();
  workshop.addFaultyDriver();
});
afterAll(() => workshop.remove());

/** Lives through days in which a service does something every minute, and flushes every ten minutes. */
const DAYS = `
import { writeSync } from 'node:fs';
import { ManualClock, Service, sqlite } from './analytics.mjs';
const T0 = Date.UTC(2026, 0, 1);
const clock = new ManualClock(T0);
const service = await Service.open({
  clock,
  flushIntervalMs: 86_400_000,
  store: sqlite({ path: process.env.STORE, retentionDays: { '1m': 0.25, '5m': 0.5, '15m': 0.5, '1h': 1 } }),
});
for (let minute = 0; minute < 3 * 1440; minute++) {
  const timestamp = T0 + minute * 60_000;
  clock.set(timestamp + 1000);
  for (const serviceId of ['a', 'b']) {
    service.recordPerformanceMetric({ serviceId, operation: 'work', duration: 10 + (minute % 7), success: true });
  }
  if (minute % 10 !== 9) continue;
  await service.flush();
  writeSync(1, 'ack ' + (minute + 1) + '\\n');
}
await service.close();
writeSync(1, 'end\\n');
`;

/**
 * Days like these, archived a day after they are over. Kills itself right before the file operation `FAULT_FILE`, or right
 * after it where that is `renamed`, when it comes for the time `FAULT_TIME`.
 */
const ARCHIVED_DAYS = `
import fs from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { FAULT_FILE, FAULT_TIME } = process.env;
let times = 0;
const meet = (name) => {
  if (name === FAULT_FILE && ++times === Number(FAULT_TIME)) process.kill(process.pid, 'SIGKILL');
};
const { open, rename } = fs;
fs.open = async (...given) => {
  meet('open');
  const handle = await open(...given);
  for (const name of ['write', 'sync']) {
    const real = handle[name].bind(handle);
    handle[name] = (...args) => { meet(name); return real(...args); };
  }
  return handle;
};
fs.rename = async (...given) => { meet('rename'); await rename(...given); meet('renamed'); };
syncBuiltinESMExports();
const { ManualClock, Service, sqlite } = await import('./analytics.mjs');
const T0 = Date.UTC(2026, 0, 1);
const clock = new ManualClock(T0);
const { STORE, ARCHIVE } = process.env;
const store = sqlite({ path: STORE, archiveFolder: ARCHIVE, archiveAfterDays: 1 });
const service = await Service.open({ clock, flushIntervalMs: 86_400_000, store });
for (let minute = 0; minute < 8 * 1440; minute++) {
  const timestamp = T0 + minute * 60_000;
  clock.set(timestamp + 1000);
  for (const serviceId of ['a', 'b']) {
    service.recordPerformanceMetric({ serviceId, operation: 'work', duration: 10 + (minute % 7), success: true });
  }
  if (minute % 30 !== 29) continue;
  await service.flush();
  writeSync(1, 'ack ' + (minute + 1) + '\\n');
}
await service.close();
writeSync(1, 'end\\n');
`;

/** Records for a while, flushing now and then, and says what came of it. */
const HOLDING_OUT = `
import { writeSync } from 'node:fs';
import { Service, sqlite } from './analytics.mjs';
const service = await Service.open({ store: sqlite({ path: process.env.STORE }), flushIntervalMs: 50 });
const errors = [];
service.on('error', (error) => errors.push(error.code + ' ' + error.message));
let recorded = 0;
let failed = 0;
const reasons = new Set();
let said = false;
let longest = 0;
let last = performance.now();
const watch = setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}, 5);
const until = Date.now() + Number(process.env.FOR ?? 1500);
while (Date.now() < until) {
  for (let i = 0; i < 10; i++) if (service.recordEvent({ serviceId: 'a', eventType: 'x' })) recorded++;
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const reason of service.getHealth().reasons) reasons.add(reason);
  if (service.stats().store.commits > 2 && !said) said = writeSync(1, 'stored\\n') > 0;
}
clearInterval(watch);
if (process.env.FAULT !== 'slow') {
  try { await service.flush(); } catch (error) { failed++; errors.push('flush ' + error.code); }
}
const begun = Date.now();
await service.close();
await service.close();
const { store } = service.stats();
writeSync(1, 'end ' + JSON.stringify({ recorded, failed, errors, reasons: [...reasons], store, closeMs: Date.now() - begun, longestMs: longest }) + '\\n');
`;

interface Outcome {
  readonly recorded: number;
  readonly failed: number;
  readonly errors: readonly string[];
  readonly reasons: readonly string[];
  readonly store: { readonly failures: number; readonly waiting: number; readonly problem?: string };
  readonly closeMs: number;
  /** Longest turn of the event loop. */
  readonly longestMs: number;
}

async function holdOut(env: Record<string, string>, uid?: number): Promise<Outcome> {
  const program = workshop.start(HOLDING_OUT, env, uid);
  const line = await program.said('end');
  expect(await program.ended()).toBe(0);
  return JSON.parse(line.slice(4)) as Outcome;
}

async function events(path: string): Promise<number> {
  const service = await Service.open({ store: sqlite({ path }) });
  const count = service.getAggregations('a', { period: '1m' }).reduce((sum, { eventCount }) => sum + eventCount, 0);
  await service.close();
  return count;
}

describe('a process that is killed at a point that matters', () => {
  it.each([
    ['while it makes the tables', 'CREATE TABLE', 1],
    ['before the first commit', 'COMMIT', 2],
    ['between the rows of a batch', 'INSERT INTO state', 40],
    ['before a block is written', 'INSERT INTO blocks', 5],
    ['while blocks become packs', 'INSERT OR REPLACE INTO packs_1m', 9],
    ['while blocks that were packed go', 'DELETE FROM blocks', 2],
    ['while old packs go', 'DELETE FROM packs_1m', 3],
    ['while old packs of quarters of an hour go', 'DELETE FROM packs_15m', 1],
    ['while its journal is cut', 'DELETE FROM state', 20],
  ])('%s, has stored every minute that was acknowledged, once', { timeout: 60_000 }, async (_, at, time) => {
    const path = workshop.path(`point-${at.replaceAll(/\W/g, '')}-${time}.db`);
    const program = workshop.start(DAYS, { STORE: path, FAULT: 'kill', FAULT_AT: at, FAULT_TIME: String(time) });
    await program.ended();
    const acknowledged = Number(program.lines.findLast((line) => line.startsWith('ack'))?.slice(4) ?? 0);
    const service = await Service.open({ store: sqlite({ path }), retentionMs: 400 * 86_400_000 });
    for (const serviceId of acknowledged === 0 ? [] : ['a', 'b']) {
      // Days are kept all the time; each is made of its minutes.
      const days = service.getAggregations(serviceId, { period: '1d' });
      const minutes = days.reduce((sum, { eventCount }) => sum + eventCount, 0);
      expect(minutes).toBeGreaterThanOrEqual(acknowledged);
      expect(minutes).toBeLessThanOrEqual(acknowledged + 10);
      const hour: number[] = [];
      for await (const { timestamp, eventCount } of service.history.aggregations(serviceId)) {
        expect(eventCount).toBe(1);
        hour.push(timestamp);
      }
      expect(new Set(hour).size).toBe(hour.length);
      expect(hour.length).toBeGreaterThanOrEqual(Math.min(acknowledged, 300));
    }
    await service.close();
    // Where that point is never come to, nothing was shown.
    expect(program.lines.at(-1)).not.toBe('end');
  });
});

describe('a process that is killed while it archives', () => {
  it.each([
    ['before the first file is made', { FAULT_FILE: 'open', FAULT_TIME: '1' }],
    ['while a file is written', { FAULT_FILE: 'write', FAULT_TIME: '3' }],
    ['before a file is flushed to the disk', { FAULT_FILE: 'sync', FAULT_TIME: '2' }],
    ['before a file is renamed', { FAULT_FILE: 'rename', FAULT_TIME: '1' }],
    ['between two files of a day', { FAULT_FILE: 'renamed', FAULT_TIME: '1' }],
    ['when the files of a second day are there', { FAULT_FILE: 'renamed', FAULT_TIME: '6' }],
    [
      'before it is noted that a day is archived',
      { FAULT: 'kill', FAULT_AT: 'INSERT INTO state', FAULT_VALUE: 'archived', FAULT_TIME: '3' },
    ],
    ['before what is archived goes from the database', { FAULT: 'kill', FAULT_AT: 'DELETE FROM packs_1m' }],
    ['while it goes: minutes have gone, what is longer not yet', { FAULT: 'kill', FAULT_AT: 'DELETE FROM packs_5m' }],
  ])(
    '%s, has every minute that was acknowledged once, there or in the database',
    { timeout: 60_000 },
    async (name, fault) => {
      const path = workshop.path(`archive-${name.replaceAll(' ', '-')}.db`);
      const archiveFolder = `${path}-days`;
      const program = workshop.start(ARCHIVED_DAYS, { STORE: path, ARCHIVE: archiveFolder, ...fault });
      await program.ended();
      expect(program.lines.at(-1)).not.toBe('end');
      const acknowledged = Number(program.lines.findLast((line) => line.startsWith('ack'))?.slice(4));
      expect(acknowledged).toBeGreaterThan(1440);
      const clock = new ManualClock(T0 + acknowledged * 60_000);
      const open = (): Promise<Service> =>
        Service.open({ clock, store: sqlite({ path, archiveFolder, archiveAfterDays: 1 }) });
      const minutes = async (service: Service, serviceId: string): Promise<number[]> => {
        const found: number[] = [];
        for await (const { timestamp, eventCount } of service.history.aggregations(serviceId)) {
          expect(eventCount).toBe(1);
          found.push((timestamp - T0) / 60_000);
        }
        return found;
      };
      const service = await open();
      const found = await minutes(service, 'a');
      expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i));
      expect(found.length).toBeGreaterThanOrEqual(acknowledged);
      expect(found.length).toBeLessThanOrEqual(acknowledged + 30);
      expect(await minutes(service, 'b')).toEqual(found);
      // Where it goes on, that day is archived as if nothing had been.
      service.recordEvent({ serviceId: 'c', eventType: 'x' });
      await service.flush();
      const archived = join(archiveFolder, 'aggregations', '2026-01-01.parquet');
      await vi.waitFor(() => expect(existsSync(archived)).toBe(true), 20_000);
      await service.close();
      const again = await open();
      expect(await minutes(again, 'a')).toEqual(found);
      await again.close();
    },
  );
});

describe('a store that fails', () => {
  it('is written again when there is room: nothing is lost, health says so meanwhile', async () => {
    const path = workshop.path('full.db');
    const outcome = await holdOut({
      STORE: path,
      FAULT: 'full',
      FAULT_AT: 'INSERT INTO state',
      FAULT_TIME: '5',
      FAULT_TIMES: '12',
    });
    expect(outcome.errors[0]).toMatch(/^ERR_STORE_FAILED store must be able to be written, got .+ full/);
    expect(outcome.errors).toHaveLength(1);
    expect(outcome.reasons).toContainEqual(expect.stringContaining('full'));
    expect(outcome.failed).toBe(0);
    expect(outcome.store).toMatchObject({ waiting: 0, dropped: 0 });
    expect(outcome.store.problem).toBeUndefined();
    expect(await events(path)).toBe(outcome.recorded);
  });

  it('has its thread started again where that has died', async () => {
    const path = workshop.path('exit.db');
    const outcome = await holdOut({ STORE: path, FAULT: 'exit', FAULT_AT: 'INSERT INTO state', FAULT_TIME: '20' });
    expect(outcome.errors[0]).toMatch(/^ERR_STORE_FAILED store worker must stay alive/);
    expect(await events(path)).toBe(outcome.recorded);
  });

  it('may take ten seconds: the event loop goes on, and close waits for five at most', {
    timeout: 30_000,
  }, async () => {
    const path = workshop.path('slow.db');
    const outcome = await holdOut({
      STORE: path,
      FAULT: 'slow',
      FAULT_AT: 'INSERT INTO state',
      FAULT_TIME: '20',
      FOR: '1000',
    });
    expect(outcome.longestMs).toBeLessThan(1000);
    expect(outcome.closeMs).toBeLessThan(5500);
    // The thread is not stopped: when the disk answers at last, all of it is there.
    expect(await events(path)).toBe(outcome.recorded);
  });

  it('that was deleted says so, and takes nothing more', async () => {
    const path = workshop.path('deleted.db');
    const program = workshop.start(HOLDING_OUT, { STORE: path, FOR: '1500' });
    await program.said('stored');
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    const outcome = JSON.parse((await program.said('end')).slice(4)) as Outcome;
    expect(outcome.errors[0]).toMatch(/^ERR_STORE_FAILED store file must stay where it was opened/);
    expect(outcome.failed).toBe(1);
    expect(outcome.store.problem).toMatch(/must stay/);
  });

  it('in a folder that cannot be written is refused', async () => {
    const folder = workshop.path('read-only');
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    chmodSync(workshop.folder, 0o755);
    const isRoot = process.getuid?.() === 0;
    const program = workshop.start(
      `import { Service, sqlite } from './analytics.mjs';
      try { await Service.open({ store: sqlite({ path: process.env.STORE }) }); } catch (error) { console.log('end', error.code, error.message); }`,
      { STORE: `${folder}/a.db` },
      isRoot ? 65_534 : undefined,
    );
    expect(await program.said('end')).toMatch(/^end ERR_STORE_FAILED store must be able to be opened, got/);
    expect(await program.ended()).toBe(0);
  });
});
