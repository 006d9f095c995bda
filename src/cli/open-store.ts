import { stat } from 'node:fs/promises';
import { AnalyticsError } from '../errors.ts';
import { Service } from '../service.ts';
import { type SqliteOptions, type SqliteStore, sqlite } from '../sqlite/index.ts';
import { CommandError } from './command-error.ts';

/**
 * The service that is kept in a database, to go on with; the database is made where there is none.
 *
 * @throws CommandError where it cannot be opened
 */
export async function openStore(path: string): Promise<Service> {
  return (await open({ path })).service;
}

/**
 * The service that is kept in a database, to be asked, also while another process has it open.
 *
 * @param archiveFolder where the days are that are not in the database any more
 * @returns it, and up to when it has been archived where no archive was given
 * @throws CommandError where there is none, or it cannot be opened
 */
export async function readStore(
  path: string,
  archiveFolder?: string,
): Promise<{ readonly service: Service; readonly missingUpTo: number | undefined }> {
  await stat(path).catch((cause: unknown) => {
    throw new CommandError(`${path} does not exist`, undefined, { cause });
  });
  const { service, store } = await open({ path, archiveFolder, readOnly: true });
  return { service, missingUpTo: archiveFolder === undefined ? store.info.archivedUpTo : undefined };
}

async function open(options: SqliteOptions): Promise<{ readonly service: Service; readonly store: SqliteStore }> {
  try {
    const store = sqlite(options);
    return { service: await Service.open({ store }), store };
  } catch (cause) {
    if (!(cause instanceof AnalyticsError)) throw cause;
    throw new CommandError(`${options.path} cannot be opened: ${cause.message}`, undefined, { cause });
  }
}
