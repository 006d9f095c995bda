// Fastify 5: the handler is a plugin.
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler, toFastify } from '@streamgate/analytics/http';
import { fastify } from 'fastify';

const app = fastify({ requestTimeout: 5000 });
app.get('/hello', () => 'hello');

const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, { dashboard: dashboardPages(service) });
await app.register(toFastify(handler), { prefix: '/internal' });
app.addHook('onClose', () => service.close());

await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '127.0.0.1' });
console.log('listening');
process.once('SIGTERM', async () => {
  handler.close();
  await app.close();
});
