/**
 * A model of one history that can forecast from any point of it, knowing only what lies before: so one object serves
 * both the backtest and the forecast.
 */
export interface HistoryModel {
  /**
   * The `steps` values expected after the first `end` values of the history. A model may learn as it goes: ends must not
   * fall from call to call.
   */
  forecast(end: number, steps: number): Float64Array;
}

/** Makes the model of a history; `season` is the length of a season in steps, 1 for none. */
export type HistoryModelFactory = (values: Float64Array, season: number) => HistoryModel;
