import { labelsKey, type SeriesId } from './series-key.ts';

/**
 * A map from series to whatever a stage keeps for each. Looks up service, then metric, then labels in nested maps, so
 * that no key is concatenated per sample; a series without labels costs two look-ups.
 */
export class SeriesMap<T> {
  readonly #services = new Map<string, Map<string, MetricEntry<T>>>();
  #size = 0;

  /** Number of series. */
  get size(): number {
    return this.#size;
  }

  get(series: SeriesId): T | undefined {
    const metric = this.#services.get(series.serviceId)?.get(series.metricName);
    if (metric === undefined) return undefined;
    const key = labelsKey(series.labels);
    return key === '' ? metric.plain?.value : metric.labelled?.get(key)?.value;
  }

  /** Sets the value of a series. The map keeps its own copy of the labels, unless they are frozen. */
  set(series: SeriesId, value: T): void {
    this.add(series, () => value);
  }

  /** Sets the value of a series to what `make` gives for the map's own copy of its id; returns it. */
  add(series: SeriesId, make: (series: SeriesId) => T): T {
    const metric = this.#metric(series);
    const { serviceId, metricName } = series;
    const key = labelsKey(series.labels);
    if (key === '') {
      if (metric.plain === undefined) this.#size++;
      const own = { serviceId, metricName };
      metric.plain = { series: own, value: make(own) };
      return metric.plain.value;
    }
    metric.labelled ??= new Map();
    if (!metric.labelled.has(key)) this.#size++;
    const labels = Object.isFrozen(series.labels) ? series.labels : Object.freeze({ ...series.labels });
    const own = { serviceId, metricName, labels };
    const entry = { series: own, value: make(own) };
    metric.labelled.set(key, entry);
    return entry.value;
  }

  /** Whether any series of the metric is known. */
  hasMetric(serviceId: string, metricName: string): boolean {
    return this.#services.get(serviceId)?.has(metricName) === true;
  }

  delete(series: SeriesId): boolean {
    const metrics = this.#services.get(series.serviceId);
    const metric = metrics?.get(series.metricName);
    if (metrics === undefined || metric === undefined) return false;
    const key = labelsKey(series.labels);
    const found = key === '' ? metric.plain !== undefined : metric.labelled?.delete(key) === true;
    if (!found) return false;
    if (key === '') metric.plain = undefined;
    if (metric.plain === undefined && (metric.labelled?.size ?? 0) === 0) metrics.delete(series.metricName);
    if (metrics.size === 0) this.#services.delete(series.serviceId);
    this.#size--;
    return true;
  }

  /**
   * Every series with its value, in order of arrival within service and metric; only those of one service, or of one
   * metric of it, where these are given.
   */
  *entries(serviceId?: string, metricName?: string): Generator<readonly [SeriesId, T]> {
    const services = serviceId === undefined ? this.#services.values() : [this.#services.get(serviceId)];
    for (const metrics of services) {
      const named = metricName === undefined ? metrics?.values() : [metrics?.get(metricName)];
      for (const metric of named ?? []) {
        if (metric === undefined) continue;
        if (metric.plain !== undefined) yield [metric.plain.series, metric.plain.value];
        for (const entry of metric.labelled?.values() ?? []) yield [entry.series, entry.value];
      }
    }
  }

  #metric(series: SeriesId): MetricEntry<T> {
    let metrics = this.#services.get(series.serviceId);
    if (metrics === undefined) {
      metrics = new Map();
      this.#services.set(series.serviceId, metrics);
    }
    let metric = metrics.get(series.metricName);
    if (metric === undefined) {
      metric = { plain: undefined, labelled: undefined };
      metrics.set(series.metricName, metric);
    }
    return metric;
  }
}

interface Entry<T> {
  readonly series: SeriesId;
  readonly value: T;
}

interface MetricEntry<T> {
  plain: Entry<T> | undefined;
  labelled: Map<string, Entry<T>> | undefined;
}
