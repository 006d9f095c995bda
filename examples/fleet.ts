// Four processes that show as one service: each reports to the primary, which has the buckets, anomalies and the page.
import cluster from 'node:cluster';
import { once } from 'node:events';
import process from 'node:process';
import { Service } from '@streamgate/analytics';
import { gatherFleet, joinFleet } from '@streamgate/analytics/fleet';

const REQUESTS = 1000;

if (cluster.isPrimary) {
  const service = new Service({ serviceId: 'shop' });
  const fleet = gatherFleet(service, { cluster });
  const workers = Array.from({ length: 4 }, (_, index) => cluster.fork({ NODE_INDEX: String(index) }));
  await Promise.all(workers.map((worker) => once(worker.process, 'close')));

  const latencies = service.getDistribution('shop');
  console.log('requests', latencies?.count, 'median', latencies?.quantile(0.5)?.toFixed(1), 'ms');
  for (const { serviceId } of service.getDashboardData().serviceMetrics) console.log('service', serviceId);
  console.log('errors', service.aggregator.topErrors('shop', 1));
  for (const { records, alive } of fleet.nodes) console.log('node', { records, alive });
  fleet.close();
  await service.close();
} else {
  // Where you would create a Service in a single process.
  const node = joinFleet({ serviceId: 'shop' });
  const checkout = node.operation('shop', 'POST /checkout');
  const slower = 10 * Number(process.env['NODE_INDEX']);
  for (let i = 0; i < REQUESTS; i++) {
    const failed = i % 100 === 0;
    checkout.record(slower + 1 + (i % 10), !failed, failed ? 'PaymentTimeout' : undefined);
  }
  // Before a process ends by itself: sends what came since the last report.
  await node.close();
  cluster.worker?.disconnect();
}

/* prints
requests 4000 median 20.1 ms
service shop
errors [ { key: 'PaymentTimeout', count: 40, error: 0 } ]
node { records: 1000, alive: false }
node { records: 1000, alive: false }
node { records: 1000, alive: false }
node { records: 1000, alive: false }
*/
