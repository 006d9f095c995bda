import { describe, expect, it } from 'vitest';
import { runProgram } from './spawned.ts';

const SERVICES = 20_000;

/** A process with something to wait for, so that it does not end, but in which nothing happens by itself. */
const IDLE = `
import { createServer } from 'node:net';
const server = createServer().listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
`;

/**
 * Records in a minute that has just ended, of live services; then says how many closed minutes were told in each turn of
 * the event loop, from the first to the last.
 */
const CLOSING = `${IDLE}
import { Service, SystemClock } from './analytics.mjs';
// Ten seconds after the end of a minute, so that the services stay live while they are recorded.
const shift = 10_000 - (Date.now() % 60_000);
class ShiftedClock extends SystemClock {
  now() { return super.now() + shift; }
  coarseNow() { return super.coarseNow() + shift; }
}
const clock = new ShiftedClock();
const timestamp = Math.floor(clock.now() / 60_000) * 60_000 - 1;
const service = new Service({ clock, latenessMs: 0, maxSeries: ${2 * SERVICES}, flushIntervalMs: 50 });
const told = new Map();
const turns = [];
let inTurn = 0;
service.on('aggregation', ({ period, serviceId, eventCount, avgLatency, complete }) => {
  if (period !== '1m') return;
  inTurn++;
  told.set(serviceId, (told.get(serviceId) ?? 0) + (complete && eventCount === 12 && avgLatency === 6.5 ? 1 : 100));
});
const serviceIds = Array.from({ length: ${SERVICES} }, (_, i) => 's' + i);
for (let n = 1; n <= 12; n++) {
  for (const serviceId of serviceIds) {
    service.recordPerformanceMetric({ serviceId, operation: 'read', duration: n, success: true, timestamp });
  }
}
const count = () => {
  if (inTurn > 0 || turns.length > 0) turns.push(inTurn);
  inTurn = 0;
  if (told.size < ${SERVICES}) setImmediate(count);
  else finish();
};
setImmediate(count);
async function finish() {
  const open = service.getAggregations('s7', { period: '1m' });
  const series = service.getSeries('s19999', 'operation_duration');
  await service.close();
  server.close();
  console.log(JSON.stringify({
    told: told.size,
    once: [...told.values()].every((times) => times === 1),
    turns: turns.length,
    busiest: Math.max(...turns),
    open: open.map(({ eventCount }) => eventCount),
    series: series.map(({ count, sum }) => [count, sum]),
    errors: service.stats().errors,
    dropped: service.stats().dropped,
  }));
}
`;

describe('a process whose many services close a minute', () => {
  it('tells each of them once, and goes on with other work in between', async () => {
    const outcome = JSON.parse(await runProgram(CLOSING)) as Record<string, unknown>;
    expect(outcome).toMatchObject({
      ...{ told: SERVICES, once: true, errors: 0, dropped: 0 },
      // 1 + 2 + … + 12 = 78 = 12 × 6.5.
      ...{ open: [12], series: [[12, 78]] },
    });
    // One block would be one turn. A slice of 1.5 ms has room for some hundreds.
    expect(outcome['turns']).toBeGreaterThan(10);
    expect(outcome['busiest']).toBeLessThan(SERVICES / 5);
  });
});

describe('an idle process', () => {
  it('does work in slices to its end, without waiting for something else to happen', async () => {
    // Slices used to wait until something else woke the event loop.
    const program = `${IDLE}
      import { Collector } from './analytics.mjs';
      const long = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
      const collector = new Collector({ bufferSize: 5, flushIntervalMs: 86_400_000 });
      let heard = 0;
      collector.on('performance', () => {
        long(2);
        if (++heard === 5) { console.log('done'); process.exit(); }
      });
      setTimeout(() => { console.log('something else happened'); process.exit(); }, 20_000);
      for (let i = 0; i < 5; i++) collector.record('performance', { operation: 'o', duration: i, success: true });
      console.log(heard < 5 ? 'recorded' : 'blocked');`;
    expect(await runProgram(program)).toBe('recorded\ndone\n');
  });

  it('ends by itself once the work in slices is done', async () => {
    const program = `
      import { Collector } from './analytics.mjs';
      const long = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
      const collector = new Collector({ bufferSize: 5 });
      let heard = 0;
      collector.on('performance', () => { long(2); heard++; });
      for (let i = 0; i < 5; i++) collector.record('performance', { operation: 'o', duration: i, success: true });
      process.on('exit', () => console.log(heard));`;
    expect(await runProgram(program)).toBe('5\n');
  });
});
