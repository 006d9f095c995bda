import { AnalyticsError, type Anomaly, type Forecast, Service } from '@streamgate/analytics';

await using service: Service = new Service({ serviceId: 'shop' });
service.on('anomaly', (anomaly: Anomaly) => console.log(anomaly.description.toUpperCase()));
const accepted: boolean = service.recordPerformanceMetric({ operation: 'GET /', duration: 12, success: true });
const forecast: Forecast | undefined = service.forecast('shop', 'latency', { horizon: '5m' });
const p95: number | undefined = service.getAggregations('shop')[0]?.p95Latency;
console.log(accepted, forecast?.mean.toFixed(1), p95, new AnalyticsError('ERR_CLOSED', 'closed').code);

// @ts-expect-error a duration is a number
service.recordPerformanceMetric({ operation: 'GET /', duration: '12', success: true });
