import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Service } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPERATIONS = 500;
/** Of 250 records each 5 milliseconds: 50,000 a second, where the machine is quick enough. */
const STEPS = 200;
const STEP_RECORDS = 250;

it('closing in the middle of 50,000 records a second stores each that was accepted', { timeout: 60_000 }, async () => {
  const path = join(folder, 'load.db');
  const service = await Service.open({ store: sqlite({ path }), flushIntervalMs: 100 });
  const handles = Array.from({ length: OPERATIONS }, (_, i) => service.operation(`s${i % 50}`, `op${i % 10}`));
  let accepted = 0;
  let closing: Promise<unknown> | undefined;
  await new Promise<void>((resolve) => {
    let step = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < STEP_RECORDS; i++) {
        try {
          handles[(step * STEP_RECORDS + i) % OPERATIONS]?.record(i % 97, true);
          accepted++;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_CLOSED' });
          clearInterval(timer);
          resolve();
          return;
        }
      }
      if (++step === STEPS) closing = Promise.all([service.close(), service.close()]);
    }, 5);
  });
  await closing;
  expect(accepted).toBeGreaterThanOrEqual(STEPS * STEP_RECORDS);
  expect(service.stats()).toMatchObject({ accepted, store: { dropped: 0, waiting: 0 } });

  const again = await Service.open({ store: sqlite({ path }) });
  expect(again.stats().accepted).toBe(accepted);
  let stored = 0;
  for (let i = 0; i < 50; i++) {
    for (const { eventCount } of again.getAggregations(`s${i}`, { period: '1d' })) stored += eventCount;
  }
  expect(stored).toBe(accepted);
  await again.close();
});
