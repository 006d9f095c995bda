// The stages without a Service: a mergeable quantile sketch, and a detector for numbers that you have already.
import { AnomalyDetector, QuantileSketch } from '@streamgate/analytics';

// Two processes count on their own; one of them sends its sketch as bytes.
const here = new QuantileSketch();
const there = new QuantileSketch();
for (let ms = 1; ms <= 1000; ms++) (ms % 2 === 0 ? here : there).add(ms);
here.merge(QuantileSketch.fromBytes(there.toBytes()));
console.log(here.count, here.sum, here.min, here.max);
for (const q of [0.5, 0.95, 0.99]) {
  const exact = 1000 * q;
  const estimate = here.quantile(q) ?? Number.NaN;
  console.log(q, 'within 1 %:', Math.abs(estimate - exact) <= 0.01 * exact);
}

// Judged by what came before it, then learned. Nothing else is needed: no clock, no buffer, no labels.
const detector = new AnomalyDetector({ threshold: 3 });
for (let i = 0; i < 200; i++) {
  const value = i === 150 ? 500 : 100 + ((i * 37) % 20);
  const seen = detector.observe({ serviceId: 'db', metricName: 'connections', timestamp: i * 1000, value });
  if (seen.transition !== undefined) console.log(i, value, seen.transition, seen.anomaly?.severity);
}
console.log(detector.explain('db', 'connections').state);

/* prints
1000 500500 1 1000
0.5 within 1 %: true
0.95 within 1 %: true
0.99 within 1 %: true
150 500 opened high
151 107 updated high
152 104 updated high
153 101 closed high
normal
*/
