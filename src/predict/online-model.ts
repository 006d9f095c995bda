/** What a model may know about the horizon that it forecasts for, when it learns or predicts. */
export interface HorizonView {
  /** Position among the tracked horizons. */
  readonly index: number;
  /** Usual size of the change over this horizon, in the metric's unit; 0 while nothing has changed. */
  readonly scale: number;
  /** The value about one horizon ago; `undefined` before there is one. */
  readonly lagged: number | undefined;
}

/**
 * A model that follows one series sample by sample and at any moment says what comes next, without refitting. What it
 * does not do: intervals, ranges, confidence. Those come from how its past forecasts turned out, the same way for
 * every model.
 */
export interface OnlineModel {
  /** How many numbers `predict` notes down with a forecast for `learn` to find when the outcome is known. */
  readonly notes: number;
  /** Takes in one sample, newer than all before; `stepMs` is the median gap so far. */
  observe(timestamp: number, value: number, stepMs: number): void;
  /** The value expected `horizonMs` after the newest sample; pure but for the notes, written from `offset` on. */
  predict(horizonMs: number, horizon: HorizonView, notes: Float64Array, offset: number): number;
  /** Learns how a forecast turned out: `change` is that of the value since the forecast, in units of its scale. */
  learn(horizon: HorizonView, notes: Float64Array, offset: number, change: number): void;
  /** Copy of the state, structured-cloneable. */
  snapshot(): unknown;
}
