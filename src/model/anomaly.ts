import type { Labels } from './series-key.ts';

/** By the deviation at the episode's peak: low 2–3, medium 3–5, high from 5, critical from 5 while errors exceed 5 %. */
export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** All severities, mildest first. */
export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

/** What the deviation looks like. */
export type AnomalyKind = 'spike' | 'dip' | 'level-shift' | 'drift' | 'variance' | 'flatline' | 'seasonal';

/** One episode: consecutive anomalous samples of one series, opened once, updated, closed. */
export interface Anomaly {
  /** Made from service, metric, labels and `startedAt`; a replay gives the same one. */
  readonly id: string;
  /** When the episode opened, epoch milliseconds. */
  readonly timestamp: number;
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels?: Labels | undefined;
  /** Value at the episode's peak, in the metric's unit. */
  readonly currentValue: number;
  /** What was expected at the peak. */
  readonly expectedValue: number;
  /** Band of the normal at the peak. */
  readonly lower: number;
  readonly upper: number;
  /** Standard deviations at the peak, never negative, or the number of them with the same tail probability. */
  readonly deviation: number;
  /** 0..1, highest of the episode. */
  readonly score: number;
  readonly severity: Severity;
  readonly direction: 'above' | 'below';
  readonly kind: AnomalyKind;
  readonly status: 'open' | 'closed';
  /** Its newest sample lies in a maintenance window: it is found and drawn, but not announced. */
  readonly silenced?: true | undefined;
  /** The deploy of its service in the half hour before it began. */
  readonly deploy?: { readonly timestamp: number; readonly version?: string | undefined } | undefined;
  /** First anomalous sample, epoch milliseconds; evidence may gather for some samples before the episode opens. */
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  /** Anomalous samples so far. */
  readonly samples: number;
  /** One sentence with the numbers. */
  readonly description: string;
}

/** What a detector says about one sample, given only the samples before it. */
export interface Observation {
  /** Whether there was enough history for a verdict. */
  readonly ready: boolean;
  /** Strangeness, 0..1. */
  readonly score: number;
  /** Standard deviations from the expected value, signed; 0 while not ready. */
  readonly deviation: number;
  readonly expected?: number | undefined;
  /** Band of the normal. */
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
  /** The episode that this sample belongs to or that it closed. */
  readonly anomaly?: Anomaly | undefined;
  /** What this sample did to its episode: opened it, raised its severity, continued it, closed it. */
  readonly transition?: 'opened' | 'rose' | 'updated' | 'closed' | undefined;
}

/** Why a series has, or has not, an anomaly or a forecast. */
export interface Explanation {
  readonly serviceId: string;
  readonly metricName: string;
  readonly labels?: Labels | undefined;
  /** `unknown`: no sample came yet; `ignored`: switched off by definition. */
  readonly state: 'unknown' | 'ignored' | 'learning' | 'constant' | 'normal' | 'suspicious' | 'anomalous';
  /** Samples seen. */
  readonly samples: number;
  /** Samples needed before the first verdict. */
  readonly samplesNeeded: number;
  readonly lastTimestamp?: number | undefined;
  readonly lastValue?: number | undefined;
  readonly expected?: number | undefined;
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
  readonly score?: number | undefined;
  readonly deviation?: number | undefined;
  /** The open episode. */
  readonly anomaly?: Anomaly | undefined;
  /** Scores of the last samples, oldest first; ten at most. */
  readonly recentScores: readonly number[];
  /** Which habits were found: with the time of day, with the time of week. */
  readonly seasons: { readonly day: boolean; readonly week: boolean };
  /**
   * Milliseconds, by the time of the samples, until the first verdict, and until a habit of the day, or of the week, can
   * be known at the earliest; 0 where that is over, `undefined` where it cannot be said yet or never comes.
   */
  readonly timeLeft: {
    readonly ready?: number | undefined;
    readonly day?: number | undefined;
    readonly week?: number | undefined;
  };
  /** A single sample below, or above, would have opened an episode at the last timestamp. */
  readonly alarmBelow?: number | undefined;
  readonly alarmAbove?: number | undefined;
  /** The same in sentences, one thought each. */
  readonly reasons: readonly string[];
}
