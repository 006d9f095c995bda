import { PAGE_FILES, type PageFile } from 'streamgate:page-files';
import { type Clock, SystemClock } from '../clock.ts';
import type { Service } from '../service.ts';
import { viewQuery } from './view-query.ts';
import { Views } from './views.ts';

/** Options of {@link dashboardPages}. */
export interface DashboardOptions {
  /** The clock of the service, where that is not the machine's: charts end at its time. */
  readonly clock?: Clock | undefined;
}

/** What a handler serves at and below `dashboard`. */
export interface DashboardPages {
  /**
   * @param path what follows `dashboard` in the URL, without the query
   * @returns `undefined` for a path that it does not know
   */
  respond(request: Request, path: string): Promise<Response> | undefined;
}

/**
 * Nothing but this page's own files is loaded, run or connected to; nothing inline, nothing framed. Strings cannot become
 * markup, whatever a name holds: no sink takes one.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** A name with a hash never changes its content. */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * The live page of a service, for the option `dashboard` of a handler: files that the package brings along, and the data
 * that they show. It checks nobody's rights; the handler does.
 *
 * @example
 * const handler = createHandler(service, { dashboard: dashboardPages(service) });
 */
export function dashboardPages(service: Service, options: DashboardOptions = {}): DashboardPages {
  const { clock } = options;
  const machine = new SystemClock();
  const views = new Views(service, clock ?? machine, machine);
  const files = new Map(PAGE_FILES.map((file) => [`/${file.name}`, file]));
  return {
    respond(request, path) {
      // Relative, so that it holds below any prefix and behind any proxy.
      if (path === '') return Promise.resolve(redirect(`dashboard/${new URL(request.url).search}`));
      if (path === '/data') return Promise.resolve(dataResponse(views, request));
      const file = files.get(path === '/' ? '/index.html' : path);
      return file === undefined ? undefined : Promise.resolve(fileResponse(file, request));
    },
  };
}

function redirect(location: string): Response {
  return new Response(null, { status: 307, headers: { location, 'cache-control': 'no-cache' } });
}

function dataResponse(views: Views, request: Request): Response {
  const query = viewQuery(new URL(request.url).searchParams);
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-security-policy': POLICY,
  };
  return new Response(JSON.stringify(views.view(query)), { headers });
}

function fileResponse({ name, type, hash, body }: PageFile, request: Request): Response {
  const etag = `"${hash}"`;
  const headers = {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': name === 'index.html' ? 'no-cache' : FOREVER,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    etag,
  };
  if (request.headers.get('if-none-match')?.includes(etag)) return new Response(null, { status: 304, headers });
  return new Response(body, { headers });
}
