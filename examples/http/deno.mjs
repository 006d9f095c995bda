// Deno: the handler is what it serves.
import process from 'node:process';
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler } from '@streamgate/analytics/http';

const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, { dashboard: dashboardPages(service) });

const port = Number(process.env.PORT ?? 3000);
Deno.serve({ port, hostname: '127.0.0.1', onListen: () => console.log('listening') }, handler);
