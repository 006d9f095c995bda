import type { Anomaly, AnomalyKind } from '../model/anomaly.ts';
import type { MetricDefinition } from '../model/metric-kind.ts';
import { type SeriesId, seriesKey } from '../model/series-key.ts';
import { hashString } from '../stats/string-hash.ts';
import type { EpisodeRules, Verdict } from './baseline.ts';
import { describe } from './describe.ts';
import { gather } from './evidence.ts';
import type { PlannedDeploy } from './plans.ts';
import { isWorse, severityOf } from './severity.ts';

/** Closed episodes kept per series. */
const CLOSED_KEPT = 20;

/** An episode that opens within so many samples after the last one closed belongs to a series that flaps. */
const FLAP_WITHIN = 60;

/** What one sample that may not open an episode by itself adds at most, of the evidence needed: it takes two in a row. */
const ALONE = 0.51;

/** Episodes whose evidence is remembered, for so long. */
const BURSTS_KEPT = 32;
const DAY_MS = 86_400_000;

/** What has up to so many times the evidence of another is like it. */
const STRONGER = 1.25;

/** Anomalous samples on one side from which a spike is called a level shift. */
const LASTING = 6;

/** It is a drift if it took so many anomalous samples to its peak, is there now, and opened with less than this part of it. */
const DRIFTING = 12;
const DRIFT_BEGINS_BELOW = 0.6;

/** Share of an episode's anomalous samples on the other side from which it is one of variance. */
const BOTH_SIDES = 0.25;

/** One sample as the episodes of its series see it. */
export interface Judged {
  readonly timestamp: number;
  readonly value: number;
  readonly verdict: Verdict;
  /** Whether it lies beyond the threshold, by enough, in a direction that matters. */
  readonly anomalous: boolean;
  /** Whether it may open an episode by itself. */
  readonly convincing: boolean;
  /** Samples of the series before it. */
  readonly index: number;
  /** Of the service, 0..1. */
  readonly errorRate: number;
}

/** Evidence on one side that has not opened an episode yet. */
interface Suspicion {
  readonly evidence: number;
  readonly startedAt: number;
  readonly samples: number;
  readonly peak: Judged;
}

/** What the kind of an episode is read from. */
interface Shape {
  /** Anomalous samples. */
  readonly samples: number;
  /** Anomalous samples that lay on the side other than its direction. */
  readonly otherSide: number;
  /** Deviation, not negative, that it opened with. */
  readonly first: number;
  /** Anomalous samples up to its peak. */
  readonly untilPeak: number;
  /** What the peak was of, where its size does not say it. */
  readonly nature: Verdict['nature'];
}

/** The open episode and what decides on its end. */
interface OpenEpisode extends Shape {
  readonly anomaly: Anomaly;
  /** Whether it is more than the series often does. Until then nobody is told of it. */
  readonly told: boolean;
  /** Evidence on its side now, and at its most. */
  readonly evidence: number;
  readonly mostEvidence: number;
  /** Samples since it opened, the normal ones in between included. */
  readonly length: number;
  readonly normalInRow: number;
}

/** What is remembered of an episode that was not accepted as the new normal, told or not. */
interface Burst {
  readonly direction: Anomaly['direction'];
  readonly startedAt: number;
  readonly evidence: number;
}

/** Everything about the episodes of one series; immutable, so that it is its own snapshot. */
export interface EpisodesState {
  readonly above: Suspicion | undefined;
  readonly below: Suspicion | undefined;
  readonly open: OpenEpisode | undefined;
  /** The last 20, oldest first. */
  readonly closed: readonly Anomaly[];
  /** What the last 32 were like, those that nobody was told of included; oldest first. */
  readonly bursts: readonly Burst[];
  /** Index of the sample that closed the last one. */
  readonly closedIndex: number;
  /** Episodes in quick succession before this one. */
  readonly flaps: number;
  /** What the newest sample did. */
  readonly last: EpisodeEvent | undefined;
}

/** What a sample did to an episode. */
export interface EpisodeEvent {
  readonly transition: 'opened' | 'rose' | 'updated' | 'closed';
  readonly anomaly: Anomaly;
  /** Whether it is for others to hear. */
  readonly told: boolean;
  /** Closed because its level is taken for the new normal. */
  readonly accepted: boolean;
}

/** A series without episodes. */
export const NO_EPISODES: EpisodesState = {
  above: undefined,
  below: undefined,
  open: undefined,
  closed: [],
  bursts: [],
  closedIndex: Number.NEGATIVE_INFINITY,
  flaps: 0,
  last: undefined,
};

/** What {@link advance} needs to know about the series besides its samples. */
export interface EpisodeContext {
  readonly series: SeriesId;
  readonly definition: MetricDefinition;
  readonly rules: EpisodeRules;
  /** Whether the sample lies in a maintenance window. */
  readonly silenced: boolean;
  /** The deploy of the service in the half hour before a timestamp. */
  readonly deployBefore: (timestamp: number) => PlannedDeploy | undefined;
}

/**
 * The episodes after one more sample: evidence gathers on either side until there is enough for an episode; the open
 * one keeps its peak, and closes when the normal has returned or what goes on has become the normal. At most one is
 * open. One that is like those of which the series had too many within the last day is kept to itself, for as long as
 * it is. In quiet times it returns `state` itself.
 */
export function advance(state: EpisodesState, judged: Judged, context: EpisodeContext): EpisodesState {
  if (state.open !== undefined) return proceed(state, state.open, judged, context);
  const above = suspect(state.above, judged, judged.verdict.deviation, context.rules);
  const below = suspect(state.below, judged, -judged.verdict.deviation, context.rules);
  const ripe = judged.anomalous ? (judged.verdict.deviation > 0 ? above : below) : undefined;
  if (ripe !== undefined && ripe.evidence >= context.rules.limit) return open(state, ripe, judged, context);
  if (above === state.above && below === state.below && state.last === undefined) return state;
  const { closed, bursts, closedIndex, flaps } = state;
  return { above, below, open: undefined, closed, bursts, closedIndex, flaps, last: undefined };
}

/** Evidence on one side after a sample that deviates by `deviation` to that side. */
function suspect(
  before: Suspicion | undefined,
  judged: Judged,
  deviation: number,
  rules: EpisodeRules,
): Suspicion | undefined {
  const known = before?.evidence ?? 0;
  const gathered = gather(known, deviation, rules.carry);
  const evidence = judged.convincing ? gathered : Math.min(gathered, known + ALONE * rules.limit);
  if (!judged.anomalous || deviation <= 0) {
    return before === undefined || evidence === 0 ? undefined : { ...before, evidence };
  }
  if (before === undefined) {
    return { evidence, startedAt: judged.timestamp, samples: 1, peak: judged };
  }
  const peak = deviation > Math.abs(before.peak.verdict.deviation) ? judged : before.peak;
  return { ...before, evidence, samples: before.samples + 1, peak };
}

function open(state: EpisodesState, suspicion: Suspicion, judged: Judged, context: EpisodeContext): EpisodesState {
  const { serviceId, metricName, labels } = context.series;
  const { startedAt, samples, peak } = suspicion;
  const first = Math.abs(peak.verdict.deviation);
  const { nature } = peak.verdict;
  const shape: Shape = { samples, otherSide: 0, first, untilPeak: peak === judged ? samples : 1, nature };
  const deploy = context.deployBefore(startedAt);
  const direction = peak.verdict.deviation > 0 ? 'above' : 'below';
  const anomaly: Anomaly = Object.freeze({
    id: `${hashString(seriesKey(context.series)).toString(36)}-${startedAt.toString(36)}`,
    timestamp: judged.timestamp,
    serviceId,
    metricName,
    ...(labels === undefined ? {} : { labels }),
    ...peakFields(peak),
    severity: severityOf(peak.verdict.deviation, judged.errorRate),
    direction,
    kind: kindOf(direction, Math.abs(peak.verdict.deviation), shape),
    status: 'open',
    ...(context.silenced ? { silenced: true } : {}),
    ...(deploy === undefined ? {} : { deploy }),
    startedAt,
    samples,
    description: describe(
      { ...peakFields(peak), metricName, labels, direction, startedAt },
      context.definition,
      peak.verdict.step,
    ),
  });
  const { evidence } = suspicion;
  const burst = { direction, startedAt, evidence } as const;
  const told = isNews(state, burst, judged.timestamp, context.rules.mostAlike);
  return {
    ...state,
    above: undefined,
    below: undefined,
    open: { anomaly, told, evidence, mostEvidence: evidence, length: 1, normalInRow: 0, ...shape },
    flaps: judged.index - state.closedIndex <= FLAP_WITHIN ? state.flaps + 1 : 0,
    last: { transition: 'opened', anomaly, told, accepted: false },
  };
}

function proceed(
  state: EpisodesState,
  open: OpenEpisode,
  judged: Judged,
  { definition, rules, silenced }: EpisodeContext,
): EpisodesState {
  const before = open.anomaly;
  const size = Math.abs(judged.verdict.deviation);
  // What stays at its new level without moving is still that shift, however strange its stillness becomes.
  const other = judged.verdict.nature === 'flatline' && open.nature !== 'flatline';
  const isPeak = judged.anomalous && size > before.deviation && !other;
  const shape: Shape = {
    samples: before.samples + (judged.anomalous ? 1 : 0),
    otherSide: open.otherSide + (judged.anomalous && sideOf(judged) !== before.direction ? 1 : 0),
    first: open.first,
    untilPeak: isPeak ? before.samples + 1 : open.untilPeak,
    nature: isPeak ? judged.verdict.nature : open.nature,
  };
  const side = before.direction === 'above' ? 1 : -1;
  const evidence = gather(open.evidence, side * judged.verdict.deviation, rules.carry);
  const mostEvidence = Math.max(open.mostEvidence, evidence);
  const { direction, startedAt } = before;
  const burst = { direction, startedAt, evidence: mostEvidence };
  const told = open.told || isNews(state, burst, judged.timestamp, rules.mostAlike);
  const grown = withSilence(judged.anomalous ? grow(before, judged, shape, isPeak, definition) : before, silenced);
  const next: OpenEpisode = {
    anomaly: told && !open.told ? Object.freeze({ ...grown, timestamp: judged.timestamp }) : grown,
    told,
    evidence,
    mostEvidence,
    length: open.length + 1,
    normalInRow: judged.anomalous ? 0 : open.normalInRow + 1,
    ...shape,
  };
  const accepted = next.length >= rules.acceptAfter;
  const patience = Math.min(rules.closeMost, rules.closeAfter * 4 ** state.flaps);
  if (accepted || next.normalInRow >= patience) return close(state, next, judged, accepted);
  if (told && !open.told) {
    return { ...state, open: next, last: { transition: 'opened', anomaly: next.anomaly, told, accepted: false } };
  }
  // That a silence is over is news too, as nobody was told before.
  const heard = before.silenced === true && !silenced;
  const transition = heard || isWorse(next.anomaly.severity, before.severity) ? 'rose' : 'updated';
  return { ...state, open: next, last: { transition, anomaly: next.anomaly, told, accepted: false } };
}

/** Whether an episode is more than what the series has often done within the last day. */
function isNews({ bursts }: EpisodesState, burst: Burst, now: number, mostAlike: number): boolean {
  let alike = 0;
  for (const { direction, startedAt, evidence } of bursts) {
    if (direction !== burst.direction || now - startedAt > DAY_MS) continue;
    if (burst.evidence <= STRONGER * evidence) alike++;
  }
  return alike < mostAlike;
}

/** The episode with one more anomalous sample. */
function grow(before: Anomaly, judged: Judged, shape: Shape, isPeak: boolean, definition: MetricDefinition): Anomaly {
  const { samples } = shape;
  const severity = severityOf(isPeak ? judged.verdict.deviation : before.deviation, judged.errorRate);
  const grown = {
    ...before,
    samples,
    severity: isWorse(severity, before.severity) ? severity : before.severity,
    score: Math.max(before.score, judged.verdict.score),
  };
  if (isPeak) {
    const { metricName, labels, startedAt } = before;
    const direction = sideOf(judged);
    const fields = { ...peakFields(judged), direction, score: grown.score };
    const description = describe({ ...fields, metricName, labels, startedAt }, definition, judged.verdict.step);
    Object.assign(grown, fields, { description });
  }
  return Object.freeze({ ...grown, kind: kindOf(grown.direction, grown.deviation, shape) });
}

/** The episode, marked or not. */
function withSilence(anomaly: Anomaly, silenced: boolean): Anomaly {
  if ((anomaly.silenced === true) === silenced) return anomaly;
  const { silenced: _, ...heard } = anomaly;
  return Object.freeze(silenced ? { ...heard, silenced: true as const } : heard);
}

function close(state: EpisodesState, episode: OpenEpisode, judged: Judged, accepted: boolean): EpisodesState {
  const { told, mostEvidence } = episode;
  const { direction, startedAt, kind } = episode.anomaly;
  const anomaly: Anomaly = Object.freeze({
    ...episode.anomaly,
    status: 'closed',
    endedAt: judged.timestamp,
    kind: accepted && LEVELS.has(kind) ? 'level-shift' : kind,
  });
  const burst = { direction, startedAt, evidence: mostEvidence };
  return {
    ...state,
    open: undefined,
    closed: told ? [...state.closed, anomaly].slice(-CLOSED_KEPT) : state.closed,
    bursts: accepted ? state.bursts : [...state.bursts, burst].slice(-BURSTS_KEPT),
    closedIndex: judged.index,
    last: { transition: 'closed', anomaly, told, accepted },
  };
}

function peakFields(
  peak: Judged,
): Pick<Anomaly, 'currentValue' | 'expectedValue' | 'lower' | 'upper' | 'deviation' | 'score'> {
  const { expected, lower, upper, deviation, score } = peak.verdict;
  return {
    currentValue: peak.value,
    expectedValue: expected,
    lower,
    upper,
    deviation: Math.abs(deviation),
    score,
  };
}

function sideOf(judged: Judged): 'above' | 'below' {
  return judged.verdict.deviation > 0 ? 'above' : 'below';
}

/** Kinds that are a shift of the level where they last. */
const LEVELS: ReadonlySet<AnomalyKind> = new Set(['spike', 'dip', 'level-shift']);

function kindOf(direction: 'above' | 'below', deviation: number, shape: Shape): AnomalyKind {
  const { samples, otherSide, first, untilPeak, nature } = shape;
  if (nature === 'flatline') return 'flatline';
  if (otherSide > 0 && otherSide >= BOTH_SIDES * samples) return 'variance';
  if (nature === 'seasonal') return 'seasonal';
  if (samples >= DRIFTING && untilPeak >= DRIFTING && first < DRIFT_BEGINS_BELOW * deviation) return 'drift';
  if (samples >= LASTING) return 'level-shift';
  return direction === 'above' ? 'spike' : 'dip';
}
