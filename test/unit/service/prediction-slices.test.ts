import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/clock.ts';
import { Service } from '../../../src/service.ts';

/** Counts the steps of work between which the event loop may turn. */
class CountingClock extends ManualClock {
  step = 0;

  override slice(step: () => boolean): void {
    do this.step++;
    while (step());
  }
}

const SERIES = 300;
const START = Date.UTC(2026, 0, 5);

function run(clock: ManualClock, told: (id: string) => void): Service {
  const service = new Service({ serviceId: 'many', clock, flushIntervalMs: 60_000 });
  service.on('prediction', ({ id }) => told(id));
  for (let minute = 0; minute < 26; minute++) {
    for (let k = 0; k < SERIES; k++) service.recordMetric({ metricName: `queue_${k}`, value: (minute * k) % 11 });
    clock.advance(60_000);
  }
  return service;
}

describe('predictions of many series at one tick', () => {
  it('are told some at a time, each once', () => {
    const clock = new CountingClock(START);
    const byStep = new Map<number, number>();
    const ids = new Set<string>();
    let total = 0;
    run(clock, (id) => {
      byStep.set(clock.step, (byStep.get(clock.step) ?? 0) + 1);
      ids.add(id);
      total++;
    });
    expect(total).toBeGreaterThanOrEqual(SERIES * 3);
    expect(ids.size).toBe(total);
    // Twenty series with three horizons each.
    expect(Math.max(...byStep.values())).toBeLessThanOrEqual(60);
  });

  it('are the same ones whoever looks in between', () => {
    const quiet: string[] = [];
    const busy: string[] = [];
    run(new ManualClock(START), (id) => quiet.push(id));
    const clock = new CountingClock(START);
    const looked = { service: undefined as Service | undefined };
    looked.service = run(clock, (id) => {
      busy.push(id);
      looked.service?.getPredictions('many', 1);
    });
    expect(busy).toEqual(quiet);
  });
});
