// How long the page takes to open on 30 days of a service with ten metrics, and whether it stays smooth while it is live.
//
// Browser and server share the machine. What is measured is what somebody waits for: from the address to charts that are
// drawn. Needs Chromium: on the path, or named in the environment variable CHROMIUM.
import { chromium } from 'playwright-core';
import { dashboardPages } from '../dist/dashboard.js';
import { createHandler, serve } from '../dist/http.js';
import { ManualClock, Service } from '../dist/index.js';
import { median } from './measure.mjs';
import { short, table } from './page.mjs';

const MINUTE = 60_000;
const DAY = 86_400_000;
const DAYS = 30;
/** How long the live page is watched, milliseconds. */
const WATCHED_MS = 20_000;

export async function run({ rounds, progress }) {
  progress(`${DAYS} days of ten metrics`);
  const { service, clock } = live(DAYS);
  const server = await serve(createHandler(service, { dashboard: dashboardPages(service) }));
  const browser = await launch();
  try {
    const opened = [];
    for (let round = 0; round < rounds + 1; round++) {
      progress(`opening the page, ${round + 1} of ${rounds + 1}`);
      opened.push(await open(browser, `${server.url}/dashboard/?range=30d&live=no`));
    }
    // The first one starts the browser's own parts.
    const warm = opened.slice(1);
    const data = await answer(`${server.url}/dashboard/data?range=${DAYS * DAY}&points=720`);
    progress('watching the live page');
    const smooth = await watch(browser, `${server.url}/dashboard/?range=15m`, service, clock);
    const open30 = median(warm.map(({ ms }) => ms));
    return {
      reached: { 'page-open': open30 },
      tables: [
        table(
          'The page',
          ['', 'median', 'largest'],
          [
            [
              '30 days, ten metrics: from the address to drawn charts',
              `${short(open30)} ms`,
              `${short(Math.max(...warm.map(({ ms }) => ms)))} ms`,
            ],
            ['the same in a browser that has just been started', `${short(opened[0].ms)} ms`, ''],
            ['the data of it on the server', `${short(data.ms)} ms`, `${short(data.largest)} ms`],
            [
              'live, 15 minutes of one sample a second: between two frames',
              `${short(smooth.median)} ms`,
              `${short(smooth.largest)} ms`,
            ],
          ],
        ),
      ],
      notes: [
        `${warm[0].charts} charts and a heat map; ${short(data.bytes / 1024)} KiB of data, the page itself ${short(data.files / 1024)} KiB, once`,
        `live for ${WATCHED_MS / 1000} s: ${smooth.updates} updates, ${smooth.long} tasks of over 50 ms, the longest ${short(smooth.longest)} ms`,
      ],
    };
  } finally {
    await browser.close();
    await server.close();
    await service.close();
  }
}

function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** A service that lived through so many days up to now, a sample a minute of each of ten metrics. */
function live(days) {
  const end = Date.now();
  const clock = new ManualClock(end - days * DAY);
  const past = new Service({ clock });
  let seed = 1;
  const random = () => {
    seed = (1664525 * seed + 1013904223) % 2 ** 32;
    return seed / 2 ** 32;
  };
  while (clock.now() + MINUTE < end) {
    clock.advance(MINUTE);
    const t = clock.now();
    const day = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / DAY);
    past.recordMetrics({
      serviceId: 'shop',
      cpuUsage: 20 + 40 * day + 4 * random(),
      memoryUsage: 50 + 10 * random(),
      diskUsage: 60 + (20 * t) / end,
      requestRate: 40 + 150 * day + 9 * random(),
      errorRate: 0.01 * random(),
      latency: 20 + 10 * day + 4 * random(),
      cacheHitRate: 0.9 + 0.05 * random(),
    });
    past.recordMetric({
      serviceId: 'shop',
      metricName: 'queue_depth',
      labels: { queue: 'mails' },
      value: 10 * random(),
    });
    past.recordMetric({ serviceId: 'shop', metricName: 'connections', value: 50 + 10 * random() });
    past.recordBusinessMetric({ serviceId: 'shop', metricType: 'order_value', value: 100 * random() });
  }
  return { service: Service.restore(past.snapshot()), clock };
}

async function open(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const began = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  const charts = await page.waitForFunction(
    () => {
      const drawn = document.querySelectorAll('.plot canvas').length;
      return drawn >= 10 && document.querySelector('.cells') !== null ? drawn : 0;
    },
    undefined,
    { polling: 'raf' },
  );
  const result = { ms: performance.now() - began, charts: await charts.jsonValue() };
  await context.close();
  return result;
}

/** The data of a first view, without a browser. */
async function answer(url) {
  const times = [];
  let bytes = 0;
  for (let i = 0; i < 9; i++) {
    const began = performance.now();
    const response = await fetch(url);
    bytes = (await response.arrayBuffer()).byteLength;
    times.push(performance.now() - began);
  }
  const html = await (await fetch(new URL('./', url))).text();
  let files = html.length;
  for (const [, name] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    files += (await (await fetch(new URL(name, url))).arrayBuffer()).byteLength;
  }
  return { ms: median(times), largest: Math.max(...times), bytes, files };
}

async function watch(browser, url, service) {
  const record = () =>
    service.recordMetrics({
      serviceId: 'shop',
      cpuUsage: 40 + 4 * Math.random(),
      memoryUsage: 55,
      requestRate: 90 + 9 * Math.random(),
      errorRate: 0.01 * Math.random(),
      latency: 25 + 4 * Math.random(),
    });
  for (let second = 900; second > 0; second--) {
    service.recordMetrics({ serviceId: 'shop', latency: 25, requestRate: 90, timestamp: Date.now() - second * 1000 });
  }
  const timer = setInterval(record, 1000);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page.waitForSelector('.plot canvas');
  const seen = await page.evaluate(async (duration) => {
    const frames = [];
    const tasks = [];
    let updates = 0;
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({
      type: 'longtask',
    });
    new MutationObserver(() => updates++).observe(document.querySelector('.readout b'), {
      characterData: true,
      subtree: true,
      childList: true,
    });
    const end = performance.now() + duration;
    let before = performance.now();
    await new Promise((resolve) => {
      const tick = (now) => {
        frames.push(now - before);
        before = now;
        if (now < end) requestAnimationFrame(tick);
        else resolve();
      };
      requestAnimationFrame(tick);
    });
    frames.sort((a, b) => a - b);
    return {
      ...{ median: frames[frames.length >> 1], largest: frames.at(-1), updates },
      ...{ long: tasks.length, longest: Math.max(0, ...tasks) },
    };
  }, WATCHED_MS);
  clearInterval(timer);
  await page.close();
  return seen;
}
