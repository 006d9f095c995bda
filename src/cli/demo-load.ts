import { setTimeout as sleep } from 'node:timers/promises';
import { PRODUCTS } from './demo-shop.ts';

/** Bounds of the load. */
export interface LoadLimits {
  readonly requestsPerSecond: number;
  /** Requests on their way at once; beyond them users stay away. */
  readonly maxConcurrent: number;
  readonly maxRequests: number;
  readonly signal: AbortSignal;
}

/** What the load generator did. */
export interface LoadReport {
  readonly requests: number;
  /** Arrivals that found `maxConcurrent` requests on their way. */
  readonly turnedAway: number;
}

const USERS = 60;
/** Share of the requests that are checkouts, and that look at a product; the rest look into their cart. */
const CHECKOUTS = 0.3;
const VIEWS = 0.55;
/** Share of the products asked for that the shop does not have. */
const UNKNOWN = 0.02;

/** Sends requests at random moments, as users do, until the signal or the limit ends it; waits for the last answers. */
export async function runLoad(url: string, limits: LoadLimits): Promise<LoadReport> {
  const { requestsPerSecond, maxConcurrent, maxRequests, signal } = limits;
  const underway = new Set<Promise<void>>();
  let requests = 0;
  let turnedAway = 0;
  while (!signal.aborted && requests < maxRequests) {
    // Exponential gaps make a Poisson process: independent users.
    await sleep((-Math.log(1 - Math.random()) * 1000) / requestsPerSecond, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    if (underway.size >= maxConcurrent) {
      turnedAway++;
      continue;
    }
    requests++;
    const request = visit(url).finally(() => underway.delete(request));
    underway.add(request);
  }
  await Promise.all(underway);
  return { requests, turnedAway };
}

async function visit(url: string): Promise<void> {
  const headers = { 'x-user': `user-${skewed(USERS)}` };
  const dice = Math.random();
  const response =
    dice < CHECKOUTS
      ? await fetch(`${url}/checkout`, { method: 'POST', headers, body: JSON.stringify({ value: orderValue() }) })
      : await fetch(dice < CHECKOUTS + VIEWS ? `${url}/products/${product()}` : `${url}/cart`, { headers });
  await response.arrayBuffer();
}

/** Low numbers are much likelier than high ones, as with popular products and keen users. */
function skewed(count: number): number {
  return Math.floor(count * Math.random() ** 2.5);
}

function product(): number {
  return Math.random() < UNKNOWN ? PRODUCTS : skewed(PRODUCTS);
}

/** EUR, 5 to 100, most of them small. */
function orderValue(): number {
  return Math.round((5 + 95 * Math.random() ** 3) * 100) / 100;
}
