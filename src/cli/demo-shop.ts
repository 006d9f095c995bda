import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { MetricDefinitions } from '../model/metric-kind.ts';
import type { Service } from '../service.ts';
import { type DemoServer, type Reply, type Routes, startServer } from './demo-server.ts';

/** A small shop of three services that call each other over HTTP, every request recorded with the library. */
export interface DemoShop {
  /** `shop`, which users talk to, and the two that it calls. */
  readonly servers: readonly DemoServer[];
  /** Where the load goes. */
  readonly url: string;
  /** Switches the fault of `payments` on and off. */
  setFault(on: boolean): void;
  /** Records one snapshot of gauges for each service, and what waits in the shop. */
  recordSnapshots(): void;
  close(): Promise<void>;
}

/** What the fault does to `payments`. */
export const FAULT = { extraMs: [150, 400], failing: 0.6 } as const;

/** What is known of the shop's metrics: one declined card, one request or mail more or less is no news. */
export const SHOP_METRICS: MetricDefinitions = {
  error_rate: { minChange: 0.15 },
  queue_depth: { unit: 'mails', labels: ['queue'], direction: 'above', minChange: 5, min: 0 },
  in_flight: { unit: 'requests', direction: 'above', minChange: 3, min: 0 },
};

/** Products that can be asked for; ids from here on are unknown, which now and then happens to real shops. */
export const PRODUCTS = 200;
/** Items that the catalog's cache holds; with popularity skewed as it is, about two in three requests are hits. */
const CACHE_SIZE = 100;
/** Share of the cards that a bank declines: the ordinary failures of an ordinary day. */
const DECLINED = 0.02;
const COUNTRIES = ['DE', 'FR', 'PL', 'IT'] as const;
/** Milliseconds that the shop's worker takes for one confirmation mail. */
const MAIL_MS = 60;

const derive = promisify(pbkdf2);

/** Starts the three services on free ports of the loopback interface. */
export async function startShop(analytics: Service): Promise<DemoShop> {
  const catalog = new Catalog();
  const payments = new Payments();
  const catalogServer = await startServer('catalog', catalog.routes, analytics);
  const paymentsServer = await startServer('payments', payments.routes, analytics);
  const mails = new MailQueue();
  const routes = shopRoutes({ analytics, mails, catalogUrl: catalogServer.url, paymentsUrl: paymentsServer.url });
  const shopServer = await startServer('shop', routes, analytics);
  const servers = [shopServer, catalogServer, paymentsServer];
  return {
    servers,
    url: shopServer.url,
    setFault(on) {
      payments.faulty = on;
    },
    recordSnapshots() {
      shopServer.recordSnapshot();
      catalogServer.recordSnapshot({ cacheHitRate: catalog.takeHitRate() });
      paymentsServer.recordSnapshot();
      const labels = { queue: 'mails' };
      analytics.recordMetric({ serviceId: 'shop', metricName: 'queue_depth', value: mails.depth, labels });
      analytics.recordMetric({ serviceId: 'shop', metricName: 'in_flight', value: shopServer.inFlight });
    },
    async close() {
      mails.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Builds items and keeps the most recently used ones. */
class Catalog {
  readonly #cache = new Map<string, object>();
  #hits = 0;
  #misses = 0;

  readonly routes: Routes = {
    'GET /items/:id': async ({ id }) => {
      const item = await this.#item(id);
      return item === undefined ? { status: 404, body: { error: 'unknown item' } } : { status: 200, body: item };
    },
  };

  /** Hits among the look-ups since the last call; `undefined` where there were none. */
  takeHitRate(): number | undefined {
    const lookups = this.#hits + this.#misses;
    const rate = lookups === 0 ? undefined : this.#hits / lookups;
    this.#hits = 0;
    this.#misses = 0;
    return rate;
  }

  async #item(id: string): Promise<object | undefined> {
    if (Number(id) >= PRODUCTS) return undefined;
    const cached = this.#cache.get(id);
    this.#cache.delete(id);
    const item = cached ?? (await this.#build(id));
    if (cached === undefined) this.#misses++;
    else this.#hits++;
    this.#cache.set(id, item);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > CACHE_SIZE) this.#cache.delete(oldest as string);
    return item;
  }

  /** Real work in place of a database: some milliseconds of key derivation on another thread, then JSON. */
  async #build(id: string): Promise<object> {
    const key = await derive(id, 'catalog', 4000, 32, 'sha256');
    const variants = Array.from({ length: 12 }, (_, i) => ({
      sku: createHash('sha256').update(key).update(`${i}`).digest('hex').slice(0, 12),
      stock: (key[i] as number) % 40,
    }));
    return { id, price: 5 + (key.readUInt16LE(0) % 9500) / 100, variants };
  }
}

/** Signs charges; breaks when told to. */
class Payments {
  faulty = false;

  readonly routes: Routes = {
    'POST /charges': async ({ body }): Promise<Reply> => {
      if (this.faulty) {
        const [least, most] = FAULT.extraMs;
        await sleep(least + Math.random() * (most - least));
        if (Math.random() < FAULT.failing) {
          return { status: 503, body: { error: 'gateway unavailable' }, error: 'gateway_unavailable' };
        }
      }
      const secret = await derive(JSON.stringify(body), 'payments', 2000, 32, 'sha256');
      if (Math.random() < DECLINED) return { status: 402, body: { error: 'declined' }, error: 'card_declined' };
      return { status: 201, body: { charge: createHmac('sha256', secret).update('charge').digest('hex') } };
    },
  };
}

interface ShopParts {
  readonly analytics: Service;
  readonly mails: MailQueue;
  readonly catalogUrl: string;
  readonly paymentsUrl: string;
}

function shopRoutes({ analytics, mails, catalogUrl, paymentsUrl }: ShopParts): Routes {
  const serviceId = 'shop';
  return {
    'GET /products/:id': async ({ id, userId }) => {
      const { status, body } = await call(`${catalogUrl}/items/${id}`);
      const success = status === 200;
      analytics.recordUserBehavior({ serviceId, userId, action: 'view_product', contentId: id, success });
      return { status, body, error: success ? undefined : 'unknown_product' };
    },
    'GET /cart': ({ userId }) => {
      const lines = Array.from({ length: 5 }, (_, i) => createHash('sha256').update(`${userId}${i}`).digest('hex'));
      return { status: 200, body: { userId, lines } };
    },
    'POST /checkout': async ({ userId, body }) => {
      const value = Number(body['value']);
      const { status } = await call(`${paymentsUrl}/charges`, { userId, value });
      const success = status === 201;
      const error = success ? undefined : status === 402 ? 'card_declined' : `payments_${status}`;
      analytics.recordUserBehavior({ serviceId, userId, action: 'checkout', success, errorMessage: error });
      if (success) {
        const country = COUNTRIES[userId.length % COUNTRIES.length] as string;
        analytics.recordBusinessMetric({
          serviceId,
          metricType: 'order_value',
          value,
          unit: 'EUR',
          dimension: { country },
        });
        analytics.recordEvent({ serviceId, eventType: 'order_placed', userId, metadata: { value } });
        mails.add();
      }
      return { status, body: { ordered: success }, error };
    },
  };
}

/** Mails that wait for their turn; a worker sends one after the other. */
class MailQueue {
  depth = 0;
  #stopped = false;
  #working = false;

  add(): void {
    this.depth++;
    if (!this.#working) void this.#work();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.depth > 0 && !this.#stopped) {
      await sleep(MAIL_MS);
      this.depth--;
    }
    this.#working = false;
  }
}

async function call(url: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}
