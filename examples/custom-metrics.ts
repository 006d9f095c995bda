// Metrics of your own. Given as definitions, their names, labels and units are checked by the compiler.
import { ManualClock, Service } from '@streamgate/analytics';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
const service = new Service({
  serviceId: 'mailer',
  clock,
  metrics: {
    queue_depth: { unit: 'jobs', labels: ['queue'], direction: 'above', minChange: 50, min: 0 },
    build_info: { ignore: true },
  },
});

for (let second = 0; second < 120; second++) {
  service.recordMetric({ metricName: 'queue_depth', value: 10 + (second % 5), labels: { queue: 'mail' } });
  service.recordMetric({ metricName: 'queue_depth', value: 100 + (second % 7), labels: { queue: 'sms' } });
  clock.advance(1000);
}
service.recordMetric({ metricName: 'build_info', value: 1 });

for (const labels of [{ queue: 'mail' }, { queue: 'sms' }, undefined]) {
  const [minute] = service.getSeries('mailer', 'queue_depth', { labels });
  console.log(labels?.queue ?? 'both', minute?.count, minute?.min, minute?.max, minute?.avg);
}
console.log(service.explain('mailer', 'queue_depth', { queue: 'sms' }).state);
console.log(service.explain('mailer', 'build_info').state);

// The compiler finds the mistakes. In plain JavaScript both lines would record, each into a series of its own.
// @ts-expect-error no metric of that name is defined
service.recordMetric({ metricName: 'queue_dept', value: 1 });
// @ts-expect-error the label `queue` is missing
service.recordMetric({ metricName: 'queue_depth', value: 1 });
await service.close();

/* prints
mail 60 10 14 12
sms 60 100 106 102.9
both 120 10 106 57.45
normal
ignored
*/
