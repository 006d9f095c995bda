import { type Clock, SystemClock } from '../clock.ts';
import { invalidOption, numberOption, objectOption } from '../errors.ts';
import type { Auth } from './access.ts';
import type { Page } from './page.ts';
import type { PrivacyOptions } from './privacy.ts';

/** How many records one client may send. */
export interface RateLimitOptions {
  /** Records a second in the long run, at least 1. Default 10,000. */
  readonly perSecond?: number | undefined;
  /** Records at once after a pause. Default five seconds' worth. */
  readonly burst?: number | undefined;
}

/** Whose scripts may call the API from a browser. */
export interface CorsOptions {
  /** Such as `https://ops.example.com`; `'*'` for all, which does not go with credentials. */
  readonly origins: readonly string[];
}

/** Options of `createHandler`. */
export interface HandlerOptions {
  /** Who may do what. Without it only this machine is answered. */
  readonly auth?: Auth | undefined;
  /** Answer everybody everything, from anywhere. For a network that you trust. Default false. */
  readonly allowAnonymous?: boolean | undefined;
  /** The page below `/dashboard`: `dashboardPages(service)` of `@streamgate/analytics/dashboard`. */
  readonly dashboard?: Page | undefined;
  /** Path under which the handler is mounted, such as `/internal`, where whoever calls it leaves it in the URL. Default `''`. */
  readonly basePath?: string | undefined;
  /** Proxies in front that add to `X-Forwarded-For`; the address that the outermost one saw is the client's. Default 0. */
  readonly trustProxy?: number | undefined;
  /** Default: no other origin. */
  readonly cors?: CorsOptions | undefined;
  /** Of writes, for each client; `false` for none. */
  readonly rateLimit?: RateLimitOptions | false | undefined;
  /** Personal data in what is recorded over HTTP. */
  readonly privacy?: PrivacyOptions | undefined;
  /** Is told what went wrong in the handler itself; the caller is only told that something did. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Default the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** Options with their defaults filled in. */
export interface CheckedOptions {
  readonly auth: Auth | undefined;
  readonly allowAnonymous: boolean;
  readonly dashboard: Page | undefined;
  readonly basePath: string;
  readonly trustProxy: number;
  readonly origins: readonly string[];
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | undefined;
  readonly privacy: PrivacyOptions | undefined;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

const PER_SECOND = 10_000;
/** Seconds' worth of records that may come at once. */
const BURST_SECONDS = 5;
const MAX_PROXIES = 10;

/** @throws AnalyticsError `ERR_INVALID_OPTION` */
export function checkOptions(options: HandlerOptions): CheckedOptions {
  const {
    auth,
    allowAnonymous = false,
    dashboard,
    basePath = '',
    trustProxy = 0,
    cors,
    privacy,
  } = objectOption('options', options);
  if (typeof allowAnonymous !== 'boolean') throw invalidOption('allowAnonymous', 'true or false', allowAnonymous);
  if (typeof basePath !== 'string' || !/^(\/[\w.~-]+)*$/.test(basePath)) {
    throw invalidOption('basePath', "'' or a path such as /internal, without a slash at its end", basePath);
  }
  if (dashboard !== undefined && typeof dashboard?.respond !== 'function') {
    throw invalidOption('dashboard', 'a page with respond()', dashboard);
  }
  return {
    auth,
    allowAnonymous,
    dashboard,
    basePath,
    trustProxy: numberOption('trustProxy', trustProxy, { min: 0, max: MAX_PROXIES, whole: true }),
    origins: cors === undefined ? [] : originsOption(objectOption('cors', cors).origins),
    rateLimit: rateLimitOption(options.rateLimit),
    privacy,
    onError: options.onError ?? (() => {}),
    clock: options.clock ?? new SystemClock(),
  };
}

function rateLimitOption(value: RateLimitOptions | false = {}): CheckedOptions['rateLimit'] {
  if (value === false) return undefined;
  const { perSecond = PER_SECOND, burst = BURST_SECONDS * perSecond } = objectOption('rateLimit', value);
  return {
    perSecond: numberOption('rateLimit.perSecond', perSecond, { min: 1 }),
    burst: numberOption('rateLimit.burst', burst, { min: 1 }),
  };
}

function originsOption(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((origin) => origin === '*' || isOrigin(origin))) return value;
  throw invalidOption('cors.origins', 'a list of origins such as https://ops.example.com', value);
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}
