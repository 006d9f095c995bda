import { describe, expect, it } from 'vitest';
import { dashboardPages } from '../../../src/dashboard/index.ts';
import type { View } from '../../../src/dashboard/page-data.ts';
import { ManualClock, Service } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const T0 = Date.UTC(2026, 0, 1);

/** Ten minutes of a shop at one sample a second; for the last 30 seconds it is slow. */
function lived() {
  const clock = new ManualClock(T0);
  const service = new Service({ clock });
  for (let second = 0; second < 600; second++) {
    clock.advance(SECOND);
    const latency = 20 + (second % 3) + (second < 570 ? 0 : 300);
    service.recordMetrics({ serviceId: 'shop', latency, requestRate: 50 + (second % 5), cpuUsage: 40 });
    service.recordMetric({ serviceId: 'mail', metricName: 'depth', labels: { queue: 'in' }, value: second % 4 });
  }
  return { clock, service, pages: dashboardPages(service, { clock }) };
}

async function viewOf(pages: ReturnType<typeof dashboardPages>, query: string): Promise<View> {
  const response = await pages.respond(new Request(`http://host/dashboard/data?${query}`), '/data');
  return (await response?.json()) as View;
}

describe('the data of the page', () => {
  it('is of the service that needs it most, unless one is named', async () => {
    const { pages } = lived();
    const view = await viewOf(pages, 'range=900000');
    expect(view.service).toBe('shop');
    expect(view.attention.map(({ serviceId, metricName }) => [serviceId, metricName])).toEqual([['shop', 'latency']]);
    expect(view.services.map(({ id, open }) => [id, open])).toEqual([
      ['shop', 1],
      ['mail', 0],
    ]);
    expect((await viewOf(pages, 'service=mail')).service).toBe('mail');
    expect((await viewOf(pages, 'service=nobody')).service).toBe('shop');
  });

  it('has charts in the order of the page, with band, forecast and episodes', async () => {
    const { clock, pages } = lived();
    const { charts, now } = await viewOf(pages, 'range=900000&points=900');
    expect(now).toBe(clock.now());
    expect(charts.map(({ place, metricName }) => [place, metricName])).toEqual([
      ['traffic', 'request_rate'],
      ['traffic', 'latency'],
      ['resources', 'cpu_usage'],
    ]);
    const latency = charts[1];
    expect(latency?.columns[0]).toHaveLength(600);
    expect(latency?.columns[1].slice(-1)).toEqual([320 + (599 % 3)]);
    expect(latency?.columns[4].at(-40)).toBeGreaterThan(22);
    expect(latency?.marks).toMatchObject([{ direction: 'above', startedAt: T0 + 571 * SECOND }]);
    expect(latency?.forecast[0].every((time) => time > now)).toBe(true);
    expect(latency?.forecast[0].length).toBeGreaterThan(3);
  });

  it('begins where the data begins, where that is much later than the range', async () => {
    const { clock, pages } = lived();
    expect((await viewOf(pages, `range=${60 * MINUTE}&points=900`)).start).toBe(T0 + SECOND);
    expect((await viewOf(pages, `range=${5 * MINUTE}`)).start).toBe(clock.now() - 5 * MINUTE);
  });

  it('is only what is newer where the page has the rest already', async () => {
    const { clock, pages } = lived();
    const all = await viewOf(pages, 'range=900000&points=900');
    const part = await viewOf(pages, `range=900000&points=900&since=${clock.now() - 10 * SECOND}`);
    // Ten seconds, and one step before them that may have been under way.
    expect(part.charts[0]?.columns[0]).toEqual(all.charts[0]?.columns[0].slice(-12));
  });

  it('colours the heat map where an episode was, and leaves it empty where nothing is known', async () => {
    const { pages } = lived();
    const { heat } = await viewOf(pages, `range=${60 * MINUTE}`);
    const latency = heat.rows.find(({ metricName }) => metricName === 'latency')?.cells ?? '';
    expect(latency).toHaveLength(72);
    // 600 seconds in 72 cells: the last 30 seconds are three and a half of them.
    expect(latency).toMatch(/^\.?0+[34]{4}$/);
    // A series that never moved has a band without width, which it never left.
    expect(heat.rows.find(({ metricName }) => metricName === 'cpu_usage')?.cells).toMatch(/^\.?0+$/);
  });

  it('takes queries that are out of range for the nearest that is not', async () => {
    const { pages } = lived();
    for (const query of ['range=-1', 'range=x', 'points=1e9', 'points=', 'since=x', 'range=1e99']) {
      expect((await viewOf(pages, query)).charts.length).toBeGreaterThan(0);
    }
  });

  it('is recorded data where the clock stands still', async () => {
    const { pages } = lived();
    expect((await viewOf(pages, '')).recorded).toBe(true);
    const service = new Service();
    expect(await viewOf(dashboardPages(service), '')).toMatchObject({ recorded: false, services: [], charts: [] });
    await service.close();
  });
});

describe('the files of the page', () => {
  it('know no other paths', () => {
    const { pages } = lived();
    const request = new Request('http://host/dashboard/');
    for (const path of ['/app.js', '/../package.json', '//', '/index.html/', '/__proto__', '/data/']) {
      expect(pages.respond(request, path), path).toBeUndefined();
    }
  });
});
