/**
 * Takes the pictures of the live page in docs/images: a shop of three services that has lived for a month, whose payments
 * are failing now. The month is made up, the rest is what the library makes of it. Needs `npm run build:js` and Chromium.
 *
 *   node scripts/screenshots.mjs [FOLDER]
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { dashboardPages } from '../dist/dashboard.js';
import { createHandler, serve } from '../dist/http.js';
import { ManualClock, Service } from '../dist/index.js';

const FOLDER = process.argv[2] ?? 'docs/images';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Lived second by second: as long as the finest chart shows. The rest is lived minute by minute. */
const FINE = 25 * MINUTE;
const FAULT = 0.75 * MINUTE;
const MOST_BYTES = 300_000;
const METRICS = {
  queue_depth: { unit: 'mails', labels: ['queue'], direction: 'above', min: 0 },
  open_connections: { unit: 'connections', min: 0 },
};

const PICTURES = [
  { name: 'dashboard-light', query: '?service=payments&range=1h', width: 1280, height: 1240, scheme: 'light' },
  { name: 'dashboard-dark', query: '?service=shop&range=24h', width: 1280, height: 1240, scheme: 'dark' },
  {
    name: 'dashboard-month',
    query: '?service=shop&range=30d',
    width: 1280,
    height: 1180,
    scheme: 'light',
    from: '.charts.traffic',
  },
  {
    name: 'dashboard-lists',
    query: '?service=shop&range=7d',
    width: 1280,
    height: 1000,
    scheme: 'dark',
    from: '.forecasts',
  },
  { name: 'dashboard-phone', query: '?service=payments&range=1h', width: 390, height: 1500, scheme: 'light' },
];

const OPERATIONS = {
  shop: [
    ['GET /products/:id', 0.8, 'unknown_product'],
    ['GET /cart', 0.5, 'session_expired'],
    ['POST /checkout', 2.4, 'payment_failed'],
    ['GET /search', 1.5, 'search_timeout'],
  ],
  catalog: [
    ['GET /items/:id', 1, 'unknown_item'],
    ['PUT /items/:id', 3, 'conflict'],
  ],
  payments: [
    ['POST /charges', 1.1, 'gateway_timeout'],
    ['POST /refunds', 1.6, 'card_declined'],
    ['GET /charges/:id', 0.4, 'not_found'],
  ],
};
const USERS = [
  'mira',
  'jonas',
  'amélie',
  'tomasz',
  'li-wei',
  'sofia',
  'noah',
  'priya',
  'lars',
  'chiara',
  'yusuf',
  'hanna',
];

mkdirSync(FOLDER, { recursive: true });
const service = lived();
const server = await serve(createHandler(service, { dashboard: dashboardPages(service) }));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
for (const { name, query, width, height, scheme, from } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  await page.goto(`${server.url}/dashboard/${query}`);
  await page.waitForSelector('.cells');
  // The second view has the records a second, which takes two to know.
  await page.waitForFunction(() => !document.querySelector('.cost b').textContent.startsWith('–'), undefined, {
    timeout: 15_000,
  });
  const path = join(FOLDER, `${name}.png`);
  if (from === undefined) await page.screenshot({ path });
  else {
    await page.setViewportSize({ width, height: 5000 });
    const { y } = await page.locator(from).boundingBox();
    await page.waitForTimeout(500);
    const bottom = await page.locator('main').evaluate((main) => main.getBoundingClientRect().bottom);
    await page.screenshot({ path, clip: { x: 0, y: y - 16, width, height: Math.min(height, bottom - y) } });
  }
  const { size } = statSync(path);
  console.log(`${path}  ${Math.round(size / 1000)} kB`);
  if (size > MOST_BYTES) process.exitCode = 1;
  await page.close();
}
await browser.close();
await server.close();
await service.close();

/** The month, up to now. */
function lived() {
  const end = Date.now();
  const clock = new ManualClock(end - 30 * DAY);
  const past = new Service({ clock, metrics: METRICS });
  const random = randomNumbers();
  // Living it takes its time as well.
  while (clock.now() < Date.now() - SECOND) {
    const left = Math.max(SECOND, end - clock.now());
    const step = left > FINE ? MINUTE : SECOND;
    clock.advance(Math.min(step, left));
    live(past, clock.now(), end, step / SECOND, random);
  }
  const now = Service.restore(past.snapshot(), { metrics: METRICS });
  setInterval(() => live(now, Date.now(), end, 1, random), SECOND).unref();
  return now;
}

/** What the shop records at one moment. */
function live(service, t, end, seconds, random) {
  const weekday = new Date(t).getUTCDay();
  const weekend = weekday === 0 || weekday === 6 ? 0.7 : 1;
  const day = (0.55 - 0.45 * Math.cos((2 * Math.PI * (t - 4 * HOUR)) / DAY)) * weekend;
  const broken = t > end - FAULT;
  const lastWeek = t > end - 6.3 * DAY && t < end - 6.3 * DAY + 50 * MINUTE;
  const quiet = t > end - 12.6 * DAY && t < end - 12.6 * DAY + 2 * HOUR;
  const noise = (size) => size * random() * (seconds > 1 ? 0.6 : 1);
  const traffic = day * (quiet ? 0.35 : 1);
  const gauges = [
    {
      serviceId: 'shop',
      rate: 90,
      latency: 31,
      errors: 0.004,
      slower: broken ? 46 : lastWeek ? 25 : 0,
      failing: broken ? 0.09 : 0,
    },
    { serviceId: 'catalog', rate: 60, latency: 9, errors: 0.001, slower: lastWeek ? 38 : 0, failing: 0 },
    {
      serviceId: 'payments',
      rate: 24,
      latency: 64,
      errors: 0.011,
      slower: broken ? 240 : 0,
      failing: broken ? 0.31 : 0,
    },
  ];
  for (const { serviceId, rate, latency, errors, slower, failing } of gauges) {
    const isShop = serviceId === 'shop';
    service.recordMetrics({
      timestamp: t,
      serviceId,
      requestRate: Math.max(0, rate * traffic + noise(rate * 0.035)),
      errorRate: Math.min(1, Math.max(0, errors + failing + noise(0.0016 + failing * 0.08))),
      latency: Math.max(1, latency * (1 + 0.25 * traffic) + slower + noise(latency * 0.05 + slower * 0.06)),
      cpuUsage: Math.min(100, Math.max(0, 12 + (isShop ? 48 : 30) * traffic + noise(1.6))),
      memoryUsage: (isShop ? 81 : 48) + ((t - end) / DAY) * (isShop ? 0.7 : 0.02) + noise(0.35),
      diskUsage: (isShop ? 71 : 38) + ((t - end) / DAY) * 0.35 + noise(0.02),
      cacheHitRate: serviceId === 'catalog' ? Math.min(1, 0.93 + noise(0.008)) : undefined,
    });
    // Twelve of each a minute, at whatever pace it is lived.
    const times = seconds > 1 ? 12 : Math.floor(t / SECOND) % 5 === 0 ? 1 : 0;
    for (const [operation, factor, errorType] of OPERATIONS[serviceId]) {
      for (let i = 0; i < times; i++) {
        const duration = latency * factor * Math.exp(0.3 * random()) + slower * Math.abs(1 + 0.3 * random());
        const success = (random() + 3) / 6 > failing + errors;
        service.recordPerformanceMetric({ timestamp: t, serviceId, operation, duration, success, errorType });
      }
    }
  }
  const labels = { queue: 'confirmations' };
  service.recordMetric({
    timestamp: t,
    serviceId: 'shop',
    metricName: 'queue_depth',
    labels,
    value: Math.max(0, 9 * traffic + noise(1.2)),
  });
  service.recordMetric({
    timestamp: t,
    serviceId: 'shop',
    metricName: 'open_connections',
    value: Math.max(0, 20 + 140 * traffic + noise(5)),
  });
  const orders = traffic * (broken ? 0.55 : 1) * seconds;
  service.recordBusinessMetric({
    timestamp: t,
    serviceId: 'shop',
    metricType: 'order_value',
    unit: 'EUR',
    value: Math.max(0, 21 * orders + noise(3) * Math.sqrt(seconds)),
  });
  const user = USERS[Math.min(USERS.length - 1, Math.floor(Math.abs(random()) * 5))];
  service.recordUserBehavior({ timestamp: t, serviceId: 'shop', userId: user, action: 'checkout', success: true });
}

/** About normal numbers, the same in every run: sums of twelve of a linear congruential generator (Numerical Recipes). */
function randomNumbers() {
  let state = 1;
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) {
      state = (1664525 * state + 1013904223) % 2 ** 32;
      sum += state / 2 ** 32;
    }
    return sum;
  };
}
