// Events as a loop: waits for what comes next, until a signal or `break` ends it.
import { ManualClock, Service } from '@streamgate/analytics';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
const service = new Service({ serviceId: 'shop', clock });
const shutdown = new AbortController();

// It listens from here on, so nothing is missed before the loop starts. A slow reader loses the oldest.
const minutes = service.stream('aggregation', { signal: shutdown.signal, queueSize: 5 });

for (let second = 0; second <= 4 * 60; second++) {
  service.recordPerformanceMetric({
    operation: 'GET /',
    duration: 10 + (second % 60 < 57 ? 0 : second / 6),
    success: true,
  });
  clock.advance(1000);
}

let seen = 0;
for await (const { period, timestamp, eventCount, avgLatency } of minutes) {
  console.log(period, new Date(timestamp).toISOString(), eventCount, avgLatency?.toFixed(2));
  if (++seen === 3) shutdown.abort(); // what is in the queue is still delivered, then the loop ends
}
console.log(seen, 'seen,', minutes.dropped, 'dropped');
await service.close();

/* prints
1m 2026-01-05T09:00:00.000Z 60 10.48
1m 2026-01-05T09:01:00.000Z 60 10.98
1m 2026-01-05T09:02:00.000Z 60 11.48
3 seen, 0 dropped
*/
