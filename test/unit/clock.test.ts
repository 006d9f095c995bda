import { describe, expect, it } from 'vitest';
import { type Clock, ManualClock, SlicedWork, SystemClock } from '../../src/clock.ts';

/** Longer than a slice goes on, milliseconds. */
const LONG_MS = 3;

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('slices of the system clock', () => {
  it('do short steps at once, and none after the one that answers false', () => {
    let steps = 0;
    new SystemClock().slice(() => ++steps < 5);
    expect(steps).toBe(5);
  });

  it('let the event loop turn after a long step', async () => {
    const order: string[] = [];
    let steps = 0;
    new SystemClock().slice(() => {
      work(LONG_MS);
      order.push(`step ${++steps}`);
      return steps < 4;
    });
    order.push('caller');
    for (let i = 1; i <= 4; i++) {
      await turn();
      order.push(`turn ${i}`);
    }
    expect(order).toEqual(['step 1', 'caller', 'step 2', 'turn 1', 'step 3', 'turn 2', 'step 4', 'turn 3', 'turn 4']);
  });

  it('of two pieces of work take turns', async () => {
    const clock = new SystemClock();
    const order: string[] = [];
    for (const name of ['a', 'b']) {
      let steps = 0;
      clock.slice(() => {
        work(LONG_MS);
        order.push(name);
        return ++steps < 3;
      });
    }
    for (let i = 0; i < 4; i++) await turn();
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });
});

describe('the coarse time', () => {
  it('stands still for a thousand reads where the event loop does not turn, and is then read anew', () => {
    const clock = new SystemClock();
    const first = clock.coarseNow();
    while (clock.now() <= first);
    for (let i = 0; i < 1000; i++) expect(clock.coarseNow()).toBe(first);
    expect(clock.coarseNow()).toBeGreaterThan(first);
  });

  it('is that of the clock, for a manual one', () => {
    const clock = new ManualClock(5);
    clock.advance(2);
    expect([clock.now(), clock.coarseNow()]).toEqual([7, 7]);
  });
});

describe('a pause', () => {
  it('ends when the event loop has turned', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('loop'));
    await new SystemClock().pause();
    order.push('goes on');
    expect(order).toEqual(['loop', 'goes on']);
  });
});

describe('a manual clock', () => {
  it('does all steps of a slice at once', () => {
    let steps = 0;
    new ManualClock(0).slice(() => ++steps < 1000);
    expect(steps).toBe(1000);
  });

  it('runs timers in the order of their times, each once for every interval, until they are stopped', () => {
    const clock = new ManualClock(0);
    const ticks: string[] = [];
    clock.every(30, () => ticks.push(`a ${clock.now()}`));
    const stop = clock.every(20, () => {
      ticks.push(`b ${clock.now()}`);
      if (clock.now() === 60) stop();
    });
    clock.advance(95);
    expect(ticks).toEqual(['b 20', 'a 30', 'b 40', 'a 60', 'b 60', 'a 90']);
    expect(clock.now()).toBe(95);
  });
});

describe('sliced work', () => {
  /** A clock that does one step a turn. */
  class OneStep extends ManualClock implements Clock {
    readonly waiting: (() => boolean)[] = [];

    override slice(step: () => boolean): void {
      if (step()) this.waiting.push(step);
    }

    turn(): void {
      for (const step of this.waiting.splice(0)) this.slice(step);
    }
  }

  it('is done once at a time, however often it is begun', () => {
    const clock = new OneStep(0);
    let steps = 0;
    const sliced = new SlicedWork(clock, () => ++steps % 3 !== 0);
    sliced.begin();
    sliced.begin();
    expect([steps, clock.waiting.length]).toEqual([1, 1]);
    clock.turn();
    sliced.begin();
    clock.turn();
    expect([steps, clock.waiting.length]).toEqual([3, 0]);
    // Done, so it begins anew.
    sliced.begin();
    expect([steps, clock.waiting.length]).toEqual([4, 1]);
  });

  it('can be begun anew after a step that threw', () => {
    let steps = 0;
    const sliced = new SlicedWork(new ManualClock(0), () => {
      if (++steps === 1) throw new Error('broken');
      return false;
    });
    expect(() => sliced.begin()).toThrow('broken');
    sliced.begin();
    expect(steps).toBe(2);
  });
});
