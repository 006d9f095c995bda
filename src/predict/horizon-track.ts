import { type QuantileDistribution, type QuantileGrid, QuantileTracker } from '../stats/quantile-tracker.ts';
import type { HorizonView, OnlineModel } from './online-model.ts';

/** About this many forecasts are under way at any time; half as many learn worse, more cost without gain. */
const ORIGINS_UNDER_WAY = 12;
/** Never more than this, even when the sampling step shrinks. */
const MOST_PENDING = 32;
/** Room for pending forecasts is made for so many at a time. */
const ROOM = 4;
/** Outcomes before this horizon's own scale and errors are believed. */
const WARM_UP = 6;
/** The scale is a mean over about the last 200 outcomes. */
const SCALE_WEIGHT = 0.005;
/** The usual error is a mean over about the last 100 outcomes: half of that wavers, twice that follows too slowly. */
const ERROR_WEIGHT = 0.01;
/** How much overlap widens a young unit; with it 87 to 94 % of 90 % intervals hold after 30 samples of random walks. */
const OVERLAP = 2;
/** A change or an error counts at most this often the usual one, so that one absurd value does not rule for days. */
const CAP = 20;
/** Confidence is a mean over about the last 100 outcomes. */
const CONFIDENCE_WEIGHT = 0.01;
/** Forecasts count as right within this share of the true value. */
const TOLERANCE = 0.1;
/** Shortest memory, in samples, of the current unrest. */
const SHORTEST_UNREST = 6;
/** Share of the long-run unrest that is mixed into the current one, and bounds of their ratio. */
const CALM_SHARE = 0.1;
const LEAST_UNREST = 0.1;
const MOST_UNREST = 10;
/** Standard deviation, in usual changes, that the errors are taken to have before any was seen: ± 2.2 at 90 %. */
const FIRST_SIGMA = 2.2 / 1.645;

const OUTCOMES = 0;
const SCALE = 1;
const MEAN_CHANGE = 2;
const UNREST = 3;
const HITS = 4;
const HEAD = 5;
const PENDING = 6;
const NEWEST_ORIGIN = 7;
const LAGGED = 8;
const MEAN_ERROR = 9;
const SCALARS = 10;

/** Layout of a pending forecast; the model's notes follow. */
const TARGET = 0;
const BASE = 1;
const UNIT = 2;
const SPREAD = 3;
const MEAN = 4;
const NOTES = 5;

/** Serialised {@link HorizonTrack}. */
export interface HorizonTrackSnapshot {
  readonly scalars: Float64Array;
  readonly pending: Float64Array;
  readonly errors: Float64Array;
}

/** What a track needs to know about its series when a sample comes. */
export interface SampleView {
  readonly timestamp: number;
  readonly value: number;
  readonly stepMs: number;
}

/**
 * One horizon of one series: forecasts are issued all the time, kept until their moment comes, and compared with what
 * came. From this running backtest follow the model's lessons, the interval (adaptive conformal quantiles of the
 * errors) and the confidence. At most 32 forecasts are under way; one is compared in constant time.
 */
export class HorizonTrack implements HorizonView {
  readonly index: number;
  readonly horizonMs: number;
  readonly #scalars: Float64Array;
  readonly #errors: QuantileTracker;
  readonly #width: number;
  #pending: Float64Array;

  /** @param snapshot what `snapshot()` gave, to go on from there */
  constructor(
    index: number,
    horizonMs: number,
    model: OnlineModel,
    grid: QuantileGrid,
    snapshot?: HorizonTrackSnapshot,
  ) {
    this.index = index;
    this.horizonMs = horizonMs;
    this.#width = NOTES + model.notes;
    this.#scalars = snapshot?.scalars.slice() ?? new Float64Array(SCALARS);
    this.#pending = snapshot?.pending.slice() ?? new Float64Array(ROOM * this.#width);
    this.#errors = new QuantileTracker(grid, FIRST_SIGMA, snapshot?.errors);
  }

  get scale(): number {
    return this.#scalars[SCALE] as number;
  }

  get lagged(): number | undefined {
    return this.#scalars[OUTCOMES] === 0 ? undefined : this.#scalars[LAGGED];
  }

  /** Share of recent forecasts that came within tolerance; `undefined` before any was compared. */
  get confidence(): number | undefined {
    return this.#scalars[OUTCOMES] === 0 ? undefined : this.#scalars[HITS];
  }

  /** Distribution of the errors in units of the spread. */
  errors(): QuantileDistribution {
    return this.#errors.distribution();
  }

  /**
   * Unit of the errors: the usual error, more in unrest and less in calm. While outcomes are few it is wider: those of
   * forecasts that overlap are as good as one.
   */
  spread(usualUnrest: number): number {
    const s = this.#scalars;
    const outcomes = s[OUTCOMES] as number;
    if (outcomes < WARM_UP) return this.scale;
    const unit = (s[MEAN_ERROR] as number) * Math.sqrt(1 + (OVERLAP * (s[PENDING] as number)) / outcomes);
    if (usualUnrest === 0) return unit;
    const ratio = ((s[UNREST] as number) / usualUnrest + CALM_SHARE) / (1 + CALM_SHARE);
    return unit * Math.sqrt(Math.max(LEAST_UNREST, Math.min(MOST_UNREST, ratio)));
  }

  /** Takes in how far the newest of `samples` samples lay from the level. */
  feel(distance: number, samples: number, stepMs: number): void {
    const s = this.#scalars;
    const memory = 1 + Math.max(SHORTEST_UNREST, this.horizonMs / stepMs);
    s[UNREST] = (s[UNREST] as number) + Math.max(1 / samples, 1 / memory) * (distance - (s[UNREST] as number));
  }

  /** Compares the forecasts whose moment the sample is; those whose moment passed in a gap are let go. */
  settle(sample: SampleView, model: OnlineModel, usualStepChange: number): void {
    const s = this.#scalars;
    const { timestamp, value, stepMs } = sample;
    while ((s[PENDING] as number) > 0) {
      const at = (s[HEAD] as number) * this.#width;
      const late = timestamp - (this.#pending[at + TARGET] as number);
      if (late < -stepMs / 2) return;
      if (late <= stepMs) this.#compare(at, value, model, usualStepChange);
      s[HEAD] = ((s[HEAD] as number) + 1) % this.#capacity;
      s[PENDING] = (s[PENDING] as number) - 1;
    }
  }

  /** Settles on the scale: its own, or `fallback` before enough forecasts were compared. */
  rescale(fallback: number): void {
    const s = this.#scalars;
    s[SCALE] = (s[OUTCOMES] as number) < WARM_UP ? fallback : (s[MEAN_CHANGE] as number);
  }

  /** Whether it is time to issue the next forecast. */
  due(sample: SampleView): boolean {
    const s = this.#scalars;
    if (s[PENDING] === 0) return true;
    const stride = Math.max(1, Math.round(this.horizonMs / sample.stepMs / ORIGINS_UNDER_WAY));
    const next = (s[NEWEST_ORIGIN] as number) + (stride - 0.5) * sample.stepMs;
    return sample.timestamp >= next && (s[PENDING] as number) < MOST_PENDING;
  }

  /** Issues a forecast: `predict` gives its mean and leaves notes. */
  issue(sample: SampleView, usualUnrest: number, predict: (notes: Float64Array, offset: number) => number): void {
    const s = this.#scalars;
    if (s[PENDING] === this.#capacity) this.#grow();
    const at = (((s[HEAD] as number) + (s[PENDING] as number)) % this.#capacity) * this.#width;
    const p = this.#pending;
    p[at + TARGET] = sample.timestamp + Math.max(this.horizonMs, sample.stepMs);
    p[at + BASE] = sample.value;
    p[at + UNIT] = this.scale;
    p[at + SPREAD] = this.spread(usualUnrest);
    p[at + MEAN] = predict(p, at + NOTES);
    s[PENDING] = (s[PENDING] as number) + 1;
    s[NEWEST_ORIGIN] = sample.timestamp;
  }

  /** Copy of the state. */
  snapshot(): HorizonTrackSnapshot {
    return {
      scalars: this.#scalars.slice(),
      pending: this.#pending.slice(),
      errors: this.#errors.snapshot(),
    };
  }

  get #capacity(): number {
    return this.#pending.length / this.#width;
  }

  #compare(at: number, value: number, model: OnlineModel, usualStepChange: number): void {
    const s = this.#scalars;
    const p = this.#pending;
    const base = p[at + BASE] as number;
    const unit = p[at + UNIT] as number;
    const error = value - (p[at + MEAN] as number);
    const outcomes = (s[OUTCOMES] as number) + 1;
    s[OUTCOMES] = outcomes;
    s[LAGGED] = base;

    const hit = Math.abs(error) <= Math.max(TOLERANCE * Math.abs(value), usualStepChange) ? 1 : 0;
    s[HITS] = (s[HITS] as number) + Math.max(CONFIDENCE_WEIGHT, 1 / outcomes) * (hit - (s[HITS] as number));

    this.#average(MEAN_CHANGE, Math.abs(value - base), Math.max(SCALE_WEIGHT, 1 / outcomes));
    this.#average(MEAN_ERROR, Math.abs(error), Math.max(ERROR_WEIGHT, 1 / outcomes));

    const spread = p[at + SPREAD] as number;
    // Without a unit there was nothing to be wrong by: no change, or no error, had ever been seen.
    if (spread > 0) this.#errors.observe(error / spread);
    if (unit > 0) model.learn(this, p, at + NOTES, (value - base) / unit);
  }

  /** Moves a running mean of sizes by one of them. */
  #average(index: number, size: number, weight: number): void {
    const usual = this.#scalars[index] as number;
    const capped = usual === 0 ? size : Math.min(size, CAP * usual);
    this.#scalars[index] = usual + weight * (capped - usual);
  }

  /** Makes more room, oldest first. */
  #grow(): void {
    const head = (this.#scalars[HEAD] as number) * this.#width;
    const grown = new Float64Array(this.#pending.length + ROOM * this.#width);
    grown.set(this.#pending.subarray(head));
    grown.set(this.#pending.subarray(0, head), this.#pending.length - head);
    this.#pending = grown;
    this.#scalars[HEAD] = 0;
  }
}
