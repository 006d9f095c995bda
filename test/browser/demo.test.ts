import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLoad } from '../../src/cli/demo-load.ts';
import { type DemoShop, SHOP_METRICS, startShop } from '../../src/cli/demo-shop.ts';
import { type LivePage, servePage } from '../../src/cli/live-page.ts';
import { Service } from '../../src/index.ts';
import { launch, open, pixelsLike } from './open-page.ts';

let browser: Browser;
let analytics: Service;
let shop: DemoShop;
let live: LivePage;
let timer: NodeJS.Timeout;
const stop = new AbortController();
let load: Promise<unknown>;

/** The demo's shop under its load, without its director: the tests break it. */
beforeAll(async () => {
  browser = await launch();
  analytics = new Service({ metrics: SHOP_METRICS, flushIntervalMs: 1000, latenessMs: 1000 });
  live = await servePage(analytics, 0);
  shop = await startShop(analytics);
  load = runLoad(shop.url, { requestsPerSecond: 36, maxConcurrent: 32, maxRequests: 20_000, signal: stop.signal });
  timer = setInterval(() => shop.recordSnapshots(), 1000);
});

afterAll(async () => {
  clearInterval(timer);
  stop.abort();
  await load;
  await shop.close();
  await live.close();
  await analytics.close();
  await browser.close();
});

/** Of the style sheet, in the light theme: `--anomaly` is #c2410c. */
const ANOMALY = [0xc2, 0x41, 0x0c];

describe('the page on a shop under load', () => {
  it('opens live while the series are still learned, and says what is missing', async () => {
    const { page, complaints } = await open(browser, `${live.url}?service=payments&range=15m`);
    await page
      .getByText(/Learning what is normal: \d+ of 10 samples, \d+ to go, about \d+/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Live', pressed: true }).waitFor();
    await page.getByText(/^data \d\s?s old$/).waitFor();
    const rate = page.getByRole('img', { name: /^Request rate is/ });
    const before = await rate.getAttribute('aria-label');
    await expect.poll(() => rate.getAttribute('aria-label'), { timeout: 10_000 }).not.toBe(before);
    await page.getByText('Healthy').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows a fault within ten seconds as a sentence and as a marked point, and its end', async () => {
    const { page, complaints } = await open(browser, `${live.url}?service=payments&range=15m`, {
      colorScheme: 'light',
    });
    const latency = page.getByRole('img', { name: /^Latency is .* expected .*No anomalies/ });
    await latency.waitFor({ timeout: 30_000 });
    expect(await pixelsLike(page, 'Latency', ANOMALY)).toBe(0);

    shop.setFault(true);
    const within = { timeout: 10_000 };
    const episode = page.locator('.episode', { hasText: 'payments' }).filter({ hasText: 'Latency' });
    await episode.waitFor(within);
    await page.getByRole('img', { name: /^Latency is .*Anomalies: \w+, above normal, since/ }).waitFor(within);
    await expect.poll(() => pixelsLike(page, 'Latency', ANOMALY), within).toBeGreaterThan(20);
    expect(await episode.textContent()).toMatch(/ms now, above the .* that was expected\. At worst .* instead of/);
    expect(await page.locator('.top').textContent()).toMatch(/Degraded|Critical/);

    await episode.getByRole('button', { name: 'Explain' }).click();
    await episode
      .locator('.reasons')
      .getByText(/latency was .*expected .*since .* UTC/)
      .waitFor();

    shop.setFault(false);
    await episode.waitFor({ state: 'detached', timeout: 40_000 });
    await page.getByText(/episodes? ended in this range/).waitFor();
    expect(complaints).toEqual([]);
  });

  it('silences a metric of a service for an hour', async () => {
    const { page } = await open(browser, `${live.url}?service=payments&range=15m`);
    shop.setFault(true);
    const episode = page.locator('.episode', { hasText: 'payments' }).filter({ hasText: 'Latency' });
    await episode.getByRole('button', { name: 'Silence 1 h' }).click({ timeout: 20_000 });
    await episode.getByText(/silenced/).waitFor();
    const planned = await (await fetch(`${live.apiUrl}/silences`)).json();
    expect(planned).toMatchObject([{ service_id: 'payments', metric_name: 'latency' }]);
    shop.setFault(false);
  });
});
