/** Samples of one series in the order of their time: timestamp, value, timestamp, value … */
export type History = readonly number[];

/** What a baseline says about one sample, given only those before it. */
export interface Verdict {
  /** Middle of the normal. */
  readonly expected: number;
  /** Band of the normal: where the deviation stays below the threshold. */
  readonly lower: number;
  readonly upper: number;
  /** In standard deviations, signed, always finite. */
  readonly deviation: number;
  /** 0..1. */
  readonly score: number;
  /** What the deviation is of, where its size does not say it. */
  readonly nature?: 'flatline' | 'seasonal' | undefined;
  /** Time between samples, milliseconds, where it is known. */
  readonly step?: number | undefined;
}

/** Milliseconds after the last sample before a habit can be known at the earliest; `undefined` where none ever is. */
export interface HabitsLeft {
  readonly day: number | undefined;
  readonly week: number | undefined;
}

/** How much it takes to open and to end an episode. */
export interface EpisodeRules {
  /** Evidence, in units of surprise, beyond which an episode opens; 0 where one anomalous sample is enough. */
  readonly limit: number;
  /** Worth of each further sample's evidence against the first's, 0..1: little where samples follow each other closely. */
  readonly carry: number;
  /** Normal samples in a row that close an episode; four times as many for each episode in quick succession, up to `closeMost`. */
  readonly closeAfter: number;
  readonly closeMost: number;
  /** Episodes of a kind within a day from which the series is known for them, and nobody is told of another. */
  readonly mostAlike: number;
  /** Samples after which what goes on is the new normal. */
  readonly acceptAfter: number;
}

/**
 * A detector's belief of what is normal for one series. Learning and judging are kept apart: of what is normal `judge`
 * changes nothing, and the owner says what a sample is learned as. Each sample is judged once, then learned.
 */
export interface Baseline {
  readonly rules: EpisodeRules;
  /** Estimate of the memory held, in bytes. */
  readonly byteLength: number;
  /** Habits that were found. */
  readonly seasons: { readonly day: boolean; readonly week: boolean };
  /** How long it takes at least until habits can be found. */
  readonly habitsLeft: HabitsLeft;
  /** Whether all samples that it remembers have the same value. */
  readonly constant: boolean;
  /** Judges a sample that is about to come. The verdict holds until the next one: a baseline may fill one object again. */
  judge(timestamp: number, value: number): Verdict;
  /** The values at which the last sample would have deviated by so much. */
  limits(deviation: number): { readonly below: number; readonly above: number };
  /** Learns a sample; `anomalous` says that it is an anomalous one of an open episode. */
  learn(timestamp: number, value: number, anomalous: boolean): void;
  /** The episode is over; `accepted`: because its samples are now taken for normal. */
  endEpisode(accepted: boolean): void;
  /** All of its state, structured-cloneable. */
  snapshot(): BaselineSnapshot;
}

/** State of a baseline; its owner knows which kind it is. */
export interface BaselineSnapshot {
  readonly method: 'adaptive' | 'zscore';
}

/** Deviation at which the score is one half. */
const HALF_SCORE = 3;

/** Strangeness, 0..1, of a deviation: 0.4 at 2, 0.5 at 3, 0.63 at 5; it never saturates. */
export function scoreOf(deviation: number): number {
  const size = Math.abs(deviation);
  return size / (size + HALF_SCORE);
}

/**
 * Deviation of the first other value after `count` equal ones, where there is no scale to measure it by: the largest
 * that one of count + 1 values can have in their own standard deviation (Thompson 1935); 3.0 after 10, 10 after 100.
 */
export function deviationFromConstant(count: number): number {
  return count / Math.sqrt(count + 1);
}
