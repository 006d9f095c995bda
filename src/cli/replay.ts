import type { Readable } from 'node:stream';
import { type Clock, ManualClock } from '../clock.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { SeriesBucket } from '../model/bucket.ts';
import type { Horizon, Prediction } from '../model/forecast.ts';
import { PERIODS } from '../model/period.ts';
import { Service, type ServiceStats } from '../service.ts';
import { type CsvLayout, isMissing, parseNumber } from './csv-layout.ts';
import type { CsvRecord } from './csv-records.ts';
import { openTable, type ReadProgress, type Unused, UnusedCells } from './csv-table.ts';
import { parseTime } from './csv-time.ts';

/** What to replay, and how much of it to keep for the report. */
export interface ReplayRequest {
  /** Path of a CSV file, or `-` for standard input. */
  readonly path: string;
  readonly serviceId: string;
  /** Columns to take; none for all numeric ones. */
  readonly metrics: readonly string[];
  /** Episodes kept, the newest; the others are only counted. */
  readonly limit: number;
}

/** What a replayed file held and what the library made of it. */
export interface ReplayReport {
  readonly request: ReplayRequest;
  readonly delimiter: string;
  readonly layout: CsvLayout;
  /** Data rows of the file. */
  readonly rows: number;
  /** Numbers that were recorded. */
  readonly samples: number;
  /** Cells without a value. */
  readonly missing: number;
  /** Rows that are older than one before them. */
  readonly outOfOrder: number;
  readonly unused: readonly Unused[];
  /** First and last timestamp, epoch milliseconds; `undefined` where no row could be used. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Newest bucket of each period, closed or, where none has closed, open. */
  readonly buckets: readonly (SeriesBucket & { readonly metricName: string })[];
  /** Episodes that were found in all. */
  readonly episodes: number;
  /** The newest of them, in order of their times. */
  readonly anomalies: readonly Anomaly[];
  readonly predictions: readonly Prediction[];
  readonly stats: ServiceStats;
  /** Milliseconds that the replay took. */
  readonly elapsedMs: number;
}

/** A replay that is over. */
export interface Replayed {
  readonly report: ReplayReport;
  /** It takes no more records, and can still be asked. */
  readonly service: Service;
  /** Stands at the last timestamp. */
  readonly clock: Clock;
}

/** The service's own horizons fit samples up to so far apart; beyond it forecasts go 1, 6 and 24 steps ahead. */
const LONGEST_FINE_STEP = 300_000;
const COARSE_HORIZONS = [1, 6, 24];

/**
 * Runs a file through a `Service` at full speed, the clock following its timestamps, so that data of any age is taken as
 * if one had lived through it.
 *
 * @throws CommandError where the file cannot be read or has nothing to replay
 */
export async function replay(
  request: ReplayRequest,
  stdin: Readable,
  onProgress: (progress: ReadProgress) => void,
): Promise<Replayed> {
  const started = performance.now();
  const table = await openTable(request.path, stdin, request.metrics);
  const run = new Replay(request, table.layout);
  for await (const record of table.rows(onProgress)) run.add(record);
  const { service, clock } = run;
  const report = await run.finish();
  return { report: { ...report, delimiter: table.delimiter, elapsedMs: performance.now() - started }, service, clock };
}

class Replay {
  readonly #request: ReplayRequest;
  readonly #layout: CsvLayout;
  readonly clock = new ManualClock(0);
  readonly service: Service;
  readonly #unused = new UnusedCells();
  readonly #anomalies = new Map<string, Anomaly>();
  #rows = 0;
  #samples = 0;
  #missing = 0;
  #outOfOrder = 0;
  #episodes = 0;
  #from: number | undefined;
  #to = 0;

  constructor(request: ReplayRequest, layout: CsvLayout) {
    this.#request = request;
    this.#layout = layout;
    const { stepMs = 0 } = layout;
    const horizons: Horizon[] | undefined =
      stepMs > LONGEST_FINE_STEP ? COARSE_HORIZONS.map((steps) => steps * stepMs) : undefined;
    this.service = new Service({ serviceId: request.serviceId, clock: this.clock, predictor: { horizons } });
    this.service.on('anomaly', (anomaly) => this.#keep(anomaly));
    this.service.on('anomalyClosed', (anomaly) => this.#keep(anomaly));
  }

  add({ cells, line }: CsvRecord): void {
    this.#rows++;
    const { time, timeFormat, values } = this.#layout;
    const timestamp = parseTime(cells[time] ?? '', timeFormat);
    if (timestamp === undefined) {
      const cell = cells[time] ?? '';
      this.#unused.add(cell.trim() === '' ? 'no timestamp' : 'timestamp that cannot be read', line);
      return;
    }
    // Only forwards: an older row is late, as it would have been then.
    if (this.#from === undefined || timestamp > this.#to) {
      this.#to = timestamp;
      this.clock.set(timestamp);
    } else if (timestamp < this.#to) this.#outOfOrder++;
    this.#from = Math.min(this.#from ?? timestamp, timestamp);
    for (const column of values) this.#record(timestamp, column, cells[column] ?? '', line);
  }

  async finish(): Promise<Omit<ReplayReport, 'delimiter' | 'elapsedMs'>> {
    const service = this.service;
    await service.close();
    const { serviceId } = this.#request;
    for (const anomaly of service.getAnomalies(serviceId, Number.POSITIVE_INFINITY)) {
      if (this.#anomalies.has(anomaly.id)) this.#anomalies.set(anomaly.id, anomaly);
    }
    return {
      request: this.#request,
      layout: this.#layout,
      rows: this.#rows,
      samples: this.#samples,
      missing: this.#missing,
      outOfOrder: this.#outOfOrder,
      unused: this.#unused.all(),
      from: this.#from,
      to: this.#from === undefined ? undefined : this.#to,
      buckets: this.#newestBuckets(),
      episodes: this.#episodes,
      anomalies: [...this.#anomalies.values()].sort((a, b) => a.startedAt - b.startedAt),
      predictions: service.getPredictions(serviceId, Number.POSITIVE_INFINITY),
      stats: service.stats(),
    };
  }

  #record(timestamp: number, column: number, cell: string, line: number): void {
    const metricName = this.#layout.names[column] as string;
    const value = parseNumber(cell, this.#layout.decimalComma);
    if (value !== undefined) {
      if (this.service.recordMetric({ metricName, value, timestamp })) this.#samples++;
    } else if (isMissing(cell)) this.#missing++;
    else this.#unused.add(`${metricName} that is not a number`, line);
  }

  /** An episode is kept from its opening on and replaced as it goes; the oldest make room for new ones. */
  #keep(anomaly: Anomaly): void {
    if (!this.#anomalies.has(anomaly.id)) {
      if (anomaly.status === 'closed') return;
      this.#episodes++;
    }
    this.#anomalies.set(anomaly.id, anomaly);
    if (this.#anomalies.size <= this.#request.limit) return;
    const [oldest] = this.#anomalies.keys();
    this.#anomalies.delete(oldest as string);
  }

  #newestBuckets(): ReplayReport['buckets'] {
    return this.#layout.values.flatMap((column) => {
      const metricName = this.#layout.names[column] as string;
      return PERIODS.flatMap((period) => {
        const buckets = this.service.getSeries(this.#request.serviceId, metricName, { period, limit: 3 });
        const newest = buckets.findLast(({ complete }) => complete) ?? buckets.at(-1);
        return newest === undefined ? [] : [{ ...newest, metricName }];
      });
    });
  }
}
