import { deviationFromTail } from '../stats/normal.ts';

const WEEK_MS = 604_800_000;

/** Equal values in a row that may be a flat line, at least, and times the longest run of before. */
const LEAST_RUN = 20;
const TIMES_LONGEST = 2;

/** A flat line is worth a medium anomaly: something may have stopped, but nothing is known to hurt. */
const MOST_DEVIATION = 4.9;

/** At so many values the counts are halved. */
const MEMORY = 65_536;

/** State of {@link Flatness}. */
export interface FlatnessSnapshot {
  readonly values: number;
  readonly repeats: number;
  readonly run: number;
  readonly longest: number;
  readonly accepted: boolean;
}

/**
 * Notices a line that goes flat: so many equal values in a row that repeats as frequent as before would hardly do that
 * in a week, and longer by far than any run before. What often repeats itself never goes flat for it.
 */
export class Flatness {
  #values = 0;
  #repeats = 0;
  /** Repeats of the last value. */
  #run = 0;
  /** Most repeats of a value before it. */
  #longest = 0;
  /** Whether the run that goes on is taken for normal. */
  #accepted: boolean;

  constructor(snapshot: FlatnessSnapshot = { values: 0, repeats: 0, run: 0, longest: 0, accepted: false }) {
    this.#values = snapshot.values;
    this.#repeats = snapshot.repeats;
    this.#run = snapshot.run;
    this.#longest = snapshot.longest;
    this.#accepted = snapshot.accepted;
  }

  /**
   * Deviation of one more repeat, in standard deviations; 0 where it is no flat line.
   *
   * @param step between values, milliseconds
   */
  deviation(step: number): number {
    const run = this.#run + 1;
    if (this.#accepted || run < LEAST_RUN || run < TIMES_LONGEST * this.#longest) return 0;
    const before = this.#values - this.#run;
    if (before < LEAST_RUN) return 0;
    const frequency = (this.#repeats - this.#run + 1) / (before + 2);
    if (!(frequency > 0 && frequency < 1)) return 0;
    const inAWeek = (WEEK_MS / step) * frequency ** run;
    return inAWeek < 1 ? Math.min(MOST_DEVIATION, deviationFromTail(frequency ** run)) : 0;
  }

  /** Takes whether a value repeats the one before. */
  learn(repeats: boolean): void {
    this.#values++;
    if (this.#values >= MEMORY) {
      this.#values /= 2;
      this.#repeats /= 2;
    }
    if (repeats) {
      this.#repeats++;
      this.#run++;
    } else {
      this.#longest = Math.max(this.#longest, this.#run);
      this.#run = 0;
      this.#accepted = false;
    }
  }

  /** Takes the run that goes on for normal. */
  accept(): void {
    this.#accepted = true;
  }

  snapshot(): FlatnessSnapshot {
    return {
      values: this.#values,
      repeats: this.#repeats,
      run: this.#run,
      longest: this.#longest,
      accepted: this.#accepted,
    };
  }
}
