import type { Anomaly, Observation } from '../model/anomaly.ts';
import type { MetricDefinition } from '../model/metric-kind.ts';
import type { SeriesId } from '../model/series-key.ts';
import { medianOf } from '../stats/order.ts';
import { AdaptiveBaseline, type AdaptiveSnapshot } from './adaptive-baseline.ts';
import type { Baseline, Verdict } from './baseline.ts';
import { advance, type EpisodesState, NO_EPISODES } from './episodes.ts';
import { deviationOfEvidence } from './evidence.ts';
import type { Known } from './explain.ts';
import type { PlannedDeploy } from './plans.ts';
import { ZscoreBaseline, type ZscoreSnapshot } from './zscore-baseline.ts';

/** What is the same for all series of a metric. */
export interface SeriesSettings {
  readonly method: 'adaptive' | 'zscore';
  readonly definition: MetricDefinition;
  readonly threshold: number;
  readonly minSamples: number;
  readonly historySize: number;
  readonly maxPagesPerWeek: number;
  readonly localTime: (timestamp: number) => number;
}

/** What is the same for all series of a detector, and asked only where it matters. */
export interface Surroundings {
  /** Share of a service's work that fails, 0..1. */
  errorRate(serviceId: string, now: number): number;
  silences(serviceId: string, metricName: string, timestamp: number): boolean;
  deployBefore(serviceId: string, timestamp: number): PlannedDeploy | undefined;
}

/** State of a {@link SeriesWatch}. */
export interface SeriesWatchSnapshot {
  readonly recent: readonly number[];
  readonly samples: number;
  readonly baseline: AdaptiveSnapshot | ZscoreSnapshot | undefined;
  readonly episodes: EpisodesState;
  readonly verdict: Verdict | undefined;
  readonly anomalous: boolean;
  readonly scores: readonly number[];
  readonly farthest: number;
}

/** The answer where there is no verdict. */
export const NOT_READY: Observation = { ready: false, score: 0, deviation: 0 };

/** Heap without a baseline, measured on Node 20. */
const BYTES = 600;

/** Scores that `explain` gives. */
const SCORES_KEPT = 10;

/**
 * Before the tail of its deviations is known, nobody knows how far the values of a series go. One sample is convincing by
 * itself then only if it lies so many times as far from what was expected as any before it; else it takes a second one.
 */
const YOUNG = 100;
const FARTHER = 3;

/** Larger values are learned as this, so that their squares and sums stay finite. */
const LARGEST = 1e150;

/**
 * One series under watch. While it is young it keeps its samples as they are and costs some 120 bytes; a baseline is
 * made of them when there are enough.
 */
export class SeriesWatch {
  readonly settings: SeriesSettings;
  /** Timestamps and values, alternating: of all samples until there is a baseline, then of the newest. */
  #recent: number[];
  #samples = 0;
  #baseline: Baseline | undefined;
  #episodes: EpisodesState;
  #verdict: Verdict | undefined;
  #anomalous: boolean;
  /** Ring of the last scores; the next one goes to `samples` modulo its length. */
  readonly #scores: number[];
  /** How far from what was expected a value has been, while it was young. */
  #farthest = 0;

  constructor(settings: SeriesSettings, snapshot: SeriesWatchSnapshot) {
    this.settings = settings;
    this.#recent = snapshot.recent.slice();
    this.#samples = snapshot.samples;
    this.#baseline = snapshot.baseline && baselineOf(settings, snapshot.baseline);
    this.#episodes = snapshot.episodes;
    this.#verdict = snapshot.verdict;
    this.#anomalous = snapshot.anomalous;
    this.#scores = snapshot.scores.slice();
    this.#farthest = snapshot.farthest;
  }

  /** A series of which one sample is known. */
  static first(settings: SeriesSettings, timestamp: number, value: number): SeriesWatch {
    return new SeriesWatch(settings, {
      recent: [timestamp, value],
      samples: 1,
      baseline: undefined,
      episodes: NO_EPISODES,
      verdict: undefined,
      anomalous: false,
      scores: [],
      farthest: 0,
    });
  }

  /** Timestamp of the newest sample. */
  get newest(): number {
    return this.#recent[this.#recent.length - 2] as number;
  }

  /** Value of the newest sample. */
  get value(): number {
    return this.#recent[this.#recent.length - 1] as number;
  }

  /** Estimate of the memory held, in bytes. */
  get byteLength(): number {
    return BYTES + (this.#baseline?.byteLength ?? 0);
  }

  /** Whether there are enough samples for a verdict. */
  get ready(): boolean {
    return this.#baseline !== undefined;
  }

  get open(): Anomaly | undefined {
    const { open } = this.#episodes;
    return open?.told ? open.anomaly : undefined;
  }

  /** Closed episodes, oldest first. */
  get closed(): readonly Anomaly[] {
    return this.#episodes.closed;
  }

  /** Judges a sample newer than all others, then learns it. */
  observe(timestamp: number, value: number, series: SeriesId, surroundings: Surroundings): Observation {
    this.#samples++;
    if (this.#baseline === undefined) {
      this.#grow(timestamp, value);
      return NOT_READY;
    }
    this.#recent[0] = timestamp;
    this.#recent[1] = value;
    const clamped = clamp(value);
    const verdict = this.#baseline.judge(timestamp, clamped);
    this.#verdict = verdict;
    this.#anomalous = this.#matters(clamped, verdict);
    this.#scores[this.#samples % SCORES_KEPT] = verdict.score;
    const event = this.#advance(this.#baseline, series, surroundings);
    if (this.#samples <= YOUNG) this.#farthest = Math.max(this.#farthest, Math.abs(clamped - verdict.expected));
    const inside = this.#episodes.open !== undefined;
    this.#baseline.learn(timestamp, clamped, inside && this.#anomalous);
    const { score, deviation, expected, lower, upper } = verdict;
    return event === undefined
      ? { ready: true, score, deviation, expected, lower, upper }
      : { ready: true, score, deviation, expected, lower, upper, anomaly: event.anomaly, transition: event.transition };
  }

  /** What there is to say about it when asked why. */
  known(): Omit<Known, 'series' | 'definition' | 'others'> {
    const { above, below, open } = this.#episodes;
    return {
      threshold: this.settings.threshold,
      samples: this.#samples,
      samplesNeeded: this.settings.minSamples,
      lastTimestamp: this.newest,
      lastValue: this.value,
      constant: this.#baseline?.constant ?? false,
      verdict: this.#verdict,
      anomalous: this.#anomalous,
      recentScores: this.#recentScores(),
      seasons: this.#baseline?.seasons ?? NO_SEASONS,
      timeLeft:
        this.#baseline === undefined ? { ready: this.#untilReady() } : { ready: 0, ...this.#baseline.habitsLeft },
      alarm: this.#alarm(),
      evidence: Math.max(above?.evidence ?? 0, below?.evidence ?? 0),
      limit: this.#baseline?.rules.limit ?? 0,
      anomaly: this.open,
      untold: open === undefined || open.told ? undefined : open.anomaly,
    };
  }

  snapshot(): SeriesWatchSnapshot {
    return {
      recent: this.#recent.slice(),
      samples: this.#samples,
      baseline: this.#baseline?.snapshot() as AdaptiveSnapshot | ZscoreSnapshot | undefined,
      episodes: this.#episodes,
      verdict: this.#verdict && { ...this.#verdict },
      anomalous: this.#anomalous,
      scores: this.#scores.slice(),
      farthest: this.#farthest,
    };
  }

  /** Milliseconds, at the mean step so far; `undefined` after one sample. */
  #untilReady(): number | undefined {
    if (this.#samples < 2) return undefined;
    const step = (this.newest - (this.#recent[0] as number)) / (this.#samples - 1);
    return (this.settings.minSamples - this.#samples) * step;
  }

  /** Oldest first. */
  #recentScores(): number[] {
    const next = (this.#samples + 1) % SCORES_KEPT;
    const scores = [...this.#scores.slice(next), ...this.#scores.slice(0, next)];
    return scores.filter((score) => score !== undefined);
  }

  /** Values beyond which one more sample like the last would open an episode, where it were alone. */
  #alarm(): Known['alarm'] {
    if (this.#baseline === undefined) return undefined;
    const { direction = 'both', minChange = 0, min = -LARGEST, max = LARGEST } = this.settings.definition;
    const alone = Math.max(this.settings.threshold, deviationOfEvidence(this.#baseline.rules.limit));
    const { below, above } = this.#baseline.limits(alone);
    const expected = this.#verdict?.expected ?? Number.NaN;
    const least = Math.max(minChange, this.#isYoung ? FARTHER * this.#farthest : 0);
    const lowest = Math.min(below, expected - least);
    const highest = Math.max(above, expected + least);
    return {
      below: direction === 'above' || lowest <= min ? undefined : lowest,
      above: direction === 'below' || highest >= max ? undefined : highest,
    };
  }

  #grow(timestamp: number, value: number): void {
    this.#recent.push(timestamp, value);
    if (this.#samples < this.settings.minSamples) return;
    const history = this.#recent.map((number, i) => (i % 2 === 0 ? number : clamp(number)));
    this.#baseline = baselineOf(this.settings, history);
    const values = history.filter((_, i) => i % 2 === 1);
    const middle = medianOf(values);
    this.#farthest = Math.max(...values.map((v) => Math.abs(v - middle)));
    this.#recent = [timestamp, value];
  }

  /** Whether the sample lies beyond the threshold, by enough, in a direction that matters. */
  #matters(value: number, { deviation, expected }: Verdict): boolean {
    const { direction = 'both', minChange = 0 } = this.settings.definition;
    if (Math.abs(deviation) <= this.settings.threshold || Math.abs(value - expected) < minChange) return false;
    return direction === 'both' || (direction === 'above') === deviation > 0;
  }

  #advance(baseline: Baseline, series: SeriesId, surroundings: Surroundings): EpisodesState['last'] {
    const before = this.#episodes;
    const { above, below, open, last } = before;
    const quiet = above === undefined && below === undefined && open === undefined && last === undefined;
    if (quiet && !this.#anomalous) return undefined;
    const verdict = this.#verdict as Verdict;
    const judged = {
      timestamp: this.newest,
      value: this.value,
      // An anomalous sample may be kept as the peak of its episode.
      verdict: this.#anomalous ? { ...verdict } : verdict,
      anomalous: this.#anomalous,
      convincing: this.#isConvincing,
      index: this.#samples - 1,
      errorRate: this.#anomalous ? surroundings.errorRate(series.serviceId, this.newest) : 0,
    };
    const { rules } = baseline;
    this.#episodes = advance(before, judged, {
      series,
      definition: this.settings.definition,
      rules,
      silenced: surroundings.silences(series.serviceId, series.metricName, this.newest),
      deployBefore: (timestamp) => surroundings.deployBefore(series.serviceId, timestamp),
    });
    const event = this.#episodes.last;
    if (event?.transition === 'closed') baseline.endEpisode(event.accepted);
    return event?.told ? event : undefined;
  }

  get #isYoung(): boolean {
    return this.#samples <= YOUNG && this.settings.method === 'adaptive';
  }

  /** Whether the newest sample may open an episode by itself. */
  get #isConvincing(): boolean {
    if (!this.#isYoung) return true;
    const { expected } = this.#verdict as Verdict;
    return Math.abs(clamp(this.value) - expected) >= FARTHER * this.#farthest;
  }
}

const NO_SEASONS = { day: false, week: false };

function baselineOf(settings: SeriesSettings, start: readonly number[] | AdaptiveSnapshot | ZscoreSnapshot): Baseline {
  const { threshold, historySize, maxPagesPerWeek, localTime, definition } = settings;
  if (settings.method === 'zscore') {
    return new ZscoreBaseline(threshold, historySize, start as readonly number[] | ZscoreSnapshot);
  }
  const { min, max } = definition;
  const options = { threshold, historySize, maxPagesPerWeek, localTime, min, max };
  return new AdaptiveBaseline(options, start as readonly number[] | AdaptiveSnapshot);
}

function clamp(value: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, value));
}
