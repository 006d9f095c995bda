import analytics = require('@streamgate/analytics');

const service: analytics.Service = new analytics.Service();
service.on('aggregation', (bucket: analytics.Aggregation) => console.log(bucket.eventCount.toFixed()));
const anomalies: readonly analytics.Anomaly[] = service.getAnomalies();
console.log(anomalies.length);

// @ts-expect-error there is no such event
service.on('nothing', () => {});
