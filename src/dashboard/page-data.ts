import type { Severity } from '../model/anomaly.ts';
import type { SlowOperation, TopError, TopUser } from '../model/dashboard.ts';
import type { Health, HealthStatus } from '../model/health.ts';
import type { HorizonAccuracy } from '../model/prediction-accuracy.ts';
import type { Labels } from '../model/series-key.ts';

/** How far the forecast of a chart reaches at most: farther ones say little. */
export const LONGEST_FORECAST_MS: number = 6 * 3_600_000;

/** Where a chart stands on the page. */
export type ChartPlace = 'traffic' | 'resources' | 'own';

/** The course of a series as columns of one length: time, value, expected, lower, upper. `null` for what is not known. */
export type Columns = readonly [
  t: readonly number[],
  value: readonly (number | null)[],
  expected: readonly (number | null)[],
  lower: readonly (number | null)[],
  upper: readonly (number | null)[],
];

/** An episode on a line. */
export interface MarkView {
  readonly id: string;
  readonly startedAt: number;
  /** `undefined` while it is open. */
  readonly endedAt: number | undefined;
  readonly severity: Severity;
  readonly direction: 'above' | 'below';
  readonly silenced: boolean;
  readonly description: string;
}

/** One series, drawn. */
export interface ChartView {
  readonly place: ChartPlace;
  readonly metricName: string;
  readonly labels: Labels | undefined;
  readonly unit: string | undefined;
  readonly stepMs: number;
  readonly columns: Columns;
  /** Of the service's operations: time, p50, p95, p99 in milliseconds; only beside latency. */
  readonly quantiles: readonly (readonly (number | null)[])[] | undefined;
  /** Time, mean, lower, upper; empty before there is one. */
  readonly forecast: readonly [t: number[], mean: number[], lower: number[], upper: number[]];
  readonly marks: readonly MarkView[];
  /** Samples that came and that a first verdict needs; `undefined` once there is one. */
  readonly learning: { readonly samples: number; readonly needed: number } | undefined;
  /** What the farthest forecast means, in a sentence. */
  readonly outlook: string | undefined;
}

/** How strange each metric was when. */
export interface HeatMap {
  readonly from: number;
  readonly cellMs: number;
  readonly rows: readonly HeatRow[];
  /** Series for which there was no row. */
  readonly leftOut: number;
}

/** One metric through time. */
export interface HeatRow {
  readonly metricName: string;
  readonly labels: Labels | undefined;
  /**
   * One digit a cell, oldest first: 0 within its band, 1 beside it, 2 and 3 farther out, 4 as far while the service
   * failed; a dot where nothing was seen or known.
   */
  readonly cells: string;
}

/** A service to pick. */
export interface ServiceView {
  readonly id: string;
  readonly status: HealthStatus;
  /** Episodes open. */
  readonly open: number;
}

/** An episode as the page tells it. */
export interface EpisodeView {
  readonly id: string;
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels: Labels | undefined;
  readonly unit: string | undefined;
  readonly severity: Severity;
  readonly direction: 'above' | 'below';
  readonly kind: string;
  readonly status: 'open' | 'closed';
  readonly silenced: boolean;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly peak: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly description: string;
  readonly deploy: string | undefined;
  /** Its series around it; only for open ones. */
  readonly course: Columns | undefined;
}

/** One line of the forecast table. */
export interface ForecastView {
  readonly metricName: string;
  readonly labels: Labels | undefined;
  readonly unit: string | undefined;
  readonly horizon: string;
  readonly targetTime: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  /** Measured share of recent forecasts that came within tolerance. */
  readonly confidence: number | undefined;
  /** How earlier forecasts at this horizon turned out; `undefined` before any came due. */
  readonly accuracy: HorizonAccuracy | undefined;
  readonly model: string;
  readonly advice: string;
}

/** What came in, what became of it, and what it costs; of all services. */
export interface OwnCost {
  readonly accepted: number;
  /** Count by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly late: number;
  readonly dropped: number;
  readonly series: number;
  readonly maxSeries: number;
  readonly learning: number;
  readonly bytes: number;
  readonly overflow: readonly { readonly metric: string }[];
}

/** What changes slowly, or costs more to find out. */
export interface SlowView {
  readonly heat: HeatMap;
  readonly forecasts: readonly ForecastView[];
  readonly topErrors: readonly TopError[];
  readonly topUsers: readonly TopUser[];
  readonly slowest: readonly SlowOperation[];
  readonly stats: OwnCost;
  /** When `stats` was read, by the machine's clock; for rates. */
  readonly statsAt: number;
}

/** All that the page shows. Made for this page only: its form may change with any version. */
export interface View extends SlowView {
  /** By the clock of the service. */
  readonly now: number;
  /** Of the newest record, of all services. */
  readonly newest: number | undefined;
  /** The clock stands: recorded data. */
  readonly recorded: boolean;
  readonly service: string | undefined;
  readonly services: readonly ServiceView[];
  readonly health: Pick<Health, 'status' | 'reasons'>;
  /** Open episodes of all services, worst first. */
  readonly attention: readonly EpisodeView[];
  /** Episodes of the service in view that ended in range, newest first. */
  readonly ended: readonly EpisodeView[];
  /** Beginning of the range. */
  readonly from: number;
  /** Where charts begin: with the range or, where data begins much later, with the data. */
  readonly start: number;
  readonly charts: readonly ChartView[];
  /** Series for which there was no room on the page. */
  readonly chartsLeftOut: number;
}
