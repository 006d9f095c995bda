// Hono, on Node here. What its environment says of the connection goes along, so that this machine is known as such.
import { serve } from '@hono/node-server';
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler } from '@streamgate/analytics/http';
import { Hono } from 'hono';

const app = new Hono();
app.get('/hello', (c) => c.text('hello'));

const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, { basePath: '/internal', dashboard: dashboardPages(service) });
app.all('/internal/*', (c) => handler(c.req.raw, c.env));

const port = Number(process.env['PORT'] ?? 3000);
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => console.log('listening'));
process.once('SIGTERM', async () => {
  handler.close();
  server.close();
  await service.close();
});
