import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Service } from '../../../src/index.ts';
import { sqlite } from '../../../src/sqlite/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'streamgate-analytics-full-'));
const disk = join(folder, 'disk');
const BALLAST = join(disk, 'ballast');
/** More than the disk can take before the ballast goes. */
const MOST = 200_000;

const isMounted = mount();
afterAll(() => {
  if (isMounted) execFileSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
});

/** A disk of six megabytes, half of it taken; whether that could be had. */
function mount(): boolean {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    return false;
  }
  writeFileSync(BALLAST, Buffer.alloc(3_000_000));
  return true;
}

const open = (): Promise<Service> =>
  Service.open({
    serviceId: 'a',
    store: sqlite({ path: join(disk, 'a.db') }),
    keepEvents: true,
    flushIntervalMs: 60_000,
  });

// It needs a disk of its own: a tmpfs, which root can mount on Linux.
describe.skipIf(!isMounted)('a disk that is full (a tmpfs, mounted by root)', () => {
  it('stops nothing and loses nothing: what it could not take is stored when there is room', {
    timeout: 60_000,
  }, async () => {
    const service = await open();
    const errors: string[] = [];
    service.on('error', (error) => errors.push((error as { readonly code?: string }).code ?? String(error)));
    let recorded = 0;
    const storing = async (): Promise<boolean> => {
      for (let i = 0; i < 200; i++) {
        const metadata = { n: recorded, text: 'x'.repeat(200) };
        if (service.recordEvent({ eventType: 'order_placed', metadata })) recorded++;
      }
      try {
        await service.flush();
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', message: expect.stringMatching(/full/) });
        return false;
      }
    };
    while (await storing()) expect(recorded).toBeLessThan(MOST);
    expect(await storing()).toBe(false);
    expect(errors).toEqual(['ERR_STORE_FAILED']);
    expect(service.getHealth().reasons).toContainEqual(expect.stringMatching(/full/));
    expect(service.getAggregations('a', { period: '1d' })[0]?.eventCount).toBe(recorded);

    rmSync(BALLAST);
    expect(await storing()).toBe(true);
    expect(service.stats().store).toMatchObject({ waiting: 0, dropped: 0, problem: undefined });
    await service.close();

    const again = await open();
    const found: unknown[] = [];
    for await (const { kind, record } of again.history.events()) {
      if (kind === 'event') found.push(record.metadata?.['n']);
    }
    expect(found).toEqual(Array.from({ length: recorded }, (_, n) => n));
    await again.close();
  });
});
