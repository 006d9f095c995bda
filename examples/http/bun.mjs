// Bun: the handler is what it serves.
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler } from '@streamgate/analytics/http';

const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, { dashboard: dashboardPages(service) });

// `idleTimeout` is in seconds; the stream says something every fifteen.
Bun.serve({ fetch: handler, port: process.env.PORT ?? 3000, hostname: '127.0.0.1', idleTimeout: 30 });
console.log('listening');
