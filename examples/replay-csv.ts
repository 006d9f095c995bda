// Last year's measurements as if one lived then: the clock follows the file, so old records are not refused.
import { ManualClock, Service } from '@streamgate/analytics';

// A file would do: `readFile(path, 'utf8')`. Two days of a temperature, every five minutes, with a fault.
const start = Date.UTC(2025, 2, 1);
const rows = Array.from({ length: 2 * 288 }, (_, i) => {
  const day = 20 + 5 * Math.sin((2 * Math.PI * i) / 288);
  const noise = ((i * 7919) % 100) / 100;
  const fault = i >= 450 && i < 456 ? 15 : 0;
  return `${new Date(start + i * 300_000).toISOString()},${(day + noise + fault).toFixed(2)}`;
});
const csv = ['timestamp,temperature', ...rows].join('\n');

const clock = new ManualClock(start);
const service = new Service({ serviceId: 'machine', clock });
service.on('anomaly', ({ startedAt, currentValue, direction }) =>
  console.log(new Date(startedAt).toISOString(), currentValue, direction),
);

for (const line of csv.split('\n').slice(1)) {
  const [time = '', value] = line.split(',');
  const timestamp = Date.parse(time);
  clock.set(timestamp);
  service.recordMetric({ metricName: 'temperature', value: Number(value), unit: '°C', timestamp });
}
await service.flush();

const days = service.getSeries('machine', 'temperature', { period: '1d' });
for (const { timestamp, count, min, max, complete } of days) {
  console.log(new Date(timestamp).toISOString().slice(0, 10), count, min, max, complete);
}
console.log(service.getAnomalies('machine').map(({ kind, status, samples }) => `${kind} ${status} ${samples} samples`));
await service.close();

/* prints
2025-03-02T13:30:00.000Z 33.59 above
2025-03-01 288 15.04 25.9 true
2025-03-02 288 15.02 33.77 false
[ 'level-shift closed 6 samples' ]
*/
