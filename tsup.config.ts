import { rmSync } from 'node:fs';
import type { Options } from 'tsup';
import { pageFilesPlugin } from './scripts/page-files.ts';
import { workerFilePlugin } from './scripts/worker-file.ts';

const library: Options = {
  entry: {
    index: 'src/index.ts',
    fleet: 'src/fleet/index.ts',
    http: 'src/http/index.ts',
    dashboard: 'src/dashboard/index.ts',
    testing: 'src/testing/index.ts',
    export: 'src/export/index.ts',
    sqlite: 'src/sqlite/index.ts',
  },
  platform: 'node',
  target: 'node20',
  splitting: true,
  treeshake: true,
  removeNodeProtocol: false,
  esbuildPlugins: [pageFilesPlugin(), workerFilePlugin()],
};

/**
 * What the command brings along, so that it runs where nothing but the package is installed: it reads CSV, and it serves
 * the page with the REST API.
 */
const BUNDLED_INTO_COMMAND = [/^csv-parse/, /^hono/, /^@hono\//, /^zod/, /^@asteasolutions\//, /^openapi3-ts/];

/**
 * Four builds side by side: the library as ES modules that share their chunks; the same as CommonJS; the command, which
 * is a program of its own; the declarations of both. `tsup --no-dts` leaves the declarations out, which are most of the
 * time.
 */
const builds = (options: Options): Options[] => {
  // Not tsup's `clean`: each of them would do it, and delete what another has written already.
  rmSync('dist', { recursive: true, force: true });
  const scripts: Options[] = [
    { ...library, format: 'esm' },
    { ...library, entry: { cli: 'src/cli/main.ts' }, format: 'esm', noExternal: BUNDLED_INTO_COMMAND, minify: true },
    { ...library, format: 'cjs' },
  ];
  const declarations: Options = {
    ...library,
    format: ['esm', 'cjs'],
    tsconfig: 'tsconfig.build.json',
    // For users whose TypeScript does not load these declarations by itself: `Symbol.asyncDispose` is in them.
    dts: { only: true, banner: '/// <reference lib="esnext.disposable" />' },
  };
  return options.dts === false ? scripts : [...scripts, declarations];
};

export default builds;
