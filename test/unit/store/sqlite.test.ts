import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock, Service } from '../../../src/index.ts';
import { type SqliteOptions, sqlite } from '../../../src/sqlite/index.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 5);

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pathOf = (name: string): string => join(folder, name);

function open(name: string, options: Partial<SqliteOptions> = {}): Promise<Service> {
  return Service.open({ clock: new ManualClock(T0), store: sqlite({ path: pathOf(name), ...options }) });
}

/** Bytes of a store with one event, which nobody has open. */
let bytes: Buffer;

beforeAll(async () => {
  const service = await open('made.db');
  service.recordEvent({ serviceId: 'shop', eventType: 'order' });
  await service.close();
  bytes = readFileSync(pathOf('made.db'));
});

async function events(service: Service): Promise<number> {
  let count = 0;
  for await (const { eventCount } of service.history.aggregations('shop')) count += eventCount;
  return count;
}

describe('a store that is open for reading only', () => {
  it('is read beside the service that writes, and takes nothing', async () => {
    const writer = await open('shared.db');
    writer.recordEvent({ serviceId: 'shop', eventType: 'order' });
    await writer.flush();
    const reader = await open('shared.db', { readOnly: true });
    expect(await events(reader)).toBe(1);
    reader.recordEvent({ serviceId: 'shop', eventType: 'order' });
    await expect(reader.flush()).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: `store must be open for writing to be written, got ${pathOf('shared.db')} which is open for reading only`,
    });
    await reader.close();
    writer.recordEvent({ serviceId: 'shop', eventType: 'order' });
    await writer.close();
    const again = await open('shared.db');
    expect(await events(again)).toBe(2);
    await again.close();
  });
});

describe('a store that cannot be opened', () => {
  it('because a service has it open, is left to that', async () => {
    const first = await open('locked.db');
    const store = sqlite({ path: pathOf('locked.db') });
    await expect(Service.open({ clock: new ManualClock(T0), store })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: `store must be open for writing once, got ${pathOf('locked.db')} which a service has open`,
    });
    symlinkSync(pathOf('locked.db'), pathOf('alias.db'));
    await expect(open('alias.db')).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
    first.recordEvent({ serviceId: 'shop', eventType: 'order' });
    await first.close();
    // The same store, once more.
    const next = await Service.open({ clock: new ManualClock(T0), store });
    expect(await events(next)).toBe(1);
    await next.close();
  });

  it('because a newer version made it, is not touched', async () => {
    const newer = Buffer.from(bytes);
    newer.writeUInt32BE(9, 60); // where the format of SQLite has the version of its user
    writeFileSync(pathOf('newer.db'), newer);
    for (const options of [{}, { readOnly: true }, { onDamage: 'moveAside' }] as const) {
      await expect(open('newer.db', options)).rejects.toMatchObject({
        code: 'ERR_STORE_VERSION',
        message: 'store must be of version 1 or older, got 9: install a newer @streamgate/analytics',
      });
    }
    expect(readFileSync(pathOf('newer.db')).equals(newer)).toBe(true);
  });

  it('because it is damaged, is left as it is, and moved aside on request', async () => {
    const torn = bytes.subarray(0, bytes.length / 2);
    writeFileSync(pathOf('torn.db'), torn);
    await expect(open('torn.db')).rejects.toMatchObject({
      code: 'ERR_STORE_DAMAGED',
      message: expect.stringMatching(/^store must be sound to be opened, got .+ onDamage: 'moveAside'/),
    });
    expect(readFileSync(pathOf('torn.db')).equals(torn)).toBe(true);

    const store = sqlite({ path: pathOf('torn.db'), onDamage: 'moveAside' });
    const service = await Service.open({ clock: new ManualClock(T0), store });
    expect(store.info.movedAside).toBe(pathOf('torn.db.damaged'));
    expect(readFileSync(pathOf('torn.db.damaged')).equals(torn)).toBe(true);
    expect(await events(service)).toBe(0);
    await service.close();
  });

  it('because its path leads nowhere, says so whatever opens it', async () => {
    mkdirSync(pathOf('folder.db'));
    await expect(open('folder.db')).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: `store path must be that of a file, got the folder ${pathOf('folder.db')}`,
    });
    await expect(open('none/a.db')).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: `store folder must exist, got none at ${pathOf('none')}`,
    });
    await expect(open('none.db', { readOnly: true })).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: `store file must exist to be read, got none at ${pathOf('none.db')}`,
    });
    expect(existsSync(pathOf('none'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
  });
});

describe('retentionDays', () => {
  it('says for how long each period is kept', async () => {
    const clock = new ManualClock(T0);
    const retentionDays = { '1m': 1 / 4, '5m': 1 };
    const store = sqlite({ path: pathOf('kept.db'), retentionDays });
    const hour = 60 * MINUTE;
    const service = await Service.open({ clock, store, retentionMs: hour, flushIntervalMs: 24 * hour });
    for (let minute = 0; minute < 3 * 1440; minute += 5) {
      clock.set(T0 + minute * MINUTE);
      service.recordEvent({ serviceId: 'shop', eventType: 'order' });
      if (minute % 30 === 25) await service.flush();
    }
    await service.close();
    const again = await Service.open({ clock, store: sqlite({ path: pathOf('kept.db'), retentionDays }) });
    const firsts: number[] = [];
    for (const period of ['1m', '5m', '1h'] as const) {
      for await (const { timestamp } of again.history.aggregations('shop', { period })) {
        firsts.push((clock.now() - timestamp) / hour);
        break;
      }
    }
    await again.close();
    const [minutes = 0, fives = 0, hours = 0] = firsts;
    // What is kept goes in packs: of half an hour for minutes, of six hours for those of five.
    expect(minutes).toBeGreaterThan(6 - 1);
    expect(minutes).toBeLessThan(6 + 1);
    expect(fives).toBeGreaterThan(24 - 1);
    expect(fives).toBeLessThan(24 + 7);
    expect(hours).toBeGreaterThan(71);
  });
});

describe('sqlite', () => {
  it.each<readonly [options: unknown, message: string]>([
    [undefined, 'option options must be an object, got undefined'],
    [{}, 'option path must be the path of a file, got undefined'],
    [{ path: 'a', retentionDays: { '2m': 1 } }, 'option retentionDays must be one of 1m, 5m, 15m, 1h, 1d, anomalies'],
    [{ path: 'a', retentionDays: { '1m': 0 } }, 'option retentionDays.1m must be a number of at least 0.04'],
    [{ path: 'a', synchronous: 'off' }, 'option synchronous must be one of normal, full, got "off"'],
    [{ path: 'a', onDamage: 'delete' }, 'option onDamage must be one of refuse, moveAside, got "delete"'],
    [{ path: 'a', readOnly: 1 }, 'option readOnly must be true or false, got 1'],
    [{ path: 'a', archiveFolder: '' }, 'option archiveFolder must be the path of a folder, got ""'],
    [{ path: 'a', archiveAfterDays: 0.5 }, 'option archiveAfterDays must be a whole number of at least 1, got 0.5'],
    [{ path: 'a', driver: 'mysql' }, 'option driver must be one of node:sqlite, better-sqlite3, libsql, got "mysql"'],
  ])('refuses %j', (options, message) => {
    expect(() => sqlite(options as SqliteOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('names the command that installs the driver that was asked for', () => {
    expect(() => sqlite({ path: 'a', driver: 'better-sqlite3' })).toThrow(
      expect.objectContaining({
        code: 'ERR_MISSING_PEER',
        message: 'sqlite must have better-sqlite3, got none installed: npm install better-sqlite3',
      }),
    );
  });
});
