import { BUSINESS_PREFIX, OPERATION_RATE } from '../model/metric-kind.ts';
import { PERIOD_MS } from '../model/period.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import { levelWidth } from './closed-buckets.ts';
import { isCut } from './cut-minutes.ts';
import type { Output } from './output.ts';
import { WATCHED_PER_MINUTE } from './read-series.ts';
import type { Retention } from './retention.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { SeriesState } from './series-state.ts';
import type { ServiceReading } from './service-encoding.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];
const HOUR_MS = PERIOD_MS['1h'];
/** Series that one step settles: some ten microseconds of work. */
const STEP = 8;

/**
 * Closes the buckets of a service: its minutes, then each longer period from the one below, and what is beyond the
 * retention goes whenever an hour has closed. The series of the service stay as they are at first: putting their minutes
 * away changes nothing for readers and is done afterwards, in steps, so that no service blocks the host for long, however
 * many series it has.
 */
export class Closing {
  readonly #registry: SeriesRegistry;
  readonly #output: Output;
  readonly #retention: Retention;
  /** Services whose series are behind, and the series of the first of them that are still to be settled. */
  readonly #behind = new Set<ServiceState>();
  #unsettled: Iterator<SeriesState> | undefined;
  readonly #scratch = new SketchContents();

  constructor(registry: SeriesRegistry, output: Output, retention: Retention) {
    this.#registry = registry;
    this.#output = output;
    this.#retention = retention;
  }

  /** Closes every bucket that ends at or before `closedUpTo`, a whole minute that the watermark has reached. */
  close(service: ServiceState, closedUpTo: number): void {
    // Where nobody had the time since the minute before: rows of open minutes must not pile up.
    if (this.#behind.has(service)) this.settle(service);
    service.closedUpTo = closedUpTo;
    for (const minute of service.minutes) if (minute * MINUTE_MS < closedUpTo) this.#closeMinute(service, minute);
    let hourClosed = false;
    for (const [i, starts] of service.timeline.closeLonger(closedUpTo).entries()) {
      const level = i + 1;
      for (const start of starts) this.#output.pushClosed({ service, level, start });
      hourClosed ||= starts.length > 0 && levelWidth(level) === HOUR_MS;
    }
    this.#behind.add(service);
    // Not before all levels are closed: buckets are merged from those that go.
    if (hourClosed) this.#retention.evictExpired(service);
    this.#retention.trim();
  }

  /** Settles some series of services that have closed buckets; returns whether any are left. */
  settleSome(): boolean {
    const [service] = this.#behind;
    if (service === undefined) return false;
    this.#unsettled ??= this.#registry.series.values(service.serviceId);
    for (let i = 0; i < STEP; i++) {
      const { value, done } = this.#unsettled.next();
      if (done === true) {
        this.#behind.delete(service);
        this.#unsettled = undefined;
        return this.#behind.size > 0;
      }
      value.settle(this.#scratch);
    }
    return true;
  }

  /** Settles all series of a service. */
  settle(service: ServiceState): void {
    for (const series of this.#registry.series.values(service.serviceId)) series.settle(this.#scratch);
    const [first] = this.#behind;
    if (service === first) this.#unsettled = undefined;
    this.#behind.delete(service);
  }

  #closeMinute(service: ServiceState, minute: number): void {
    const start = minute * MINUTE_MS;
    service.closeMinute(minute);
    this.#output.pushClosed({ service, level: 0, start });
    if (this.#output.keepsSamples) this.#sampleMinute(service, minute);
  }

  /** Gives out the samples of series that have one a closed minute. */
  #sampleMinute(service: ServiceState, minute: number): void {
    const { serviceId } = service;
    const timestamp = minute * MINUTE_MS;
    const counted = service.readInto(0, timestamp, this.#scratch) as ServiceReading;
    const push = (metricName: string, value: number): void =>
      this.#output.pushSample({ series: { serviceId, metricName }, timestamp, value }, 0);
    const cut = isCut(service, timestamp);
    for (const [metricName, sampleOf] of WATCHED_PER_MINUTE) {
      const value = cut && metricName === OPERATION_RATE ? undefined : sampleOf(counted, this.#scratch);
      if (value !== undefined) push(metricName, value);
    }
    if (cut) return;
    for (const metricName of this.#registry.series.metricNames(serviceId)) {
      if (!metricName.startsWith(BUSINESS_PREFIX)) continue;
      const sum = this.#sumOf(serviceId, metricName, minute);
      if (sum !== undefined) push(metricName, sum);
    }
  }

  /** Sum of one metric in one minute, over all label sets. */
  #sumOf(serviceId: string, metricName: string, minute: number): number | undefined {
    const { rows } = this.#registry;
    let sum: number | undefined;
    for (const series of this.#registry.series.values(serviceId, metricName)) {
      const row = series.rowAt(minute);
      if (row === undefined) continue;
      rows.read(row, this.#scratch);
      sum = (sum ?? 0) + this.#scratch.sum.value;
    }
    return sum;
  }
}
