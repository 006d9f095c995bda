/**
 * Records, flushes and reads everything back through `analytics`, the namespace of @streamgate/analytics, on any
 * runtime; throws where an answer is wrong. The records are of the last hour, since older ones may fall to retention.
 */
module.exports = async function smoke(analytics) {
  const MINUTE = 60_000;
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const start = hour - 60 * MINUTE;
  const service = new analytics.Service({ serviceId: 'smoke' });
  const opened = [];
  service.on('anomaly', (anomaly) => opened.push(anomaly));

  // 1,250 requests in one minute, each 50th of them failed.
  for (let i = 0; i < 1_250; i++) {
    const accepted = service.recordPerformanceMetric({
      operation: 'GET /',
      duration: 1 + (i % 100),
      success: i % 50 !== 0,
      timestamp: start + Math.floor((i * MINUTE) / 1_250),
    });
    equal(accepted, true, 'accepted');
  }
  // A rising gauge for the forecast, and one that is steady but for its last ten minutes.
  for (let i = 0; i < 60; i++) {
    const timestamp = start + i * MINUTE;
    service.recordMetric({ metricName: 'rising', value: 10 + 2 * i, timestamp });
    service.recordMetric({ metricName: 'steady', value: (i < 50 ? 100 : 900) + (i % 3), timestamp });
  }
  equal(service.recordMetric({ metricName: 'steady', value: Number.NaN }), false, 'NaN accepted');
  await service.flush();

  const minute = service.getAggregations('smoke', { period: '1m' }).find((bucket) => bucket.timestamp === start);
  equal(minute.eventCount, 1_250, 'eventCount');
  equal(minute.errorCount, 25, 'errorCount');
  equal(minute.errorRate, 0.02, 'errorRate');
  equal(minute.successRate, 0.98, 'successRate');
  equal(minute.throughput.toFixed(2), '20.83', 'throughput');
  // Durations 1..100, 12 or 13 of each: their p95 is 95 or 96, found within 1 %.
  near(minute.p95Latency, 95.5, 1.5, 'p95Latency');

  equal(opened.length > 0, true, 'anomaly event seen');
  const [anomaly] = service.getAnomalies('smoke').filter((found) => found.metricName === 'steady');
  equal(anomaly.direction, 'above', 'direction');
  near(anomaly.expectedValue, 101, 5, 'expectedValue');

  const forecast = service.forecast('smoke', 'rising', { horizon: '5m' });
  // The last sample, 128, is of minute 59. A tenth of the value is what `confidence` counts as close.
  near(forecast.mean, 138, 13.8, 'forecast');
  equal(forecast.lower <= forecast.mean && forecast.mean <= forecast.upper, true, 'interval around the mean');

  const sketch = new analytics.QuantileSketch();
  for (let i = -500; i <= 500; i++) sketch.add(i);
  near(sketch.quantile(0.9), 400, 4, 'quantile');

  const { rejected } = service.stats();
  equal(
    Object.values(rejected).reduce((sum, count) => sum + count, 0),
    1,
    'rejected',
  );
  await service.close();
  let code;
  try {
    service.recordMetric({ metricName: 'steady', value: 1 });
  } catch (error) {
    if (error instanceof analytics.AnalyticsError) code = error.code;
  }
  equal(code, 'ERR_CLOSED', 'record after close');
};

function equal(actual, expected, what) {
  if (!Object.is(actual, expected)) throw new Error(`${what} must be ${expected}, got ${actual}`);
}

function near(actual, expected, tolerance, what) {
  if (!(Math.abs(actual - expected) <= tolerance)) {
    throw new Error(`${what} must be ${expected} ± ${tolerance}, got ${actual}`);
  }
}
