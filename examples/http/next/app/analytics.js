// Next: one handler for the routes of the API and the page. It is not told who is on the other side, so nobody is answered
// without `auth`.
import { Service } from '@streamgate/analytics';
import { dashboardPages } from '@streamgate/analytics/dashboard';
import { createHandler } from '@streamgate/analytics/http';

const service = new Service({ serviceId: 'shop' });
export const handler = createHandler(service, {
  auth: { bearer: [{ token: process.env.ANALYTICS_TOKEN, scopes: ['read', 'write'] }] },
  dashboard: dashboardPages(service),
});
