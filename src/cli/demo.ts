import { setTimeout as sleep } from 'node:timers/promises';
import type { Anomaly } from '../model/anomaly.ts';
import type { Aggregation } from '../model/bucket.ts';
import type { DashboardData } from '../model/dashboard.ts';
import type { Forecast } from '../model/forecast.ts';
import type { Health } from '../model/health.ts';
import type { Rejection } from '../model/rejection.ts';
import type { SeriesId } from '../model/series-key.ts';
import { Service, type ServiceStats } from '../service.ts';
import { type LoadReport, runLoad } from './demo-load.ts';
import { Machine } from './demo-machine.ts';
import { type DemoShop, FAULT, SHOP_METRICS, startShop } from './demo-shop.ts';
import { type LivePage, servePage } from './live-page.ts';

/** One thing that the demo has to tell. All but `start`, `fault` and `end` come from the library. */
export type DemoEvent =
  | DemoStart
  | DemoPage
  | { readonly type: 'learning'; readonly series: readonly LearningSeries[] }
  | ({ readonly type: 'forecast'; readonly serviceId: string; readonly metricName: string } & Forecast)
  | DemoFault
  | ({ readonly type: 'anomaly' | 'anomaly_updated' | 'anomaly_closed' } & Anomaly)
  | ({ readonly type: 'health' } & Health)
  | ({ readonly type: 'aggregation' } & Aggregation)
  | ({ readonly type: 'rejected' } & Rejection)
  | { readonly type: 'error'; readonly message: string }
  | DemoEnd;

/** What runs. */
export interface DemoStart {
  readonly type: 'start';
  readonly seconds: number;
  readonly services: readonly { readonly serviceId: string; readonly url: string }[];
  readonly requestsPerSecond: number;
}

/** Where to look. */
export interface DemoPage {
  readonly type: 'page';
  readonly state: 'open' | 'staying';
  readonly url: string;
  readonly apiUrl: string;
}

/** The demo's own word: it broke something, or mended it. */
export interface DemoFault {
  readonly type: 'fault';
  readonly state: 'injected' | 'lifted';
  readonly serviceId: string;
  readonly extraMs: readonly [number, number];
  readonly failing: number;
}

/** How far one series is, as `explain` says. */
export interface LearningSeries extends SeriesId {
  readonly samples: number;
  readonly samplesNeeded: number;
}

/** What came out. */
export interface DemoEnd {
  readonly type: 'end';
  readonly elapsedMs: number;
  readonly load: LoadReport;
  /** Between which times the fault was on; `undefined` where the demo ended before. */
  readonly fault: { readonly from: number; readonly to: number } | undefined;
  /** First anomaly of `payments` or `shop` that the library reported after the fault, and how long after. */
  readonly detected: { readonly anomaly: Anomaly; readonly afterMs: number } | undefined;
  readonly dashboard: DashboardData;
  readonly stats: ServiceStats;
}

/** Takes an event and the time at which it is told, epoch milliseconds. */
export type DemoReport = (event: DemoEvent, at: number) => void;

/** How the demo runs. */
export interface DemoOptions {
  readonly seconds: number;
  /** Ends it early, with its summary. */
  readonly signal?: AbortSignal | undefined;
  /** Of the page; 0 for any free one, `undefined` for the usual one where it is free. */
  readonly port?: number | undefined;
  /** After the summary the shop goes on, and the page with it, until the signal fires. */
  readonly stays?: boolean | undefined;
  readonly report: DemoReport;
}

const REQUESTS_PER_SECOND = 36;
const MAX_CONCURRENT = 32;
/** Share of the time that the baselines get at least, once they are ready, and the fault; each a minute at most. */
const LEARNING_SHARE = 0.4;
const FAULT_SHARE = 0.33;
const LONGEST_PHASE_MS = 60_000;
/** A shop that goes on is broken this often, for this long. */
const FAULT_EVERY_MS = 180_000;
const FAULT_MS = 40_000;
/** Seconds between two lines about the learning. */
const LEARNING_EVERY = 4;

/** What is still told when the shop goes on; the rest can be seen on the page. */
const TOLD_AFTERWARDS: ReadonlySet<DemoEvent['type']> = new Set(['fault', 'anomaly', 'anomaly_closed', 'error']);

/** Series that the fault must wait for: the gauges that all three services send every second. */
const WATCHED: readonly SeriesId[] = ['shop', 'catalog', 'payments'].flatMap((serviceId) =>
  ['latency', 'error_rate', 'request_rate'].map((metricName) => ({ serviceId, metricName })),
);
/** Series whose forecasts are shown. */
const FORECAST: readonly SeriesId[] = [
  { serviceId: 'payments', metricName: 'latency' },
  { serviceId: 'shop', metricName: 'request_rate' },
  { serviceId: 'machine', metricName: 'memory_usage' },
];

/**
 * Runs a small shop under load, breaks its payments when the library knows what is normal, mends them again, and
 * reports what the library makes of it.
 */
export async function demo(options: DemoOptions): Promise<void> {
  const { seconds, signal: interruption, port, stays = false, report } = options;
  // A minute of data wants short horizons; live records on one machine are never late.
  const analytics: Service = new Service({
    metrics: SHOP_METRICS,
    flushIntervalMs: 1000,
    latenessMs: 1000,
    predictor: { horizons: ['10s', '30s', '5m'] },
  });
  const page = await servePage(analytics, port);
  const shop = await startShop(analytics);
  const run = new DemoRun(analytics, shop, report, seconds);
  const goesOn = (): boolean => stays && interruption?.aborted === false;
  try {
    await run.play(page, interruption);
    if (goesOn()) {
      run.end();
      await run.goOn(page, interruption as AbortSignal);
      return;
    }
  } finally {
    await shop.close();
    await page.close();
    await analytics.close();
  }
  run.end();
}

class DemoRun {
  readonly #analytics: Service;
  readonly #shop: DemoShop;
  readonly #report: DemoReport;
  readonly #machine: Machine;
  readonly #seconds: number;
  readonly #startedAt = Date.now();
  #load: LoadReport = { requests: 0, turnedAway: 0 };
  #faultFrom: number | undefined;
  #faultTo: number | undefined;
  #learned = false;
  /** Whether the summary has been told. */
  #isOver = false;
  #detected: DemoEnd['detected'];

  constructor(analytics: Service, shop: DemoShop, report: DemoReport, seconds: number) {
    this.#analytics = analytics;
    this.#shop = shop;
    this.#report = report;
    this.#machine = new Machine(analytics);
    this.#seconds = seconds;
    this.#listen();
  }

  async play({ url, apiUrl }: LivePage, interruption: AbortSignal | undefined): Promise<void> {
    const services = this.#shop.servers.map(({ serviceId, url }) => ({ serviceId, url }));
    const requestsPerSecond = REQUESTS_PER_SECOND;
    this.#tell({ type: 'start', seconds: this.#seconds, services, requestsPerSecond });
    this.#tell({ type: 'page', state: 'open', url, apiUrl });
    const timeUp = AbortSignal.timeout(this.#seconds * 1000);
    const signal = interruption === undefined ? timeUp : AbortSignal.any([timeUp, interruption]);
    const load = runLoad(this.#shop.url, {
      requestsPerSecond,
      maxConcurrent: MAX_CONCURRENT,
      maxRequests: this.#seconds * REQUESTS_PER_SECOND * 2,
      signal,
    });
    await this.#everySecond(signal, (second) => this.#direct(second));
    this.#load = await load;
    if (this.#faultFrom !== undefined) this.#faultTo ??= Date.now();
  }

  /** The shop as it was, broken now and then, for as long as somebody looks at it. */
  async goOn({ url, apiUrl }: LivePage, signal: AbortSignal): Promise<void> {
    this.#tell({ type: 'page', state: 'staying', url, apiUrl });
    this.#isOver = true;
    const limits = {
      requestsPerSecond: REQUESTS_PER_SECOND,
      maxConcurrent: MAX_CONCURRENT,
      maxRequests: Number.POSITIVE_INFINITY,
    };
    const load = runLoad(this.#shop.url, { ...limits, signal });
    const since = Date.now();
    let isBroken = false;
    await this.#everySecond(signal, () => {
      const isToBreak = (Date.now() - since) % FAULT_EVERY_MS >= FAULT_EVERY_MS - FAULT_MS;
      if (isToBreak !== isBroken) this.#setFault(isToBreak ? 'injected' : 'lifted');
      isBroken = isToBreak;
    });
    await load;
  }

  end(): void {
    const now = Date.now();
    const fault = this.#faultFrom === undefined ? undefined : { from: this.#faultFrom, to: this.#faultTo ?? now };
    this.#tell({
      type: 'end',
      elapsedMs: now - this.#startedAt,
      load: this.#load,
      fault,
      detected: this.#detected,
      dashboard: this.#analytics.getDashboardData(),
      stats: this.#analytics.stats(),
    });
  }

  async #everySecond(signal: AbortSignal, act: (second: number) => void): Promise<void> {
    const start = Date.now();
    for (let second = 1; !signal.aborted; second++) {
      await sleep(start + second * 1000 - Date.now(), undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      this.#shop.recordSnapshots();
      await this.#machine.recordSnapshot();
      act(second);
    }
  }

  /** Decides what comes next: learn, break, mend. */
  #direct(second: number): void {
    const now = Date.now();
    if (!this.#learned) this.#reportLearning(second);
    const phaseMs = (share: number): number => Math.min(share * this.#seconds * 1000, LONGEST_PHASE_MS);
    if (this.#faultFrom === undefined) {
      if (!this.#learned || now - this.#startedAt < phaseMs(LEARNING_SHARE)) return;
      this.#reportForecasts();
      this.#faultFrom = now;
      this.#setFault('injected');
    } else if (this.#faultTo === undefined && now - this.#faultFrom >= phaseMs(FAULT_SHARE)) {
      this.#reportForecasts();
      this.#faultTo = now;
      this.#setFault('lifted');
    }
  }

  #reportLearning(second: number): void {
    const explanations = WATCHED.map(({ serviceId, metricName }) => this.#analytics.explain(serviceId, metricName));
    this.#learned = explanations.every(({ state }) => state !== 'unknown' && state !== 'learning');
    if (!this.#learned && second % LEARNING_EVERY !== 1) return;
    const series = explanations.map(({ serviceId, metricName, samples, samplesNeeded }) => ({
      serviceId,
      metricName,
      samples,
      samplesNeeded,
    }));
    this.#tell({ type: 'learning', series });
  }

  #reportForecasts(): void {
    for (const { serviceId, metricName } of FORECAST) {
      const forecast = this.#analytics.forecast(serviceId, metricName, { horizon: '30s' });
      if (forecast !== undefined) this.#tell({ type: 'forecast', serviceId, metricName, ...forecast });
    }
  }

  #setFault(state: DemoFault['state']): void {
    this.#shop.setFault(state === 'injected');
    this.#tell({ type: 'fault', state, serviceId: 'payments', ...FAULT });
  }

  #listen(): void {
    const service = this.#analytics;
    service.on('anomaly', (anomaly) => {
      this.#notice(anomaly);
      this.#tell({ type: 'anomaly', ...anomaly });
    });
    service.on('anomalyUpdated', (anomaly) => this.#tell({ type: 'anomaly_updated', ...anomaly }));
    service.on('anomalyClosed', (anomaly) => this.#tell({ type: 'anomaly_closed', ...anomaly }));
    service.on('health', (health) => this.#tell({ type: 'health', ...health }));
    service.on('aggregation', (aggregation) => this.#tell({ type: 'aggregation', ...aggregation }));
    service.on('rejected', (rejection) => this.#tell({ type: 'rejected', ...rejection }));
    service.on('error', ({ message }) => this.#tell({ type: 'error', message }));
  }

  #tell(event: DemoEvent): void {
    if (this.#isOver && !TOLD_AFTERWARDS.has(event.type)) return;
    this.#report(event, Date.now());
  }

  /** Only what opened after the fault, in the services that it touches, counts as having found it. */
  #notice(anomaly: Anomaly): void {
    if (this.#detected !== undefined || this.#faultFrom === undefined) return;
    if (anomaly.serviceId !== 'payments' && anomaly.serviceId !== 'shop') return;
    if (anomaly.timestamp >= this.#faultFrom) this.#detected = { anomaly, afterMs: Date.now() - this.#faultFrom };
  }
}
