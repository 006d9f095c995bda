import type { SeriesQuery, SeriesReading } from '../index.ts';
import type { Horizon } from '../model/forecast.ts';
import { PERIODS, type Period } from '../model/period.ts';
import type { Labels } from '../model/series-key.ts';
import type { Service } from '../service.ts';
import { newestPage, pageAfter, readCursor, thinOut } from './paging.ts';
import { Problem } from './problem.ts';
import type {
  AggregationsQuery,
  AnomaliesQuery,
  BucketsQuery,
  DrawQuery,
  ExplainQuery,
  ForecastQuery,
  LatestQuery,
  PredictionsQuery,
  ServiceQuery,
  ThresholdQuery,
} from './queries.ts';

/** What a read gives: what is answered and, for a list, where its next page begins. */
export interface Read {
  readonly answer: unknown;
  readonly cursor?: string | undefined;
}

const ALL = Number.POSITIVE_INFINITY;
/** Buckets that are read for one that is shown: enough that a peak is seen, few enough to be read at once. */
const READ_PER_POINT = 2;

/** Answers each question with what the service says. */
export class Reads {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  dashboard({ service_id }: ServiceQuery): Read {
    return { answer: this.#service.getDashboardData(service_id) };
  }

  /** Without anything but a service, the newest bucket of each period, as `getAggregations` has it. */
  aggregations({ service_id, cursor, limit, ...range }: AggregationsQuery): Read {
    const isPlain = [cursor, limit, range.period, range.from, range.to].every((part) => part === undefined);
    if (isPlain) return { answer: this.#service.getAggregations(service_id) };
    const size = limit ?? 100;
    const found = this.#service.getAggregations(service_id, { ...range, ...before(range.to, cursor), limit: size + 1 });
    return list(newestPage(found, size));
  }

  series(query: BucketsQuery): Read {
    const { service_id = this.#service.serviceId, metric_name, points, field, cursor, limit, ...range } = query;
    if (points !== undefined) {
      const read = READ_PER_POINT * points;
      const found = this.#ofFittingPeriod(service_id, metric_name, range, read);
      return { answer: thinOut(found.slice(-read), points, field) };
    }
    const bounds = { ...range, ...before(range.to, cursor), limit: limit + 1 };
    return list(newestPage(this.#service.getSeries(service_id, metric_name, bounds), limit));
  }

  async latest({ service_id, metric_name, period, limit }: LatestQuery): Promise<Read> {
    const answer: SeriesReading[] = [];
    for await (const some of this.#service.scan({ period })) {
      for (const reading of some) {
        if (service_id !== undefined && reading.serviceId !== service_id) continue;
        if (metric_name !== undefined && reading.metricName !== metric_name) continue;
        answer.push(reading);
        if (answer.length === limit) return { answer };
      }
    }
    return { answer };
  }

  chart({ service_id = this.#service.serviceId, metric_name, ...query }: DrawQuery): Read {
    return { answer: this.#service.getChart(service_id, metric_name, query) };
  }

  anomalies({ service_id, metric_name, status, severity, from = -ALL, to = ALL, limit, cursor }: AnomaliesQuery): Read {
    const found = this.#service
      .getAnomalies(service_id, ALL)
      .filter(
        (anomaly) =>
          anomaly.timestamp >= from &&
          anomaly.timestamp < to &&
          (metric_name === undefined || anomaly.metricName === metric_name) &&
          (status === undefined || anomaly.status === status) &&
          (severity === undefined || anomaly.severity === severity),
      );
    return list(pageAfter(found, limit, cursor));
  }

  predictions({ service_id, metric_name, time_horizon, limit, cursor }: PredictionsQuery): Read {
    const isPlain = metric_name === undefined && time_horizon === undefined && cursor === undefined;
    const found = this.#service
      .getPredictions(service_id, isPlain ? limit + 1 : ALL)
      .filter(
        ({ predictionType, timeHorizon }) =>
          (metric_name === undefined || predictionType === metric_name) &&
          (time_horizon === undefined || timeHorizon === time_horizon),
      );
    return list(pageAfter(found, limit, cursor));
  }

  forecast({ service_id = this.#service.serviceId, metric_name, horizon, level, labels }: ForecastQuery): Read {
    const answer = this.#service.forecast(service_id, metric_name, { horizon: horizon as Horizon, level, labels });
    if (answer === undefined) throw this.#noForecast(service_id, metric_name, labels);
    return { answer };
  }

  /** Until when a series passes a threshold. */
  threshold({
    service_id = this.#service.serviceId,
    metric_name,
    threshold,
    direction,
    level,
    labels,
  }: ThresholdQuery): Read {
    const options = { direction, level, labels };
    const answer = this.#service.timeToThreshold(service_id, metric_name, threshold, options);
    if (answer === undefined) throw this.#noForecast(service_id, metric_name, labels);
    return { answer };
  }

  predictionAccuracy({ service_id = this.#service.serviceId, metric_name, labels }: ExplainQuery): Read {
    const answer = this.#service.predictionAccuracy(service_id, metric_name, labels);
    if (answer === undefined) throw this.#noForecast(service_id, metric_name, labels);
    return { answer };
  }

  #noForecast(serviceId: string, metricName: string, labels: Labels | undefined): Problem {
    const [reason = 'not enough samples have come'] = this.#service
      .explain(serviceId, metricName, labels)
      .reasons.slice(-1);
    return new Problem(404, `there is no forecast yet: ${reason}`);
  }

  explain({ service_id = this.#service.serviceId, metric_name, labels }: ExplainQuery): Read {
    return { answer: this.#service.explain(service_id, metric_name, labels) };
  }

  services(): Read {
    const { aggregator } = this.#service;
    const answer = aggregator.serviceIds.flatMap((serviceId) => {
      const timestamp = aggregator.newestTimestamp(serviceId);
      return timestamp === undefined ? [] : [{ serviceId, timestamp }];
    });
    return { answer };
  }

  /** In order of arrival. */
  metricNames({ service_id = this.#service.serviceId }: ServiceQuery): Read {
    const counts = new Map<string, number>();
    for (const { metricName } of this.#service.aggregator.listSeries(service_id)) {
      counts.set(metricName, (counts.get(metricName) ?? 0) + 1);
    }
    const answer = Array.from(counts, ([metricName, series]) => {
      const { unit, description } = this.#service.metricDefinition(metricName);
      return { metricName, unit, description, series };
    });
    return { answer };
  }

  silences(): Read {
    return { answer: this.#service.anomalyDetector.silences.toReversed() };
  }

  deploys({ service_id: serviceId = this.#service.serviceId }: ServiceQuery): Read {
    const deploys = this.#service.anomalyDetector.deploysOf(serviceId).toReversed();
    return { answer: deploys.map((deploy) => ({ serviceId, ...deploy })) };
  }

  /** Buckets of the shortest period of which there are at most `count`, or of the one asked for. */
  #ofFittingPeriod(serviceId: string, metricName: string, { period, ...range }: SeriesQuery, count: number) {
    const read = (width: Period) =>
      this.#service.getSeries(serviceId, metricName, { ...range, period: width, limit: count + 1 });
    if (period !== undefined) return read(period);
    for (const width of PERIODS) {
      const found = read(width);
      if (found.length <= count) return found;
    }
    return read('1d');
  }
}

function before(to: number | undefined, cursor: string | undefined): { readonly to?: number } {
  const bound = cursor === undefined ? ALL : readCursor(cursor)[0];
  const end = Math.min(to ?? ALL, bound);
  return end === ALL ? {} : { to: end };
}

function list({ items, cursor }: { readonly items: readonly unknown[]; readonly cursor: string | undefined }): Read {
  return { answer: items, cursor };
}
