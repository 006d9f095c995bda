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

/** Where a canonical label set keeps its key: not enumerable, so that no copy, comparison or clone meets it. */
const KEY: unique symbol = Symbol('labelsKey');

interface CanonicalLabels extends Labels {
  readonly [KEY]?: string;
}

/**
 * A frozen copy that knows its key, so that all who keep it share one string and none has to make it again. Returns
 * `labels` itself where it is one already; `undefined` for none.
 */
export function canonicalLabels(labels: Labels | undefined): Labels | undefined {
  const key = labelsKey(labels);
  if (key === '' || labels === undefined || KEY in labels) return key === '' ? undefined : labels;
  return Object.freeze(Object.defineProperty({ ...labels }, KEY, { value: key }));
}

/** Whether a value, of which nothing is known, is a label set; cheap for a canonical one. */
export function isLabels(labels: unknown): labels is Labels {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return false;
  return KEY in labels || Object.values(labels).every((value) => typeof value === 'string');
}

/** Canonical string of a label set, independent of the order of its keys; `''` for none. */
export function labelsKey(labels: CanonicalLabels | undefined): string {
  if (labels === undefined) return '';
  const known = labels[KEY];
  if (known !== undefined) return known;
  const names = Object.keys(labels);
  if (names.length === 0) return '';
  return JSON.stringify(names.sort().map((name) => [name, labels[name]]));
}

/** Canonical string of a series. Quotes inside names cannot make two different series equal. */
export function seriesKey(series: SeriesId): SeriesKey {
  return `${JSON.stringify([series.serviceId, series.metricName])}${labelsKey(series.labels)}` as SeriesKey;
}
