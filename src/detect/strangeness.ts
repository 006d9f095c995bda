import { deviationFromTail } from '../stats/normal.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/**
 * Rates at which squared deviations are gathered for an alarm: over two hours, but over no fewer than two samples and no
 * more than the last three or so, since what comes once an hour cannot wait for a third.
 */
const GATHERED_MS = 7_200_000;
const LEAST_ALARM_RATE = 0.3;
const MOST_ALARM_RATE = 0.5;

/** The same for what says how strange it still is. */
const LASTING_RATE = 0.15;

/** Deviations beyond it count by their logarithm, so that one wild value does not speak for the next hour. */
const COMPRESS_FROM = 10;

/**
 * Part of the deviation that chance reaches once a week from which strangeness is an alarm. With fewer days of history
 * it takes more, as nobody knows yet what a day looks like: by this part at first, fading over three days.
 */
const ALARM = 0.9;
const YOUNG = 0.5;
const YOUNG_MS = 3 * DAY_MS;

/**
 * Samples before what goes on is an alarm again, and before it is news. For about a day the next alarm has to be a
 * little stronger, as somebody who was just told is not told of less.
 */
const REPEAT_AFTER = 30;
const NEWS_AFTER = 15;
const REPEATED = 0.2;

/** Decades from which a sample is news by itself: about one or two a fortnight, in a series of five-minute samples. */
const NEWS = 4.3;

/** Decades beside which novelty is weighed, and what size adds to them: of two that are equally new the larger is stranger. */
const HALF_NEWS = 4;
const SIZE_IN_NEWS = 0.01;

/** State of {@link Strangeness}. */
export interface StrangenessSnapshot {
  readonly alarm: number;
  readonly lasting: number;
  readonly since: number;
  readonly step: number;
}

/**
 * One score, 0..1, from size and novelty. The lower half says how far off the last samples are: the root mean square of
 * their deviations against the deviation that chance reaches once a week. A sample that is new of its kind, of whatever
 * size, is news and lies between 0.5 and 0.75; one at which the size itself gets to what chance does not do in a week
 * lies above. Both are said once: what goes on is strange, but no news.
 */
export class Strangeness {
  #alarm = 0;
  #lasting = 0;
  /** Samples since the last alarm. */
  #since = 0;
  /** The step that the deviation of chance was worked out for. */
  #step = 0;
  #chance = 0;
  readonly #pagesPerWeek: number;

  constructor(pagesPerWeek: number, snapshot?: StrangenessSnapshot) {
    this.#pagesPerWeek = pagesPerWeek;
    this.#alarm = snapshot?.alarm ?? 0;
    this.#lasting = snapshot?.lasting ?? 0;
    this.#since = snapshot?.since ?? Number.POSITIVE_INFINITY;
    this.#step = snapshot?.step ?? 0;
    this.#chance = snapshot === undefined ? 1 : chanceDeviation(this.#step, pagesPerWeek);
  }

  /**
   * Score of a sample, which it takes in.
   *
   * @param deviation in standard deviations, not negative
   * @param decades novelty, and whether it is news
   * @param age of the series, and `step` between its samples, milliseconds
   */
  take(deviation: number, decades: number, isNews: boolean, age: number, step: number): number {
    if (step !== this.#step) {
      this.#step = step;
      this.#chance = chanceDeviation(step, this.#pagesPerWeek);
    }
    const size = deviation > COMPRESS_FROM ? COMPRESS_FROM * (1 + Math.log(deviation / COMPRESS_FROM)) : deviation;
    const rate = Math.max(LEAST_ALARM_RATE, Math.min(MOST_ALARM_RATE, step / GATHERED_MS));
    this.#alarm += rate * (size * size - this.#alarm);
    this.#lasting += LASTING_RATE * (size * size - this.#lasting);
    this.#since++;
    const alarm = Math.sqrt(this.#alarm) / this.#chance;
    if (alarm >= ALARM && this.#since > REPEAT_AFTER && alarm >= this.#alarmFrom(age)) {
      this.#since = 0;
      return 0.75 + 0.25 * share(alarm, 1);
    }
    if (isNews && decades >= NEWS && this.#since > NEWS_AFTER) {
      return 0.5 + 0.25 * share(decades + (SIZE_IN_NEWS * size) / this.#chance, HALF_NEWS);
    }
    return 0.5 * share(Math.sqrt(this.#lasting) / this.#chance, 1);
  }

  snapshot(): StrangenessSnapshot {
    return {
      alarm: this.#alarm,
      lasting: this.#lasting,
      since: this.#since,
      step: this.#step,
    };
  }

  /** Part of the deviation of chance that is an alarm now. */
  #alarmFrom(age: number): number {
    const young = YOUNG * Math.exp(-age / YOUNG_MS);
    const repeated = REPEATED * Math.exp((-this.#since * this.#step) / DAY_MS);
    return (ALARM + young) * (1 + repeated);
  }
}

/** The deviation that one sample of a series exceeds by chance so many times a week. */
function chanceDeviation(step: number, pagesPerWeek: number): number {
  return deviationFromTail(Math.min(0.5, (pagesPerWeek * step) / WEEK_MS));
}

/** 0..1, one half at `half`. */
function share(x: number, half: number): number {
  return x / (x + half);
}
