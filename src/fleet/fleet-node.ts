import process from 'node:process';
import { isMainThread, type MessagePort, parentPort, threadId } from 'node:worker_threads';
import { Aggregator } from '../aggregate/aggregator.ts';
import type { AggregatorOptions } from '../aggregate/aggregator-options.ts';
import { SystemClock } from '../clock.ts';
import { Collector, type CollectorOptions, type CollectorStats, type OperationHandle } from '../collect/collector.ts';
import { invalidOption, numberOption, objectOption } from '../errors.ts';
import type {
  BehaviorInput,
  BusinessInput,
  EventInput,
  MetricInput,
  MetricsInput,
  PerformanceInput,
} from '../model/records.ts';
import { bytesMessage, type Report, textMessage } from './report.ts';

/** Options of `joinFleet`: where to, how often, and those of a `Collector`. */
export interface FleetNodeOptions extends Omit<CollectorOptions, 'sink' | 'flushIntervalMs'> {
  /** Where reports go. Default: the thread that started this one, else the process that forked this one. */
  readonly port?: MessagePort | undefined;
  /** Milliseconds between reports, which is what a killed process may lose; at least 10, default 1,000. */
  readonly intervalMs?: number | undefined;
}

/** Counts of a node. */
export interface FleetNodeStats extends CollectorStats {
  /** Records in reports that have been sent. */
  readonly reported: number;
  /** Records in reports that could not be sent, because the primary was gone. */
  readonly lost: number;
  /** Records older than the retention, and samples of watched series beyond what a report holds. */
  readonly dropped: number;
  readonly reports: number;
  /** In all reports, before they are packed for the way. */
  readonly bytes: number;
}

type Send = (report: Report) => Promise<void>;

const INTERVAL_MS = 1000;
const DAY_MS = 86_400_000;

/**
 * Makes this process, or thread, one of a fleet that shows as one in the primary, which calls `gatherFleet`.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`; also where there is neither a port nor a process to report to
 * @example
 * const node = joinFleet({ serviceId: 'shop' });
 * node.recordPerformanceMetric({ operation: 'GET /cart', duration: 12, success: true });
 * await node.close(); // before the process ends: sends the rest
 */
export function joinFleet(options: FleetNodeOptions = {}): FleetNode {
  return new FleetNode(options);
}

/**
 * Records like a `Service`, but keeps nothing: all that came since the last report goes to the primary as partials, some
 * 100 bytes for each series. While a report is on its way the next one waits, so that a primary that is busy costs memory
 * for each series and not for each report.
 */
export class FleetNode {
  readonly #collector: Collector;
  readonly #aggregatorOptions: AggregatorOptions;
  readonly #send: Send;
  readonly #stopTimer: () => void;
  /** What came since the last report. */
  #aggregator: Aggregator;
  /** The report that is on its way. */
  #sending: Promise<void> | undefined;
  #closed = false;
  #taken = 0;
  #reported = 0;
  #lost = 0;
  #dropped = 0;
  #reports = 0;
  #bytes = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(options: FleetNodeOptions = {}) {
    const { port, intervalMs = INTERVAL_MS, clock = new SystemClock(), ...rest } = objectOption('options', options);
    const interval = numberOption('intervalMs', intervalMs, { min: 10, max: DAY_MS });
    const { retentionMs, maxSeries } = rest;
    this.#send = senderTo(port);
    // The primary decides what is late: here no minute closes before it is reported.
    this.#aggregatorOptions = { retentionMs, maxSeries, latenessMs: DAY_MS, samples: true };
    this.#aggregator = new Aggregator(this.#aggregatorOptions);
    // Timers last: a constructor that throws must not leave one behind.
    this.#collector = new Collector({
      ...rest,
      clock,
      sink: {
        add: (kind, record, live) => this.#aggregator.add(kind, record, live),
        addOperations: (batch, end) => this.#aggregator.addOperations(batch, end),
      },
    });
    this.#stopTimer = clock.every(interval, () => this.#report());
  }

  /** Records something that happened. Returns whether it was accepted; so do all `record…` methods. */
  recordEvent(event: EventInput): boolean {
    return this.#collector.record('event', event);
  }

  /** Records a snapshot of a service's gauges. */
  recordMetrics(metrics: MetricsInput): boolean {
    return this.#collector.record('metrics', metrics);
  }

  /** Records what a user did. */
  recordUserBehavior(behavior: BehaviorInput): boolean {
    return this.#collector.record('behavior', behavior);
  }

  /** Records one execution of an operation. */
  recordPerformanceMetric(performance: PerformanceInput): boolean {
    return this.#collector.record('performance', performance);
  }

  /** Records an amount that the business counts. */
  recordBusinessMetric(business: BusinessInput): boolean {
    return this.#collector.record('business', business);
  }

  /** Records a sample of a metric of your own. */
  recordMetric(metric: MetricInput): boolean {
    return this.#collector.record('metric', metric);
  }

  /** A recorder bound to one operation, for code that records it again and again. */
  operation(serviceId: string, operation: string): OperationHandle {
    return this.#collector.operation(serviceId, operation);
  }

  /** Counts since the node was made. */
  stats(): FleetNodeStats {
    return {
      ...this.#collector.stats(),
      reported: this.#reported,
      lost: this.#lost,
      dropped: this.#dropped,
      reports: this.#reports,
      bytes: this.#bytes,
    };
  }

  /** Reports what was recorded so far; resolves when it has been sent. */
  async flush(): Promise<void> {
    await this.#sending;
    this.#report();
    await this.#sending;
  }

  /** Reports the rest and stops the timers; resolves when it has been sent. `record…` throws from then on. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    await this.#collector.close();
    await this.flush();
  }

  /** Calls `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends what came since the last report, if anything did and none is on its way. */
  #report(): void {
    if (this.#sending !== undefined) return;
    // Synchronous; the promise is for callers who await.
    void this.#collector.flush();
    const { accepted, buffered } = this.#collector.stats();
    const records = accepted - buffered - this.#taken;
    if (records === 0) return;
    const aggregator = this.#aggregator;
    this.#aggregator = new Aggregator(this.#aggregatorOptions);
    const partials = aggregator.partials().toBytes();
    this.#taken += records;
    this.#dropped += aggregator.stats().dropped;
    this.#reports++;
    this.#bytes += partials.length;
    this.#sending = this.#deliver({ node: nodeName(), records, partials });
  }

  async #deliver(report: Report): Promise<void> {
    try {
      await this.#send(report);
      this.#reported += report.records;
    } catch {
      // The primary is gone, and nobody else would take it.
      this.#lost += report.records;
    } finally {
      this.#sending = undefined;
    }
  }
}

function nodeName(): string {
  return isMainThread ? `${process.pid}` : `${process.pid}/${threadId}`;
}

function senderTo(port: MessagePort | undefined): Send {
  const to = port ?? parentPort ?? undefined;
  if (to !== undefined && typeof to.postMessage !== 'function') throw invalidOption('port', 'a message port', port);
  if (to !== undefined) {
    return async (report) => to.postMessage(bytesMessage(report), [report.partials.buffer as ArrayBuffer]);
  }
  if (process.send === undefined) {
    throw invalidOption('port', 'a message port where no process or thread started this one', port);
  }
  return (report) =>
    new Promise((resolve, reject) => {
      process.send?.(textMessage(report), undefined, undefined, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
}
