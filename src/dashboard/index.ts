export { type DashboardOptions, type DashboardPages, dashboardPages } from './dashboard-pages.ts';
