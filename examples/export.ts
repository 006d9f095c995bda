// A day of a shop as files for other tools: CSV for a spreadsheet, Parquet for DuckDB or pandas, rows for code of your own.
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ManualClock, Service } from '@streamgate/analytics';
import { exportCsv, exportParquet, exportRows } from '@streamgate/analytics/export';

const clock = new ManualClock(Date.UTC(2026, 0, 5));
const service = new Service({ serviceId: 'shop', clock });
for (let minute = 0; minute < 1440; minute++) {
  const isSlow = minute >= 1200 && minute < 1230;
  service.recordPerformanceMetric({
    operation: 'GET /cart',
    duration: (isSlow ? 400 : 20) + (minute % 7),
    success: true,
  });
  service.recordBusinessMetric({
    metricType: 'revenue',
    value: 10 + (minute % 3),
    dimension: minute % 2 ? 'books' : 'toys',
  });
  clock.advance(60_000);
}

const folder = await mkdtemp(join(tmpdir(), 'streamgate-export-'));

// Sums by dimension, for a spreadsheet.
const csv = join(folder, 'revenue.csv');
await pipeline(exportCsv(service, { what: 'business', period: '1d' }), createWriteStream(csv));
for (const line of (await readFile(csv, 'utf8')).trimEnd().split('\r\n'))
  console.log(line.split(',').slice(0, 8).join(','));

// Every minute, for DuckDB: SELECT hour(timestamp), max(p95_latency) FROM 'minutes.parquet' GROUP BY ALL.
const parquet = join(folder, 'minutes.parquet');
await pipeline(exportParquet(service, { what: 'aggregations' }), createWriteStream(parquet));
console.log((await stat(parquet)).size < 60_000 ? 'minutes.parquet is there' : 'minutes.parquet is large');

// The same rows one by one, with an end to it.
let slow = 0;
const hours = exportRows(service, { what: 'aggregations', period: '1h', signal: AbortSignal.timeout(10_000) });
for await (const { timestamp, p95Latency = 0 } of hours) if (p95Latency > 100) slow = new Date(timestamp).getUTCHours();
console.log(`slow at ${slow}:00`);

await rm(folder, { recursive: true });
await service.close();

/* prints
timestamp,service_id,metric_type,labels,period,count,sum,min
2026-01-05T00:00:00.000Z,shop,revenue,"{""dimension"":""toys""}",1d,720,7920,10
2026-01-05T00:00:00.000Z,shop,revenue,"{""dimension"":""books""}",1d,720,7920,10
minutes.parquet is there
slow at 20:00
*/
