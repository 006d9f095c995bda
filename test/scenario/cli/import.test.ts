import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, Service } from '@streamgate/analytics';
import { exportCsv } from '@streamgate/analytics/export';
import { sqlite } from '@streamgate/analytics/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { command, jsonLines, temporaryFile } from './command.ts';

const START = Date.UTC(2025, 10, 3);
const HOUR = 3_600_000;

/** Path of a database that is not there yet. */
function newStore(): string {
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'analytics.db');
}

/** Three weeks by the hour: 100 by day, 20 by night, and a little more or less. */
const hours = Array.from({ length: 21 * 24 }, (_, hour) => {
  const isDay = hour % 24 >= 8 && hour % 24 < 20;
  return [new Date(START + hour * HOUR).toISOString(), (isDay ? 100 : 20) + ((hour * 7) % 5)] as const;
});
const csv = ['timestamp,visitors', ...hours.map((row) => row.join(','))].join('\n');

/** The service of a store, at the end of the three weeks. */
async function reopen(path: string): Promise<Service> {
  const service = await Service.open({ store: sqlite({ path }), clock: new ManualClock(START + hours.length * HOUR) });
  onTestFinished(() => service.close());
  return service;
}

describe('import', () => {
  it('has a service that is opened on the store know what is normal, day and night', async () => {
    const path = newStore();
    const { code, stdout, stderr } = await command(['import', temporaryFile('a.csv', csv), '--store', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      '504 samples of 1 series learned from 504 rows, 2025-11-03 00:00:00 to 2025-11-23 23:00:00 UTC\n',
    );
    const service = await reopen(path);
    const known = service.explain('default', 'visitors');
    expect(known).toMatchObject({ state: 'normal', samples: 504, seasons: { day: true } });
    // Midnight: 20 is usual, and 100, which is usual at noon, is not.
    const midnight = START + hours.length * HOUR;
    service.recordMetric({ metricName: 'visitors', value: 100, timestamp: midnight });
    await service.flush();
    expect(service.explain('default', 'visitors').deviation).toBeGreaterThan(3);
  });

  it('takes back a table series that was exported, labels and sums of business metrics included', async () => {
    const clock = new ManualClock(START);
    const old = new Service({ clock });
    for (let minute = 0; minute < 60; minute++) {
      for (const queue of ['mail', 'print']) {
        old.recordMetric({ metricName: 'queue_depth', value: queue.length, labels: { queue } });
        old.recordBusinessMetric({ serviceId: 'shop', metricType: 'revenue', value: 5, dimension: queue });
      }
      old.recordPerformanceMetric({ serviceId: 'shop', operation: 'GET /', duration: 12, success: true });
      clock.advance(60_000);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of exportCsv(old, { what: 'series' })) chunks.push(chunk);
    await old.close();
    const file = temporaryFile('series.csv', Buffer.concat(chunks).toString());
    const path = newStore();
    const { stdout } = await command(['import', file, '--store', path, '--json']);
    const [report] = jsonLines(stdout);
    expect(report).toMatchObject({ type: 'import', series: 6, missing: 0 });
    // The 60th minute of each of five series, and the durations of an operation, which are watched by their p95.
    expect(report?.['unused']).toMatchObject([
      { reason: 'bucket that was still open', count: 5 },
      { reason: 'metric that is not watched', count: 59 },
    ]);
    const service = await reopen(path);
    expect(service.explain('default', 'queue_depth', { queue: 'print' }).lastValue).toBe(5);
    expect(service.explain('shop', 'operation_latency_p95').samples).toBeGreaterThan(50);
    // Five for each of two dimensions a minute.
    expect(service.explain('shop', 'business.revenue').lastValue).toBe(10);
  });

  it('takes only what is newer than what is known, so that a file may be imported twice', async () => {
    const path = newStore();
    const file = temporaryFile('a.csv', csv);
    await command(['import', file, '--store', path]);
    const { stdout } = await command(['import', file, '--store', path]);
    expect(stdout).toContain('0 samples of 1 series learned from 504 rows');
    expect(stdout).toContain('504 samples not newer than what was known of their series\n');
  });

  it('says what it could not use, and where', async () => {
    const lines = ['timestamp,visitors', '2026-01-01T00:00:00Z,1', 'yesterday,2', '2026-01-01T01:00:00Z,many'];
    const more = Array.from({ length: 20 }, (_, i) => `2026-01-02T${String(i).padStart(2, '0')}:00:00Z,${i}`);
    const file = temporaryFile('a.csv', [...lines, ...more, '2026-01-03T00:00:00Z,'].join('\n'));
    const { code, stdout } = await command(['import', file, '--store', newStore(), '--service', 'shop']);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1)).toEqual([
      '1 row or cell not used: timestamp that cannot be read, first in line 3',
      '1 row or cell not used: visitors that is not a number, first in line 4',
      '1 empty cell',
      '',
    ]);
  });

  it.each([
    [['import'], 64, 'import needs a file'],
    [['import', 'a.csv'], 64, 'import needs --store FILE'],
    [['import', 'a.csv', '--store', 'x.db', '--service', ''], 64, '--service must have 1 to 256 characters'],
  ])('%j ends with %i: %s', async (args, code, message) => {
    const result = await command(args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(`streamgate-analytics: ${message}`);
  });

  it('says why a store cannot be opened', async () => {
    const result = await command(['import', temporaryFile('a.csv', csv), '--store', '/nowhere/x.db']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(
      'streamgate-analytics: /nowhere/x.db cannot be opened: store folder must exist, got none at /nowhere\n',
    );
  });

  it('learns nothing from an exported table other than series, and makes no store for it', async () => {
    const old = new Service({ clock: new ManualClock(START) });
    old.recordEvent({ eventType: 'login' });
    const file = temporaryFile('a.csv', await new Response(exportCsv(old, { what: 'aggregations' })).text());
    await old.close();
    const store = newStore();
    const { code, stderr } = await command(['import', file, '--store', store]);
    expect([code, stderr]).toEqual([
      1,
      `streamgate-analytics: ${file} is an exported table of aggregations; export and import series\n`,
    ]);
    expect(existsSync(store)).toBe(false);
  });
});
