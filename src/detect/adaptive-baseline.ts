import { deviationFromTail } from '../stats/normal.ts';
import { medianOf } from '../stats/order.ts';
import { RobustLevel, type RobustLevelSnapshot } from '../stats/robust-level.ts';
import { SamplingStep } from '../stats/sampling-step.ts';
import { SeasonalLevel, type SeasonalLevelSnapshot } from '../stats/seasonal-level.ts';
import { normalFromStudent, studentFromNormal } from '../stats/student.ts';
import { TailCalibration, type TailCalibrationSnapshot } from '../stats/tail-calibration.ts';
import {
  type Baseline,
  type BaselineSnapshot,
  deviationFromConstant,
  type EpisodeRules,
  type History,
  scoreOf,
  type Verdict,
} from './baseline.ts';
import { openingLimit } from './evidence.ts';

/** Rates of the two levels: one follows within some 10 samples, the other holds for some 50. */
const QUICK_RATE = 0.1;
const SLOW_RATE = 0.02;

/** Degrees of freedom that the scale ends with: it remembers some 200 samples. */
const MOST_DEGREES = 200;

/** Keeps deviations finite where the scale is next to nothing. */
const LARGEST_DEVIATION = 1000;

/** The scale never falls below this part of the long-run one, so that a quiet hour is no trap for the next. */
const LEAST_SCALE = 0.1;

/** Residuals beyond so many scales enter the long-run scale as so many, so that 1e150 does not stay in it for ever. */
const LONG_RUN_CLIP = 1000;

/**
 * Of a metric that ranges from 0 to 1 or from 0 to 100: smaller scales than this part of the range mean nothing. Two
 * points, since one failure among a dozen requests is 8 % and should not page by itself.
 */
const LEAST_SCALE_OF_RANGE = 0.02;

/** A gap of so many steps makes the quick level worthless; the slow one then speaks alone. */
const LONG_GAP = 10;

/** Habits of the day are looked for after a quarter of one. */
const SEASON_AFTER_MS = 21_600_000;

/** Equal values in a row from which a bounded metric counts as resting; what interrupts it once is not yet an episode. */
const RESTING = 10;

/** Memory of the correlation between successive deviations, and what it is taken for before it is known. */
const SERIAL_RATE = 0.01;
const SERIAL_PRIOR = 0.5;
const SERIAL_CLIP = 3;
const MOST_CORRELATION = 0.98;

/** An episode that goes on for an hour is the new normal, but for no fewer samples than 24 and no more than 360. */
const ACCEPT_MS = 3_600_000;
const ACCEPT_LEAST = 24;
const ACCEPT_MOST = 360;

/** Normal samples in a row that end an episode: first, and where it flaps. */
const CLOSE_AFTER = 3;
const CLOSE_MOST = 48;

/** Mean over median absolute deviation of a normal variable: √(2/π) / 0.6745. */
const MEAN_OVER_MEDIAN = 1.183;

/** What an {@link AdaptiveBaseline} is told about its metric. */
export interface AdaptiveOptions {
  /** Half width of the band in standard deviations. */
  readonly threshold: number;
  /** Samples that the long-run scale remembers. */
  readonly historySize: number;
  /** Natural range of the metric. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** State of an {@link AdaptiveBaseline}. */
export interface AdaptiveSnapshot extends BaselineSnapshot {
  readonly method: 'adaptive';
  readonly count: number;
  readonly run: number;
  readonly value: number;
  readonly newest: number;
  readonly gaps: readonly number[];
  readonly quick: RobustLevelSnapshot;
  readonly slow: RobustLevelSnapshot;
  readonly seasonal: SeasonalLevelSnapshot | undefined;
  readonly born: number;
  readonly candidate: RobustLevelSnapshot | undefined;
  readonly longRun: number;
  readonly serial: readonly [product: number, square: number, last: number];
  readonly tail: TailCalibrationSnapshot;
}

/**
 * The default detector's baseline: two robust levels, one quick and one slow, and how far they usually err. A value is
 * strange where it is far from *both*: its deviation is the geometric mean of the two, so that neither a slow wave
 * (quick level right, slow one wrong) nor noise around a steady mean (the other way round) is. Where the time of day is
 * found to matter, its habit takes the slow level's place. What remains is made honest twice: by Student's law while
 * the scale rests on few samples, and by the ranks of the series' own largest deviations where its tail is heavier than
 * normal.
 *
 * Values of open episodes are not learned until they are accepted. The scale is the series' own: multiplying all
 * values or adding to them changes no deviation, unless the metric has a natural range.
 *
 * Cost: O(1) a sample, about a microsecond; up to 3 kB.
 */
export class AdaptiveBaseline implements Baseline {
  readonly #options: AdaptiveOptions;
  /** Smallest scale that means something for a metric with a natural range, else 0. */
  readonly #leastScale: number;
  readonly #step: SamplingStep;
  readonly #quick: RobustLevel;
  readonly #slow: RobustLevel;
  readonly #tail: TailCalibration;
  /** First timestamp. */
  readonly #born: number;
  /** Habits of the day; not before a quarter of one has passed, so that short-lived series stay small. */
  #seasonal: SeasonalLevel | undefined;
  /** Level of all values since the open episode began. */
  #candidate: RobustLevel | undefined;
  #count: number;
  /** How many of the newest values equal the last one. */
  #run: number;
  #value: number;
  #newest: number;
  /** Mean absolute residual over the long run. */
  #longRun: number;
  #serialProduct: number;
  #serialSquare: number;
  #serialLast: number;

  constructor(options: AdaptiveOptions, start: History | AdaptiveSnapshot) {
    const from = 'method' in start ? start : firstBelief(start);
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options;
    this.#options = options;
    this.#leastScale = Number.isFinite(max - min) ? LEAST_SCALE_OF_RANGE * (max - min) : 0;
    this.#step = new SamplingStep(from.gaps);
    this.#quick = new RobustLevel(QUICK_RATE, from.quick);
    this.#slow = new RobustLevel(SLOW_RATE, from.slow);
    this.#tail = new TailCalibration(from.tail);
    this.#candidate = from.candidate && new RobustLevel(QUICK_RATE, from.candidate);
    this.#born = from.born;
    this.#seasonal = from.seasonal && new SeasonalLevel(from.seasonal);
    this.#count = from.count;
    this.#run = from.run;
    this.#value = from.value;
    this.#newest = from.newest;
    this.#longRun = from.longRun;
    [this.#serialProduct, this.#serialSquare, this.#serialLast] = from.serial;
  }

  get constant(): boolean {
    return this.#run >= this.#count;
  }

  get rules(): EpisodeRules {
    const step = this.#step.value;
    // In a long constant both averages fade away to 0.
    const correlation = this.#serialSquare > 0 ? this.#serialProduct / this.#serialSquare : 0;
    const carried = Math.max(0, Math.min(MOST_CORRELATION, correlation));
    return {
      limit: openingLimit(step),
      carry: (1 - carried) / (1 + carried),
      closeAfter: CLOSE_AFTER,
      closeMost: CLOSE_MOST,
      acceptAfter: Math.max(ACCEPT_LEAST, Math.min(ACCEPT_MOST, Math.ceil(ACCEPT_MS / step))),
    };
  }

  judge(timestamp: number, value: number): Verdict {
    const { threshold, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = this.#options;
    const { middle, spread, scale } = this.#belief(timestamp);
    const residual = value - middle;
    const deviation = Math.sign(residual) * this.#tail.map(this.#rawDeviation(Math.abs(residual), spread, scale));
    // The same way back: deviation → raw deviation → residual.
    const raw = studentFromNormal(this.#tail.inverse(threshold), this.#degrees);
    const half = scale === 0 ? spread : Math.min(Number.MAX_VALUE, Math.hypot(spread, raw * scale));
    return {
      expected: middle,
      lower: Math.max(min, middle - half),
      upper: Math.min(max, middle + half),
      deviation,
      score: scoreOf(this.#strangeness(value, Math.abs(deviation), scale)),
    };
  }

  learn(timestamp: number, value: number, anomalous: boolean): void {
    const { middle, spread, scale } = this.#belief(timestamp);
    const residual = value - middle;
    const raw = this.#rawDeviation(Math.abs(residual), spread, scale);
    this.#tail.learn(raw);
    const gap = timestamp - this.#newest;
    const steps = gap / this.#step.value;
    this.#step.add(gap);
    this.#newest = timestamp;
    this.#run = value === this.#value ? this.#run + 1 : 1;
    this.#value = value;
    this.#count++;
    // Until habits are confirmed nobody relies on them, and what is strange every day at nine must be learned from.
    if (!anomalous || this.#seasonal?.confirmed !== true) this.#learnSeason(timestamp, value);
    if (this.#candidate !== undefined) this.#candidate.learn(value);
    else if (anomalous) this.#candidate = new RobustLevel(QUICK_RATE, { level: value, meanAbsolute: 0, count: 1 });
    if (anomalous) return;
    this.#learnSerial(Math.sign(residual) * Math.min(SERIAL_CLIP, raw));
    this.#learnLongRun(Math.abs(residual), scale);
    this.#quick.learn(value, steps);
    this.#slow.learn(value, steps);
  }

  endEpisode(accepted: boolean): void {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (!accepted || candidate === undefined) return;
    this.#quick.rebase(candidate.level, Math.max(candidate.scale, this.#quick.scale));
    this.#slow.rebase(candidate.level, Math.max(candidate.scale, this.#slow.scale));
    if (this.#seasonal?.confirmed) this.#seasonal.rebase(this.#newest, candidate.level);
  }

  snapshot(): AdaptiveSnapshot {
    return {
      method: 'adaptive',
      count: this.#count,
      run: this.#run,
      value: this.#value,
      newest: this.#newest,
      gaps: this.#step.snapshot(),
      quick: this.#quick.snapshot(),
      slow: this.#slow.snapshot(),
      seasonal: this.#seasonal?.snapshot(),
      born: this.#born,
      candidate: this.#candidate?.snapshot(),
      longRun: this.#longRun,
      serial: [this.#serialProduct, this.#serialSquare, this.#serialLast],
      tail: this.#tail.snapshot(),
    };
  }

  /** Middle of the two levels, half their distance, and the scale, for a sample at `timestamp`. */
  #belief(timestamp: number): { readonly middle: number; readonly spread: number; readonly scale: number } {
    const floor = Math.max(this.#leastScale, LEAST_SCALE * this.#longRun);
    const stale = timestamp - this.#newest > LONG_GAP * this.#step.value;
    const habit = this.#seasonal?.confirmed ? this.#seasonal : undefined;
    const holding = habit === undefined ? this.#slow.level : habit.at(timestamp);
    const holdingScale = (habit ?? this.#slow).scale;
    const following = stale ? holding : this.#quick.level;
    const followingScale = stale ? holdingScale : this.#quick.scale;
    return {
      middle: (following + holding) / 2,
      spread: Math.abs(following - holding) / 2,
      scale: Math.max(floor, Math.sqrt(followingScale * holdingScale)),
    };
  }

  get #degrees(): number {
    return Math.min(MOST_DEGREES, this.#count - 1);
  }

  /** Deviation before the tail's say; `distance` is that from the middle. */
  #rawDeviation(distance: number, spread: number, scale: number): number {
    if (distance <= spread) return 0;
    if (scale === 0) return deviationFromConstant(Math.min(this.#count, this.#options.historySize));
    // √((d − s)(d + s)) is the geometric mean of the distances from the two levels.
    const product = Math.sqrt(distance - spread) * Math.sqrt(distance + spread);
    const raw = Math.min(LARGEST_DEVIATION, normalFromStudent(product / scale, this.#degrees));
    // Where a bounded metric rests, n equal values say that an interruption has a probability of about 1 / n.
    return this.#leastScale > 0 && this.#run >= RESTING ? Math.min(raw, deviationFromTail(1 / this.#run)) : raw;
  }

  /**
   * The deviation as the score sees it: in an open episode a value that is where the episode has been all along is no
   * longer as strange as the first one was. Geometric mean of the deviations from the old level and from the new one.
   */
  #strangeness(value: number, deviation: number, scale: number): number {
    const candidate = this.#candidate;
    if (candidate === undefined || candidate.scale === 0 || scale === 0) return deviation;
    return Math.sqrt(deviation * Math.min(deviation, Math.abs(value - candidate.level) / scale));
  }

  #learnSeason(timestamp: number, value: number): void {
    if (this.#seasonal !== undefined) this.#seasonal.learn(timestamp, value, this.#step.value);
    else if (timestamp - this.#born >= SEASON_AFTER_MS) {
      this.#seasonal = SeasonalLevel.begin(timestamp, this.#step.value, this.#slow.level);
    }
  }

  #learnSerial(deviation: number): void {
    this.#serialProduct += SERIAL_RATE * (deviation * this.#serialLast - this.#serialProduct);
    this.#serialSquare += SERIAL_RATE * (deviation * deviation - this.#serialSquare);
    this.#serialLast = deviation;
  }

  #learnLongRun(absolute: number, scale: number): void {
    const known = Math.max(scale, this.#longRun);
    const clipped = known > 0 ? Math.min(absolute, LONG_RUN_CLIP * known) : absolute;
    this.#longRun += Math.max(1 / this.#options.historySize, 1 / this.#count) * (clipped - this.#longRun);
  }
}

/** What the first samples of a series make one believe: their median, and their median distance from it. */
function firstBelief(history: History): AdaptiveSnapshot {
  const times = history.filter((_, i) => i % 2 === 0);
  const values = history.filter((_, i) => i % 2 === 1);
  const count = values.length;
  const value = values[count - 1] as number;
  const level = medianOf(values);
  const distances = values.map((v) => Math.abs(v - level));
  const mean = distances.reduce((sum, d) => sum + d, 0) / count;
  // Of equal weight: the median withstands an outlier, the mean speaks where most values are equal.
  const start = { level, meanAbsolute: Math.sqrt(mean * MEAN_OVER_MEDIAN * medianOf(distances)) || mean, count };
  let run = 1;
  while (run < count && values[count - 1 - run] === value) run++;
  return {
    method: 'adaptive',
    count,
    run,
    value,
    newest: times[count - 1] as number,
    gaps: times.slice(1).map((t, i) => t - (times[i] as number)),
    quick: start,
    slow: start,
    seasonal: undefined,
    born: times[0] as number,
    candidate: undefined,
    longRun: mean,
    serial: [SERIAL_PRIOR, 1, 0],
    tail: new TailCalibration().snapshot(),
  };
}
