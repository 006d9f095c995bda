// Keeps a service in SQLite and goes on from it, where the runtime opens such databases by itself.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Service } from '@streamgate/analytics';
import { sqlite } from '@streamgate/analytics/sqlite';

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-'));
const path = join(folder, 'analytics.db');
if (process.getBuiltinModule?.('node:sqlite') === undefined) {
  assert.throws(() => sqlite({ path }), { code: 'ERR_MISSING_PEER', message: /npm install libsql/ });
} else {
  const service = await Service.open({ serviceId: 'shop', store: sqlite({ path }) });
  service.recordEvent({ eventType: 'order_placed' });
  await service.flush();
  await service.close();
  const again = await Service.open({ serviceId: 'shop', store: sqlite({ path }) });
  assert.equal(again.stats().accepted, 1);
  let events = 0;
  for await (const { eventCount } of again.history.aggregations('shop', { period: '1d' })) events += eventCount;
  assert.equal(events, 1);
  await again.close();
}
rmSync(folder, { recursive: true });
