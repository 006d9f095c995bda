import { linearRegression } from 'simple-statistics';
import { DailyProfile, type DailyProfileSnapshot } from './daily-profile.ts';
import type { OnlineModel } from './online-model.ts';
import { SampleHistory, type SampleHistorySnapshot } from './sample-history.ts';

/**
 * Repeats the last value. The yardstick for every other model, and the best there is for a random walk.
 */
export class OnlineNaive implements OnlineModel {
  readonly notes = 0;
  #last: number;

  /** @param last what `snapshot()` gave, to go on from there */
  constructor(last: number = Number.NaN) {
    this.#last = last;
  }

  observe(_timestamp: number, value: number): void {
    this.#last = value;
  }

  predict(): number {
    return this.#last;
  }

  learn(): void {}

  snapshot(): number {
    return this.#last;
  }
}

/** Serialised {@link OnlineSeasonalNaive}. */
export interface OnlineSeasonalNaiveSnapshot {
  readonly last: number;
  readonly time: number;
  readonly profile: DailyProfileSnapshot | undefined;
}

/**
 * Repeats the value of the same time of the day before, in buckets of five minutes or one sampling step; the last
 * value where that time of day is not known yet.
 */
export class OnlineSeasonalNaive implements OnlineModel {
  readonly notes = 0;
  #last: number;
  #time: number;
  #profile: DailyProfile | undefined;

  /** @param snapshot what `snapshot()` gave, to go on from there */
  constructor(snapshot?: OnlineSeasonalNaiveSnapshot) {
    this.#last = snapshot?.last ?? Number.NaN;
    this.#time = snapshot?.time ?? 0;
    this.#profile = snapshot?.profile === undefined ? undefined : new DailyProfile(snapshot.profile, 1);
  }

  observe(timestamp: number, value: number, stepMs: number): void {
    this.#last = value;
    this.#time = timestamp;
    this.#profile ??= new DailyProfile(stepMs, 1);
    this.#profile.observe(timestamp, value);
  }

  predict(horizonMs: number): number {
    const usual = this.#profile?.at(this.#time + horizonMs) ?? Number.NaN;
    return Number.isNaN(usual) ? this.#last : usual;
  }

  learn(): void {}

  snapshot(): OnlineSeasonalNaiveSnapshot {
    return { last: this.#last, time: this.#time, profile: this.#profile?.snapshot() };
  }
}

/** The last value and the mean change since the oldest sample of the history, carried on. For steady growth. */
export class OnlineDrift implements OnlineModel {
  readonly notes = 0;
  readonly #history: SampleHistory;

  /**
   * @param historySize samples over which the change is measured
   * @param snapshot what `snapshot()` gave, to go on from there
   */
  constructor(historySize: number, snapshot?: SampleHistorySnapshot) {
    this.#history = new SampleHistory(historySize, snapshot);
  }

  observe(timestamp: number, value: number): void {
    this.#history.add(timestamp, value);
  }

  predict(horizonMs: number): number {
    const newest = this.#history.size - 1;
    const last = this.#history.value(newest);
    if (newest === 0) return last;
    const perMs = (last - this.#history.value(0)) / (this.#history.time(newest) - this.#history.time(0));
    return last + perMs * horizonMs;
  }

  learn(): void {}

  snapshot(): SampleHistorySnapshot {
    return this.#history.snapshot();
  }
}

/**
 * The least-squares line through the history, carried on. It ignores where the series is now and what time of day it
 * is: use it only for what really grows along a line. Refits once per sample: a pass over the
 * history, some 60 microseconds for 1,000 samples.
 */
export class OnlineLine implements OnlineModel {
  readonly notes = 0;
  readonly #history: SampleHistory;
  /** Line in milliseconds after the newest sample; `undefined` when a sample came since. */
  #line: { readonly m: number; readonly b: number } | undefined;

  /**
   * @param historySize samples that the line goes through
   * @param snapshot what `snapshot()` gave, to go on from there
   */
  constructor(historySize: number, snapshot?: SampleHistorySnapshot) {
    this.#history = new SampleHistory(historySize, snapshot);
  }

  observe(timestamp: number, value: number): void {
    this.#history.add(timestamp, value);
    this.#line = undefined;
  }

  predict(horizonMs: number): number {
    this.#line ??= this.#fit();
    return this.#line.b + this.#line.m * horizonMs;
  }

  learn(): void {}

  snapshot(): SampleHistorySnapshot {
    return this.#history.snapshot();
  }

  #fit(): { readonly m: number; readonly b: number } {
    const history = this.#history;
    const size = history.size;
    const now = history.time(size - 1);
    return linearRegression(Array.from({ length: size }, (_, i) => [history.time(i) - now, history.value(i)]));
  }
}
