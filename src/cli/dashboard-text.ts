import type { DashboardData } from '../model/dashboard.ts';
import type { Labels } from '../model/series-key.ts';
import {
  durationText,
  LINE_WIDTH,
  numberText,
  type Paint,
  percentText,
  shorten,
  table,
  timeText,
  wrap,
} from './text.ts';

/** `getDashboardData()` for people: every list of it as a table. */
export function dashboardText(data: DashboardData, paint: Paint): string {
  const sections = [
    section('Health', health(data, paint)),
    section('Services, newest values', services(data)),
    section('Aggregations', aggregations(data)),
    section('Anomalies, newest first', anomalies(data, paint)),
    section('Predictions', predictions(data)),
    section('Top errors', topErrors(data)),
    section('Top users', topUsers(data)),
  ];
  return sections.join('\n\n');

  function section(title: string, body: string): string {
    return `${paint('bold', title)}\n${body}`;
  }
}

function health({ systemHealth, healthReasons }: DashboardData, paint: Paint): string {
  const colour = systemHealth === 'healthy' ? 'green' : systemHealth === 'degraded' ? 'yellow' : 'red';
  return [`  ${paint(colour, systemHealth)}`, ...healthReasons.map((reason) => `  ${wrap(reason, 2)}`)].join('\n');
}

function services({ serviceMetrics }: DashboardData): string {
  const columns = ['cpu %', 'memory %', 'disk %', 'req/s', 'errors', 'latency ms', 'cache hits'];
  const rows = serviceMetrics.map((metrics) => [
    metrics.serviceId,
    numberText(metrics.cpuUsage),
    numberText(metrics.memoryUsage),
    numberText(metrics.diskUsage),
    numberText(metrics.requestRate),
    percentText(metrics.errorRate),
    numberText(metrics.latency),
    percentText(metrics.cacheHitRate),
  ]);
  return table(['service', ...columns.map((number) => ({ number }))], rows);
}

function aggregations(data: DashboardData): string {
  const columns = ['events', 'per s', 'errors', 'avg ms', 'p50', 'p95', 'p99'];
  const rows = data.aggregations
    .filter(({ eventCount }) => eventCount > 0)
    .map((bucket) => [
      bucket.serviceId,
      bucket.period,
      timeText(bucket.timestamp),
      String(bucket.eventCount),
      numberText(bucket.throughput),
      percentText(bucket.errorRate),
      numberText(bucket.avgLatency),
      numberText(bucket.p50Latency),
      numberText(bucket.p95Latency),
      numberText(bucket.p99Latency),
      bucket.complete ? '' : 'open',
    ]);
  return table(['service', 'period', 'start', ...columns.map((number) => ({ number })), ''], rows);
}

function anomalies(data: DashboardData, paint: Paint): string {
  if (data.anomalies.length === 0) return '  none';
  return data.anomalies
    .map(({ serviceId, severity, status, startedAt, endedAt, description }) => {
      const when =
        status === 'open'
          ? 'open'
          : endedAt === undefined
            ? 'closed'
            : `closed after ${durationText(endedAt - startedAt)}`;
      const text = `  ${wrap(`${serviceId}, ${severity}, ${when}: ${description}`, 4)}`;
      return status === 'open' ? paint('red', text) : text;
    })
    .join('\n');
}

function predictions(data: DashboardData): string {
  if (data.predictions.length === 0) return '  none: too few samples yet';
  const rows = data.predictions.map((prediction) => [
    `${prediction.serviceId} ${prediction.predictionType}${labelsText(prediction.labels)}`,
    prediction.timeHorizon,
    numberText(prediction.predictedValue),
    `${numberText(prediction.lower)} to ${numberText(prediction.upper)}`,
    percentText(prediction.confidence),
  ]);
  const numbers = [{ number: 'value' }, { number: 'interval' }, { number: 'confidence' }];
  const advice = new Set(data.predictions.map(({ serviceId, recommendation }) => `${serviceId}: ${recommendation}`));
  const sentences = [...advice].slice(0, ADVICE).map((sentence) => `  ${wrap(sentence, 4)}`);
  return [table(['series', 'ahead', ...numbers], rows), ...sentences].join('\n');
}

/** Recommendations shown; the most pressing come first. */
const ADVICE = 3;

function topErrors(data: DashboardData): string {
  if (data.topErrors.length === 0) return '  none';
  const rows = data.topErrors.map(({ serviceId, error, count }) => [serviceId, error, String(count)]);
  return table(['service', 'error', { number: 'count' }], rows);
}

function topUsers(data: DashboardData): string {
  if (data.topUsers.length === 0) return '  none';
  return `  ${shorten(data.topUsers.map(({ userId, count }) => `${userId} (${count})`).join(', '), LINE_WIDTH - 2)}`;
}

function labelsText(labels: Labels | undefined): string {
  return labels === undefined ? '' : ` {${Object.values(labels).join(', ')}}`;
}
