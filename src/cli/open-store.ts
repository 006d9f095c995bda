import { stat } from 'node:fs/promises';
import { AnalyticsError } from '../errors.ts';
import { Service } from '../service.ts';
import { sqlite } from '../sqlite/index.ts';
import { CommandError } from './command-error.ts';

/**
 * The service that is kept in a database.
 *
 * @param path of the database
 * @param create whether it is made where there is none
 * @throws CommandError where it cannot be opened
 */
export async function openStore(path: string, create: boolean): Promise<Service> {
  if (!create) {
    await stat(path).catch((cause: unknown) => {
      throw new CommandError(`${path} does not exist`, undefined, { cause });
    });
  }
  try {
    return await Service.open({ store: sqlite({ path }) });
  } catch (cause) {
    if (!(cause instanceof AnalyticsError)) throw cause;
    throw new CommandError(`${path} cannot be opened: ${cause.message}`, undefined, { cause });
  }
}
