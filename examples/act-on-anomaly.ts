// An anomaly as a callback: stop calling a dependency while it misbehaves, and go on when it has recovered.
import { type Anomaly, ManualClock, Service } from '@streamgate/analytics';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
const service = new Service({
  serviceId: 'checkout',
  clock,
  flushIntervalMs: 1000, // an anomaly is found when its records are flushed
  metrics: { dependency_latency: { unit: 'ms', labels: ['to'], direction: 'above', min: 0 } },
});
let useFallback = false;

const isPayment = ({ metricName, labels }: Anomaly): boolean =>
  metricName === 'dependency_latency' && labels?.['to'] === 'payment';

service.on('anomaly', (anomaly) => {
  if (!isPayment(anomaly) || anomaly.severity === 'low') return;
  useFallback = true;
  console.log(`${time(anomaly.timestamp)} ${anomaly.severity}, ${anomaly.currentValue} ms: use the fallback`);
});
service.on('anomalyClosed', (anomaly) => {
  if (!isPayment(anomaly)) return;
  useFallback = false;
  console.log(`${time(anomaly.endedAt)} over: call payment again`);
});
// A listener that throws cannot hurt the code that records; what it throws comes here.
service.on('error', (error) => console.error(error.code, error.cause));

let fallbacks = 0;
for (let second = 0; second < 600; second++) {
  const isSlow = second >= 300 && second < 360;
  const value = isSlow ? 900 : 40 + ((second * 7) % 11);
  service.recordMetric({ metricName: 'dependency_latency', value, labels: { to: 'payment' } });
  if (useFallback) fallbacks++;
  clock.advance(1000);
}
console.log(`${fallbacks} seconds on the fallback; now ${useFallback ? 'on' : 'off'}`);
await service.close();

function time(timestamp = 0): string {
  return new Date(timestamp).toISOString().slice(11, 19);
}

/* prints
09:05:00 high, 900 ms: use the fallback
09:06:02 over: call payment again
62 seconds on the fallback; now off
*/
