import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, Service } from '@streamgate/analytics';
import { sqlite } from '@streamgate/analytics/sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { duckdb } from '../../unit/export/read-parquet.ts';
import { command } from './command.ts';

const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-export-'));
const store = join(folder, 'analytics.db');
const start = Math.floor(Date.now() / MINUTE) * MINUTE - 120 * MINUTE;
let service: Service;

/** Two hours of two services in a store that stays open, with events that are kept. */
beforeAll(async () => {
  service = await Service.open({ store: sqlite({ path: store }), keepEvents: true });
  for (let minute = 0; minute < 120; minute++) {
    const timestamp = start + minute * MINUTE;
    for (const serviceId of ['shop', 'mail']) {
      service.recordPerformanceMetric({ serviceId, operation: 'GET /', duration: 10, success: true, timestamp });
    }
    service.recordMetric({
      serviceId: 'mail',
      metricName: 'queue_depth',
      value: minute,
      labels: { queue: 'out' },
      timestamp,
    });
    service.recordBusinessMetric({ serviceId: 'shop', metricType: 'revenue', value: 3, timestamp });
    service.recordEvent({
      serviceId: 'shop',
      eventType: 'order',
      userId: `u${minute}`,
      metadata: { minute },
      timestamp,
    });
    if (minute % 2 === 0) {
      service.recordUserBehavior({ serviceId: 'shop', userId: 'u1', action: '=cmd()', success: true, timestamp });
    }
  }
  await service.flush();
});

afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('export', () => {
  it.each(['csv', 'parquet'])('writes %s of a store that a service has open', async (extension) => {
    const out = join(folder, `aggregations.${extension}`);
    const { code, stdout, stderr } = await command([
      'export',
      '--store',
      store,
      '--what',
      'aggregations',
      '--out',
      out,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^240 rows of aggregations in \\S+\\.${extension}, \\d+(\\.\\d)? kB\\n$`));
    const [[found] = []] = await duckdb(
      extension,
      readFileSync(out),
      'SELECT count(*) AS n, sum(event_count)::BIGINT AS events, epoch_ms(min(timestamp)) AS first FROM FILE',
    );
    // Each minute an execution of each service, and of the shop an event, and in every second one a behaviour.
    expect(found).toEqual({ n: '240', events: String(240 + 120 + 60), first: String(start) });
    expect(existsSync(`${out}.partial`)).toBe(false);
  });

  it.each([
    ['events', "count(*) = 120 AND max((metadata->>'minute')::INT) = 119"],
    ['behaviors', "count(*) = 60 AND min(action) = '''=cmd()'"],
    ['business', "sum(sum) = 360 AND min(metric_type) = 'revenue'"],
    // Σ i for i < 120.
    ['series', "sum(sum) FILTER (metric_name = 'queue_depth') = 7140 AND count(DISTINCT labels) = 2"],
    ['predictions', 'count(*) > 0'],
    ['anomalies', 'count(*) = 0'],
  ])('writes %s', async (what, claim) => {
    const out = join(folder, `${what}.csv`);
    const { code } = await command(['export', '--store', store, '--what', what, '--out', out]);
    expect(code).toBe(0);
    expect(await duckdb('csv', readFileSync(out), `SELECT ${claim} AS holds FROM read_csv(FILE, quote = '"')`)).toEqual(
      [[{ holds: true }]],
    );
  });

  it('reads the archive beside it', async () => {
    const [path, archive, out] = [join(folder, 'old.db'), join(folder, 'archive'), join(folder, 'old.csv')];
    const day = 24 * 60 * MINUTE;
    const first = Math.floor(start / day) * day - 4 * day;
    const clock = new ManualClock(first);
    const archiving = sqlite({ path, archiveFolder: archive, archiveAfterDays: 1 });
    const old = await Service.open({ clock, store: archiving, flushIntervalMs: day });
    for (let hour = 0; hour < 3 * 24; hour++) {
      clock.set(first + hour * 60 * MINUTE);
      old.recordEvent({ serviceId: 'shop', eventType: 'order' });
      await old.flush();
    }
    await vi.waitFor(() => expect(archiving.info.archivedUpTo).toBe(first + day), 20_000);
    await old.close();
    const rowsOf = async (more: readonly string[]): Promise<readonly [rows: number, told: string]> => {
      const args = ['--what', 'aggregations', '--period', '1h', '--out', out, ...more];
      const { code, stderr } = await command(['export', '--store', path, ...args]);
      expect(code).toBe(0);
      return [readFileSync(out, 'utf8').split('\r\n').length - 2, stderr];
    };
    const border = new Date(first + day).toISOString();
    expect(await rowsOf(['--archive', archive])).toEqual([3 * 24, '']);
    expect(await rowsOf(['--from', border])).toEqual([2 * 24, '']);
    expect(await rowsOf([])).toEqual([
      2 * 24,
      `what is older than ${border.slice(0, 19).replace('T', ' ')} is in the archive: give it with --archive FOLDER\n`,
    ]);
  });

  it('takes service, metric, period and range', async () => {
    const out = join(folder, 'part.csv');
    const to = new Date(start + 60 * MINUTE).toISOString();
    const args = ['--service', 'mail', '--metric', 'queue_depth', '--period', '5m', '--from', '2020-01-01', '--to', to];
    await command(['export', '--store', store, '--what', 'series', '--out', out, ...args]);
    const [[found] = []] = await duckdb(
      'csv',
      readFileSync(out),
      'SELECT sum(sum)::INT AS sum, any_value(period) AS period FROM FILE',
    );
    // Buckets that begin before the end of the first hour; the last of them may go on after it.
    const lastMinute = Math.ceil((start + 60 * MINUTE) / (5 * MINUTE)) * 5 - start / MINUTE;
    expect(found).toEqual({ sum: (lastMinute * (lastMinute - 1)) / 2, period: '5m' });
  });

  it('draws a bar on a terminal, and takes it away', async () => {
    let drawn = '';
    const out = join(folder, 'bar.csv');
    const code = await run(['export', '--store', store, '--what', 'series', '--out', out], {
      stdin: process.stdin,
      stdout: { write: () => true },
      stderr: { isTTY: true, write: (text) => (drawn += text) },
    });
    expect(code).toBe(0);
    expect(drawn).toMatch(/ \d+ % {2}\d+ rows?, /);
    expect(drawn.endsWith('\r\u001b[K')).toBe(true);
  });

  it('leaves the file as it was where it is interrupted', async () => {
    const out = join(folder, 'kept.csv');
    writeFileSync(out, 'of yesterday');
    let told = '';
    const code = await run(['export', '--store', store, '--what', 'series', '--out', out], {
      stdin: process.stdin,
      stdout: { write: () => true },
      stderr: { write: (text) => (told += text) },
      interruption: () => AbortSignal.abort(),
    });
    expect([code, told]).toEqual([1, `streamgate-analytics: interrupted; ${out} was not written\n`]);
    expect(readFileSync(out, 'utf8')).toBe('of yesterday');
    expect(existsSync(`${out}.partial`)).toBe(false);
  });

  const all = ['--store', store, '--what', 'series', '--out', join(folder, 'x.csv')];
  it.each([
    [[], 64, 'export needs --store FILE'],
    [['--store', store], 64, 'export needs --out FILE'],
    [['--store', store, '--out', 'a.csv'], 64, '--what must be one of aggregations, series, '],
    [[...all, '--what', 'users'], 64, '--what must be one of aggregations, series, '],
    [[...all, '--format', 'xlsx'], 64, '--format must be one of csv, parquet, got xlsx'],
    [[...all, '--period', '2m'], 64, '--period must be one of 1m, 5m, 15m, 1h, 1d, got 2m'],
    [
      [...all, '--from', 'yesterday'],
      64,
      '--from must be a time such as 2026-01-05T09:00:00Z or 2026-01-05, got yesterday',
    ],
    [
      [...all, '--from', '2026-01-06', '--to', '2026-01-05'],
      64,
      '--from must be before --to, got 2026-01-06 and 2026-01-05',
    ],
    // A file that is there already is replaced, but never the store itself.
    [[...all, '--out', store], 64, `--out must be another file than the store, got ${store}`],
    [[...all, '--out', join(folder, '.', 'analytics.db-wal')], 64, '--out must be another file than the store'],
    [[...all, 'more'], 64, 'export takes no argument, got more'],
    [[...all, '--store', '/nowhere/x.db'], 1, '/nowhere/x.db does not exist'],
    [[...all, '--out', '/nowhere/x.csv'], 1, '/nowhere/x.csv cannot be written: ENOENT'],
  ])('%j ends with %i: %s', async (args, code, message) => {
    const result = await command(['export', ...args]);
    expect(result.stderr).toContain(`streamgate-analytics: ${message}`);
    expect(result.code).toBe(code);
  });
});
