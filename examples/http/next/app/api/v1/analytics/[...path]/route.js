// Next: a route handler. It is not told who is on the other side, so nobody is answered without `auth`.
import { Service } from '@streamgate/analytics';
import { createHandler } from '@streamgate/analytics/http';

const service = new Service({ serviceId: 'shop' });
const handler = createHandler(service, {
  auth: { bearer: [{ token: process.env.ANALYTICS_TOKEN, scopes: ['read', 'write'] }] },
});

export { handler as GET, handler as POST };
