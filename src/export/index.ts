export { exportCsv, exportParquet, type RowsOptions } from './export-streams.ts';
export type { Rows, WriteOptions } from './row-slices.ts';
export { type ExportedService, type ExportQuery, exportRows, type ServiceTable } from './service-rows.ts';
export type { ExportRows, SeriesRow, TableName } from './tables.ts';
