import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LivePage, servePage } from '../../src/cli/live-page.ts';
import { ManualClock, Service } from '../../src/index.ts';
import { livedThrough } from './lived-service.ts';
import { launch, open, pixelsLike } from './open-page.ts';

let browser: Browser;
let clock: ManualClock;
let service: Service;
let live: LivePage;

/** Two hours of a shop with a fault at their end. */
beforeAll(async () => {
  browser = await launch();
  ({ clock, service } = livedThrough({ hours: 2 }));
  live = await servePage(service, 0, clock);
});

afterAll(async () => {
  await live.close();
  await service.close();
  await browser.close();
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  it.each([360, 1440, 3840])(
    '%i pixels wide, it has all its parts, nothing sticks out and nothing complains',
    async (width) => {
      const { page, complaints } = await open(browser, live.url, { colorScheme, viewport: { width, height: 900 } });
      await page.locator('.plot canvas').first().waitFor();
      const headings = await page.locator('h2').allInnerTexts();
      expect(headings.map((text) => text.toLowerCase())).toEqual([
        ...['needs attention', 'traffic', 'resources', 'anomaly heat map', 'forecasts', 'custom and business metrics'],
        ...['top errors', 'top users', 'slowest operations', 'own cost'],
      ]);
      const overhang = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overhang).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    },
  );

  it('has no finding of axe that is serious', async () => {
    // Only to let axe itself in; the page under its own policy is what the other tests open.
    const { page } = await open(browser, live.url, { colorScheme, bypassCSP: true });
    await page.locator('.plot canvas').first().waitFor();
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }))).toEqual([]);
  });
});

describe('the page', () => {
  it('keeps what is in view in its URL, and the Back button goes back to it', async () => {
    const { page } = await open(browser, live.url);
    await page.getByLabel('Service').selectOption('payments');
    await page.getByRole('radio', { name: '15 m' }).check();
    await page.getByRole('radio', { name: 'Dark' }).check();
    await page.getByRole('button', { name: 'Live' }).click();
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({ service: 'payments', range: '15m', theme: 'dark', live: 'no' });
    await page.reload();
    await page.getByRole('button', { name: 'Paused', pressed: false }).waitFor();
    expect(await page.getByLabel('Service').inputValue()).toBe('payments');
    expect(await page.getByRole('radio', { name: '15 m' }).isChecked()).toBe(true);
    await page.goBack();
    await expect.poll(() => page.getByRole('radio', { name: '1 h' }).isChecked()).toBe(true);
  });

  it('gives each chart in words, and its values to the arrow keys', async () => {
    const { page } = await open(browser, `${live.url}?service=shop`);
    const chart = page.getByRole('img', { name: /^Latency is/ });
    const words = await chart.getAttribute('aria-label');
    expect(words).toMatch(
      /^Latency is [\d.]+\s?ms, between .* in the last 1\s?h, expected .*, forecast for .* ahead .*Anomalies: critical, above normal, since/,
    );
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.locator('.readout time').first().waitFor();
  });

  it('takes every panel away as a curl command that works and as a CSV file', async () => {
    const { page } = await open(browser, `${live.url}?service=shop`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.locator('.plot canvas').first().waitFor();
    const buttons = page.getByRole('button', { name: /^Copy a curl command/ });
    const panels = await page.locator('.panel').count();
    expect(await buttons.count()).toBe(panels);
    for (let i = 0; i < panels; i++) {
      await buttons.nth(i).click();
      const command = (await page.evaluate('navigator.clipboard.readText()')) as string;
      const [, url = ''] = /^curl -s '([^']+)'$/.exec(command) ?? [];
      const response = await fetch(url);
      expect({ url, status: response.status }).toEqual({ url, status: 200 });
      await response.json();
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download Latency as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('shop-Latency.csv');
    const [head, first] = readFileSync(await download.path(), 'utf8').split('\r\n');
    expect(head).toBe('timestamp,value,expected,lower,upper,forecast,forecast_lower,forecast_upper');
    expect(first).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,\d/);
  });

  it('has files that never change under their names, and none that is not its own', async () => {
    const html = await (await fetch(live.url)).text();
    const names = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name = '']) => name);
    expect(names).toHaveLength(3);
    for (const name of names) {
      expect(name).toMatch(/^(app|icon)\.[0-9a-f]{12}\.(js|css|svg)$/);
      const { status, headers } = await fetch(new URL(name, live.url));
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toContain('immutable');
      const again = await fetch(new URL(name, live.url), { headers: { 'if-none-match': headers.get('etag') ?? '' } });
      expect(again.status).toBe(304);
    }
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|https?:/);
    const policy = (await fetch(live.url)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const path of ['../package.json', 'app.js', '%2e%2e%2fpackage.json', 'nothing']) {
      expect((await fetch(new URL(path, live.url))).status, path).not.toBe(200);
    }
  });

  it('is reached without the slash at its end, with its query', async () => {
    const response = await fetch(`${live.url.slice(0, -1)}?range=6h`);
    expect(new URL(response.url).href).toBe(`${live.url}?range=6h`);
    expect(response.status).toBe(200);
  });

  it('says that the connection is lost, and catches up when the server is back', async () => {
    const now = new ManualClock(clock.now());
    const other = Service.restore(service.snapshot(), { clock: now });
    let served = await servePage(other, 0, now);
    onTestFinished(() => served.close());
    const { page } = await open(browser, `${served.url}?service=shop&range=15m`);
    await page.locator('.plot canvas').first().waitFor();
    const port = Number(new URL(served.url).port);
    await served.close();
    await page.getByText(/connection lost/).waitFor({ timeout: 15_000 });
    for (let second = 0; second < 5; second++) {
      now.advance(1000);
      other.recordMetrics({ serviceId: 'shop', requestRate: 777 });
    }
    served = await servePage(other, port, now);
    await page.getByRole('img', { name: /^Request rate is 777/ }).waitFor({ timeout: 20_000 });
    expect(await page.locator('.age').textContent()).not.toContain('lost');
  });

  it('prints without its controls', async () => {
    const { page } = await open(browser, live.url);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Live' }).isVisible()).toBe(false);
    expect(await page.getByRole('heading', { name: 'Needs attention' }).isVisible()).toBe(true);
  });

  it('prints in the colours of paper, charts included, whatever the colours of the screen are', async () => {
    const { page } = await open(browser, `${live.url}?theme=dark&service=shop`);
    await page.locator('.plot canvas').first().waitFor();
    const lineOf = { dark: [0x6c, 0xb6, 0xff], light: [0x0b, 0x5c, 0xab] };
    const colours = async () => [
      await page.evaluate('document.documentElement.dataset.theme'),
      (await pixelsLike(page, 'CPU', lineOf.dark)) > 100,
      (await pixelsLike(page, 'CPU', lineOf.light)) > 100,
    ];
    await expect.poll(colours).toEqual(['dark', true, false]);
    await page.emulateMedia({ media: 'print' });
    await expect.poll(colours).toEqual(['light', false, true]);
    const [column, canvas] = await Promise.all(
      ['.plot', '.plot canvas'].map((part) => page.locator(part).first().boundingBox()),
    );
    expect(canvas?.width).toBe(column?.width);
    await page.emulateMedia({ media: 'screen' });
    await expect.poll(colours).toEqual(['dark', true, false]);
  });

  it('moves nothing for people who asked for that', async () => {
    const { page } = await open(browser, live.url, { reducedMotion: 'reduce' });
    const moving = await page.evaluate('document.getAnimations().length');
    expect(moving).toBe(0);
  });

  it('says what is missing while there is no record', async () => {
    const empty = new Service();
    const served = await servePage(empty, 0);
    onTestFinished(() => served.close());
    const { page, complaints } = await open(browser, served.url);
    await page.getByText('No records yet').waitFor();
    await page.getByText('No record has come yet.').waitFor();
    await page.getByText('No data yet').waitFor();
    expect(await page.getByText('Healthy').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe('hostile names', () => {
  const NAMES = [
    '<img src=x onerror="globalThis.broken=1">',
    '"><script>globalThis.broken=1</script>',
    '\u202Eevil txt.exe\u2066',
    'שירות התשלומים',
    'x'.repeat(256),
    "javascript:globalThis.broken=1//'",
    '=HYPERLINK("http://example.com")',
    '__proto__',
  ];

  it('are text wherever they stand, and move nothing', async () => {
    const hostileClock = new ManualClock(Date.UTC(2026, 0, 5, 9));
    const hostile = new Service({ clock: hostileClock });
    for (let minute = 0; minute < 40; minute++) {
      for (const name of NAMES) {
        const value = minute < 38 ? 10 + (minute % 3) : 900;
        const labels = { [name]: name };
        hostile.recordMetrics({ serviceId: name, latency: value, cpuUsage: 5 });
        hostile.recordMetric({ serviceId: name, metricName: name, labels, value, unit: name });
        hostile.recordBusinessMetric({ serviceId: name, metricType: name, value, dimension: labels });
        hostile.recordUserBehavior({ serviceId: name, userId: name, action: name, success: false, errorMessage: name });
        hostile.recordPerformanceMetric({
          serviceId: name,
          operation: name,
          duration: value,
          success: false,
          errorType: name,
        });
        hostile.markDeploy(name, { version: name });
      }
      hostileClock.advance(60_000);
    }
    const served = await servePage(hostile, 0, hostileClock);
    onTestFinished(() => served.close());
    for (const name of NAMES) {
      const { page, complaints } = await open(browser, `${served.url}?service=${encodeURIComponent(name)}`, {
        viewport: { width: 1024, height: 800 },
      });
      await page.locator('.plot canvas').first().waitFor();
      expect(await page.getByLabel('Service').inputValue()).toBe(name);
      expect(await page.locator('.bars bdi', { hasText: name }).first().textContent()).toBe(name);
      expect(await page.locator('h3', { hasText: name }).first().textContent()).toContain(name);
      expect(await page.evaluate('globalThis.broken')).toBeUndefined();
      expect(await page.locator('img:not([role]), #app script, iframe').count()).toBe(0);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    }
  });
});
