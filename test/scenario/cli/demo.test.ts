import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageFilesPlugin } from '../../../scripts/page-files.ts';
import { workerFilePlugin } from '../../../scripts/worker-file.ts';
import { jsonLines } from './command.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;

/** The command as one file, in a package of its own. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-demo-'));
  copyFileSync(join(repository, 'package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: [join(repository, 'src/cli/main.ts')],
    outfile: join(folder, 'dist/cli.js'),
    plugins: [pageFilesPlugin(), workerFilePlugin()],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(folder, 'dist/cli.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the demo', () => {
  it('learns, breaks and mends a service, and ends by itself with a full dashboard', async () => {
    const child = start('demo', '--seconds', '20', '--json');
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = jsonLines(stdout);
    const types = lines.map(({ type, state }) => (type === 'fault' ? state : type));
    expect(types[0]).toBe('start');
    expect(types.at(-1)).toBe('end');
    expect(types.lastIndexOf('learning')).toBeLessThan(types.indexOf('injected'));
    expect(types.indexOf('injected')).toBeLessThan(types.indexOf('lifted'));
    expect(types).not.toContain('error');
    const learned = lines[types.lastIndexOf('learning')]?.['series'] as { samples: number; samples_needed: number }[];
    for (const { samples, samples_needed } of learned) expect(samples).toBeGreaterThanOrEqual(samples_needed);

    const end = lines.at(-1) as {
      detected: { anomaly: { id: string } } | null;
      dashboard: Record<string, unknown>;
      stats: object;
    };
    const { service_metrics, aggregations, top_errors, top_users, system_health, health_reasons } = end.dashboard;
    for (const list of [service_metrics, aggregations, top_errors, top_users, health_reasons]) {
      expect(list).not.toEqual([]);
    }
    expect(['healthy', 'degraded', 'critical']).toContain(system_health);
    expect(end.stats).toMatchObject({ rejected: {}, dropped: 0, errors: 0 });
    // The fault adds 150 ms at least to a service that else answers in a few.
    const payments = (aggregations as { service_id: string; period: string; p99_latency: number }[]).find(
      ({ service_id, period }) => service_id === 'payments' && period === '1d',
    );
    expect(payments?.p99_latency).toBeGreaterThan(145);
    // What it says was detected is what the library reported.
    if (end.detected !== null) {
      const { id } = end.detected.anomaly;
      const reported = lines.findIndex((line) => line['type'] === 'anomaly' && line['id'] === id);
      expect(reported).toBeGreaterThan(types.indexOf('injected'));
    }
  });

  it('ends with its summary when it is interrupted', async () => {
    const child = start('demo');
    let stdout = '';
    for await (const chunk of child.stdout) {
      const before = stdout.includes('learning ');
      stdout += chunk;
      if (!before && stdout.includes('learning ')) child.kill('SIGINT');
    }
    const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode];
    expect(code).toBe(0);
    expect(stdout).toContain('The demo ended before the fault was injected.');
    expect(stdout).toMatch(/\nHealth\n {2}healthy\n/);
    expect(stdout).toContain('\nTop users\n  user-');
    expect(stdout).not.toContain('\u001b[');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
