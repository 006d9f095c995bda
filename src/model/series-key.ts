/** Label names and values of a series, such as `{ queue: 'mail' }`. */
export type Labels = Readonly<Record<string, string>>;

/** Canonical string of service, metric and labels; equal exactly where all three are. */
export type SeriesKey = string & { readonly __brand: 'SeriesKey' };

/** Names one series. */
export interface SeriesId {
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels?: Labels | undefined;
}

/** Name that stands in for whatever came beyond `maxSeries`: a label set, a metric, a service. */
export const OVERFLOW = '__overflow__';

/** Canonical string of a label set, independent of the order of its keys; `''` for none. */
export function labelsKey(labels: Labels | undefined): string {
  if (labels === undefined) return '';
  const names = Object.keys(labels);
  if (names.length === 0) return '';
  return JSON.stringify(names.sort().map((name) => [name, labels[name]]));
}

/** Canonical string of a series. Quotes inside names cannot make two different series equal. */
export function seriesKey(series: SeriesId): SeriesKey {
  return `${JSON.stringify([series.serviceId, series.metricName])}${labelsKey(series.labels)}` as SeriesKey;
}
