import { linearRegression } from 'simple-statistics';
import type { OnlineModel } from './online-model.ts';
import { SampleHistory } from './sample-history.ts';
import { DAY_PROFILE, SeasonProfile } from './season-profile.ts';
import type { SeriesState, StateLayout } from './series-state.ts';

/**
 * Repeats the last value. The yardstick for every other model, and the best there is for a random walk.
 */
export class OnlineNaive implements OnlineModel {
  readonly notes = 0;
  readonly toMedian = 0;
  readonly doubt = 0;
  readonly #last: number;

  constructor(layout: StateLayout) {
    this.#last = layout.doubles(1);
  }

  start(): void {}

  observe({ doubles }: SeriesState, _timestamp: number, value: number): void {
    doubles[this.#last] = value;
  }

  predict({ doubles }: SeriesState): number {
    return doubles[this.#last] as number;
  }

  learn(): void {}
}

const ANCHOR = 0;
const LAST = 1;
const TIME = 2;

/**
 * Repeats the value of the same time of the day before, in buckets of five minutes or one sampling step; the last
 * value where that time of day is not known yet.
 */
export class OnlineSeasonalNaive implements OnlineModel {
  readonly notes = 0;
  readonly toMedian = 0;
  readonly doubt = 0;
  readonly #at: number;
  readonly #day: SeasonProfile;

  constructor(layout: StateLayout) {
    this.#at = layout.doubles(3);
    this.#day = new SeasonProfile(layout, { ...DAY_PROFILE, newestWeight: 1 });
  }

  start(state: SeriesState, _timestamp: number, value: number, stepMs: number): void {
    state.doubles[this.#at + ANCHOR] = value;
    this.#day.start(state, stepMs);
  }

  observe(state: SeriesState, timestamp: number, value: number): void {
    state.doubles[this.#at + LAST] = value;
    state.doubles[this.#at + TIME] = timestamp;
    this.#day.observe(state, timestamp, value - (state.doubles[this.#at + ANCHOR] as number));
  }

  predict(state: SeriesState, horizonMs: number): number {
    const { doubles } = state;
    const usual = this.#day.at(state, (doubles[this.#at + TIME] as number) + horizonMs);
    return Number.isNaN(usual) ? (doubles[this.#at + LAST] as number) : usual + (doubles[this.#at + ANCHOR] as number);
  }

  learn(): void {}
}

/** The last value and the mean change since the oldest sample of the history, carried on. For steady growth. */
export class OnlineDrift implements OnlineModel {
  readonly notes = 0;
  readonly toMedian = 0;
  readonly doubt = 0;
  readonly #history: SampleHistory;

  /** @param historySize samples over which the change is measured */
  constructor(layout: StateLayout, historySize: number) {
    this.#history = new SampleHistory(layout, historySize);
  }

  start(): void {}

  observe(state: SeriesState, timestamp: number, value: number): void {
    this.#history.add(state, timestamp, value);
  }

  predict(state: SeriesState, horizonMs: number): number {
    const history = this.#history;
    const newest = history.size(state) - 1;
    const last = history.value(state, newest);
    if (newest === 0) return last;
    const perMs = (last - history.value(state, 0)) / (history.time(state, newest) - history.time(state, 0));
    return last + perMs * horizonMs;
  }

  learn(): void {}
}

const SLOPE = 0;
const INTERCEPT = 1;

/**
 * The least-squares line through the history, carried on. It ignores where the series is now and what time of day it
 * is: use it only for what really grows along a line. Refits once per sample: a pass over the
 * history, some 60 microseconds for 1,000 samples.
 */
export class OnlineLine implements OnlineModel {
  readonly notes = 0;
  readonly toMedian = 0;
  readonly doubt = 0;
  readonly #history: SampleHistory;
  /** Where the line is, in milliseconds after the newest sample. */
  readonly #line: number;

  /** @param historySize samples that the line goes through */
  constructor(layout: StateLayout, historySize: number) {
    this.#history = new SampleHistory(layout, historySize);
    this.#line = layout.doubles(2);
  }

  start(): void {}

  observe(state: SeriesState, timestamp: number, value: number): void {
    const history = this.#history;
    history.add(state, timestamp, value);
    const size = history.size(state);
    const { m, b } = linearRegression(
      Array.from({ length: size }, (_, i) => [history.time(state, i) - timestamp, history.value(state, i)]),
    );
    state.doubles[this.#line + SLOPE] = m;
    state.doubles[this.#line + INTERCEPT] = b;
  }

  predict({ doubles }: SeriesState, horizonMs: number): number {
    return (doubles[this.#line + INTERCEPT] as number) + (doubles[this.#line + SLOPE] as number) * horizonMs;
  }

  learn(): void {}
}
