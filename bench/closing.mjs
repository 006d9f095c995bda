// How long the event loop stands still while the minute of very many series closes.
import assert from 'node:assert/strict';
import { Service, SystemClock } from '../dist/index.js';
import { idleBlock, RUNS, summarize, turn, watchLoop } from './measure.mjs';
import { Workload } from './workload.mjs';

const MAX_SERIES = 200_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const A_MINUTE = 3;
/** Prime, and no divisor of the numbers of series. */
const STRIDE = 7919;
/** Buckets that are looked at in one turn: some hundredths of a millisecond. */
const AT_ONCE = 5;
/** Services that are watched until they are closed; all are counted after the last minute. */
const LOOKED_AT = 2000;
const PATIENCE_MS = 120_000;

/** The machine's clock with minutes that can be skipped. */
class ShiftedClock extends SystemClock {
  shift = 0;

  now() {
    return super.now() + this.shift;
  }

  coarseNow() {
    return super.coarseNow() + this.shift;
  }

  jumpTo(time) {
    this.shift += time - this.now();
  }
}

/** Closes, by the service's own timer, minutes in which every series got three records. */
export async function closing(layout, series) {
  const workload = new Workload(layout, series);
  const clock = new ShiftedClock();
  const base = Math.ceil(clock.now() / HOUR_MS) * HOUR_MS;
  const service = new Service({ clock, maxSeries: MAX_SERIES, flushIntervalMs: 50 });
  const { services, operations, durations } = workload;
  const ids = [...new Set(services)];
  const probes = [ids[0], ids[ids.length >> 1], ids.at(-1)];
  const lookedAt = ids.filter((_, i) => i % Math.ceil(ids.length / LOOKED_AT) === 0);
  const bucketOf = (id, start) =>
    service.aggregator.getAggregations(id, { period: '1m', from: start, to: start + MINUTE_MS })[0];
  const runs = [];
  for (let minute = 0; minute <= RUNS; minute++) {
    const start = base + minute * MINUTE_MS;
    clock.jumpTo(start + 10_000);
    // The coarse time may be some hundredths of a second old.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let given = 0; given < A_MINUTE * series; given++) {
      // Every series in turn, but not in the order in which they were made.
      const i = (given * STRIDE) % series;
      const duration = durations[given % durations.length];
      service.recordPerformanceMetric({ serviceId: services[i], operation: operations[i], duration, success: true });
      if (given % 1000 === 999) await turn();
    }
    await service.flush();
    runs.push(
      await watchLoop(async () => {
        const began = performance.now();
        clock.jumpTo(start + MINUTE_MS + 6000);
        const isClosed = (id) => bucketOf(id, start)?.complete === true;
        await until(() => probes.every(isClosed), 5);
        const total = performance.now() - began;
        // The order is the service's own: whatever is still open must close without a long block too.
        let closed = 0;
        await until(() => {
          for (let i = 0; i < AT_ONCE && closed < lookedAt.length && isClosed(lookedAt[closed]); i++) closed++;
          return closed === lookedAt.length;
        }, 0);
        return total;
      }),
    );
  }
  const last = base + RUNS * MINUTE_MS;
  const count = ids.reduce((sum, id) => sum + bucketOf(id, last).eventCount, 0);
  assert.equal(count, A_MINUTE * series, 'records in the last minute');
  await service.close();
  const timed = runs.slice(1).map(({ result, longest }) => ({ total: result, longest }));
  return { ...summarize(timed), idle: await idleBlock(200) };
}

/** Lets the event loop turn until `isDone`, which is asked every so many milliseconds. */
async function until(isDone, everyMs) {
  const deadline = performance.now() + PATIENCE_MS;
  for (let next = 0; !isDone(); next = performance.now() + everyMs) {
    assert.ok(performance.now() < deadline, 'the minute must close');
    do await turn();
    while (performance.now() < next);
  }
}
