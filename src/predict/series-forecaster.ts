import type { Forecast } from '../model/forecast.ts';
import { medianOf } from '../stats/order.ts';
import type { QuantileGrid } from '../stats/quantile-tracker.ts';
import { RunningMedian } from '../stats/running-median.ts';
import { HorizonTrack, type HorizonTrackSnapshot, type SampleView } from './horizon-track.ts';
import type { OnlineModel } from './online-model.ts';

const DAY_MS = 86_400_000;
/** Gaps between samples that the step is the median of: ten outliers in a row do not move it. */
const GAP_WINDOW = 21;
/** Changes from step to step that the tolerance of `confidence` is the median of. */
const CHANGE_WINDOW = 63;
/** Half-life, in steps, of the level that unrest is measured from. */
const LEVEL_WEIGHT = 1 - 2 ** (-1 / 3);
/** The long-run unrest is a mean over this many days. */
const UNREST_DAYS = 2;
/** A distance counts at most this often the usual one. */
const DISTANCE_CAP = 1_000;
/** Before any forecast was compared, the scale is the unrest times the root of the horizon in steps, at least this. */
const FIRST_STEPS = 4;
/** Of the first samples, those farther from their median than this many median distances are cut to it. */
const ABSURD = 100;
/** With fewer samples than this there is no telling which of them is absurd. */
const FEWEST_TO_CUT = 5;
/** Values beyond it are taken as this, so that no difference, product or sum of a few overflows. */
const LARGEST = 1e300;

const SAMPLES = 0;
const FIRST_TIME = 1;
const LAST_TIME = 2;
const LAST_VALUE = 3;
const LOWEST = 4;
const HIGHEST = 5;
const LEVEL = 6;
const UNREST = 7;
const STEP = 8;
const SCALARS = 9;

/** What all forecasters of one predictor share. */
export interface ForecasterSettings {
  /** Name of the model, for `Forecast.model`. */
  readonly model: string;
  /** Makes the model of a series, or restores it from what its `snapshot()` gave. */
  readonly createModel: (snapshot?: unknown) => OnlineModel;
  /** Milliseconds, ascending. */
  readonly horizons: readonly number[];
  readonly grid: QuantileGrid;
}

/** Lowest and highest value that the metric can take by its nature. */
export interface NaturalRange {
  readonly min: number;
  readonly max: number;
}

/** Serialised {@link SeriesForecaster}. */
export interface SeriesForecasterSnapshot {
  readonly scalars: Float64Array;
  readonly gaps: Float64Array;
  readonly changes: Float64Array;
  readonly tracks: readonly HorizonTrackSnapshot[];
  readonly model: unknown;
}

/**
 * Forecasts one series: a model for the mean, and for each horizon a running backtest for interval and confidence. All
 * of it follows the samples' timestamps; the sampling step is the median gap.
 */
export class SeriesForecaster {
  readonly #settings: ForecasterSettings;
  readonly #range: NaturalRange;
  readonly #scalars: Float64Array;
  readonly #gaps: RunningMedian;
  readonly #changes: RunningMedian;
  readonly #model: OnlineModel;
  readonly #tracks: readonly HorizonTrack[];

  /**
   * @param source the first samples, `[time, value, time, value, …]`, at least two; or what `snapshot()` gave, to go on
   * from there
   */
  constructor(settings: ForecasterSettings, range: NaturalRange, source: readonly number[] | SeriesForecasterSnapshot) {
    this.#settings = settings;
    this.#range = range;
    const snapshot = 'tracks' in source ? source : undefined;
    this.#scalars = snapshot?.scalars.slice() ?? new Float64Array(SCALARS);
    this.#gaps = new RunningMedian(snapshot?.gaps ?? GAP_WINDOW);
    this.#changes = new RunningMedian(snapshot?.changes ?? CHANGE_WINDOW);
    this.#model = settings.createModel(snapshot?.model);
    this.#tracks = settings.horizons.map(
      (ms, i) => new HorizonTrack(i, ms, this.#model, settings.grid, snapshot?.tracks[i]),
    );
    if (!('tracks' in source)) this.#start(source);
  }

  /** Samples seen. */
  get samples(): number {
    return this.#scalars[SAMPLES] as number;
  }

  /** Time of the newest sample, epoch milliseconds. */
  get timestamp(): number {
    return this.#scalars[LAST_TIME] as number;
  }

  /** The newest value. */
  get value(): number {
    return this.#scalars[LAST_VALUE] as number;
  }

  /** Takes in one sample, newer than all before. */
  observe(timestamp: number, rawValue: number): void {
    const value = bounded(rawValue);
    const s = this.#scalars;
    const samples = (s[SAMPLES] as number) + 1;
    if (samples > 1) {
      this.#gaps.add(timestamp - (s[LAST_TIME] as number));
      this.#changes.add(Math.abs(value - (s[LAST_VALUE] as number)));
      s[STEP] = this.#gaps.median as number;
    }
    s[SAMPLES] = samples;
    if (samples === 1) s[FIRST_TIME] = timestamp;
    s[LAST_TIME] = timestamp;
    s[LAST_VALUE] = value;
    s[LOWEST] = samples === 1 ? value : Math.min(s[LOWEST] as number, value);
    s[HIGHEST] = samples === 1 ? value : Math.max(s[HIGHEST] as number, value);
    this.#learn({ timestamp, value, stepMs: s[STEP] as number });
  }

  /** The forecast for `horizonMs` after the newest sample. */
  forecast(horizonMs: number, level: number): Forecast {
    const track = this.#nearest(horizonMs);
    const stepMs = this.#scalars[STEP] as number;
    const farther = Math.sqrt(Math.max(horizonMs, stepMs) / Math.max(track.horizonMs, stepMs));
    const mean = this.#mean(Math.max(horizonMs, stepMs), track, new Float64Array(this.#model.notes), 0);
    const spread = track.spread(this.#scalars[UNREST] as number) * farther;
    const errors = track.errors();
    const tail = (1 - level) / 2;
    const { timestamp } = this;
    return {
      timestamp,
      targetTime: timestamp + horizonMs,
      horizon: horizonMs,
      mean,
      lower: Math.min(mean, this.#clamp(mean + errors.quantile(tail) * spread, horizonMs)),
      upper: Math.max(mean, this.#clamp(mean + errors.quantile(1 - tail) * spread, horizonMs)),
      level,
      confidence: track.horizonMs === horizonMs ? track.confidence : undefined,
      model: this.#settings.model,
      probabilityAbove(threshold) {
        if (spread === 0) return mean > threshold ? 1 : 0;
        return errors.above((threshold - mean) / spread);
      },
    };
  }

  /** Copy of the state. */
  snapshot(): SeriesForecasterSnapshot {
    return {
      scalars: this.#scalars.slice(),
      gaps: this.#gaps.snapshot(),
      changes: this.#changes.snapshot(),
      tracks: this.#tracks.map((t) => t.snapshot()),
      model: this.#model.snapshot(),
    };
  }

  /**
   * The step is needed from the first sample on, so the first gaps are counted before the samples, and again with them.
   * An absurd value among the first, when there is nothing to hold it against yet, would rule for days: it is cut.
   */
  #start(samples: readonly number[]): void {
    for (let i = 2; i < samples.length; i += 2) this.#gaps.add((samples[i] as number) - (samples[i - 2] as number));
    this.#scalars[STEP] = this.#gaps.median as number;
    const values = samples.filter((_, i) => i % 2 === 1).map(bounded);
    const middle = medianOf(values);
    const distance = medianOf(values.map((value) => Math.abs(value - middle)));
    const reach = distance > 0 && values.length >= FEWEST_TO_CUT ? ABSURD * distance : Number.POSITIVE_INFINITY;
    values.forEach((value, i) => {
      const kept = Math.max(middle - reach, Math.min(middle + reach, value));
      this.observe(samples[2 * i] as number, kept);
    });
  }

  #learn(sample: SampleView): void {
    const distance = this.#unrest(sample.value, sample.stepMs);
    this.#model.observe(sample.timestamp, sample.value, sample.stepMs);
    const usualUnrest = this.#scalars[UNREST] as number;
    const usualStepChange = this.#changes.median ?? 0;
    let shorter: HorizonTrack | undefined;
    for (const track of this.#tracks) {
      track.feel(distance, this.samples, sample.stepMs);
      track.settle(sample, this.#model, usualStepChange);
      const steps = track.horizonMs / sample.stepMs;
      track.rescale(
        shorter === undefined
          ? usualUnrest * Math.sqrt(Math.max(FIRST_STEPS, steps))
          : shorter.scale * Math.sqrt(Math.max(1, track.horizonMs / Math.max(shorter.horizonMs, sample.stepMs))),
      );
      if (track.due(sample)) {
        const horizonMs = Math.max(track.horizonMs, sample.stepMs);
        track.issue(sample, usualUnrest, (notes, offset) => this.#mean(horizonMs, track, notes, offset));
      }
      shorter = track;
    }
  }

  /** Updates level and long-run unrest; returns how far the value lay from the level before. */
  #unrest(value: number, stepMs: number): number {
    const s = this.#scalars;
    if (this.samples === 1) {
      s[LEVEL] = value;
      return 0;
    }
    const level = s[LEVEL] as number;
    const usual = s[UNREST] as number;
    const cap = usual === 0 ? Number.POSITIVE_INFINITY : DISTANCE_CAP * usual;
    const distance = Math.min(cap, Math.abs(value - level));
    const weight = Math.max(1 / this.samples, stepMs / (UNREST_DAYS * DAY_MS));
    s[UNREST] = usual + weight * (distance - usual);
    s[LEVEL] = level + LEVEL_WEIGHT * (value - level);
    return distance;
  }

  #mean(horizonMs: number, track: HorizonTrack, notes: Float64Array, offset: number): number {
    const mean = this.#model.predict(horizonMs, track, notes, offset);
    return this.#clamp(Number.isFinite(mean) ? mean : this.value, horizonMs);
  }

  /**
   * Keeps a value inside the natural range, above 0 where nothing was ever below, and no farther outside the seen range
   * than a line through the whole history would come by then.
   */
  #clamp(value: number, horizonMs: number): number {
    const s = this.#scalars;
    const lowest = s[LOWEST] as number;
    const highest = s[HIGHEST] as number;
    const seen = this.timestamp - (s[FIRST_TIME] as number);
    const margin = highest > lowest ? (highest - lowest) * (1 + horizonMs / seen) : 0;
    const floor = lowest >= 0 ? Math.max(0, lowest - margin) : lowest - margin;
    const possible = Math.max(floor, Math.min(highest + margin, value));
    const { min, max } = this.#range;
    return Math.max(min, -Number.MAX_VALUE, Math.min(max, Number.MAX_VALUE, possible));
  }

  /** The tracked horizon that is nearest in proportion. */
  #nearest(horizonMs: number): HorizonTrack {
    let nearest = this.#tracks[0] as HorizonTrack;
    for (const track of this.#tracks) {
      if (track.horizonMs === horizonMs) return track;
      // Between two neighbours the geometric mean is the border.
      if (track.horizonMs * nearest.horizonMs < horizonMs * horizonMs) nearest = track;
    }
    return nearest;
  }
}

function bounded(value: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, value));
}
