/**
 * Bundles the worker of the SQLite store (src/sqlite/worker.ts) into the module `streamgate:sqlite-worker`, as text, so
 * that it is there wherever the package goes: ES modules, CommonJS, other people's bundles.
 */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { ModulePlugin } from './page-files.ts';

const MODULE = 'streamgate:sqlite-worker';
const ENTRY = fileURLToPath(new URL('../src/sqlite/worker.ts', import.meta.url));

/** For esbuild and tsup. */
export function workerFilePlugin(): Plugin {
  return {
    name: MODULE,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${MODULE}$`) }, ({ path }) => ({ path, namespace: MODULE }));
      build.onLoad({ filter: /.*/, namespace: MODULE }, async () => ({ contents: await moduleText() }));
    },
  };
}

/** For Vite and vitest. */
export function workerFileVitePlugin(): ModulePlugin {
  return {
    name: MODULE,
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    load: (id) => (id === `\0${MODULE}` ? moduleText() : undefined),
  };
}

async function moduleText(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'error',
  });
  return `export const WORKER = ${JSON.stringify(outputFiles[0]?.text)};`;
}
