import {
  type Baseline,
  type BaselineSnapshot,
  deviationFromConstant,
  type EpisodeRules,
  type HabitsLeft,
  type History,
  scoreOf,
  type Verdict,
} from './baseline.ts';

/** State of a {@link ZscoreBaseline}. */
export interface ZscoreSnapshot extends BaselineSnapshot {
  readonly method: 'zscore';
  /** In the order of the ring. */
  readonly values: readonly number[];
  readonly next: number;
  readonly mean: number;
  readonly squares: number;
  readonly run: number;
}

/** Heap without the values, measured on Node 20. */
const BYTES = 600;

/** One anomalous sample is an episode, the next normal one ends it, and no shift needs accepting: all is learned. */
const RULES: EpisodeRules = {
  limit: 0,
  carry: 1,
  closeAfter: 1,
  closeMost: 1,
  mostAlike: Number.POSITIVE_INFINITY,
  acceptAfter: Number.POSITIVE_INFINITY,
};

/**
 * The plain detector: mean and sample standard deviation of the last `historySize` values, anomalous ones included, so
 * that it gets used to whatever lasts. For values that are about normal and change slowly; it is blind for a while
 * after a large outlier, and knows nothing of the time of day.
 *
 * After nothing but equal values the first other one deviates by n / √(n + 1), n the values remembered.
 *
 * Cost: O(1) amortised a sample, eight bytes a value remembered.
 *
 * @see Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4 (3), 1962
 */
export class ZscoreBaseline implements Baseline {
  readonly rules: EpisodeRules = RULES;
  readonly #threshold: number;
  readonly #historySize: number;
  readonly #values: number[];
  #next = 0;
  #mean = 0;
  /** Sum of squared differences from the mean. */
  #squares = 0;
  /** How many of the newest values are equal. */
  #run = 0;

  /** @param threshold half width of the band in standard deviations */
  constructor(threshold: number, historySize: number, start: History | ZscoreSnapshot) {
    this.#threshold = threshold;
    this.#historySize = historySize;
    const snapshot = 'method' in start ? start : undefined;
    this.#values = [...(snapshot?.values ?? [])];
    this.#next = snapshot?.next ?? 0;
    this.#mean = snapshot?.mean ?? 0;
    this.#squares = snapshot?.squares ?? 0;
    this.#run = snapshot?.run ?? 0;
    if ('method' in start) return;
    for (let i = 0; i < start.length; i += 2) this.learn(start[i] as number, start[i + 1] as number);
  }

  get constant(): boolean {
    return this.#run >= this.#values.length;
  }

  get byteLength(): number {
    return BYTES + 8 * this.#values.length;
  }

  get seasons(): { readonly day: boolean; readonly week: boolean } {
    return { day: false, week: false };
  }

  get habitsLeft(): HabitsLeft {
    return { day: undefined, week: undefined };
  }

  limits(deviation: number): { readonly below: number; readonly above: number } {
    const reach = deviation * Math.sqrt(this.#squares / (this.#values.length - 1));
    return { below: this.#mean - reach, above: this.#mean + reach };
  }

  judge(_timestamp: number, value: number): Verdict {
    const scale = Math.sqrt(this.#squares / (this.#values.length - 1));
    const expected = this.#mean;
    const residual = value - expected;
    const deviation = scale > 0 ? residual / scale : Math.sign(residual) * deviationFromConstant(this.#values.length);
    return {
      expected,
      lower: expected - this.#threshold * scale,
      upper: expected + this.#threshold * scale,
      deviation,
      score: scoreOf(deviation),
    };
  }

  learn(_timestamp: number, value: number): void {
    const values = this.#values;
    this.#run = value === values[(this.#next || values.length) - 1] ? this.#run + 1 : 1;
    if (values.length < this.#historySize) {
      values.push(value);
      const before = value - this.#mean;
      this.#mean += before / values.length;
      this.#squares += before * (value - this.#mean);
      return;
    }
    const oldest = values[this.#next] as number;
    values[this.#next] = value;
    this.#next = (this.#next + 1) % values.length;
    if (this.#run >= values.length || this.#next === 0) this.#recompute();
    else {
      const before = this.#mean;
      this.#mean += (value - oldest) / values.length;
      this.#squares += (value - oldest) * (value - this.#mean + oldest - before);
    }
  }

  endEpisode(): void {}

  snapshot(): ZscoreSnapshot {
    return {
      method: 'zscore',
      values: [...this.#values],
      next: this.#next,
      mean: this.#mean,
      squares: this.#squares,
      run: this.#run,
    };
  }

  /** Sums afresh, once a round and when all values are equal: adding and removing leaves a trace of rounding. */
  #recompute(): void {
    const values = this.#values;
    const first = values[0] as number;
    let sum = 0;
    for (const value of values) sum += value - first;
    this.#mean = first + sum / values.length;
    this.#squares = 0;
    for (const value of values) this.#squares += (value - this.#mean) ** 2;
  }
}
