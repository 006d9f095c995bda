import { ManualClock, Service } from '../../src/index.ts';

/** A service that has lived, with the clock that stands where it came to. */
export interface LivedService {
  readonly service: Service;
  readonly clock: ManualClock;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Finely lived: as long as the finest chart shows. */
const FINE_MS = 20 * MINUTE;
/** The fault at the end. */
const FAULT_MS = 3 * MINUTE;
const END = Date.UTC(2026, 2, 4, 14, 30);

/** A shop and its payments for some hours, with noise that is always the same; for its last minutes payments are slow and fail. */
export function livedThrough({ hours }: { readonly hours: number }): LivedService {
  const start = END - hours * 60 * MINUTE;
  const clock = new ManualClock(start);
  const service = new Service({ clock });
  const random = randomNumbers();
  while (clock.now() < END) {
    const left = END - clock.now();
    clock.advance(left > FINE_MS ? 10 * SECOND : SECOND);
    const broken = left <= FAULT_MS;
    for (const serviceId of ['shop', 'payments']) {
      const slow = broken ? 140 : 0;
      service.recordMetrics({
        serviceId,
        cpuUsage: 32 + 3 * random(),
        memoryUsage: 58 + random(),
        diskUsage: 71 + 0.05 * random(),
        requestRate: 120 + 8 * random(),
        errorRate: broken ? 0.2 + 0.02 * random() : 0.006 + 0.002 * random(),
        latency: 24 + slow + 2 * random(),
        cacheHitRate: 0.91 + 0.01 * random(),
      });
      const labels = { queue: 'mails' };
      service.recordMetric({ serviceId, metricName: 'queue_depth', labels, value: 6 + 2 * random() });
      service.recordBusinessMetric({ serviceId, metricType: 'order_value', value: 40 + 10 * random(), unit: 'EUR' });
      for (const operation of ['GET /cart', 'POST /checkout', 'GET /products/:id']) {
        const duration = 20 + slow + 6 * random();
        service.recordPerformanceMetric({
          serviceId,
          operation,
          duration,
          success: !broken,
          errorType: 'gateway_timeout',
        });
      }
      const userId = `user-${Math.floor(20 * Math.abs(random()))}`;
      service.recordUserBehavior({ serviceId, userId, action: 'view', success: true });
    }
  }
  return { service, clock };
}

/** About normal numbers by a linear congruential generator (Numerical Recipes): the same ones in every run. */
function randomNumbers(): () => number {
  let state = 1;
  const uniform = (): number => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  // The sum of twelve uniform numbers has a variance of one.
  return () => Array.from({ length: 12 }, uniform).reduce((sum, one) => sum + one, -6);
}
