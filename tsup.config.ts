import { rmSync } from 'node:fs';
import type { Options } from 'tsup';

const library: Options = {
  entry: { index: 'src/index.ts', fleet: 'src/fleet/index.ts', testing: 'src/testing/index.ts' },
  platform: 'node',
  target: 'node20',
  splitting: true,
  treeshake: true,
  removeNodeProtocol: false,
};

/**
 * Three builds side by side: the library with the command, as ES modules that share their chunks; the library as
 * CommonJS; the declarations of both. `tsup --no-dts` leaves the declarations out, which are most of the time.
 */
const builds = (options: Options): Options[] => {
  // Not tsup's `clean`: each of the three would do it, and delete what another has written already.
  rmSync('dist', { recursive: true, force: true });
  const scripts: Options[] = [
    { ...library, entry: { ...library.entry, cli: 'src/cli/main.ts' }, format: 'esm', noExternal: ['csv-parse'] },
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
