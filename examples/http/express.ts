// Express 5: the handler is middleware, below a path of its own here, and other paths go on to the rest of the app.
import { createServer } from 'node:http';
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler, serverTimeouts, toNode } from '@streamgate/analytics/http';
import express from 'express';

const app = express();
const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, { dashboard: dashboardPages(service) });
// Before `express.json()`, which reads bodies too, but none over 100 kB.
app.use('/internal', toNode(handler));
app.use(express.json());
app.get('/hello', (_, response) => void response.send('hello'));

// In place of `app.listen()`, for the timeouts.
const server = createServer(serverTimeouts, app);
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => console.log('listening'));
process.once('SIGTERM', async () => {
  handler.close();
  server.close();
  await service.close();
});
