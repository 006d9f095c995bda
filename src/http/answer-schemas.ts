import { z } from '@hono/zod-openapi';
import { SEVERITIES } from '../model/anomaly.ts';
import { PERIODS } from '../model/period.ts';

const instant = z.iso.datetime().openapi({ example: '2026-01-05T09:00:00.000Z' });
const period = z.enum(PERIODS);
const labels = z.record(z.string(), z.string());
/** A number, or `null` where there is none. */
const optional = z.number().nullish();

const aggregation = z
  .object({
    id: z.string(),
    timestamp: instant.openapi({ description: 'Start of the bucket.' }),
    service_id: z.string(),
    period,
    event_count: z.int(),
    avg_latency: optional.openapi({ description: 'Milliseconds, as all latencies.' }),
    p50_latency: optional,
    p95_latency: optional,
    p99_latency: optional,
    error_count: z.int(),
    error_rate: optional.openapi({ description: '0 to 1.' }),
    success_rate: optional,
    throughput: z.number().openapi({ description: 'Per second.' }),
    distinct_users: optional,
    complete: z.boolean(),
  })
  .openapi('Aggregation');

const seriesBucket = z
  .object({
    timestamp: instant,
    period,
    count: z.int(),
    sum: z.number(),
    min: z.number(),
    max: z.number(),
    avg: z.number(),
    last: z.number(),
    p50: z.number(),
    p95: z.number(),
    p99: z.number(),
    complete: z.boolean(),
  })
  .openapi('SeriesBucket');

const deploy = z.object({ timestamp: instant, version: z.string().nullish() });

const anomaly = z
  .object({
    id: z.string(),
    timestamp: instant,
    service_id: z.string(),
    metric_name: z.string(),
    labels: labels.nullish(),
    current_value: z.number(),
    expected_value: z.number(),
    lower: z.number(),
    upper: z.number(),
    deviation: z.number(),
    score: z.number(),
    severity: z.enum(SEVERITIES),
    direction: z.enum(['above', 'below']),
    kind: z.enum(['spike', 'dip', 'level-shift', 'drift', 'variance', 'flatline', 'seasonal']),
    status: z.enum(['open', 'closed']),
    silenced: z.boolean().nullish(),
    deploy: deploy.nullish(),
    started_at: instant,
    ended_at: instant.nullish(),
    samples: z.int(),
    description: z.string(),
  })
  .openapi('Anomaly');

const horizonAccuracy = z
  .object({
    time_horizon: z.string(),
    scored: z.int().openapi({ description: 'Forecasts that were compared with what came.' }),
    mean_absolute_error: z.number(),
    last_value_error: z.number().openapi({ description: 'The same of repeating the last value.' }),
    relative_error: optional.openapi({ description: 'Below 1 is better than the last value.' }),
    bias: z.number(),
    coverage: z.number().openapi({ description: 'Share of what came inside the interval; should be `level`.' }),
    level: z.number(),
    within_tolerance: z.number(),
  })
  .openapi('HorizonAccuracy');

const predictionAccuracy = z
  .object({
    service_id: z.string(),
    metric_name: z.string(),
    labels: labels.nullish(),
    model: z.string(),
    samples: z.int(),
    horizons: z.array(horizonAccuracy),
  })
  .openapi('PredictionAccuracy');

const thresholdTime = z
  .object({
    service_id: z.string(),
    metric_name: z.string(),
    labels: labels.nullish(),
    timestamp: instant,
    threshold: z.number(),
    direction: z.enum(['above', 'below']),
    value: z.number(),
    state: z.enum(['passed', 'ahead', 'not in sight']),
    level: z.number(),
    expected: optional.openapi({ description: 'Milliseconds from `timestamp`, as are the other times.' }),
    earliest: optional,
    latest: optional,
    sight: z.number(),
    text: z.string(),
  })
  .openapi('ThresholdTime');

const prediction = z
  .object({
    id: z.string(),
    timestamp: instant,
    prediction_type: z.string().openapi({ description: 'Name of the metric.' }),
    service_id: z.string(),
    labels: labels.nullish(),
    predicted_value: z.number(),
    lower: z.number(),
    upper: z.number(),
    level: z.number(),
    confidence: optional.openapi({ description: 'Measured share of recent forecasts that came true.' }),
    // Not `nullish()`, which is lost beside a reference.
    accuracy: z.union([horizonAccuracy, z.null()]).optional(),
    time_horizon: z.string(),
    target_time: instant,
    model: z.string(),
    samples: z.int(),
    recommendation: z.string(),
  })
  .openapi('Prediction');

const forecast = z
  .object({
    timestamp: instant,
    target_time: instant,
    horizon: z.number().openapi({ description: 'Milliseconds.' }),
    mean: z.number(),
    lower: z.number(),
    upper: z.number(),
    level: z.number(),
    confidence: optional,
    model: z.string(),
    samples: z.int(),
  })
  .openapi('Forecast');

const explanation = z
  .object({
    service_id: z.string(),
    metric_name: z.string(),
    labels: labels.nullish(),
    state: z.enum(['unknown', 'ignored', 'learning', 'constant', 'normal', 'suspicious', 'anomalous']),
    samples: z.int(),
    samples_needed: z.int(),
    last_timestamp: instant.nullish(),
    last_value: optional,
    expected: optional,
    lower: optional,
    upper: optional,
    score: optional,
    deviation: optional,
    // Not `nullish()`, which is lost beside a reference.
    anomaly: z.union([anomaly, z.null()]).optional(),
    recent_scores: z.array(z.number()),
    seasons: z.object({ day: z.boolean(), week: z.boolean() }),
    time_left: z
      .object({ ready: optional, day: optional, week: optional })
      .openapi({ description: 'Milliseconds until a verdict, and until a habit can be known at the earliest.' }),
    alarm_below: optional,
    alarm_above: optional,
    reasons: z.array(z.string()),
  })
  .openapi('Explanation');

const chart = z
  .object({
    service_id: z.string(),
    metric_name: z.string(),
    labels: labels.nullish(),
    unit: z.string().nullish(),
    step_ms: z.number(),
    timestamps: z.array(instant),
    values: z.array(z.number()),
    expected: z.array(z.number().nullable()),
    lower: z.array(z.number().nullable()),
    upper: z.array(z.number().nullable()),
  })
  .openapi('Chart');

const serviceMetrics = z
  .object({
    service_id: z.string(),
    timestamp: instant,
    cpu_usage: optional,
    memory_usage: optional,
    disk_usage: optional,
    request_rate: optional,
    error_rate: optional,
    latency: optional,
    cache_hit_rate: optional,
  })
  .openapi('ServiceMetrics');

const healthStatus = z.enum(['healthy', 'degraded', 'critical']);

const dashboard = z
  .object({
    timestamp: instant,
    service_metrics: z.array(serviceMetrics),
    aggregations: z.array(aggregation),
    anomalies: z.array(anomaly),
    predictions: z.array(prediction),
    top_errors: z.array(z.object({ service_id: z.string(), error: z.string(), count: z.int() })),
    top_users: z.array(z.object({ user_id: z.string(), count: z.int() })),
    slowest_operations: z.array(
      z.object({
        service_id: z.string(),
        operation: z.string(),
        count: z.int(),
        p50_latency: z.number(),
        p95_latency: z.number(),
      }),
    ),
    system_health: healthStatus,
    health_reasons: z.array(z.string()),
  })
  .openapi('Dashboard');

const health = z.object({ status: healthStatus, reasons: z.array(z.string()), timestamp: instant }).openapi('Health');

const stats = z
  .object({
    accepted: z.int(),
    rejected: z.record(z.string(), z.int()).openapi({ description: 'Records by reason.' }),
    late: z.int(),
    dropped: z.int(),
    overflow: z.array(z.object({ metric: z.string(), label: z.string(), count: z.int() })),
    series: z.int(),
    max_series: z.int(),
    bytes: z.number(),
    learning: z.int(),
    errors: z.int(),
  })
  .openapi('Stats');

const serviceEntry = z.object({ service_id: z.string(), timestamp: instant }).openapi('ServiceEntry');

const metricEntry = z
  .object({
    metric_name: z.string(),
    unit: z.string().nullish(),
    description: z.string().nullish(),
    series: z.int().openapi({ description: 'Label sets.' }),
  })
  .openapi('MetricEntry');

const reading = z
  .object({ service_id: z.string(), metric_name: z.string(), labels: labels.nullish(), bucket: seriesBucket })
  .openapi('SeriesReading');

const silence = z
  .object({
    service_id: z.string().nullish(),
    metric_name: z.string().nullish(),
    from: instant.nullish(),
    until: instant,
  })
  .openapi('Silence');

const deployMark = z
  .object({ service_id: z.string(), timestamp: instant, version: z.string().nullish() })
  .openapi('Deploy');

const access = z
  .object({ name: z.string().nullish(), scopes: z.array(z.enum(['read', 'write', 'admin'])) })
  .openapi('Access');

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string().openapi({ description: 'JSON pointer to the field.', example: '#/duration' }),
          detail: z.string(),
          index: z.int().optional(),
          reason: z.string().optional(),
        }),
      )
      .optional(),
    accepted: z.int().optional(),
    rejected: z.int().optional(),
    scope: z.string().optional().openapi({ description: 'The scope that is missing.' }),
  })
  .openapi('Problem');

type AnswerName =
  | 'access'
  | 'aggregation'
  | 'anomaly'
  | 'chart'
  | 'dashboard'
  | 'deploy'
  | 'explanation'
  | 'forecast'
  | 'health'
  | 'metric'
  | 'prediction'
  | 'predictionAccuracy'
  | 'problem'
  | 'reading'
  | 'seriesBucket'
  | 'service'
  | 'silence'
  | 'stats'
  | 'thresholdTime';

/** What the API answers, by name. */
export const ANSWERS: { readonly [Name in AnswerName]: z.ZodType } = {
  access,
  aggregation,
  anomaly,
  chart,
  dashboard,
  deploy: deployMark,
  explanation,
  forecast,
  health,
  metric: metricEntry,
  prediction,
  predictionAccuracy,
  problem,
  reading,
  seriesBucket,
  service: serviceEntry,
  silence,
  stats,
  thresholdTime,
};
