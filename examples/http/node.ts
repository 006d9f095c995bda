// node:http by itself, with the timeouts that defeat slow senders. `serve(handler, { port })` does the same in one call.
import { createServer } from 'node:http';
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler, serverTimeouts, toNode } from '@streamgate/analytics/http';

const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, { dashboard: dashboardPages(service) });
const server = createServer(serverTimeouts, toNode(handler));

server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => console.log('listening'));
process.once('SIGTERM', async () => {
  handler.close();
  server.close();
  await service.close();
});
