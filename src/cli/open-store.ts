import { stat } from 'node:fs/promises';
import { AnalyticsError } from '../errors.ts';
import { Service } from '../service.ts';
import { type SqliteOptions, sqlite } from '../sqlite/index.ts';
import { CommandError } from './command-error.ts';

/**
 * The service that is kept in a database, to go on with; the database is made where there is none.
 *
 * @throws CommandError where it cannot be opened
 */
export function openStore(path: string): Promise<Service> {
  return open({ path });
}

/**
 * The service that is kept in a database, to be asked, also while another process has it open.
 *
 * @throws CommandError where there is none, or it cannot be opened
 */
export async function readStore(path: string): Promise<Service> {
  await stat(path).catch((cause: unknown) => {
    throw new CommandError(`${path} does not exist`, undefined, { cause });
  });
  return open({ path, readOnly: true });
}

async function open({ path, ...options }: SqliteOptions): Promise<Service> {
  try {
    return await Service.open({ store: sqlite({ path, ...options }) });
  } catch (cause) {
    if (!(cause instanceof AnalyticsError)) throw cause;
    throw new CommandError(`${path} cannot be opened: ${cause.message}`, undefined, { cause });
  }
}
