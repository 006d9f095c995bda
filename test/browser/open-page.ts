import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject, onTestFinished } from 'vitest';

/** A page with all that it complained about. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of the console, exceptions, violations of the policy. */
  readonly complaints: string[];
}

/** The browser that the set-up found. A sandbox does not work for root. */
export function launch(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: inject('chromium'), args });
}

/** Opens a page until the test is over. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The policy's violations are told there too.
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  await page.waitForSelector('.panel');
  return { page, complaints };
}

/** How many pixels of a chart have nearly this colour, written as `194, 65, 12`. */
export function pixelsLike(page: Page, chart: string, colour: string): Promise<number> {
  const canvas = page
    .getByRole('img', { name: new RegExp(`^${chart} is`) })
    .locator('canvas')
    .first();
  // As text, since it runs in the browser, whose names are not known here. On a copy of the canvas, because Chromium
  // complains of those that are read again and again.
  return canvas.evaluate(`(canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 240 && [${colour}].every((channel, j) => Math.abs(channel - data[i + j]) < 12)) count++;
    }
    return count;
  }`);
}
