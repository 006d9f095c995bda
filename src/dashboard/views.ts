import type { Clock } from '../clock.ts';
import type { Anomaly, Severity } from '../model/anomaly.ts';
import { assessHealth, type HealthStatus, healthStatus } from '../model/health.ts';
import type { Service } from '../service.ts';
import { ChartReader, columns } from './chart-view.ts';
import { heatMap } from './heat-map.ts';
import type { Columns, EpisodeView, ForecastView, ServiceView, SlowView, View } from './page-data.ts';
import type { ViewQuery } from './view-query.ts';

/** How long what costs more is shown again before it is found out anew. */
const SLOW_MS = 3000;
/** Episodes shown. */
const MAX_OPEN = 20;
const MAX_ENDED = 8;
/** Of the course of an episode: how much before it is shown at least, and at how many instants. */
const BEFORE_MS = 10 * 60_000;
const COURSE_POINTS = 90;
/** Forecasts listed. */
const MAX_FORECASTS = 60;
/** Views whose slow part is remembered; one for each service and range that somebody looks at. */
const REMEMBERED = 20;
/** A clock that is this far behind the machine's stands still. */
const RECORDED_MS = 60_000;

const SEVERITY: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/** Makes what the page shows from what a service knows. */
export class Views {
  readonly #service: Service;
  readonly #clock: Clock;
  readonly #machine: Clock;
  readonly #slow = new Map<string, { readonly at: number; readonly view: SlowView }>();

  constructor(service: Service, clock: Clock, machine: Clock) {
    this.#service = service;
    this.#clock = clock;
    this.#machine = machine;
  }

  view(query: ViewQuery): View {
    const service = this.#service;
    const now = this.#clock.now();
    const anomalies = service.getAnomalies(undefined, Number.POSITIVE_INFINITY);
    const open = anomalies.filter(({ status }) => status === 'open');
    const { aggregator } = service;
    const services = aggregator.serviceIds.map((id): ServiceView => {
      const own = open.filter(({ serviceId }) => serviceId === id);
      return { id, status: healthStatus(own), open: own.length };
    });
    const chosen = services.some(({ id }) => id === query.service) ? query.service : neediest(services);
    const from = now - query.rangeMs;
    const own = anomalies.filter(({ serviceId }) => serviceId === chosen);
    const reader = new ChartReader(service, own, { ...query, from, now });
    const groups = chosen === undefined ? { charts: [], leftOut: 0, start: from } : reader.charts(chosen);
    const { status, reasons } = assessHealth(open, now);
    return {
      now,
      newest: aggregator.newestTimestamp(),
      recorded: this.#machine.now() - now > RECORDED_MS,
      service: chosen,
      services,
      health: { status, reasons },
      attention: this.#attention(open, now),
      ended: own
        .filter(({ status, endedAt = 0 }) => status === 'closed' && endedAt >= from)
        .slice(0, MAX_ENDED)
        .map((anomaly) => this.#episode(anomaly, undefined)),
      from,
      start: groups.start,
      charts: groups.charts,
      chartsLeftOut: groups.leftOut,
      ...this.#slowView(chosen, query, own, groups.start, now),
    };
  }

  #attention(open: readonly Anomaly[], now: number): EpisodeView[] {
    return [...open]
      .sort((a, b) => SEVERITY[b.severity] - SEVERITY[a.severity] || b.startedAt - a.startedAt)
      .slice(0, MAX_OPEN)
      .map((anomaly) => {
        const { serviceId, metricName, labels = {}, startedAt } = anomaly;
        const before = Math.max(BEFORE_MS, (now - startedAt) / 2);
        const query = { labels, from: startedAt - before, points: COURSE_POINTS };
        return this.#episode(anomaly, columns(this.#service.getChart(serviceId, metricName, query), 0));
      });
  }

  #episode(anomaly: Anomaly, course: Columns | undefined): EpisodeView {
    const { id, serviceId, metricName, labels, severity, direction, kind, status, startedAt, endedAt } = anomaly;
    return {
      ...{ id, serviceId, metricName, labels, severity, direction, kind, status, startedAt, endedAt, course },
      unit: this.#unitOf(anomaly),
      silenced: anomaly.silenced === true,
      peak: anomaly.currentValue,
      expected: anomaly.expectedValue,
      lower: anomaly.lower,
      upper: anomaly.upper,
      description: anomaly.description,
      deploy: anomaly.deploy === undefined ? undefined : (anomaly.deploy.version ?? 'unnamed'),
    };
  }

  #slowView(
    serviceId: string | undefined,
    { rangeMs }: ViewQuery,
    own: readonly Anomaly[],
    start: number,
    now: number,
  ): SlowView {
    const key = JSON.stringify([serviceId, rangeMs]);
    const at = this.#machine.now();
    const known = this.#slow.get(key);
    if (known !== undefined && at - known.at < SLOW_MS) return known.view;
    const service = this.#service;
    const { topErrors, topUsers, slowestOperations } = service.getDashboardData(serviceId);
    const view: SlowView = {
      heat: heatMap(service, serviceId, own, start, now),
      forecasts: serviceId === undefined ? [] : this.#forecasts(serviceId),
      topErrors,
      topUsers,
      slowest: slowestOperations,
      stats: service.stats(),
      statsAt: at,
    };
    this.#slow.delete(key);
    this.#slow.set(key, { at, view });
    const [oldest] = this.#slow.keys();
    if (this.#slow.size > REMEMBERED) this.#slow.delete(oldest as string);
    return view;
  }

  #forecasts(serviceId: string): ForecastView[] {
    return this.#service.getPredictions(serviceId, MAX_FORECASTS).map((prediction) => {
      const { predictionType: metricName, labels, targetTime, lower, upper, level, model } = prediction;
      return {
        ...{ metricName, labels, targetTime, lower, upper, level, model },
        confidence: prediction.confidence,
        accuracy: prediction.accuracy,
        unit: this.#unitOf({ metricName }),
        horizon: prediction.timeHorizon,
        value: prediction.predictedValue,
        advice: prediction.recommendation,
      };
    });
  }

  #unitOf({ metricName }: { readonly metricName: string }): string | undefined {
    return this.#service.metricDefinition(metricName).unit;
  }
}

/** The first of those that are worst; where none is, the one that was there first. */
function neediest(services: readonly ServiceView[]): string | undefined {
  const rank = ({ status, open }: ServiceView): number => HEALTH[status] * MANY + Math.min(open, MANY - 1);
  return services.reduce<ServiceView | undefined>(
    (worst, service) => (worst === undefined || rank(service) > rank(worst) ? service : worst),
    undefined,
  )?.id;
}

const HEALTH: Readonly<Record<HealthStatus, number>> = { healthy: 0, degraded: 1, critical: 2 };
const MANY = 1000;
