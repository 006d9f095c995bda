import { describe, expect, it } from 'vitest';
import { ManualClock, Service, type ServiceOptions } from '../../../src/index.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 0, 1);

/** A service whose latency is 20, 21, 22, 20, … ms, one sample every `stepMs`. */
function lived(seconds: number, options: ServiceOptions = {}, stepMs = SECOND) {
  const clock = new ManualClock(T0);
  const service = new Service({ clock, serviceId: 'shop', ...options });
  for (let at = 0; at < seconds * SECOND; at += stepMs) {
    clock.advance(stepMs);
    service.recordMetrics({ latency: 20 + ((at / stepMs) % 3) });
  }
  return { clock, service };
}

describe('getChart', () => {
  it('gives the samples of the last minutes as they came, with a band once there is one', () => {
    const { service } = lived(60);
    const chart = service.getChart('shop', 'latency');
    expect(chart.values).toHaveLength(60);
    expect(chart.values.slice(0, 4)).toEqual([20, 21, 22, 20]);
    expect(chart.timestamps.slice(0, 2)).toEqual([T0 + SECOND, T0 + 2 * SECOND]);
    expect(chart).toMatchObject({ serviceId: 'shop', metricName: 'latency', unit: 'ms', stepMs: SECOND });
    // The first verdict comes after ten samples.
    expect(chart.lower.slice(0, 10)).toEqual(Array(10).fill(undefined));
    for (const [i, lower] of chart.lower.entries()) {
      if (i < 10) continue;
      expect(lower).toBeLessThan(chart.expected[i] as number);
      expect(chart.upper[i]).toBeGreaterThan(chart.expected[i] as number);
    }
  });

  it('averages what is finer than was asked for, in steps that do not move while time goes on', () => {
    const { clock, service } = lived(600);
    const before = service.getChart('shop', 'latency', { points: 61 });
    expect(before.values.length).toBeLessThanOrEqual(61);
    // 600 s in 60 steps: ten seconds each. Ten samples of 20, 21, 22, 20, … have means of 20.9, 21 or 21.1.
    expect(before.stepMs).toBe(10 * SECOND);
    for (const value of before.values.slice(1, -1)) expect(Math.abs(value - 21)).toBeLessThan(0.1001);
    clock.advance(SECOND);
    service.recordMetrics({ latency: 20 });
    const { timestamps } = service.getChart('shop', 'latency', { points: 61, from: T0 });
    expect(timestamps.slice(2, 40).every((timestamp) => before.timestamps.includes(timestamp))).toBe(true);
  });

  it('goes back 30 days in hours, and gives the minutes of the newest day', () => {
    const { clock, service } = lived(30 * 24 * 3600, {}, MINUTE);
    const now = clock.now();
    const month = service.getChart('shop', 'latency', { from: now - 30 * DAY, points: 1000 });
    expect(month.stepMs).toBe(HOUR);
    expect(month.timestamps.at(0)).toBeLessThanOrEqual(T0 + 2 * HOUR);
    // The mean of 20, 21 and 22.
    for (const value of month.values.slice(1, -1)) expect(value).toBeCloseTo(21, 5);
    const day = service.getChart('shop', 'latency', { from: now - 23 * HOUR, points: 2000 });
    expect(day.stepMs).toBe(MINUTE);
    expect(day.values).toHaveLength(23 * 60 + 1);
  }, 60_000);

  it('has no more than the means of buckets for series beyond maxCharts', () => {
    const { service } = lived(180, { maxCharts: 0 });
    const chart = service.getChart('shop', 'latency');
    expect(chart.timestamps).toEqual([T0, T0 + MINUTE, T0 + 2 * MINUTE, T0 + 3 * MINUTE]);
    // Seconds 60 to 119: twenty of each.
    expect(chart.values[1]).toBeCloseTo(21, 10);
    expect(chart.upper).toEqual(Array(4).fill(undefined));
  });

  it('is the same however often somebody looked, and after a restart', () => {
    const { service } = lived(120);
    const clock = new ManualClock(T0);
    const watched = new Service({ clock, serviceId: 'shop' });
    for (let second = 0; second < 120; second++) {
      clock.advance(SECOND);
      watched.recordMetrics({ latency: 20 + (second % 3) });
      if (second % 7 === 0) watched.getChart('shop', 'latency');
    }
    const chart = service.getChart('shop', 'latency');
    expect(watched.getChart('shop', 'latency')).toEqual(chart);
    const restored = Service.restore(structuredClone(watched.snapshot()), { clock, serviceId: 'shop' });
    expect(restored.getChart('shop', 'latency')).toEqual(chart);
  });

  it('shows what was learned by backfill', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock, serviceId: 'shop' });
    const samples = Array.from({ length: 30 }, (_, i) => {
      return { serviceId: 'shop', metricName: 'depth', timestamp: T0 - (30 - i) * MINUTE, value: i % 3 };
    });
    expect(service.backfill(samples)).toBe(30);
    expect(service.getChart('shop', 'depth').values).toEqual(samples.map(({ value }) => value));
  });

  it('counts its memory, and refuses what it cannot draw', () => {
    expect(lived(900).service.stats().bytes).toBeGreaterThan(
      lived(900, { maxCharts: 0 }).service.stats().bytes + 900 * 24,
    );
    const { service } = lived(1);
    expect(() => service.getChart('shop', 'latency', { points: 1 })).toThrow('option points must be a whole number');
    expect(() => service.getChart('shop', 'latency', { from: Number.NaN })).toThrow('option from must be');
    expect(() => new Service({ maxCharts: -1 })).toThrow('option maxCharts must be');
    expect(service.getChart('nobody', 'latency').values).toEqual([]);
  });
});

describe('listSeries', () => {
  it('names the watched series of a service with their labels', () => {
    const { service } = lived(1);
    service.recordMetric({ serviceId: 'mail', metricName: 'depth', labels: { queue: 'in' }, value: 1 });
    expect(service.listSeries('mail')).toEqual([{ serviceId: 'mail', metricName: 'depth', labels: { queue: 'in' } }]);
    expect(service.listSeries()).toHaveLength(2);
  });
});

describe('the slowest operations', () => {
  it('are those of the newest hour by their 95th percentile', () => {
    const clock = new ManualClock(T0);
    const service = new Service({ clock, serviceId: 'shop' });
    service.recordPerformanceMetric({ operation: 'forgotten', duration: 9000, success: true });
    clock.advance(3 * HOUR);
    for (let i = 0; i < 100; i++) {
      service.recordPerformanceMetric({ operation: 'fast', duration: 5, success: true });
      service.recordPerformanceMetric({ operation: 'slow', duration: 80, success: true });
      // One in ten: its median is that of the fast one, its 95th percentile is not.
      service.recordPerformanceMetric({ operation: 'uneven', duration: i % 10 === 0 ? 400 : 5, success: true });
    }
    const { slowestOperations } = service.getDashboardData();
    expect(slowestOperations.map(({ operation }) => operation)).toEqual(['uneven', 'slow', 'fast']);
    const [uneven] = slowestOperations;
    expect(uneven).toMatchObject({ serviceId: 'shop', count: 100 });
    // Sketches are within 1 %.
    expect(Math.abs((uneven?.p50Latency ?? 0) - 5)).toBeLessThan(0.05);
    expect(Math.abs((uneven?.p95Latency ?? 0) - 400)).toBeLessThan(4);
  });
});
