import { createRequire } from 'node:module';
import process from 'node:process';
import { AnalyticsError, choiceOption } from '../errors.ts';
import type { Driver } from './messages.ts';

/** Packages that open a database where the runtime cannot; the first that is there is taken. */
const PACKAGES = ['better-sqlite3', 'libsql'] as const;

/** Names of drivers. */
export type DriverName = Driver['name'];

/**
 * The driver: what the runtime has, else a package that is installed, beside this one or in the working directory.
 *
 * @param wanted only this one
 * @throws AnalyticsError `ERR_MISSING_PEER` with the command that installs one; `ERR_INVALID_OPTION`
 */
export function findDriver(wanted?: DriverName): Driver {
  if (wanted !== undefined) choiceOption('driver', wanted, ['node:sqlite', ...PACKAGES]);
  if (wanted === undefined || wanted === 'node:sqlite') {
    // Not `import`, which throws where it is missing, nor for runtimes that are older than the question.
    if (process.getBuiltinModule?.('node:sqlite') !== undefined) return { name: 'node:sqlite', file: 'node:sqlite' };
  }
  for (const name of PACKAGES) {
    if (wanted !== undefined && wanted !== name) continue;
    const file = findPackage(name);
    if (file !== undefined) return { name, file };
  }
  const what =
    wanted === 'node:sqlite'
      ? 'sqlite must have node:sqlite, got a runtime without it: run Node 22.13 or newer, or leave out driver'
      : wanted === undefined
        ? 'sqlite must have a driver, got a runtime without node:sqlite and none installed: npm install libsql'
        : `sqlite must have ${wanted}, got none installed: npm install ${wanted}`;
  throw new AnalyticsError('ERR_MISSING_PEER', what);
}

/** The file that a package is loaded from; `undefined` where it is not installed. */
function findPackage(name: string): string | undefined {
  // CommonJS has the one, ES modules the other.
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  for (const from of [here, `${process.cwd()}/`]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Not there.
    }
  }
  return undefined;
}
