import { deviationFromTail } from '../stats/normal.ts';
import { medianOf } from '../stats/order.ts';
import { RobustLevel, type RobustLevelSnapshot } from '../stats/robust-level.ts';
import { SamplingStep } from '../stats/sampling-step.ts';
import { normalFromStudent, studentFromNormal } from '../stats/student.ts';
import { TailCalibration, type TailCalibrationSnapshot } from '../stats/tail-calibration.ts';
import {
  type Baseline,
  type BaselineSnapshot,
  deviationFromConstant,
  type EpisodeRules,
  type HabitsLeft,
  type History,
  type Verdict,
} from './baseline.ts';
import { Beliefs, type BeliefsSnapshot } from './beliefs.ts';
import { mostAlike, openingLimit } from './evidence.ts';
import { Flatness, type FlatnessSnapshot } from './flatness.ts';
import { Novelty, type NoveltySnapshot } from './novelty.ts';
import { Strangeness, type StrangenessSnapshot } from './strangeness.ts';

/** Heap before and after habits are watched for, measured on Node 20. */
const YOUNG_BYTES = 9400;
const SEASONED_BYTES = 28_400;

/** Rate of the level of what an episode holds. */
const CANDIDATE_RATE = 0.1;

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

/** Incidents are expected once in a thousand samples, or in four days where samples are rarer than every six minutes. */
const INCIDENT_SHARE = 0.001;
const INCIDENT_EVERY_MS = 345_600_000;

/** A gap of so many steps makes what was just before worthless. */
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

/** Standard deviations of all values within which one is usual, at whatever time. */
const USUAL = 1.5;

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
  /** Episodes of medium and more that chance may open a week. */
  readonly maxPagesPerWeek: number;
  /** Turns a timestamp into milliseconds in which days begin at the users' midnight. */
  readonly localTime: (timestamp: number) => number;
  /** Natural range of the metric. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** State of an {@link AdaptiveBaseline}. */
export interface AdaptiveSnapshot extends BaselineSnapshot {
  readonly method: 'adaptive';
  readonly count: number;
  readonly run: number;
  readonly flatness: FlatnessSnapshot;
  readonly value: number;
  readonly newest: number;
  readonly gaps: readonly number[];
  readonly beliefs: BeliefsSnapshot;
  readonly born: number;
  readonly candidate: RobustLevelSnapshot | undefined;
  readonly longRun: number;
  readonly serial: readonly [product: number, square: number, last: number];
  readonly tail: TailCalibrationSnapshot;
  readonly novelty: NoveltySnapshot;
  readonly strangeness: StrangenessSnapshot | undefined;
}

/**
 * The default detector's baseline. How far off a value is, {@link Beliefs} say: far from all of them. That is made
 * honest twice: by Student's law while the scale rests on few samples, and by the ranks of the series' own largest
 * deviations where its tail is heavier than normal. The score adds how new the sample is, see {@link Novelty} and
 * {@link Strangeness}.
 *
 * Values of open episodes are not learned until they are accepted. The scale is the series' own: multiplying all
 * values or adding to them changes no deviation, unless the metric has a natural range.
 *
 * Cost: O(1) a sample, one to two microseconds where its state is in the processor's cache, several where it is not;
 * 10 kB, and 29 kB from the first quarter of a day on.
 */
export class AdaptiveBaseline implements Baseline {
  readonly #options: AdaptiveOptions;
  /** Smallest scale that means something for a metric with a natural range, else 0. */
  readonly #leastScale: number;
  readonly #step: SamplingStep;
  readonly #beliefs: Beliefs;
  readonly #tail: TailCalibration;
  readonly #novelty: Novelty;
  readonly #flatness: Flatness;
  readonly #strangeness: Strangeness;
  /** First timestamp. */
  readonly #born: number;
  /** Level of all values since the open episode began. */
  #candidate: RobustLevel | undefined;
  #count = 0;
  /** How many of the newest values equal the last one. */
  #run = 0;
  #value = 0;
  #newest = 0;
  /** Mean absolute residual over the long run. */
  #longRun = 0;
  #serialProduct = 0;
  #serialSquare = 0;
  #serialLast = 0;
  /** Distance from the beliefs at which the deviation is the threshold. */
  #reach = 0;
  /** Of the sample that was judged last. */
  #localTime = 0;
  #raw = 0;
  readonly #verdict: { -readonly [F in keyof Verdict]: Verdict[F] } = {
    expected: 0,
    lower: 0,
    upper: 0,
    deviation: 0,
    score: 0,
    nature: undefined,
    step: 0,
  };

  constructor(options: AdaptiveOptions, start: History | AdaptiveSnapshot) {
    const from = 'method' in start ? start : firstBelief(start);
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options;
    this.#options = options;
    this.#leastScale = Number.isFinite(max - min) ? LEAST_SCALE_OF_RANGE * (max - min) : 0;
    this.#step = new SamplingStep(from.gaps);
    this.#beliefs = new Beliefs(from.beliefs);
    this.#tail = new TailCalibration(from.tail);
    this.#novelty = new Novelty(from.novelty);
    this.#flatness = new Flatness(from.flatness);
    this.#strangeness = new Strangeness(options.maxPagesPerWeek, from.strangeness);
    this.#candidate = from.candidate && new RobustLevel(CANDIDATE_RATE, from.candidate);
    this.#born = from.born;
    this.#count = from.count;
    this.#run = from.run;
    this.#value = from.value;
    this.#newest = from.newest;
    this.#longRun = from.longRun;
    [this.#serialProduct, this.#serialSquare, this.#serialLast] = from.serial;
    this.#reach = this.#distanceAtThreshold();
  }

  get constant(): boolean {
    return this.#run >= this.#count;
  }

  get byteLength(): number {
    return this.#beliefs.watchesSeasons ? SEASONED_BYTES : YOUNG_BYTES;
  }

  get seasons(): { readonly day: boolean; readonly week: boolean } {
    return { day: this.#beliefs.dayConfirmed, week: this.#beliefs.weekConfirmed };
  }

  get habitsLeft(): HabitsLeft {
    const untilWatched = Math.max(0, SEASON_AFTER_MS - (this.#newest - this.#born));
    return this.#beliefs.habitsIn(this.#options.localTime(this.#newest), this.#step.value, untilWatched);
  }

  get rules(): EpisodeRules {
    const step = this.#step.value;
    // In a long constant both averages fade away to 0.
    const correlation = this.#serialSquare > 0 ? this.#serialProduct / this.#serialSquare : 0;
    const carried = Math.max(0, Math.min(MOST_CORRELATION, correlation));
    return {
      limit: openingLimit(step, this.#options.maxPagesPerWeek),
      carry: (1 - carried) / (1 + carried),
      closeAfter: CLOSE_AFTER,
      closeMost: CLOSE_MOST,
      mostAlike: mostAlike(this.#options.maxPagesPerWeek),
      acceptAfter: Math.max(ACCEPT_LEAST, Math.min(ACCEPT_MOST, Math.ceil(ACCEPT_MS / step))),
    };
  }

  judge(timestamp: number, value: number): Verdict {
    const { localTime, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = this.#options;
    const beliefs = this.#beliefs;
    const step = this.#step.value;
    const stale = timestamp - this.#newest > LONG_GAP * step;
    this.#localTime = localTime(timestamp);
    beliefs.look(this.#localTime, value, stale, Math.max(this.#leastScale, LEAST_SCALE * this.#longRun));
    this.#raw = this.#rawDeviation(beliefs.distance(value), value);
    const flat = value === this.#value ? this.#flatness.deviation(step) : 0;
    const distant = this.#tail.map(this.#raw);
    const size = Math.max(flat, this.#tail.map(beliefs.excused(value, this.#raw)));
    const seasonTime = timestamp - this.#born >= SEASON_AFTER_MS ? this.#localTime : Number.NaN;
    this.#novelty.take(value, seasonTime, stale);
    const { decades, isNews } = this.#novelty;
    const score = this.#strangeness.take(distant, decades, isNews, timestamp - this.#born, step);
    const { expected } = beliefs;
    const verdict = this.#verdict;
    verdict.expected = expected;
    verdict.lower = Math.max(min, beliefs.lower(this.#reach));
    verdict.upper = Math.min(max, beliefs.upper(this.#reach));
    verdict.deviation = value < expected ? -size : size;
    verdict.score = score;
    verdict.nature = flat > 0 ? 'flatline' : this.#isUsualElsewhen ? 'seasonal' : undefined;
    verdict.step = step;
    return verdict;
  }

  limits(deviation: number): { readonly below: number; readonly above: number } {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = this.#options;
    const reach = studentFromNormal(this.#tail.inverse(deviation), this.#degrees);
    return { below: Math.max(min, this.#beliefs.lower(reach)), above: Math.min(max, this.#beliefs.upper(reach)) };
  }

  learn(timestamp: number, value: number, anomalous: boolean): void {
    const beliefs = this.#beliefs;
    const residual = value - beliefs.expected;
    const incidents = Math.max(INCIDENT_SHARE, Math.min(1, this.#step.value / INCIDENT_EVERY_MS));
    const tailChanged = this.#tail.learn(this.#raw, incidents, anomalous);
    const gap = timestamp - this.#newest;
    const steps = gap / this.#step.value;
    this.#step.add(gap);
    this.#newest = timestamp;
    this.#run = value === this.#value ? this.#run + 1 : 1;
    this.#flatness.learn(value === this.#value);
    this.#value = value;
    this.#count++;
    if (tailChanged || this.#count <= MOST_DEGREES + 1) this.#reach = this.#distanceAtThreshold();
    if (timestamp - this.#born >= SEASON_AFTER_MS) beliefs.watchSeasons(this.#localTime, this.#step.value);
    beliefs.learn(this.#localTime, value, this.#step.value, steps, anomalous);
    if (this.#candidate !== undefined) this.#candidate.learn(value);
    else if (anomalous) this.#candidate = new RobustLevel(CANDIDATE_RATE, { level: value, meanAbsolute: 0, count: 1 });
    if (anomalous) return;
    this.#learnSerial(Math.sign(residual) * Math.min(SERIAL_CLIP, this.#raw));
    this.#learnLongRun(Math.abs(residual), beliefs.scale);
  }

  endEpisode(accepted: boolean): void {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (!accepted || candidate === undefined) return;
    this.#flatness.accept();
    this.#beliefs.rebase(this.#localTime, candidate.level, candidate.scale);
  }

  snapshot(): AdaptiveSnapshot {
    return {
      method: 'adaptive',
      count: this.#count,
      run: this.#run,
      flatness: this.#flatness.snapshot(),
      value: this.#value,
      newest: this.#newest,
      gaps: this.#step.snapshot(),
      beliefs: this.#beliefs.snapshot(),
      born: this.#born,
      candidate: this.#candidate?.snapshot(),
      longRun: this.#longRun,
      serial: [this.#serialProduct, this.#serialSquare, this.#serialLast],
      tail: this.#tail.snapshot(),
      novelty: this.#novelty.snapshot(),
      strangeness: this.#strangeness.snapshot(),
    };
  }

  /** Whether the last value is a usual one, though not at this time. */
  get #isUsualElsewhen(): boolean {
    const beliefs = this.#beliefs;
    return (beliefs.dayConfirmed || beliefs.weekConfirmed) && Math.abs(this.#novelty.standardised) < USUAL;
  }

  get #degrees(): number {
    return Math.min(MOST_DEGREES, this.#count - 1);
  }

  /** The way of a deviation back: deviation → raw deviation → distance. */
  #distanceAtThreshold(): number {
    return studentFromNormal(this.#tail.inverse(this.#options.threshold), this.#degrees);
  }

  /** Deviation before the tail's say. */
  #rawDeviation(distance: number, value: number): number {
    if (distance === 0) return 0;
    if (this.#beliefs.scale === 0) {
      if (value === this.#value) return 0;
      return deviationFromConstant(Math.min(this.#count, this.#options.historySize));
    }
    const raw = Math.min(LARGEST_DEVIATION, normalFromStudent(distance, this.#degrees));
    // Where a bounded metric rests, n equal values say that an interruption has a probability of about 1 / n.
    return this.#leastScale > 0 && this.#run >= RESTING ? Math.min(raw, deviationFromTail(1 / this.#run)) : raw;
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
  const novelty = new Novelty();
  for (const v of values) novelty.take(v, Number.NaN, false);
  const flatness = new Flatness();
  for (let i = 1; i < count; i++) flatness.learn(values[i] === values[i - 1]);
  let run = 1;
  while (run < count && values[count - 1 - run] === value) run++;
  return {
    method: 'adaptive',
    count,
    run,
    flatness: flatness.snapshot(),
    value,
    newest: times[count - 1] as number,
    gaps: times.slice(1).map((t, i) => t - (times[i] as number)),
    beliefs: { quick: start, slow: start, shift: undefined, seasons: undefined },
    born: times[0] as number,
    candidate: undefined,
    longRun: mean,
    serial: [SERIAL_PRIOR, 1, 0],
    tail: new TailCalibration().snapshot(),
    novelty: novelty.snapshot(),
    strangeness: undefined,
  };
}
