import type { Clock } from '../clock.ts';
import { dashboardPages } from '../dashboard/index.ts';
import { type AnalyticsServer, createHandler, serve } from '../http/index.ts';
import type { Service } from '../service.ts';
import { CommandError } from './command-error.ts';

/** Where the page is unless something else is there already: the same address again tomorrow. */
const USUAL_PORT = 4780;

/** A page that is being served. */
export interface LivePage {
  /** Of the page. */
  readonly url: string;
  /** Of the REST API. */
  readonly apiUrl: string;
  close(): Promise<void>;
}

/**
 * Serves the page and the REST API of a service to this machine only.
 *
 * @param port 0 for any free one; `undefined` for the usual one or, where that is taken, any free one
 * @param clock of the service, where that is not the machine's
 * @throws CommandError where the port is not to be had
 */
export async function servePage(service: Service, port: number | undefined, clock?: Clock): Promise<LivePage> {
  const handler = createHandler(service, { dashboard: dashboardPages(service, { clock }) });
  let server: AnalyticsServer;
  try {
    server = await serve(handler, { port: port ?? USUAL_PORT });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    if (port !== undefined) throw new CommandError(`--port ${port} cannot be used: ${message}`);
    server = await serve(handler);
  }
  const { url, close } = server;
  return { url: `${url}/dashboard/`, apiUrl: `${url}/api/v1/analytics`, close };
}

/** Waits until the signal fires; at once where nobody can fire it. */
export function interrupted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal === undefined || signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
