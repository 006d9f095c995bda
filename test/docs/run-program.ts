import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { pageFilesPlugin } from '../../scripts/page-files.ts';
import { ROOT } from './pages.ts';

const root = fileURLToPath(ROOT);

/** Runs a TypeScript program with the source of the package in a process of its own; returns what it prints. */
export function runProgram(code: string): Promise<string> {
  return run(code, root, []);
}

/** Runs a TypeScript file of this repository. */
export function runFile(path: string, args: readonly string[]): Promise<string> {
  const folder = fileURLToPath(new URL('.', new URL(path, ROOT)));
  return run(readFileSync(new URL(path, ROOT), 'utf8'), folder, args);
}

async function run(code: string, folder: string, args: readonly string[]): Promise<string> {
  const module = await bundle(code, folder);
  // In a file, because programs with workers start themselves again.
  const place = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
  try {
    const main = join(place, 'main.mjs');
    writeFileSync(main, module);
    return await runModule(main, args);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function runModule(main: string, args: readonly string[]): Promise<string> {
  // In a time zone that is a quarter of an hour off, so that nothing shown depends on the reader's.
  const env = { ...process.env, TZ: 'Asia/Kathmandu', NO_COLOR: '1', FORCE_COLOR: undefined };
  const node = spawn(process.execPath, [main, ...args], { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let errors = '';
  node.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  node.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exitCode = await new Promise<unknown>((resolve, reject) => node.on('error', reject).on('close', resolve));
  if (exitCode !== 0 || errors !== '') {
    throw new Error(`the program must end with 0 and without complaint, got ${exitCode}:\n${printed}${errors}`);
  }
  return printed;
}

/** One JavaScript module of a program and the source of the package. */
async function bundle(code: string, resolveDir: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir },
    alias: {
      '@streamgate/analytics/dashboard': `${root}src/dashboard/index.ts`,
      '@streamgate/analytics/export': `${root}src/export/index.ts`,
      '@streamgate/analytics/fleet': `${root}src/fleet/index.ts`,
      '@streamgate/analytics/http': `${root}src/http/index.ts`,
      '@streamgate/analytics/testing': `${root}src/testing/index.ts`,
      '@streamgate/analytics': `${root}src/index.ts`,
    },
    // Packages that are no ES modules ask for Node's parts in their own way.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    plugins: [pageFilesPlugin()],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}
