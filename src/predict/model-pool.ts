import { invalidOption } from '../errors.ts';
import { arima } from './arima.ts';
import { ets, holtWinters } from './exponential-smoothing.ts';
import { checkedOutput, type Forecaster } from './forecaster.ts';
import { drift, line, naive, seasonalNaive } from './history-baselines.ts';
import type { HistoryModelFactory } from './history-model.ts';
import { lagRidge } from './lag-ridge.ts';
import { type HolidayCalendar, prophet } from './prophet.ts';
import { theta } from './theta.ts';

/** The models that {@link forecastSeries} and {@link backtest} know by name. */
export type SeriesModelName =
  | 'auto'
  | 'linear'
  | 'naive'
  | 'seasonal-naive'
  | 'drift'
  | 'theta'
  | 'holt-winters'
  | 'ets'
  | 'arima'
  | 'lag-ridge'
  | 'prophet';

const MODELS: Readonly<Record<Exclude<SeriesModelName, 'auto' | 'prophet'>, HistoryModelFactory>> = {
  linear: line,
  naive,
  'seasonal-naive': seasonalNaive,
  drift,
  theta,
  'holt-winters': holtWinters,
  ets,
  arima,
  'lag-ridge': lagRidge,
};

/** All names, `auto` first. */
export const MODEL_NAMES: readonly SeriesModelName[] = [
  'auto',
  ...(Object.keys(MODELS) as (keyof typeof MODELS)[]),
  'prophet',
];

/** A model by name, or one of the user's. */
export type ModelChoice = SeriesModelName | Forecaster;

/**
 * Returns `choice` where it is one, else throws.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION` naming option and choices
 */
export function modelOption(option: string, choice: ModelChoice): ModelChoice {
  if (typeof choice === 'string' && MODEL_NAMES.includes(choice)) return choice;
  const { name, fit } = Object(choice) as Partial<Forecaster>;
  const own = typeof name === 'string' && typeof fit === 'function';
  if (own && name !== '' && !MODEL_NAMES.includes(name as SeriesModelName)) return choice;
  const rule = own ? 'a forecaster with a name of its own' : `one of ${MODEL_NAMES.join(', ')} or a forecaster`;
  throw invalidOption(option, rule, own ? name : choice);
}

/** Name of a choice. */
export function modelName(choice: ModelChoice): string {
  return typeof choice === 'string' ? choice : choice.name;
}

/**
 * The model of any choice but `auto`.
 *
 * @param unit what the values were divided by; a forecaster of the user's is given them as they were
 */
export function modelFactory(
  choice: Exclude<ModelChoice, 'auto'>,
  unit: number,
  holidays: HolidayCalendar | undefined,
): HistoryModelFactory {
  if (choice === 'prophet') return prophet(holidays);
  if (typeof choice === 'string') return MODELS[choice];
  return (values, season) => ({
    refits: true,
    *learn(end) {
      const fitted = choice.fit(
        values.slice(0, end).map((value) => value * unit),
        { seasonLength: season },
      );
      // The level concerns the interval only, which is not asked for here.
      return (_, steps) => checkedOutput(choice.name, fitted.forecast(steps, 0.5), steps).mean.map((v) => v / unit);
    },
  });
}
