import { describe, expectTypeOf, it } from 'vitest';
import {
  type Aggregation,
  AnalyticsError,
  type AnalyticsErrorCode,
  type Anomaly,
  type Forecast,
  forecastSeries,
  type PerformanceRecord,
  type Prediction,
  QuantileSketch,
  Service,
} from '../../src/index.ts';

declare const service: Service;

describe('record calls', () => {
  it('say whether the record was accepted', () => {
    expectTypeOf(service.recordPerformanceMetric).returns.toEqualTypeOf<boolean>();
    expectTypeOf(service.operation('shop', 'GET /').record(12, true)).toEqualTypeOf<boolean>();
  });

  it('need what a record cannot be without', () => {
    service.recordPerformanceMetric({ operation: 'GET /', duration: 12, success: true });
    // @ts-expect-error there is no success
    service.recordPerformanceMetric({ operation: 'GET /', duration: 12 });
    // @ts-expect-error there is no field of that name
    service.recordMetrics({ cpu: 12 });
    // @ts-expect-error a duration is a number
    service.recordPerformanceMetric({ operation: 'GET /', duration: '12', success: true });
  });

  it('take a timestamp as a number or as a Date, and no text', () => {
    service.recordEvent({ eventType: 'login', timestamp: new Date(0) });
    service.recordEvent({ eventType: 'login', timestamp: 0 });
    // @ts-expect-error texts are for the border of HTTP
    service.recordEvent({ eventType: 'login', timestamp: '1970-01-01T00:00:00Z' });
  });
});

describe('listeners', () => {
  it('get what their event carries', () => {
    service.on('anomaly', (anomaly) => expectTypeOf(anomaly).toEqualTypeOf<Anomaly>());
    service.once('aggregation', (bucket) => expectTypeOf(bucket).toEqualTypeOf<Aggregation>());
    service.subscribe('performance', (record) => expectTypeOf(record).toEqualTypeOf<PerformanceRecord>());
    service.on('error', (error) => expectTypeOf(error).toExtend<Error>());
  });

  it('hear known events only', () => {
    // @ts-expect-error there is no such event
    service.on('anomalies', () => {});
  });

  it('leave through the function that subscribe returns', () => {
    expectTypeOf(service.subscribe('anomaly', () => {})).toEqualTypeOf<() => void>();
  });

  it('may be a loop', () => {
    expectTypeOf(service.stream('prediction')).toExtend<AsyncIterable<Prediction>>();
  });
});

describe('readings', () => {
  it('are undefined where there was nothing to read', () => {
    expectTypeOf<Aggregation['p95Latency']>().toEqualTypeOf<number | undefined>();
    expectTypeOf(service.forecast('shop', 'latency', { horizon: '5m' })).toEqualTypeOf<Forecast | undefined>();
    expectTypeOf(new QuantileSketch().quantile(0.5)).toEqualTypeOf<number | undefined>();
  });

  it('cannot be written to', () => {
    // @ts-expect-error readonly
    (anomaly: Anomaly) => (anomaly.status = 'closed');
    expectTypeOf(forecastSeries([1, 2, 3], { steps: 2 }).mean).toEqualTypeOf<Float64Array>();
  });
});

describe('options', () => {
  it('are checked by name and by type', () => {
    // @ts-expect-error there is no such option
    new Service({ bufferLength: 10 });
    // @ts-expect-error a series limit is a number
    new Service({ maxSeries: '10' });
  });
});

describe('metric definitions', () => {
  const shop = new Service({
    metrics: {
      queue_depth: { unit: 'jobs', labels: ['queue', 'region'] },
      basket: { unit: 'EUR' },
    },
  });

  it('let pass what they define', () => {
    shop.recordMetric({ metricName: 'queue_depth', value: 3, labels: { queue: 'mail', region: 'eu' } });
    shop.recordMetric({ metricName: 'basket', value: 12.5, unit: 'EUR' });
  });

  it('refuse other names, labels and units', () => {
    // @ts-expect-error nobody defined that metric
    shop.recordMetric({ metricName: 'queue_length', value: 3 });
    // @ts-expect-error a label is missing
    shop.recordMetric({ metricName: 'queue_depth', value: 3, labels: { queue: 'mail' } });
    // @ts-expect-error baskets have no labels
    shop.recordMetric({ metricName: 'basket', value: 3, labels: { queue: 'mail' } });
    // @ts-expect-error baskets are counted in EUR
    shop.recordMetric({ metricName: 'basket', value: 3, unit: 'USD' });
  });

  it('leave every name open where there are none', () => {
    service.recordMetric({ metricName: 'anything', value: 3, labels: { any: 'label' }, unit: 'any' });
  });
});

describe('errors', () => {
  it('have one of the known codes', () => {
    expectTypeOf(new AnalyticsError('ERR_CLOSED', 'service is closed').code).toEqualTypeOf<AnalyticsErrorCode>();
    // @ts-expect-error there is no such code
    new AnalyticsError('ERR_OTHER', 'other');
  });
});
