// A node:http service that measures itself and answers questions about itself under /stats.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DashboardData, Service } from '@streamgate/analytics';

const service = new Service({ serviceId: 'shop' });

function measure(response: ServerResponse, operation: string): void {
  const start = performance.now();
  // 'close' comes after the answer, and also when the client has gone before it.
  response.once('close', () => {
    const success = response.writableFinished && response.statusCode < 500;
    const errorType = success ? undefined : `${operation} ${response.statusCode}`;
    service.recordPerformanceMetric({ operation, duration: performance.now() - start, success, errorType });
  });
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/stats') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(service.getDashboardData('shop')));
    return;
  }
  // The route, not the URL: one series for each route, not for each cart.
  measure(response, pathname.startsWith('/cart/') ? 'GET /cart/:id' : 'other');
  response.statusCode = pathname === '/cart/13' ? 503 : 200;
  response.end();
});

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

for (let id = 1; id <= 20; id++) await (await fetch(`${origin}/cart/${id}`)).text();
const answer = await fetch(`${origin}/stats`);
const { aggregations, topErrors, systemHealth } = (await answer.json()) as DashboardData;
const day = aggregations.at(-1);
console.log(day?.period, day?.eventCount, 'requests', day?.errorCount, 'failed', (day?.p99Latency ?? 0) > 0);
console.log(topErrors, systemHealth);

server.close();
await service.close();

/* prints
1d 20 requests 1 failed true
[ { serviceId: 'shop', error: 'GET /cart/:id 503', count: 1 } ] healthy
*/
