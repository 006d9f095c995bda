export {
  Aggregator,
  type AggregatorInput,
  type AggregatorSnapshot,
  type AggregatorStats,
} from './aggregate/aggregator.ts';
export type { AggregatorOptions } from './aggregate/aggregator-options.ts';
export type { BucketQuery, DistributionQuery, SeriesQuery } from './aggregate/bucket-query.ts';
export type { Evicted } from './aggregate/output.ts';
export { Partials } from './aggregate/partials.ts';
export type { SeriesReading } from './aggregate/scan-series.ts';
export type { OverflowEntry } from './aggregate/series-limit.ts';
export type { WatchedSample } from './aggregate/series-state.ts';
export { type Clock, ManualClock, SystemClock } from './clock.ts';
export {
  Collector,
  type CollectorEvents,
  type CollectorOptions,
  type CollectorSnapshot,
  type CollectorStats,
  type OperationHandle,
} from './collect/collector.ts';
export type { RecordSink } from './collect/record-buffer.ts';
export type { RejectionCounts } from './collect/rejection-log.ts';
export {
  AnomalyDetector,
  type AnomalyDetectorOptions,
  type DetectorSeriesSnapshot,
  type DetectorSnapshot,
} from './detect/anomaly-detector.ts';
export { AnalyticsError, type AnalyticsErrorCode } from './errors.ts';
export type { EventStream, ServiceEvent, ServiceEvents, StreamOptions } from './events.ts';
export {
  type BucketHistoryQuery,
  History,
  type HistoryQuery,
  type KeptRecord,
  type RowHistoryQuery,
  type SeriesHistoryQuery,
} from './keep/history.ts';
export type { StoreStats } from './keep/keeper.ts';
export type { DefinedMetricInput } from './metric-types.ts';
export type { Anomaly, AnomalyKind, Explanation, Observation, Severity } from './model/anomaly.ts';
export type { Aggregation, SeriesBucket } from './model/bucket.ts';
export type { ChartQuery, SeriesChart } from './model/chart.ts';
export type { DashboardData, SlowOperation, TopError, TopUser } from './model/dashboard.ts';
export type { Forecast, Horizon, Prediction } from './model/forecast.ts';
export type { Health, HealthStatus } from './model/health.ts';
export type { Listener } from './model/listener.ts';
export type { MetricDefinition, MetricDefinitions } from './model/metric-kind.ts';
export type { OperationBatch } from './model/operation-batch.ts';
export type { OperationRef } from './model/operation-ref.ts';
export type { Period } from './model/period.ts';
export type { HorizonAccuracy, PredictionAccuracy } from './model/prediction-accuracy.ts';
export type {
  BehaviorInput,
  BehaviorRecord,
  BusinessInput,
  BusinessRecord,
  EventInput,
  EventRecord,
  InputByKind,
  MetricInput,
  MetricRecord,
  MetricsInput,
  MetricsRecord,
  PerformanceInput,
  PerformanceRecord,
  RecordByKind,
  RecordKind,
  Timestamp,
} from './model/records.ts';
export type { Refused, Rejection, RejectionReason } from './model/rejection.ts';
export type { Sample } from './model/sample.ts';
export type { Labels, SeriesId } from './model/series-key.ts';
export type { Deploy, Silence } from './model/silence.ts';
export type { ThresholdTime } from './model/threshold-time.ts';
export {
  type BacktestOptions,
  type BacktestProgress,
  type BacktestReport,
  type BacktestScore,
  backtest,
} from './predict/backtest.ts';
export {
  type ForecastSeriesOptions,
  forecaster,
  forecastSeries,
  forecastSeriesAsync,
  type SeriesForecast,
} from './predict/forecast-series.ts';
export type { FittedForecaster, Forecaster, ForecasterOutput } from './predict/forecaster.ts';
export type { ModelChoice, SeriesModelName } from './predict/model-pool.ts';
export type { OnlineModelName } from './predict/online-models.ts';
export { Predictor } from './predict/predictor.ts';
export type {
  ForecastOptions,
  PredictorOptions,
  PredictorSeriesSnapshot,
  PredictorSnapshot,
  ThresholdOptions,
} from './predict/predictor-options.ts';
export type { HolidayCalendar } from './predict/prophet.ts';
export {
  type OpenOptions,
  type ScanOptions,
  Service,
  type ServiceOptions,
  type ServiceSnapshot,
  type ServiceStats,
} from './service.ts';
export { QuantileSketch, type QuantileSketchOptions } from './stats/quantile-sketch.ts';
export type { TopEntry } from './stats/space-saving.ts';
export { memoryStore } from './store/memory-store.ts';
export type {
  Store,
  StoreBatch,
  StoredBlock,
  StoredBuckets,
  StoredBucketsQuery,
  StoredName,
  StoredPage,
  StoredRow,
  StoredRowsQuery,
  StoredState,
  StoredTable,
  StoreInfo,
} from './store/store.ts';
export type { RecordedPrediction } from './store/stored-prediction.ts';
