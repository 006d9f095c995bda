import type { Anomaly } from '../model/anomaly.ts';
import type { SeriesChart } from '../model/chart.ts';
import { PERIOD_MS, PERIODS } from '../model/period.ts';
import { labelsKey, type SeriesId } from '../model/series-key.ts';
import type { Service } from '../service.ts';
import { type ChartPlace, type ChartView, type Columns, LONGEST_FORECAST_MS, type MarkView } from './page-data.ts';

/** What of the courses is shown. */
export interface ChartRange {
  readonly from: number;
  readonly now: number;
  readonly rangeMs: number;
  readonly points: number;
  readonly since: number;
}

/** Charts on a page; beyond them a page is no longer read. */
const MAX_OWN_CHARTS = 24;
/** Buckets of a chart of quantiles at most: 30 days of hours. */
const MAX_BUCKETS = 720;
/** Of the range that is seen, how much the forecast adds to its right. */
const FORECAST_SHARE = 0.18;
/** Instants at which the forecast is asked for: enough for a curve. */
const FORECAST_POINTS = 6;
/** Steps without a sample after which the line is broken. */
const GAP_STEPS = 3.5;

/** Data that begins later than this share of the range is shown from its beginning on. */
const LATE_START = 0.08;
/** An axis shows at least so much. */
const SHORTEST_AXIS_MS = 60_000;

/** One of each row, in order of preference: what the service says of itself before what is made from its operations. */
const TRAFFIC = [
  ['request_rate', 'operation_rate'],
  ['error_rate', 'operation_error_rate'],
  ['latency', 'operation_latency_p95'],
] as const;
const RESOURCES = ['cpu_usage', 'memory_usage', 'disk_usage'] as const;
const OPERATIONS: ReadonlySet<string> = new Set(TRAFFIC.map(([, name]) => name));
const LATENCIES: ReadonlySet<string> = new Set(TRAFFIC[2]);

/** Reads what the charts of one service show. */
export class ChartReader {
  readonly #service: Service;
  readonly #anomalies: readonly Anomaly[];
  readonly #range: ChartRange;
  /** Of the oldest sample that was read. */
  #first: number = Number.POSITIVE_INFINITY;

  /** @param anomalies those of the service that is to be read */
  constructor(service: Service, anomalies: readonly Anomaly[], range: ChartRange) {
    this.#service = service;
    this.#anomalies = anomalies;
    this.#range = range;
  }

  /** The charts of a service in the order of the page. */
  charts(serviceId: string): {
    readonly charts: readonly ChartView[];
    readonly leftOut: number;
    readonly start: number;
  } {
    const all = this.#service.listSeries(serviceId);
    const plain = new Set(all.filter(({ labels }) => labels === undefined).map(({ metricName }) => metricName));
    const traffic = TRAFFIC.flatMap((names) => names.find((name) => plain.has(name)) ?? []);
    const resources = RESOURCES.filter((name) => plain.has(name));
    const shown = new Set<string>([...traffic, ...resources, ...OPERATIONS]);
    const own = all.filter(({ metricName, labels }) => labels !== undefined || !shown.has(metricName));
    const chart = (place: ChartPlace) => (metricName: string) => this.#chart(place, { serviceId, metricName });
    return {
      charts: [
        ...traffic.map(chart('traffic')),
        ...resources.map(chart('resources')),
        ...own.slice(0, MAX_OWN_CHARTS).map((series) => this.#chart('own', series)),
      ],
      leftOut: Math.max(0, own.length - MAX_OWN_CHARTS),
      start: this.#start(),
    };
  }

  #chart(place: ChartPlace, series: SeriesId): ChartView {
    const { serviceId, metricName, labels } = series;
    const { from, points, since } = this.#range;
    const chart = this.#service.getChart(serviceId, metricName, { labels: labels ?? {}, from, points });
    this.#first = Math.min(this.#first, chart.timestamps[0] ?? Number.POSITIVE_INFINITY);
    const marks = marksOf(this.#anomalies, series, from);
    const forecast = this.#forecast(series, chart);
    return {
      ...{ place, metricName, labels, marks, forecast },
      unit: chart.unit,
      stepMs: chart.stepMs,
      columns: columns(chart, since),
      quantiles: LATENCIES.has(metricName) ? this.#quantiles(serviceId, chart) : undefined,
      learning: this.#learning(series, chart),
      outlook: place === 'resources' ? this.#outlook(series) : undefined,
    };
  }

  /** Times and quantiles of the buckets. */
  #quantiles(serviceId: string, { timestamps }: SeriesChart): ChartView['quantiles'] {
    const { from, since, now } = this.#range;
    const shown = now - Math.max(from, timestamps[0] ?? from);
    const period = PERIODS.find((candidate) => shown / PERIOD_MS[candidate] <= MAX_BUCKETS) ?? '1h';
    // What is open now was open then: the newest two of the page are read again.
    const newer = Math.max(from, since - 2 * PERIOD_MS[period]);
    const buckets = this.#service
      .getAggregations(serviceId, { period, from: newer })
      .filter(({ p50Latency }) => p50Latency !== undefined);
    return [
      // In the middle of what they speak of, which for an open one is not all of its width.
      buckets.map(({ timestamp }) => (timestamp + Math.min(timestamp + PERIOD_MS[period], now)) / 2),
      buckets.map(({ p50Latency }) => p50Latency ?? null),
      buckets.map(({ p95Latency }) => p95Latency ?? null),
      buckets.map(({ p99Latency }) => p99Latency ?? null),
    ];
  }

  #forecast({ serviceId, metricName, labels }: SeriesId, { timestamps }: SeriesChart): ChartView['forecast'] {
    const line: ChartView['forecast'] = [[], [], [], []];
    const { now, rangeMs } = this.#range;
    const last = timestamps.at(-1);
    const shown = Math.max(SHORTEST_AXIS_MS, Math.min(rangeMs, now - (timestamps[0] ?? now)));
    const span = Math.min(shown * FORECAST_SHARE, LONGEST_FORECAST_MS);
    // Of a series that has fallen silent the future lies in the past.
    if (last === undefined || now - last > span) return line;
    for (let i = 1; i <= FORECAST_POINTS; i++) {
      const horizon = Math.round((span * i) / FORECAST_POINTS);
      const forecast = this.#service.forecast(serviceId, metricName, { horizon, labels });
      if (forecast === undefined) break;
      line[0].push(forecast.targetTime);
      line[1].push(forecast.mean);
      line[2].push(forecast.lower);
      line[3].push(forecast.upper);
    }
    return line;
  }

  #learning({ serviceId, metricName, labels }: SeriesId, { upper }: SeriesChart): ChartView['learning'] {
    if (upper.at(-1) !== undefined) return undefined;
    const { state, samples, samplesNeeded } = this.#service.explain(serviceId, metricName, labels);
    return state === 'learning' || state === 'unknown' ? { samples, needed: samplesNeeded } : undefined;
  }

  /** Where charts begin. */
  #start(): number {
    const { from, now } = this.#range;
    if (!Number.isFinite(this.#first) || this.#first - from < LATE_START * (now - from)) return from;
    return Math.max(from, Math.min(this.#first, now - SHORTEST_AXIS_MS));
  }

  /** Of the forecasts of a series the one for the farthest time, in words. */
  #outlook(series: SeriesId): string | undefined {
    return this.#service.predictor.predictionsFor(series).at(-1)?.recommendation;
  }
}

/** What is newer than `since` as columns, with a gap where samples failed to come. */
export function columns(chart: SeriesChart, since: number): Columns {
  const { timestamps, values, expected, lower, upper, stepMs } = chart;
  // The newest step was under way; it comes again.
  const first = timestamps.findIndex((timestamp) => timestamp >= since - stepMs);
  const [t, v, e, l, u]: [number[], ...(number | null)[][]] = [[], [], [], [], []];
  for (let i = first === -1 ? timestamps.length : first; i < timestamps.length; i++) {
    const timestamp = timestamps[i] as number;
    const before = timestamps[i - 1];
    if (before !== undefined && isGap(timestamps, i, stepMs)) {
      t.push(before + stepMs);
      for (const column of [v, e, l, u]) column?.push(null);
    }
    t.push(timestamp);
    v?.push(rounded(values[i]));
    e?.push(rounded(expected[i]));
    l?.push(rounded(lower[i]));
    u?.push(rounded(upper[i]));
  }
  return [t, v, e, l, u] as unknown as Columns;
}

/** Whether samples failed to come before the one at `i`; not where they come more seldom for a while. */
function isGap(timestamps: readonly number[], i: number, stepMs: number): boolean {
  const now = timestamps[i] as number;
  const before = timestamps[i - 1] as number;
  const usual = Math.max(stepMs, before - (timestamps[i - 2] ?? before));
  return now - before > GAP_STEPS * usual;
}

/** Five digits, more than a screen can show: half of what is sent are digits. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(5));
}

/** The episodes of a series since `from`. */
function marksOf(anomalies: readonly Anomaly[], series: SeriesId, from: number): MarkView[] {
  const key = labelsKey(series.labels);
  return anomalies
    .filter(({ metricName, labels }) => metricName === series.metricName && labelsKey(labels) === key)
    .filter(({ endedAt, status }) => status === 'open' || (endedAt ?? 0) >= from)
    .map(({ id, startedAt, endedAt, severity, direction, silenced, description }) => {
      return { id, startedAt, endedAt, severity, direction, silenced: silenced === true, description };
    });
}
