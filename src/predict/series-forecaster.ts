import type { Forecast } from '../model/forecast.ts';
import { normalQuantile } from '../stats/normal.ts';
import { medianOf } from '../stats/order.ts';
import type { QuantileGrid } from '../stats/quantile-tracker.ts';
import { RunningMedian } from '../stats/running-median.ts';
import { findDrift } from './drift.ts';
import { HorizonTrack, type Issued, type TrackRecord } from './horizon-track.ts';
import { LongTrend } from './long-trend.ts';
import type { OnlineModel } from './online-model.ts';
import { PastValues, shareAbove } from './past-values.ts';
import { type SeriesState, StateLayout } from './series-state.ts';
import { type TimeRange, timeRange } from './time-to-threshold.ts';

const DAY_MS = 86_400_000;
/** Gaps between samples that the step is the median of: five outliers in a row do not move it. */
const GAP_WINDOW = 11;
/**
 * Changes from step to step that the tolerance of `confidence` is the median of, and which of them: every fourth, once
 * there are enough. */
const CHANGE_WINDOW = 15;
const EVERY_CHANGE_MASK = 3;
/**
 * The less a forecast knows, the more a probability leans on how often the value has been above the threshold anyway: by
 * this share where the errors are as large as the series' own deviations, and less in proportion. Tried: 0.15 to 0.25.
 */
const PAST_SHARE = 0.2;
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
/**
 * Values beyond it are taken as this, and those nearer to 0 than its inverse as 0, so that no difference, product or sum
 * of a few overflows or vanishes in single precision.
 */
const LARGEST = 1e30;

const SAMPLES = 0;
const FIRST_TIME = 1;
const LAST_TIME = 2;
const LAST_VALUE = 3;
const LOWEST = 4;
const HIGHEST = 5;
const LEVEL = 6;
const UNREST = 7;
const STEP = 8;
const RANGE_MIN = 9;
const RANGE_MAX = 10;
const TOLERANCE = 11;
const DOUBLES = 12;

/** What all series of one predictor have in common. */
export interface ForecasterSettings {
  /** Name of the model, for `Forecast.model`. */
  readonly model: string;
  /** Makes the model, its places reserved in the layout. */
  readonly createModel: (layout: StateLayout) => OnlineModel;
  /** Milliseconds, ascending. */
  readonly horizons: readonly number[];
  readonly grid: QuantileGrid;
  /** Of the intervals; among those of the grid. */
  readonly level: number;
}

/** Lowest and highest value that the metric can take by its nature. */
export interface NaturalRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Forecasts series: a model for the mean, and for each horizon a running backtest for interval and confidence. All of it
 * follows the samples' timestamps; the sampling step is the median gap. One object serves all series of a predictor; a
 * series is the block that `begin` makes.
 */
export class SeriesForecaster {
  readonly #settings: ForecasterSettings;
  readonly #layout = new StateLayout();
  readonly #at: number;
  readonly #gaps = new RunningMedian(GAP_WINDOW);
  readonly #gapsAt: number;
  readonly #changes = new RunningMedian(CHANGE_WINDOW);
  readonly #changesAt: number;
  readonly #past: PastValues;
  readonly #trend: LongTrend;
  readonly #model: OnlineModel;
  readonly #tracks: readonly HorizonTrack[];
  /** Normal scores of the interval's ends. */
  readonly #scores: readonly [number, number];
  /** Filled anew for every forecast: what it is, and what the model notes down where nobody will read it. */
  readonly #issued: Issued = { centre: 0, mean: 0, lower: 0, upper: 0, spread: 0 };
  readonly #notes: Float32Array;

  constructor(settings: ForecasterSettings) {
    this.#settings = settings;
    const layout = this.#layout;
    this.#at = layout.doubles(DOUBLES);
    this.#gapsAt = layout.floats(this.#gaps.size);
    this.#changesAt = layout.floats(this.#changes.size);
    this.#past = new PastValues(layout);
    this.#trend = new LongTrend(layout);
    this.#model = settings.createModel(layout);
    const { notes } = this.#model;
    this.#notes = new Float32Array(notes);
    this.#tracks = settings.horizons.map(
      (horizonMs, index) => new HorizonTrack(layout, { index, horizonMs, notes }, settings.grid, settings.level),
    );
    this.#scores = intervalScores(settings.level);
  }

  /** Name of the model. */
  get model(): string {
    return this.#settings.model;
  }

  /** Bytes of a block. */
  get byteLength(): number {
    return this.#layout.byteLength;
  }

  /** Samples seen. */
  samples({ doubles }: SeriesState): number {
    return doubles[this.#at + SAMPLES] as number;
  }

  /** Time of the newest sample, epoch milliseconds. */
  timestamp({ doubles }: SeriesState): number {
    return doubles[this.#at + LAST_TIME] as number;
  }

  /** The newest value. */
  value({ doubles }: SeriesState): number {
    return doubles[this.#at + LAST_VALUE] as number;
  }

  /**
   * The block of a series.
   *
   * The step is needed from the first sample on, so the first gaps are counted before the samples, and again with them.
   * An absurd value among the first, when there is nothing to hold it against yet, would rule for days: it is cut.
   *
   * @param samples the first ones, `[time, value, time, value, …]`, at least two
   */
  begin(samples: readonly number[], range: NaturalRange): SeriesState {
    const state = this.#layout.create();
    const d = state.doubles;
    for (let i = 2; i < samples.length; i += 2) {
      this.#gaps.add(state.floats, this.#gapsAt, (samples[i] as number) - (samples[i - 2] as number));
    }
    const stepMs = this.#gaps.median(state.floats, this.#gapsAt) as number;
    d[this.#at + STEP] = stepMs;
    d[this.#at + RANGE_MIN] = range.min;
    d[this.#at + RANGE_MAX] = range.max;
    const values = samples.filter((_, i) => i % 2 === 1).map(bounded);
    const middle = medianOf(values);
    const distance = medianOf(values.map((value) => Math.abs(value - middle)));
    const reach = distance > 0 && values.length >= FEWEST_TO_CUT ? ABSURD * distance : Number.POSITIVE_INFINITY;
    const kept = values.map((value) => Math.max(middle - reach, Math.min(middle + reach, value)));
    const first = kept[0] as number;
    d[this.#at + FIRST_TIME] = samples[0] as number;
    for (const place of [LAST_VALUE, LOWEST, HIGHEST, LEVEL]) d[this.#at + place] = first;
    this.#model.start(state, samples[0] as number, first, stepMs);
    for (const track of this.#tracks) track.start(state);
    this.#trend.start(state, first, stepMs);
    kept.forEach((value, i) => {
      this.observe(state, samples[2 * i] as number, value);
    });
    return state;
  }

  /** Takes in one sample, newer than all before. */
  observe(state: SeriesState, timestamp: number, rawValue: number): void {
    const value = bounded(rawValue);
    const d = state.doubles;
    const at = this.#at;
    const samples = (d[at + SAMPLES] as number) + 1;
    if (samples > 1) {
      this.#follow(state, timestamp - (d[at + LAST_TIME] as number));
      if (samples <= 2 * CHANGE_WINDOW || (samples & EVERY_CHANGE_MASK) === 0) {
        this.#changes.add(state.floats, this.#changesAt, Math.abs(value - (d[at + LAST_VALUE] as number)));
        d[at + TOLERANCE] = this.#changes.median(state.floats, this.#changesAt) as number;
      }
    }
    d[at + SAMPLES] = samples;
    d[at + LAST_TIME] = timestamp;
    d[at + LAST_VALUE] = value;
    if (value < (d[at + LOWEST] as number)) d[at + LOWEST] = value;
    if (value > (d[at + HIGHEST] as number)) d[at + HIGHEST] = value;
    this.#past.observe(state, timestamp, value, timestamp - (d[at + FIRST_TIME] as number));
    this.#trend.observe(state, timestamp, value);
    this.#learn(state, timestamp, value, d[at + STEP] as number, samples);
  }

  /** The forecast for `horizonMs` after the newest sample. */
  forecast(state: SeriesState, horizonMs: number, level: number): Forecast {
    const track = this.#nearest(horizonMs);
    const d = state.doubles;
    const timestamp = d[this.#at + LAST_TIME] as number;
    const stepMs = d[this.#at + STEP] as number;
    const ahead = Math.max(horizonMs, stepMs);
    const farther = Math.sqrt(ahead / Math.max(track.horizonMs, stepMs));
    const centre = this.#centre(state, ahead, track, this.#notes, 0);
    const spread = track.spread(state, d[this.#at + UNREST] as number) * farther;
    const mean = this.#mean(state, track, centre, spread, horizonMs);
    const unit = spread * track.width(state);
    const errors = track.errors(state);
    const past = this.#past.values(state);
    const deviation = this.#past.deviation(state);
    const share = deviation > 0 ? PAST_SHARE * Math.min(1, spread / deviation) : 0;
    const [low, high] = level === this.#settings.level ? this.#scores : intervalScores(level);
    return {
      timestamp,
      targetTime: timestamp + horizonMs,
      horizon: horizonMs,
      mean,
      lower: Math.min(mean, this.#clamp(d, centre + errors.at(low) * unit, horizonMs)),
      upper: Math.max(mean, this.#clamp(d, centre + errors.at(high) * unit, horizonMs)),
      level,
      confidence: track.horizonMs === horizonMs ? track.confidence(state) : undefined,
      model: this.#settings.model,
      samples: this.samples(state),
      probabilityAbove(threshold) {
        if (unit === 0) return mean > threshold ? 1 : 0;
        const expected = errors.above((threshold - centre) / unit);
        return share === 0 ? expected : expected + share * (shareAbove(past, threshold) - expected);
      },
    };
  }

  /** How forecasts at a tracked horizon have turned out; `undefined` before any was compared. */
  record(state: SeriesState, horizonMs: number): TrackRecord | undefined {
    return this.#tracks.find((track) => track.horizonMs === horizonMs)?.record(state);
  }

  /**
   * When a series passes a threshold, by the forecasts of the tracked horizons and, beyond them, by its drift.
   *
   * @param above whether it is passed upward
   */
  timeTo(state: SeriesState, threshold: number, above: boolean, level: number): TimeRange {
    const chances = this.#tracks.map(({ horizonMs }) => {
      const probability = this.forecast(state, horizonMs, this.#settings.level).probabilityAbove(threshold);
      return { aheadMs: horizonMs, probability: above ? probability : 1 - probability };
    });
    const distance = (value: number): number => (above ? threshold - value : value - threshold);
    return timeRange(chances, findDrift(this.#trend.course(state)), distance, level);
  }

  /** A block with the same contents that shares nothing; for a snapshot, and for going on from one. */
  copy(state: SeriesState): SeriesState {
    return this.#layout.copy(state);
  }

  /** Follows the sampling step. */
  #follow({ doubles, floats }: SeriesState, gap: number): void {
    this.#gaps.add(floats, this.#gapsAt, gap);
    doubles[this.#at + STEP] = this.#gaps.median(floats, this.#gapsAt) as number;
  }

  #learn(state: SeriesState, timestamp: number, value: number, stepMs: number, samples: number): void {
    const d = state.doubles;
    const distance = this.#unrest(d, value, stepMs, samples);
    this.#model.observe(state, timestamp, value, stepMs);
    const usualUnrest = d[this.#at + UNREST] as number;
    const tolerance = d[this.#at + TOLERANCE] as number;
    let shorter: HorizonTrack | undefined;
    for (const track of this.#tracks) {
      track.feel(state, distance, samples, stepMs);
      for (
        let notes = track.settle(state, timestamp, value, stepMs, tolerance);
        notes >= 0;
        notes = track.settle(state, timestamp, value, stepMs, tolerance)
      ) {
        const change = track.change(state, notes, value);
        if (!Number.isNaN(change)) this.#model.learn(state, track, notes, change);
      }
      const steps = track.horizonMs / stepMs;
      track.rescale(
        state,
        shorter === undefined
          ? usualUnrest * Math.sqrt(Math.max(FIRST_STEPS, steps))
          : shorter.scale(state) * Math.sqrt(Math.max(1, track.horizonMs / Math.max(shorter.horizonMs, stepMs))),
      );
      if (track.due(state, timestamp, stepMs)) this.#issue(state, track, timestamp, value, stepMs);
      shorter = track;
    }
  }

  #issue(state: SeriesState, track: HorizonTrack, timestamp: number, value: number, stepMs: number): void {
    const d = state.doubles;
    const issued = this.#issued;
    const { ends } = this.#settings.grid;
    const centre = this.#centre(state, Math.max(track.horizonMs, stepMs), track, state.floats, track.nextNotes(state));
    const spread = track.spread(state, d[this.#at + UNREST] as number);
    const unit = spread * track.width(state);
    const mean = this.#mean(state, track, centre, spread, track.horizonMs);
    issued.centre = centre;
    issued.mean = mean;
    issued.spread = spread;
    issued.lower = Math.min(mean, this.#clamp(d, centre + track.errorAt(state, ends[0]) * unit, track.horizonMs));
    issued.upper = Math.max(mean, this.#clamp(d, centre + track.errorAt(state, ends[1]) * unit, track.horizonMs));
    track.issue(state, timestamp, value, stepMs, issued);
  }

  /** The centre, moved to the median of what came where the model asks for it, within the natural range. */
  #mean(state: SeriesState, track: HorizonTrack, centre: number, spread: number, horizonMs: number): number {
    return this.#clamp(state.doubles, centre + this.#model.toMedian * spread * track.median(state), horizonMs);
  }

  /** Updates level and long-run unrest; returns how far the value lay from the level before. */
  #unrest(d: Float64Array, value: number, stepMs: number, samples: number): number {
    const level = d[this.#at + LEVEL] as number;
    const usual = d[this.#at + UNREST] as number;
    const cap = usual === 0 ? Number.POSITIVE_INFINITY : DISTANCE_CAP * usual;
    const distance = Math.min(cap, Math.abs(value - level));
    const weight = Math.max(1 / samples, stepMs / (UNREST_DAYS * DAY_MS));
    d[this.#at + UNREST] = usual + weight * (distance - usual);
    d[this.#at + LEVEL] = level + LEVEL_WEIGHT * (value - level);
    return distance;
  }

  #centre(state: SeriesState, horizonMs: number, track: HorizonTrack, notes: Float32Array, at: number): number {
    const mean = this.#model.predict(state, horizonMs, track, notes, at);
    return this.#clamp(state.doubles, Number.isFinite(mean) ? mean : this.value(state), horizonMs);
  }

  /**
   * Keeps a value inside the natural range, above 0 where nothing was ever below, and no farther outside the seen range
   * than a line through the whole history would come by then.
   */
  #clamp(d: Float64Array, value: number, horizonMs: number): number {
    const at = this.#at;
    const lowest = d[at + LOWEST] as number;
    const highest = d[at + HIGHEST] as number;
    const seen = (d[at + LAST_TIME] as number) - (d[at + FIRST_TIME] as number);
    const margin = highest > lowest ? (highest - lowest) * (1 + horizonMs / seen) : 0;
    const floor = lowest >= 0 ? Math.max(0, lowest - margin) : lowest - margin;
    const possible = Math.max(floor, Math.min(highest + margin, value));
    return Math.max(
      d[at + RANGE_MIN] as number,
      -Number.MAX_VALUE,
      Math.min(d[at + RANGE_MAX] as number, Number.MAX_VALUE, possible),
    );
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

function intervalScores(level: number): readonly [number, number] {
  return [normalQuantile((1 - level) / 2), normalQuantile((1 + level) / 2)];
}

function bounded(value: number): number {
  if (Math.abs(value) < 1 / LARGEST) return 0;
  return Math.max(-LARGEST, Math.min(LARGEST, value));
}
