import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type FleetNodeOptions, gatherFleet, joinFleet } from '../../../src/fleet/index.ts';
import { Aggregator, AnalyticsError, ManualClock } from '../../../src/index.ts';

const T0 = Date.UTC(2026, 0, 5, 9);

/** A node whose reports go to whoever listens to its worker. */
function start(options: FleetNodeOptions = {}) {
  const clock = new ManualClock(T0);
  const worker = new EventEmitter();
  const port = { postMessage: (message: unknown) => worker.emit('message', message) } as unknown as MessagePort;
  return { clock, worker, node: joinFleet({ serviceId: 'shop', clock, port, ...options }) };
}

function countOf(all: Aggregator): number | undefined {
  return all.getAggregations('shop', { period: '1d' })[0]?.eventCount;
}

describe('a node', () => {
  it('reports once an interval what came since its last report, and nothing where nothing came', async () => {
    const { clock, worker, node } = start({ intervalMs: 500 });
    const messages: unknown[] = [];
    worker.on('message', (message) => messages.push(message));
    node.recordEvent({ eventType: 'login' });
    clock.advance(499);
    expect(messages).toHaveLength(0);
    clock.advance(1);
    expect(messages).toHaveLength(1);
    await node.flush();
    clock.advance(5000);
    expect(messages).toHaveLength(1);
    expect(node.stats()).toMatchObject({ accepted: 1, reported: 1, reports: 1, lost: 0, dropped: 0 });
  });

  it('has every record method of a service, all of which reach the primary', async () => {
    const { worker, node } = start();
    const all = new Aggregator();
    gatherFleet(all, { workers: [worker] });
    node.recordEvent({ eventType: 'login', userId: 'ada' });
    node.recordUserBehavior({ userId: 'ada', action: 'play', success: false });
    node.recordPerformanceMetric({ operation: 'GET /', duration: 10, success: true });
    node.operation('shop', 'GET /').record(30, true);
    node.recordMetrics({ cpuUsage: 40 });
    node.recordBusinessMetric({ metricType: 'revenue', value: 9.5 });
    node.recordMetric({ metricName: 'queue', value: 3, labels: { name: 'mail' } });
    expect(node.recordMetric({ metricName: 'queue', value: Number.NaN })).toBe(false);
    await node.close();
    expect(all.getAggregations('shop', { period: '1m' })[0]).toMatchObject({
      eventCount: 4,
      errorCount: 1,
      avgLatency: 20,
    });
    expect(all.latestMetrics('shop')).toMatchObject({ cpuUsage: 40 });
    expect(all.getSeries('shop', 'business.revenue')[0]).toMatchObject({ sum: 9.5 });
    expect(all.getSeries('shop', 'queue', { labels: { name: 'mail' } })[0]).toMatchObject({ last: 3 });
    expect(node.stats()).toMatchObject({ accepted: 7, reported: 7, rejected: { invalid_number: 1 } });
  });

  it('keeps what was recorded while a report is on its way for the next', async () => {
    let arrive = (): void => {};
    const sizes: number[] = [];
    const postMessage = ({ records }: { readonly records: number }) => {
      sizes.push(records);
      return new Promise<void>((resolve) => {
        arrive = resolve;
      });
    };
    const { clock, node } = start({ port: { postMessage } as unknown as MessagePort });
    node.recordEvent({ eventType: 'a' });
    clock.advance(1000);
    for (let i = 0; i < 3; i++) {
      node.recordEvent({ eventType: 'b' });
      clock.advance(1000);
    }
    expect(sizes).toEqual([1]);
    arrive();
    const flushed = node.flush();
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    arrive();
    await flushed;
    expect(sizes).toEqual([1, 3]);
  });

  it('counts as lost what nobody takes any more', async () => {
    const port = {
      postMessage: () => {
        throw new Error('closed');
      },
    } as unknown as MessagePort;
    const { node } = start({ port });
    node.recordEvent({ eventType: 'login' });
    await node.close();
    expect(node.stats()).toMatchObject({ accepted: 1, reported: 0, lost: 1 });
  });

  it('takes no more records when it is closed', async () => {
    const { node } = start();
    await node.close();
    await node.close();
    expect(() => node.recordEvent({ eventType: 'login' })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOSED' }) as Error,
    );
  });

  it.each([{ intervalMs: 0 }, { intervalMs: '1s' }, { port: {} }, { maxSeries: 0 }, { bufferSize: 0 }])(
    'refuses the options %o and leaves no timer behind',
    (options) => {
      const clock = new ManualClock(T0);
      let timers = 0;
      const every = clock.every.bind(clock);
      clock.every = (interval, tick) => {
        timers++;
        return every(interval, tick);
      };
      expect(() => start({ clock, ...options } as FleetNodeOptions)).toThrow(AnalyticsError);
      expect(timers).toBe(0);
    },
  );
});

describe('a fleet', () => {
  it('says of each node what it reported and whether it is there', async () => {
    const [one, two] = [start(), start()];
    const clock = new ManualClock(T0 + 5000);
    const all = new Aggregator();
    const fleet = gatherFleet(all, { workers: [one.worker, two.worker], clock });
    for (const { node } of [one, two]) {
      node.recordEvent({ eventType: 'login' });
      await node.flush();
    }
    one.worker.emit('exit', 1);
    const reported = { records: 1, lastReport: T0 + 5000, refused: 0 };
    expect(fleet.nodes).toMatchObject([
      { ...reported, alive: false },
      { ...reported, alive: true },
    ]);
    expect(countOf(all)).toBe(2);
  });

  it('takes what arrives after the end of a process, which had sent it before', async () => {
    const { node, worker } = start();
    const all = new Aggregator();
    const fleet = gatherFleet(all, { workers: [worker] });
    worker.emit('exit', 0);
    node.recordEvent({ eventType: 'login' });
    await node.close();
    expect(countOf(all)).toBe(1);
    expect(fleet.nodes).toMatchObject([{ records: 1, alive: false }]);
  });

  it('passes over the messages of others', () => {
    const { worker } = start();
    const all = new Aggregator();
    const fleet = gatherFleet(all, { workers: [worker] });
    const tag = '@streamgate/analytics/fleet';
    for (const message of [undefined, null, 5, 'text', {}, [], { [tag]: 2 }, { [tag]: 1, node: 5 }]) {
      worker.emit('message', message);
    }
    worker.emit('message', { [tag]: 1, node: '1', records: 1, partials: { length: 1e9 } });
    expect(fleet.nodes).toEqual([]);
  });

  it('refuses a report that is damaged, and goes on', async () => {
    const { node, worker } = start();
    const all = new Aggregator();
    const fleet = gatherFleet(all, { workers: [worker] });
    worker.emit('message', { '@streamgate/analytics/fleet': 1, node: '1', records: 5, partials: 'AAAA' });
    node.recordEvent({ eventType: 'login' });
    await node.close();
    expect(fleet.nodes).toMatchObject([
      { records: 1, refused: 1, refusal: { code: 'ERR_INVALID_SNAPSHOT' }, alive: true },
    ]);
    expect(countOf(all)).toBe(1);
  });

  it('hears of all workers of a cluster', async () => {
    const cluster = new EventEmitter();
    const all = new Aggregator();
    const fleet = gatherFleet(all, { cluster });
    const { node, worker } = start();
    worker.on('message', (message) => cluster.emit('message', worker, message));
    node.recordEvent({ eventType: 'login' });
    await node.close();
    cluster.emit('exit', worker);
    expect(fleet.nodes).toMatchObject([{ records: 1, alive: false }]);
    fleet.close();
    expect(cluster.eventNames()).toEqual([]);
  });

  it('hears nothing when it is closed', async () => {
    const { node, worker } = start();
    const all = new Aggregator();
    const fleet = gatherFleet(all);
    fleet.add(worker);
    fleet.close();
    node.recordEvent({ eventType: 'login' });
    await node.close();
    expect(all.serviceIds).toEqual([]);
    expect(worker.eventNames()).toEqual([]);
  });

  it('shows the last hundred of the nodes that are gone', async () => {
    const fleet = gatherFleet(new Aggregator());
    for (let i = 0; i < 150; i++) {
      const { node, worker } = start();
      fleet.add(worker);
      node.recordEvent({ eventType: 'login' });
      await node.close();
      worker.emit('exit', 0);
    }
    expect(fleet.nodes).toHaveLength(100);
  });

  it('gathers through a message port', async () => {
    const { port1, port2 } = new MessageChannel();
    const all = new Aggregator();
    const fleet = gatherFleet(all, { workers: [port2] });
    const { node } = start({ port: port1 });
    node.recordEvent({ eventType: 'login' });
    await node.close();
    const closed = new Promise((resolve) => port2.on('close', resolve));
    port1.close();
    await closed;
    expect(countOf(all)).toBe(1);
    expect(fleet.nodes).toMatchObject([{ records: 1, alive: false }]);
  });

  it.each([
    ['service', undefined, {}],
    ['cluster', new Aggregator(), { cluster: 5 }],
    ['workers', new Aggregator(), { workers: [5] }],
    ['options', new Aggregator(), 5],
  ])('refuses a wrong %s', (subject, service, options) => {
    expect(() => gatherFleet(service as Aggregator, options as never)).toThrow(`option ${subject} must be`);
  });
});
