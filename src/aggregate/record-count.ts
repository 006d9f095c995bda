import { GAUGES } from './record-facts.ts';

const GAUGE_NAMES: ReadonlySet<string> = new Set(GAUGES.map(([, metricName]) => metricName));

/**
 * Counts the records of a minute from what it holds: events, and a sample each for what comes in single samples. A
 * snapshot of gauges has up to one sample of each, so of these the one counts that has most: snapshots that have no gauge
 * in common count as one.
 */
export class RecordCount {
  #single = 0;
  #snapshots = 0;

  addEvents(count: number): void {
    this.#single += count;
  }

  /** Adds the samples of one series. */
  addSamples(metricName: string, count: number): void {
    if (GAUGE_NAMES.has(metricName)) this.#snapshots = Math.max(this.#snapshots, count);
    else this.#single += count;
  }

  get total(): number {
    return this.#single + this.#snapshots;
  }
}
