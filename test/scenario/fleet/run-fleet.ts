import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = (path: string): string => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));

/**
 * Runs a primary, an ES module beside a bundle of the library (`./analytics.mjs`, `./fleet.mjs`) that may fork itself, in
 * a Node process of its own; returns what it prints, as JSON.
 */
export async function runFleet<T>(program: string): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
  try {
    await build({
      entryPoints: { analytics: source('index.ts'), fleet: source('fleet/index.ts') },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    });
    const main = join(folder, 'main.mjs');
    writeFileSync(main, program);
    return JSON.parse(await run(main)) as T;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(main: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const node = spawn(process.execPath, [main], { timeout: 30_000, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    node.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    node.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    node.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`program ended with ${code}: ${stderr}`));
    });
  });
}
