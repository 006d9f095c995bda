// What the business counts: exact sums, by dimension, in every period; and an alarm when sales stop.
import { ManualClock, Service } from '@streamgate/analytics';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
const service = new Service({ serviceId: 'shop', clock });
service.on('anomaly', ({ metricName, severity, direction, startedAt }) =>
  console.log(metricName, severity, direction, new Date(startedAt).toISOString()),
);

const orders = [
  { country: 'DE', value: 19.5 },
  { country: 'FR', value: 35 },
  { country: 'DE', value: 5.25 },
  { country: 'DE', value: 0 }, // visited, bought nothing
  { country: 'FR', value: 12 },
  { country: 'FR', value: 0 },
  { country: 'DE', value: 31 },
];
for (let second = 0; second < 3700; second++) {
  const isDown = second >= 50 * 60; // nobody can pay any more
  const order = orders[second % orders.length];
  if (order !== undefined && !isDown) {
    const { country, value } = order;
    service.recordBusinessMetric({ metricType: 'revenue', value, unit: 'EUR', dimension: { country } });
  }
  // Silence is not a sample: without this 0 a minute without orders would have no sum, and nothing would be noticed.
  if (second % 60 === 0) service.recordBusinessMetric({ metricType: 'revenue', value: 0 });
  clock.advance(1000);
}

const period = '15m';
for (const labels of [{ country: 'DE' }, { country: 'FR' }, undefined]) {
  const [first] = service.getSeries('shop', 'business.revenue', { period, labels });
  console.log(labels?.country ?? 'all', first?.sum, 'EUR');
}
await service.close();

/* prints
business.revenue high below 2026-01-05T09:50:00.000Z
DE 7160.75 EUR
FR 6051 EUR
all 13211.75 EUR
*/
