import type { HorizonAccuracy } from './prediction-accuracy.ts';
import { type Labels, type SeriesId, seriesKey } from './series-key.ts';

/** How far ahead: a count of milliseconds, or a short form such as `'30s'`, `'5m'`, `'1h'`, `'2d'`. */
export type Horizon = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

/** One forecast of one series for one instant. */
export interface Forecast {
  /** Time of the newest sample that it knows, epoch milliseconds. */
  readonly timestamp: number;
  /** The instant that it speaks of, epoch milliseconds. */
  readonly targetTime: number;
  /** `targetTime − timestamp`, milliseconds. */
  readonly horizon: number;
  readonly mean: number;
  /** Prediction interval: should hold the value with probability `level`. */
  readonly lower: number;
  readonly upper: number;
  /** Of the interval, in (0, 1). */
  readonly level: number;
  /** Measured share of recent backtested forecasts at this horizon that came within tolerance; `undefined` before any. */
  readonly confidence: number | undefined;
  /** Name of the model that made it. */
  readonly model: string;
  /** Samples of the series that it rests on. */
  readonly samples: number;
  /** Probability, 0..1, that the value exceeds `threshold` at `targetTime`. */
  probabilityAbove(threshold: number): number;
}

/** A forecast as a value for dashboards and events, with what to do about it. */
export interface Prediction {
  /** Made from service, metric, labels, horizon and `timestamp`; a replay gives the same one. */
  readonly id: string;
  /** Time of the newest sample that it knows, epoch milliseconds. */
  readonly timestamp: number;
  /** Name of the metric. */
  readonly predictionType: string;
  readonly serviceId: string;
  readonly labels?: Labels | undefined;
  readonly predictedValue: number;
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  readonly confidence: number | undefined;
  /** How earlier forecasts of this series at this horizon turned out; `undefined` before any was compared. */
  readonly accuracy: HorizonAccuracy | undefined;
  /** As asked for, such as `'5m'`. */
  readonly timeHorizon: string;
  /** Epoch milliseconds. */
  readonly targetTime: number;
  readonly model: string;
  /** Samples of the series that it rests on. */
  readonly samples: number;
  /** One sentence naming the number, the horizon and the action. */
  readonly recommendation: string;
}

/** Id of a prediction. */
export function predictionId(series: SeriesId, timeHorizon: string, timestamp: number): string {
  return `prediction:${seriesKey(series)}:${timeHorizon}:${timestamp}`;
}
