import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';
import { ROUNDS, Workshop } from './recorder.ts';

const workshop = new Workshop();
beforeAll(() => workshop.build());
afterAll(() => workshop.remove());

/**
 * Records, for three services, an event, an execution and a sample each, again and again, flushes now and then, and says
 * how many of each there were when a flush had been acknowledged.
 */
const RECORDER = `
import { writeSync } from 'node:fs';
import { Service, sqlite } from './analytics.mjs';
const service = await Service.open({ store: sqlite({ path: process.env.STORE }), flushIntervalMs: 20, keepEvents: true });
let recorded = Number(process.env.FROM);
writeSync(1, 'ready\\n');
const step = async () => {
  for (let i = 0; i < 40; i++) {
    for (const serviceId of ['a', 'b', 'c']) {
      service.recordEvent({ serviceId, eventType: 'step', metadata: { n: recorded } });
      service.recordPerformanceMetric({ serviceId, operation: 'work', duration: 1 + (recorded % 50), success: true });
      service.recordMetric({ serviceId, metricName: 'depth', value: recorded % 10 });
    }
    recorded++;
  }
  writeSync(1, 'try ' + recorded + '\\n');
  if (Math.random() < 0.3) {
    const upTo = recorded;
    await service.flush();
    writeSync(1, 'ack ' + upTo + '\\n');
  }
  setTimeout(step, 3);
};
step();
`;

interface Found {
  readonly events: number;
  readonly executions: number;
  readonly samples: number;
  readonly rows: number[];
}

async function foundIn(path: string): Promise<{ readonly services: Found[]; readonly accepted: number }> {
  const service = await Service.open({ store: sqlite({ path }) });
  const services: Found[] = [];
  for (const serviceId of ['a', 'b', 'c']) {
    const counted = service
      .getAggregations(serviceId, { period: '1m' })
      .reduce((sum, { eventCount }) => sum + eventCount, 0);
    const executions = service.getSeries(serviceId, 'operation_duration').reduce((sum, { count }) => sum + count, 0);
    const samples = service.getSeries(serviceId, 'depth').reduce((sum, { count }) => sum + count, 0);
    const rows: number[] = [];
    for await (const { kind, record } of service.history.events({ serviceId })) {
      if (kind === 'event') rows.push(Number(record.metadata?.['n']));
    }
    services.push({ events: counted - executions, executions, samples, rows });
  }
  const { accepted } = service.stats();
  await service.close();
  return { services, accepted };
}

const last = (lines: readonly string[], word: string, otherwise: number): number =>
  Number(lines.findLast((line) => line.startsWith(word))?.split(' ')[1] ?? otherwise);

describe('a process that is killed', () => {
  it('has stored what was acknowledged, once, and whole', { timeout: 600_000 }, async () => {
    const path = workshop.path('kill.db');
    let from = 0;
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS(4, 100); round++) {
      const program = workshop.start(RECORDER, { STORE: path, FROM: String(from) });
      await program.said('ready');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
      program.kill();
      await program.ended();
      acknowledged = last(program.lines, 'ack', from);
      // What it was about to record when it was killed was not said any more.
      const tried = last(program.lines, 'try', from) + 40;
      const { services, accepted } = await foundIn(path);
      for (const { events, executions, samples, rows } of services) {
        expect(events).toBeGreaterThanOrEqual(acknowledged);
        expect(events).toBeLessThanOrEqual(tried);
        // A record may be stored and the one that came right behind it not: never more than that.
        expect(events - executions).toBeGreaterThanOrEqual(0);
        expect(events - executions).toBeLessThanOrEqual(1);
        expect(executions - samples).toBeGreaterThanOrEqual(0);
        expect(events - samples).toBeLessThanOrEqual(1);
        expect(rows).toEqual(Array.from({ length: events }, (_, n) => n));
      }
      // Counted last, when more had come than was gathered by then.
      expect(accepted).toBeGreaterThanOrEqual(
        services.reduce((sum, { events, executions, samples }) => sum + events + executions + samples, 0),
      );
      from = Math.max(...services.map(({ events }) => events));
      // The next one begins where all are the same.
      const isEven = services.every(
        ({ events, executions, samples }) => events === from && executions === from && samples === from,
      );
      if (!isEven) from = await even(path, services);
    }
  });
});

/** Records what the last one of three services did not come to. */
async function even(path: string, services: readonly Found[]): Promise<number> {
  const to = Math.max(...services.map(({ events }) => events));
  const service = await Service.open({ store: sqlite({ path }), keepEvents: true });
  for (const [i, serviceId] of ['a', 'b', 'c'].entries()) {
    const { events, executions, samples } = services[i] as Found;
    for (let n = events; n < to; n++) service.recordEvent({ serviceId, eventType: 'step', metadata: { n } });
    for (let n = executions; n < to; n++) {
      service.recordPerformanceMetric({ serviceId, operation: 'work', duration: 1, success: true });
    }
    for (let n = samples; n < to; n++) service.recordMetric({ serviceId, metricName: 'depth', value: 1 });
  }
  await service.close();
  return to;
}
