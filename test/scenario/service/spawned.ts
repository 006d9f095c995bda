import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('../../../src/index.ts', import.meta.url));

/** Runs `program`, an ES module beside a bundle of the library (`./analytics.mjs`), in a Node process of its own. */
export async function runProgram(program: string, env: Record<string, string> = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
  try {
    const outfile = join(folder, 'analytics.mjs');
    await build({ entryPoints: [entry], bundle: true, format: 'esm', platform: 'node', outfile, logLevel: 'error' });
    const main = join(folder, 'main.mjs');
    writeFileSync(main, program);
    const { status, stdout, stderr, error } = spawnSync(process.execPath, ['--expose-gc', main], {
      encoding: 'utf8',
      timeout: 50_000,
      env: { ...process.env, ...env },
    });
    if (status === 0) return stdout;
    throw new Error(`program ended with ${status}: ${stderr}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
