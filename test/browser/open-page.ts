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

/** What of the browser's canvas is used below; this repository is compiled without the browser's declarations. */
declare const OffscreenCanvas: new (
  width: number,
  height: number,
) => {
  getContext(
    type: '2d',
    options: { readonly willReadFrequently: true },
  ): {
    drawImage(canvas: unknown, x: number, y: number): void;
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
};

/** How many pixels of a chart have nearly this colour: red, green, blue. */
export function pixelsLike(page: Page, chart: string, colour: readonly number[]): Promise<number> {
  const canvas = page
    .getByRole('img', { name: new RegExp(`^${chart} is`) })
    .locator('canvas')
    .first();
  return canvas.evaluate((element, wanted) => {
    const { width, height } = element as unknown as { readonly width: number; readonly height: number };
    // A copy, because Chromium complains of canvases that are read again and again.
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(element, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const isNear = wanted.every((channel, j) => Math.abs(channel - (data[i + j] as number)) < 12);
      if (isNear && (data[i + 3] as number) > 240) count++;
    }
    return count;
  }, colour);
}
