import { ManualClock, Service, type ServiceOptions } from '@streamgate/analytics';
import { type AnalyticsHandler, createHandler, type HandlerOptions } from '@streamgate/analytics/http';

/** Monday. */
export const NOW: number = Date.UTC(2026, 0, 5, 9);

const BASE = 'http://localhost/api/v1/analytics/';

/** A service on a clock that stands still, with a handler, and ways to ask it. */
export interface Client {
  readonly service: Service;
  readonly handler: AnalyticsHandler;
  readonly clock: ManualClock;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** `options` are of the handler; anybody may ask, unless they say otherwise. */
export function client(options: HandlerOptions = {}, ofService: ServiceOptions = {}): Client {
  const clock = new ManualClock(NOW);
  const service = new Service({ clock, serviceId: 'shop', ...ofService });
  const handler = createHandler(service, {
    clock,
    ...(options.auth === undefined && { allowAnonymous: true }),
    ...options,
  });
  return {
    service,
    handler,
    clock,
    get: (path, headers = {}) => handler(new Request(BASE + path, { headers })),
    post: (path, body, headers = {}) =>
      handler(
        new Request(BASE + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
  };
}

/** An hour of a service with a fault at its end: buckets, an open episode, forecasts. */
export function liveThroughAnHour({ service, clock }: Client): void {
  for (let second = 0; second < 3600; second++) {
    const duration = 20 + (second % 13) + (Math.floor(second / 60) % 4) + (second < 3300 ? 0 : 70);
    service.recordPerformanceMetric({
      operation: `GET /${second % 3}`,
      duration,
      success: second % 50 > 0,
      errorType: second % 50 > 0 ? undefined : 'Timeout',
    });
    if (second % 10 === 0) {
      service.recordMetrics({ cpuUsage: 40 + (second % 70) / 10, memoryUsage: 62, timestamp: clock.now() });
      service.recordMetric({ metricName: 'queue_depth', value: second % 17, labels: { queue: 'mail' } });
      service.recordEvent({ eventType: 'order', userId: `user-${second % 7}` });
      service.recordBusinessMetric({ metricType: 'revenue', value: 12 });
    }
    clock.advance(1000);
  }
}
