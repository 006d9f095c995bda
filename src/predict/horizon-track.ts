import { type QuantileDistribution, type QuantileGrid, QuantileTracker } from '../stats/quantile-tracker.ts';
import type { SeriesState, StateLayout } from './series-state.ts';

/** At most this many forecasts are under way at any time; half as many learn worse, more cost without gain. */
const MOST_UNDER_WAY = 12;
/**
 * Nor are they issued faster than this, milliseconds, where at least a few steps of the horizon lie in between: a minute
 * series learns as well from every other sample 5 minutes ahead, and from every third 15 minutes ahead, as from each.
 */
const LEAST_SPACING_MS = 150_000;
const FEWEST_UNDER_WAY = 2.5;
/** Room for what that comes to with whole steps, and for one more where samples come early. */
const LEAST_ROOM = 6;
/** Outcomes before this horizon's own scale and errors are believed. */
const WARM_UP = 6;
/** The scale is a mean over about the last 200 outcomes, and so is the record. */
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
/** How far one outcome widens or narrows the interval, and bounds of what they may do together. */
const WIDTH_STEP = 0.01;
const LEAST_WIDTH = 0.5;
const MOST_WIDTH = 2;

/** A usual change below this is none; above, its inverse is finite in single precision. */
const LEAST_SCALE = 1e-37;
/** No forecast is farther from the newest value than this many usual changes, as far as it is remembered. */
const FARTHEST = 1e15;

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
const WIDTH = 10;
const RECORD_ERROR = 11;
const RECORD_BIAS = 12;
const COVERED = 13;
const DOUBT = 14;
const DOUBLES = 15;

/** Layout of a forecast under way: when it falls due and the value that it started from; */
const TARGET = 0;
const BASE = 1;
const PENDING_DOUBLES = 2;
/** the usual change then; and, in units of it, the unit of its errors and its distances from the base. The notes follow. */
const UNIT = 0;
const SPREAD = 1;
const CENTRE = 2;
const MEAN = 3;
const LOWER = 4;
const UPPER = 5;
const NOTES = 6;

/** How forecasts at one horizon have turned out, the newest outcomes weighing most. */
export interface TrackRecord {
  /** Forecasts that were compared with what came. */
  readonly count: number;
  /** Mean size of the error, in the metric's unit. */
  readonly meanError: number;
  /** The same of repeating the last value. */
  readonly lastValueError: number;
  /** Mean of outcome less forecast. */
  readonly bias: number;
  /** Share inside the interval. */
  readonly coverage: number;
  /** Share within tolerance. */
  readonly withinTolerance: number;
}

/**
 * One horizon: forecasts are issued all the time, kept until their moment comes, and compared with what came. From this
 * running backtest follow the model's lessons, the interval (adaptive conformal quantiles of the errors), the confidence
 * and the record. At most 12 forecasts of a series are under way; one is compared in constant time.
 */
export class HorizonTrack {
  readonly index: number;
  readonly horizonMs: number;
  readonly #at: number;
  readonly #errors: QuantileTracker;
  readonly #errorsAt: number;
  readonly #pendingAt: number;
  readonly #entriesAt: number;
  /** Forecasts that there is room for. */
  readonly #room: number;
  /** Floats of one forecast under way. */
  readonly #stride: number;
  readonly #level: number;

  /**
   * @param notes how many numbers the model notes down with each forecast
   * @param level of the intervals that are issued
   */
  constructor(
    layout: StateLayout,
    { index, horizonMs, notes }: { readonly index: number; readonly horizonMs: number; readonly notes: number },
    grid: QuantileGrid,
    level: number,
  ) {
    this.index = index;
    this.horizonMs = horizonMs;
    this.#level = level;
    this.#stride = NOTES + notes;
    this.#room = Math.min(MOST_UNDER_WAY, Math.max(LEAST_ROOM, Math.ceil(horizonMs / LEAST_SPACING_MS) + 1));
    this.#at = layout.doubles(DOUBLES);
    this.#pendingAt = layout.doubles(this.#room * PENDING_DOUBLES);
    this.#errors = new QuantileTracker(grid, FIRST_SIGMA);
    this.#errorsAt = layout.floats(this.#errors.size);
    this.#entriesAt = layout.floats(this.#room * this.#stride);
  }

  /** Begins a series. */
  start({ doubles, floats }: SeriesState): void {
    doubles[this.#at + WIDTH] = 1;
    this.#errors.start(floats, this.#errorsAt);
  }

  /** Usual size of the change over this horizon, in the metric's unit; 0 while nothing has changed. */
  scale({ doubles }: SeriesState): number {
    return doubles[this.#at + SCALE] as number;
  }

  /** The value about one horizon ago; NaN before there is one. */
  lagged({ doubles }: SeriesState): number {
    return doubles[this.#at + OUTCOMES] === 0 ? Number.NaN : (doubles[this.#at + LAGGED] as number);
  }

  /** Share of recent forecasts that came within tolerance; `undefined` before any was compared. */
  confidence({ doubles }: SeriesState): number | undefined {
    return doubles[this.#at + OUTCOMES] === 0 ? undefined : doubles[this.#at + HITS];
  }

  /** How forecasts have turned out; `undefined` before any was compared. */
  record({ doubles: d }: SeriesState): TrackRecord | undefined {
    const at = this.#at;
    const count = d[at + OUTCOMES] as number;
    if (count === 0) return undefined;
    return {
      count,
      meanError: d[at + RECORD_ERROR] as number,
      lastValueError: d[at + MEAN_CHANGE] as number,
      bias: d[at + RECORD_BIAS] as number,
      coverage: d[at + COVERED] as number,
      withinTolerance: d[at + HITS] as number,
    };
  }

  /** Distribution of the errors in units of the spread. */
  errors({ floats }: SeriesState): QuantileDistribution {
    return this.#errors.distribution(floats, this.#errorsAt);
  }

  /** Quantile of the errors, in units of the spread, at a position of the grid. */
  errorAt({ floats }: SeriesState, i: number): number {
    return floats[this.#errorsAt + i] as number;
  }

  /** Median of the errors, in units of the spread. */
  median({ floats }: SeriesState): number {
    return floats[this.#errorsAt + ((this.#errors.size - 2) >> 1)] as number;
  }

  /**
   * Unit of the errors: how far off the model usually is, and by how much more than usual its parts disagree about this
   * forecast (law of total variance). When the level has jumped, past errors say nothing; the disagreement says it all.
   *
   * @param doubt standard deviation of what the parts of the model say
   */
  spread(state: SeriesState, usualUnrest: number, doubt: number): number {
    const usual = this.#usualSpread(state, usualUnrest);
    const usualDoubt = state.doubles[this.#at + DOUBT] as number;
    return doubt > usualDoubt ? Math.sqrt(usual * usual + doubt * doubt - usualDoubt * usualDoubt) : usual;
  }

  /**
   * The usual error, more in unrest and less in calm. While outcomes are few it is wider: those of forecasts that overlap
   * are as good as one.
   */
  #usualSpread({ doubles: d }: SeriesState, usualUnrest: number): number {
    const at = this.#at;
    const outcomes = d[at + OUTCOMES] as number;
    if (outcomes < WARM_UP) return d[at + SCALE] as number;
    const unit = (d[at + MEAN_ERROR] as number) * Math.sqrt(1 + (OVERLAP * (d[at + PENDING] as number)) / outcomes);
    if (usualUnrest === 0) return unit;
    const ratio = ((d[at + UNREST] as number) / usualUnrest + CALM_SHARE) / (1 + CALM_SHARE);
    return unit * Math.sqrt(Math.max(LEAST_UNREST, Math.min(MOST_UNREST, ratio)));
  }

  /** By how much the interval is widened, because fewer of those issued held than should, or narrowed. */
  width({ doubles }: SeriesState): number {
    return doubles[this.#at + WIDTH] as number;
  }

  /** Takes in how far the newest of `samples` samples lay from the level. */
  feel({ doubles: d }: SeriesState, distance: number, samples: number, stepMs: number): void {
    const at = this.#at + UNREST;
    const weight = Math.max(1 / samples, 1 / (1 + Math.max(SHORTEST_UNREST, this.horizonMs / stepMs)));
    d[at] = (d[at] as number) + weight * (distance - (d[at] as number));
  }

  /**
   * Takes the oldest forecast under way whose moment has come, if it is this sample's, and scores it; returns the place
   * of its notes, -1 where there is none. Those whose moment passed in a gap are let go.
   */
  settle(state: SeriesState, timestamp: number, value: number, stepMs: number, tolerance: number): number {
    const d = state.doubles;
    const at = this.#at;
    while ((d[at + PENDING] as number) > 0) {
      const head = d[at + HEAD] as number;
      const late = timestamp - (d[this.#pendingAt + head * PENDING_DOUBLES + TARGET] as number);
      if (late < -stepMs / 2) return -1;
      d[at + HEAD] = head + 1 === this.#room ? 0 : head + 1;
      d[at + PENDING] = (d[at + PENDING] as number) - 1;
      if (late > stepMs) continue;
      this.#compare(state, head, value, tolerance);
      return this.#entriesAt + head * this.#stride + NOTES;
    }
    return -1;
  }

  /** Change that came of the forecast whose notes lie at `notes`, in units of the usual change then; NaN without one. */
  change({ doubles, floats }: SeriesState, notes: number, value: number): number {
    const entry = notes - NOTES;
    const slot = (entry - this.#entriesAt) / this.#stride;
    const unit = floats[entry + UNIT] as number;
    const base = doubles[this.#pendingAt + slot * PENDING_DOUBLES + BASE] as number;
    return unit > 0 ? (value - base) / unit : Number.NaN;
  }

  /** Settles on the scale: its own, or `fallback` before enough forecasts were compared. */
  rescale({ doubles: d }: SeriesState, fallback: number): void {
    const at = this.#at;
    const scale = (d[at + OUTCOMES] as number) < WARM_UP ? fallback : (d[at + MEAN_CHANGE] as number);
    d[at + SCALE] = scale < LEAST_SCALE ? 0 : scale;
  }

  /** Whether it is time to issue the next forecast. */
  due({ doubles: d }: SeriesState, timestamp: number, stepMs: number): boolean {
    const pending = d[this.#at + PENDING] as number;
    if (pending === 0) return true;
    const steps = this.horizonMs / stepMs;
    const spacing = Math.min(Math.ceil(LEAST_SPACING_MS / stepMs), Math.floor(steps / FEWEST_UNDER_WAY));
    const stride = Math.max(1, Math.ceil(steps / MOST_UNDER_WAY), spacing);
    const next = (d[this.#at + NEWEST_ORIGIN] as number) + (stride - 0.5) * stepMs;
    return timestamp >= next && pending < this.#room;
  }

  /** Place for the notes of the next forecast, in the state's floats. */
  nextNotes({ doubles: d }: SeriesState): number {
    return this.#entriesAt + this.#nextSlot(d) * this.#stride + NOTES;
  }

  /** Issues the forecast whose notes were left at `nextNotes`. */
  issue(state: SeriesState, timestamp: number, value: number, stepMs: number, forecast: Issued): void {
    const d = state.doubles;
    const f = state.floats;
    const slot = this.#nextSlot(d);
    const unit = this.scale(state);
    const per = unit > 0 ? 1 / unit : 0;
    const pending = this.#pendingAt + slot * PENDING_DOUBLES;
    const entry = this.#entriesAt + slot * this.#stride;
    average(d, this.#at + DOUBT, forecast.doubt, Math.max(ERROR_WEIGHT, 1 / (1 + (d[this.#at + OUTCOMES] as number))));
    d[pending + TARGET] = timestamp + Math.max(this.horizonMs, stepMs);
    d[pending + BASE] = value;
    f[entry + UNIT] = unit;
    f[entry + SPREAD] = within(forecast.spread * per);
    f[entry + CENTRE] = within((forecast.centre - value) * per);
    f[entry + MEAN] = within((forecast.mean - value) * per);
    f[entry + LOWER] = within((forecast.lower - value) * per);
    f[entry + UPPER] = within((forecast.upper - value) * per);
    d[this.#at + PENDING] = (d[this.#at + PENDING] as number) + 1;
    d[this.#at + NEWEST_ORIGIN] = timestamp;
  }

  #nextSlot(d: Float64Array): number {
    const slot = (d[this.#at + HEAD] as number) + (d[this.#at + PENDING] as number);
    return slot < this.#room ? slot : slot - this.#room;
  }

  #compare(state: SeriesState, slot: number, value: number, tolerance: number): void {
    const d = state.doubles;
    const f = state.floats;
    const at = this.#at;
    const entry = this.#entriesAt + slot * this.#stride;
    const base = d[this.#pendingAt + slot * PENDING_DOUBLES + BASE] as number;
    const unit = f[entry + UNIT] as number;
    const change = value - base;
    const error = change - unit * (f[entry + MEAN] as number);
    const fromCentre = change - unit * (f[entry + CENTRE] as number);
    const size = Math.abs(error);
    const outcomes = (d[at + OUTCOMES] as number) + 1;
    d[at + OUTCOMES] = outcomes;
    d[at + LAGGED] = base;

    const hit = size <= Math.max(TOLERANCE * Math.abs(value), tolerance) ? 1 : 0;
    follow(d, at + HITS, hit, Math.max(CONFIDENCE_WEIGHT, 1 / outcomes));
    const weight = Math.max(SCALE_WEIGHT, 1 / outcomes);
    average(d, at + MEAN_CHANGE, Math.abs(change), weight);
    average(d, at + MEAN_ERROR, Math.abs(fromCentre), Math.max(ERROR_WEIGHT, 1 / outcomes));

    // Half a millionth of slack, for what single precision cuts off the ends.
    const slack = 5e-7 * Math.abs(change);
    const inside =
      change >= unit * (f[entry + LOWER] as number) - slack && change <= unit * (f[entry + UPPER] as number) + slack;
    average(d, at + RECORD_ERROR, size, weight);
    follow(d, at + RECORD_BIAS, error, weight);
    follow(d, at + COVERED, inside ? 1 : 0, weight);

    const spread = unit * (f[entry + SPREAD] as number);
    // Without a unit there was nothing to be wrong by: no change, or no error, had ever been seen.
    if (!(spread > 0)) return;
    this.#errors.observe(f, this.#errorsAt, fromCentre / spread);
    const width = (d[at + WIDTH] as number) * (1 + WIDTH_STEP * ((inside ? 0 : 1) - (1 - this.#level)));
    d[at + WIDTH] = Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, width));
  }
}

/** What is issued; one object is filled again and again. */
export interface Issued {
  /** What the model said, which the errors are measured from. */
  centre: number;
  /** What was told: the centre, moved towards the median of the errors. */
  mean: number;
  lower: number;
  upper: number;
  spread: number;
  /** Standard deviation of what the parts of the model said. */
  doubt: number;
}

function within(distance: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, distance));
}

/** Moves a running mean by one value. */
function follow(d: Float64Array, at: number, value: number, weight: number): void {
  const mean = d[at] as number;
  d[at] = mean + weight * (value - mean);
}

/** Moves a running mean of sizes by one of them, which counts as a few times the mean at most. */
function average(d: Float64Array, at: number, size: number, weight: number): void {
  const usual = d[at] as number;
  const capped = usual === 0 ? size : Math.min(size, CAP * usual);
  d[at] = usual + weight * (capped - usual);
}
