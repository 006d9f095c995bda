import type { Labels } from '../../model/series-key.ts';
import type { View } from '../page-data.ts';

/** Where the REST API lies, seen from the page. */
const API = '../api/v1/analytics/';

/** What the server answered where it did not answer with data. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

/** What a series is called in queries. */
export interface SeriesName {
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels?: Labels | undefined;
}

/** All that the page shows. */
export async function fetchView(query: Readonly<Record<string, string | number | undefined>>): Promise<View> {
  return (await getJson(withQuery('data', query))) as View;
}

/** What whoever looks may do. */
export async function fetchScopes(): Promise<readonly string[]> {
  const { scopes } = (await getJson(`${API}access`)) as { readonly scopes: readonly string[] };
  return scopes;
}

/** Why a series has, or has not, an anomaly or a forecast: sentences. */
export async function fetchReasons(series: SeriesName): Promise<readonly string[]> {
  const { reasons } = (await getJson(apiPath('explain', seriesQuery(series)))) as {
    readonly reasons: readonly string[];
  };
  return reasons;
}

/** Announces nothing of a metric of a service for a while. */
export async function silence({ serviceId, metricName }: SeriesName, untilMs: number): Promise<void> {
  const body = JSON.stringify({
    service_id: serviceId,
    metric_name: metricName,
    until: new Date(untilMs).toISOString(),
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${API}silences`, { method: 'POST', headers, body });
  if (!response.ok) throw new RefusedError(response.status);
}

/** Query of a series for the REST API. */
export function seriesQuery({ serviceId, metricName, labels }: SeriesName): Record<string, string | undefined> {
  return {
    service_id: serviceId,
    metric_name: metricName,
    labels: labels === undefined ? undefined : JSON.stringify(labels),
  };
}

/** Path of a part of the REST API, seen from the page. */
export function apiPath(part: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  return withQuery(`${API}${part}`, query);
}

/** A command that gets the same with curl, quoted for a shell. */
export function curlCommand(path: string): string {
  const url = new URL(path, location.href).href.replaceAll("'", '%27');
  return `curl -s '${url}'`;
}

function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

async function getJson(path: string): Promise<unknown> {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new RefusedError(response.status);
  return response.json();
}
