import { deviationFromTail } from './normal.ts';

/** Peaks that the tail is fitted to. With 64, of which the lower half shapes it, its slope is known to about a sixth. */
const PEAKS = 64;

/** Peaks kept: twice as many, so that there are enough for a fit when every second one is forgotten. */
const PEAKS_KEPT = 128;

/** Fewer peaks than this say nothing about a tail. */
const FEWEST_PEAKS = 6;

/** Values of one cluster: only the largest of so many in a row is a peak, so that an outage is one entry and not 15. */
const CLUSTER = 15;

/** Part of the values that the tail covers; with few values, where 64 peaks would reach into the core. */
const TAIL_SHARE = 0.02;

/**
 * The largest peaks may be past incidents, and do not shape the tail that they are judged by: as large a share of the
 * values as the caller says, half of the peaks at most. What comes more often is how the stream is.
 */
const TRIM = 0.5;

/**
 * Logarithmic spread of a normal tail's peaks that the measured one is blended with, so that few peaks say little.
 * Chosen among powers of two on 60 labelled series of web and cloud services, which 2 to 8 served alike.
 */
const PRIOR_SPREAD = 4;

/**
 * The upper half of the peaks has a shape of its own, of which that of all is thought to hold with so much logarithmic
 * spread: ½ to 4 served the same series alike.
 */
const UPPER_PRIOR = 2;

/** What deviates by less than this is in no tail. */
const LEAST_TAIL = 1;

/** Between changes of its peaks the tail is fitted anew when there are so many times the values. */
const FIT_GROWTH = 1.05;

/** At so many values history is halved: all counts and every second peak go, so that the old is forgotten in time. */
const MEMORY = 32_768;

/** State of a {@link TailCalibration}. */
export interface TailCalibrationSnapshot {
  readonly peaks: readonly number[];
  readonly count: number;
  readonly fitted: number;
  readonly clusterPeak: number;
  readonly clusterLeft: number;
  readonly start: number;
  readonly slope: number;
  readonly power: number;
  readonly knee: number;
  readonly upperPower: number;
}

/**
 * Turns deviations of a stream whose tail is heavier than normal into deviations with the tail probability that they
 * really have: learns the largest ones, one per cluster, and where their ranks show that what calls itself 6 happens
 * as often as a normal 3, makes 3 of it.
 *
 * Below the k-th peak u the mapping is a straight line through the normal quantile of its rank, q; above it is
 * q·(x / u)^b, a straight line in a normal plot of logarithms, with b fitted to the peaks' ranks. It covers tails
 * from normal (b = 1) over exponential (½) to Pareto (→ 0), keeps growing with x, so that the second of two outages is
 * still one, and never makes a deviation larger.
 *
 * A stream that rests but for a job every hour has two kinds of deviations, and one b for both says of what lies far
 * beyond all jobs that it is one more. So from the middle peak on there is a b of its own, where it is steeper.
 *
 * 128 numbers; some 10 ns per value, and every 15 values an insertion and a fit.
 */
export class TailCalibration {
  #peaks: number[];
  #count = 0;
  /** Count from which the next fit is due. */
  #fitted = 0;
  #clusterPeak = 0;
  #clusterLeft = 0;
  /** Where the tail begins, and the two numbers of the mapping. */
  #start = 0;
  #slope = 0;
  #power = 0;
  /** Where its upper half begins, and the power from there on. */
  #knee = 0;
  #upperPower = 0;

  constructor(snapshot?: TailCalibrationSnapshot) {
    this.#peaks = [...(snapshot?.peaks ?? [])];
    this.#count = snapshot?.count ?? 0;
    this.#fitted = snapshot?.fitted ?? 0;
    this.#clusterPeak = snapshot?.clusterPeak ?? 0;
    this.#clusterLeft = snapshot?.clusterLeft ?? CLUSTER;
    this.#start = snapshot?.start ?? Number.POSITIVE_INFINITY;
    this.#slope = snapshot?.slope ?? 1;
    this.#power = snapshot?.power ?? 1;
    this.#knee = snapshot?.knee ?? Number.POSITIVE_INFINITY;
    this.#upperPower = snapshot?.upperPower ?? 1;
  }

  /** The deviation (not negative) that has the tail probability which `x` has in this stream. */
  map(x: number): number {
    if (x <= this.#start) return this.#slope * x;
    const inside = Math.min(x, this.#knee);
    const mapped = this.#slope * this.#start * (inside / this.#start) ** this.#power;
    return x > inside ? mapped * (x / inside) ** this.#upperPower : mapped;
  }

  /** The `x` that {@link map} makes `deviation` of. */
  inverse(deviation: number): number {
    const x = deviation / this.#slope;
    if (x <= this.#start) return x;
    const atKnee = this.map(this.#knee);
    if (deviation > atKnee) return this.#knee * (deviation / atKnee) ** (1 / this.#upperPower);
    return this.#start * (x / this.#start) ** (1 / this.#power);
  }

  /**
   * Takes a deviation; returns whether the mapping changed.
   *
   * @param x not negative
   * @param incidents share of all values that may be incidents, 0..1
   */
  learn(x: number, incidents: number, ongoing = false): boolean {
    this.#count++;
    if (x > this.#clusterPeak) this.#clusterPeak = x;
    if (--this.#clusterLeft > 0 || ongoing) return false;
    const changed = this.#insert(this.#clusterPeak);
    this.#clusterPeak = 0;
    this.#clusterLeft = CLUSTER;
    if (this.#count >= MEMORY) {
      this.#count /= 2;
      this.#peaks = this.#peaks.filter((_, rank) => rank % 2 === 0);
      this.#fitted = 0;
    }
    if (!changed && this.#count < this.#fitted) return false;
    this.#fitted = FIT_GROWTH * this.#count;
    this.#fit(incidents);
    return true;
  }

  snapshot(): TailCalibrationSnapshot {
    return {
      peaks: [...this.#peaks],
      count: this.#count,
      fitted: this.#fitted,
      clusterPeak: this.#clusterPeak,
      clusterLeft: this.#clusterLeft,
      start: this.#start,
      slope: this.#slope,
      power: this.#power,
      knee: this.#knee,
      upperPower: this.#upperPower,
    };
  }

  /** Returns whether it is among those that the tail is fitted to. */
  #insert(peak: number): boolean {
    let rank = this.#peaks.length;
    while (rank > 0 && (this.#peaks[rank - 1] as number) < peak) rank--;
    if (rank >= PEAKS_KEPT) return false;
    this.#peaks.splice(rank, 0, peak);
    if (this.#peaks.length > PEAKS_KEPT) this.#peaks.pop();
    return rank < PEAKS;
  }

  #fit(incidents: number): void {
    const count = this.#count;
    let last = Math.min(this.#peaks.length, PEAKS, Math.max(FEWEST_PEAKS, Math.ceil(TAIL_SHARE * count))) - 1;
    // In a stream that mostly rests only what is out of the ordinary at all is tail; few peaks then say much.
    while (last > 0 && (this.#peaks[last] as number) < LEAST_TAIL) last--;
    const start = this.#peaks[last];
    if (start === undefined || start < LEAST_TAIL || this.#peaks.length < FEWEST_PEAKS) return;
    const quantile = deviationFromTail((last + 1) / (count + 1));
    const left = Math.ceil(Math.min(TRIM * last, incidents * count));
    const middle = (left + last) >> 1;
    this.#start = start;
    this.#slope = Math.min(1, quantile / start);
    this.#power = this.#powerAbove(last, left, PRIOR_SPREAD, PRIOR_SPREAD);
    this.#knee = this.#peaks[middle] as number;
    const upper = this.#powerAbove(middle, left, UPPER_PRIOR * this.#power, UPPER_PRIOR);
    this.#upperPower = Math.max(this.#power, upper);
  }

  /**
   * The power that makes normal deviations of the peaks above one of them, from the rank `left` on, blended with a prior:
   * spread of normal deviations over spread of peaks, in logarithms.
   */
  #powerAbove(lowest: number, left: number, normalPrior: number, prior: number): number {
    const start = this.#peaks[lowest] as number;
    const quantile = deviationFromTail((lowest + 1) / (this.#count + 1));
    let normalSpread = normalPrior;
    let spread = prior;
    for (let rank = left; rank < lowest; rank++) {
      normalSpread += Math.log(deviationFromTail((rank + 1) / (this.#count + 1)) / quantile);
      spread += Math.log((this.#peaks[rank] as number) / start);
    }
    return Math.min(1, normalSpread / spread);
  }
}
