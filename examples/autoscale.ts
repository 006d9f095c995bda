// A forecast as a value: decide on the probability that a limit is passed, not on a guess.
import { ManualClock, Service } from '@streamgate/analytics';

const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
// Load that climbs all morning is nearly a straight line, so the linear model is told to draw it.
const service = new Service({ serviceId: 'api', clock, predictor: { model: 'linear', historySize: 60 } });
const CAPACITY = 100; // requests a second that one instance serves
let instances = 1;

for (let minute = 0; minute <= 180; minute++) {
  const requestRate = 60 + minute + (minute % 5);
  service.recordMetrics({ requestRate });
  clock.advance(60_000);
  if (minute % 20 > 0) continue;

  const forecast = service.forecast('api', 'request_rate', { horizon: '15m' });
  if (forecast === undefined) {
    console.log(`${minute} min: ${service.explain('api', 'request_rate').reasons.at(-1)}`);
    continue;
  }
  const probability = forecast.probabilityAbove(instances * CAPACITY);
  if (probability > 0.5) instances++;
  console.log(
    `${minute} min: ${requestRate}/s, over capacity in 15 min: ${percent(probability)}, instances ${instances}`,
  );
}
await service.close();

function percent(probability: number): string {
  return `${Math.round(100 * probability)} %`;
}

/* prints
0 min: a forecast needs 20 samples, 1 came so far
20 min: 80/s, over capacity in 15 min: 48 %, instances 1
40 min: 100/s, over capacity in 15 min: 100 %, instances 2
60 min: 120/s, over capacity in 15 min: 0 %, instances 2
80 min: 140/s, over capacity in 15 min: 0 %, instances 2
100 min: 160/s, over capacity in 15 min: 0 %, instances 2
120 min: 180/s, over capacity in 15 min: 1 %, instances 2
140 min: 200/s, over capacity in 15 min: 100 %, instances 3
160 min: 220/s, over capacity in 15 min: 0 %, instances 3
180 min: 240/s, over capacity in 15 min: 0 %, instances 3
*/
