import { OPERATION_DURATION } from '../model/metric-kind.ts';
import { type Labels, OVERFLOW, type SeriesId } from '../model/series-key.ts';
import type { SeriesMap } from '../model/series-map.ts';

/** What went beyond `maxSeries`. */
export interface OverflowEntry {
  /** Metric whose samples went to its overflow series; `__overflow__` for metrics and services that are not told apart. */
  readonly metric: string;
  /** The label with the most values, which is the likely cause; `metricName` or `serviceId` where these are. */
  readonly label: string;
  /** Samples or records that went there. */
  readonly count: number;
}

/** Labels of the series that takes in the label sets beyond the limit. */
const OVERFLOW_LABELS: Labels = Object.freeze({ [OVERFLOW]: 'true' });

/** Whether a series is one that takes in others. */
export function isOverflow(series: SeriesId): boolean {
  return series.metricName === OVERFLOW || series.serviceId === OVERFLOW || series.labels?.[OVERFLOW] !== undefined;
}

/** Says where a series beyond the limit goes, and counts what went there. */
export class SeriesLimit {
  readonly #bySeries: Map<string, number>;
  #metrics = 0;
  #services = 0;

  constructor(entries: readonly OverflowEntry[] = []) {
    this.#bySeries = new Map();
    for (const { metric, label, count } of entries) {
      if (metric !== OVERFLOW) this.#bySeries.set(metric, count);
      else if (label === 'serviceId') this.#services = count;
      else this.#metrics = count;
    }
  }

  /**
   * The series that stands in for `series`: its metric's overflow, or that of metrics where the metric is new as well.
   * Operations always have one of their own, since what a service does in a minute is gathered from theirs.
   *
   * @param count samples that go there
   */
  overflowOf(series: SeriesId, known: SeriesMap<unknown>, count: number): SeriesId {
    const { serviceId, metricName } = series;
    const isTold = metricName === OPERATION_DURATION || known.hasMetric(serviceId, metricName);
    this.add(isTold ? metricName : OVERFLOW, count);
    return isTold ? { serviceId, metricName, labels: OVERFLOW_LABELS } : { serviceId, metricName: OVERFLOW };
  }

  /** Counts samples that went to the overflow series of a metric, or to that of metrics. */
  add(metricName: string, count: number): void {
    if (metricName === OVERFLOW) this.#metrics += count;
    else this.#bySeries.set(metricName, (this.#bySeries.get(metricName) ?? 0) + count);
  }

  /** Counts records of a service beyond the limit; returns the name that stands in for it. */
  overflowService(count: number): string {
    this.#services += count;
    return OVERFLOW;
  }

  /** What went beyond the limit, most first. */
  entries(known: SeriesMap<unknown>): OverflowEntry[] {
    const entries: OverflowEntry[] = [];
    for (const [metric, count] of this.#bySeries) entries.push({ metric, label: widestLabel(metric, known), count });
    if (this.#metrics > 0) entries.push({ metric: OVERFLOW, label: 'metricName', count: this.#metrics });
    if (this.#services > 0) entries.push({ metric: OVERFLOW, label: 'serviceId', count: this.#services });
    return entries.sort((a, b) => b.count - a.count);
  }
}

/** Name of the label of a metric that takes the most values. O(series). */
function widestLabel(metric: string, known: SeriesMap<unknown>): string {
  const valuesByName = new Map<string, Set<string>>();
  for (const [{ metricName, labels }] of known.entries()) {
    if (metricName !== metric || labels === undefined) continue;
    for (const [name, value] of Object.entries(labels)) {
      if (name === OVERFLOW) continue;
      const values = valuesByName.get(name) ?? new Set();
      valuesByName.set(name, values.add(value));
    }
  }
  let widest = '';
  let most = 0;
  for (const [name, { size }] of valuesByName) {
    if (size <= most) continue;
    widest = name;
    most = size;
  }
  return widest;
}
