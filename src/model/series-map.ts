import { canonicalLabels, type Labels, labelsKey, type SeriesId } from './series-key.ts';

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

  /** Sets the value of a series. The map keeps its own copy of the labels. */
  set(series: SeriesId, value: T): void {
    this.add(series, () => value);
  }

  /** Sets the value of a series to what `make` gives for an id that is safe to keep; returns it. */
  add(series: SeriesId, make: (series: SeriesId) => T): T {
    const { serviceId, metricName } = series;
    const metric = this.#metric(series);
    const labels = canonicalLabels(series.labels);
    if (labels === undefined) {
      if (metric.plain === undefined) this.#size++;
      const value = make({ serviceId, metricName });
      metric.plain = { value };
      return value;
    }
    metric.labelled ??= new Map();
    const key = labelsKey(labels);
    if (!metric.labelled.has(key)) this.#size++;
    const value = make({ serviceId, metricName, labels });
    metric.labelled.set(key, { labels, value });
    return value;
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
    for (const [service, metrics] of chosen(this.#services, serviceId)) {
      for (const [name, { plain, labelled }] of chosen(metrics, metricName)) {
        if (plain !== undefined) yield [{ serviceId: service, metricName: name }, plain.value];
        for (const { labels, value } of labelled?.values() ?? []) {
          yield [{ serviceId: service, metricName: name, labels }, value];
        }
      }
    }
  }

  /** The values alone, in the same order. */
  *values(serviceId?: string, metricName?: string): Generator<T, undefined> {
    for (const [, metrics] of chosen(this.#services, serviceId)) {
      for (const [, { plain, labelled }] of chosen(metrics, metricName)) {
        if (plain !== undefined) yield plain.value;
        for (const { value } of labelled?.values() ?? []) yield value;
      }
    }
  }

  /** Names of the metrics of a service, in order of arrival. */
  metricNames(serviceId: string): Iterable<string> {
    return this.#services.get(serviceId)?.keys() ?? [];
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

interface MetricEntry<T> {
  plain: { readonly value: T } | undefined;
  labelled: Map<string, { readonly labels: Labels; readonly value: T }> | undefined;
}

/** The entries of a map, or only that of `key`. */
function chosen<V>(map: ReadonlyMap<string, V>, key: string | undefined): Iterable<readonly [string, V]> {
  if (key === undefined) return map;
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}
