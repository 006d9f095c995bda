import type { HorizonTrack } from './horizon-track.ts';
import type { SeriesState } from './series-state.ts';

/**
 * A model that follows series sample by sample and at any moment says what comes next, without refitting. What it does
 * not do: intervals, ranges, confidence. Those come from how its past forecasts turned out, the same way for every
 * model. One object serves all series: it reserves its places in the layout when it is made, and gets the block of a
 * series with every call.
 */
export interface OnlineModel {
  /** How many numbers `predict` notes down with a forecast for `learn` to find when the outcome is known. */
  readonly notes: number;
  /**
   * How far of the way a forecast is moved from what the model says towards the median of its errors; 0 for a model
   * that is to be taken by its word.
   */
  readonly toMedian: number;
  /**
   * How far apart the simple forecasts are that the last `predict` was mixed from: their standard deviation, in the
   * metric's unit; 0 for a model that is one.
   */
  readonly doubt: number;
  /** Begins a series whose samples come every `stepMs`, as far as one can tell. */
  start(state: SeriesState, timestamp: number, value: number, stepMs: number): void;
  /** Takes in one sample, newer than all before; `stepMs` is the median gap so far. */
  observe(state: SeriesState, timestamp: number, value: number, stepMs: number): void;
  /** The value expected `horizonMs` after the newest sample; pure but for the notes, written from `at` on. */
  predict(state: SeriesState, horizonMs: number, track: HorizonTrack, notes: Float32Array, at: number): number;
  /** Learns how a forecast turned out: `change` is that of the value since the forecast, in units of its scale. */
  learn(state: SeriesState, track: HorizonTrack, at: number, change: number): void;
}
