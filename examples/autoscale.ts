// Scale out on the probability that capacity runs short, and order disk space days ahead.
import { ManualClock, Service } from '@streamgate/analytics';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
const clock = new ManualClock(START + 7 * 24 * 60 * MINUTE);
const service = new Service({ serviceId: 'api', clock });
const CAPACITY = 100; // requests a second that one instance serves

/** Requests a second: quiet nights, busy afternoons, a little unrest. */
function load(minute: number): number {
  return 150 - 110 * Math.cos((2 * Math.PI * minute) / 1440) + 6 * Math.sin(minute * minute);
}
/** Percent: logs fill the disk by day, rotation clears it at night, and a leak stays. */
function disk(minute: number): number {
  return 30 + (20 * (minute % 1440)) / 1440 + 1.5 * Math.floor(minute / 1440) + Math.sin(minute * minute) / 4;
}

// A week of history from wherever it was kept, so that the forecasts know the day from the start.
const history = Array.from({ length: 7 * 288 }, (_, i) => [
  { serviceId: 'api', metricName: 'request_rate', timestamp: START + 5 * i * MINUTE, value: load(5 * i) },
  { serviceId: 'api', metricName: 'disk_usage', timestamp: START + 5 * i * MINUTE, value: disk(5 * i) },
]);
service.backfill(history.flat());

let instances = 1;
for (let minute = 7 * 1440; minute < 8 * 1440; minute += 5) {
  service.recordMetrics({ requestRate: load(minute), diskUsage: disk(minute) });
  clock.advance(5 * MINUTE);
  const forecast = service.forecast('api', 'request_rate', { horizon: '15m' });
  if (forecast === undefined) continue; // too few samples
  // Out when a shortage is likelier than one in ten, in when one instance less would do with near certainty.
  const before = instances;
  if (forecast.probabilityAbove(instances * CAPACITY) > 0.1) instances++;
  else if (instances > 1 && forecast.probabilityAbove((instances - 1) * CAPACITY) < 0.01) instances--;
  if (instances === before) continue;
  const time = new Date(forecast.timestamp).toISOString().slice(11, 16);
  console.log(
    `${time}  ${load(minute).toFixed(0)}/s now, ${forecast.mean.toFixed(0)}/s in 15 min: ${instances} instances`,
  );
}
const full = service.timeToThreshold('api', 'disk_usage', 90);
console.log(full?.text);
const {
  scored = 0,
  coverage = 0,
  relativeError = 0,
} = service.predictionAccuracy('api', 'request_rate')?.horizons[1] ?? {};
console.log(
  `${scored} forecasts scored, ${coverage.toFixed(2)} held, error ${relativeError.toFixed(2)} of the last value's`,
);
await service.close();
/* prints
03:50  85/s now, 95/s in 15 min: 2 instances
07:05  175/s now, 187/s in 15 min: 3 instances
16:25  198/s now, 188/s in 15 min: 2 instances
23:00  49/s now, 43/s in 15 min: 1 instances
disk usage passes 90 % in 21 days (80 %: 16 to 31 days)
2301 forecasts scored, 0.91 held, error 0.59 of the last value's
*/
