import type { Anomaly, Explanation } from '../model/anomaly.ts';
import type { MetricDefinition } from '../model/metric-kind.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { Verdict } from './baseline.ts';
import { quantity, seriesName, span } from './describe.ts';

/** What a detector knows about a series when it is asked why there is no anomaly. */
export interface Known {
  readonly series: SeriesId;
  readonly definition: MetricDefinition;
  readonly threshold: number;
  readonly samples: number;
  readonly samplesNeeded: number;
  readonly lastTimestamp: number | undefined;
  readonly lastValue: number | undefined;
  readonly constant: boolean;
  /** Verdict on the newest sample. */
  readonly verdict: Verdict | undefined;
  readonly anomalous: boolean;
  readonly recentScores: readonly number[];
  readonly seasons: { readonly day: boolean; readonly week: boolean };
  readonly timeLeft: Explanation['timeLeft'];
  /** Values beyond which a single sample opens an episode; `undefined` where none does. */
  readonly alarm: { readonly below: number | undefined; readonly above: number | undefined } | undefined;
  /** Evidence gathered and needed. */
  readonly evidence: number;
  readonly limit: number;
  readonly anomaly: Anomaly | undefined;
  /** An episode that goes on and that nobody was told of, since the series is known for its like. */
  readonly untold: Anomaly | undefined;
  /** Series of the same metric, where this one has no sample. */
  readonly others: readonly SeriesId[];
}

/** Says in what state a series is, and why, in sentences. */
export function explain(known: Known): Explanation {
  const { series, verdict } = known;
  const state = stateOf(known);
  return {
    serviceId: series.serviceId,
    metricName: series.metricName,
    ...(series.labels === undefined ? {} : { labels: series.labels }),
    state,
    samples: known.samples,
    samplesNeeded: known.samplesNeeded,
    lastTimestamp: known.lastTimestamp,
    lastValue: known.lastValue,
    expected: verdict?.expected,
    lower: verdict?.lower,
    upper: verdict?.upper,
    score: verdict?.score,
    deviation: verdict?.deviation,
    anomaly: known.anomaly,
    recentScores: known.recentScores,
    seasons: known.seasons,
    timeLeft: known.timeLeft,
    alarmBelow: known.alarm?.below,
    alarmAbove: known.alarm?.above,
    reasons: [...reasonsFor(state, known)],
  };
}

function stateOf(known: Known): Explanation['state'] {
  if (known.definition.ignore === true) return 'ignored';
  if (known.samples === 0) return 'unknown';
  if (known.samples < known.samplesNeeded) return 'learning';
  if (known.anomaly !== undefined) return 'anomalous';
  if (known.anomalous || known.evidence > 0 || known.untold !== undefined) return 'suspicious';
  return known.constant ? 'constant' : 'normal';
}

function* reasonsFor(state: Explanation['state'], known: Known): Generator<string> {
  const { samples, samplesNeeded, definition, verdict, lastValue, anomaly, threshold } = known;
  const name = seriesName(known.series);
  const value = (v: number): string => quantity(v, definition.unit);
  switch (state) {
    case 'ignored':
      yield `${name} is ignored by its definition`;
      return;
    case 'unknown':
      yield `no sample of ${name} has come yet`;
      if (known.others.length > 0)
        yield `there is ${known.others.map(seriesName).join(', ')}; ask for it with its labels`;
      return;
    case 'learning':
      yield `learning: ${samples} of ${samplesNeeded} samples`;
      if (known.timeLeft.ready !== undefined) yield `ready in about ${span(known.timeLeft.ready)}`;
      return;
    case 'constant':
      yield `all samples remembered are ${value(lastValue as number)}; a constant never alarms, a change would`;
      return;
    case 'anomalous':
      yield (anomaly as Anomaly).description;
      return;
    case 'normal':
    case 'suspicious':
      break;
    default:
      state satisfies never;
  }
  if (verdict === undefined) {
    yield `the first verdict comes with the next sample`;
    return;
  }
  const band = `the band ${quantity(verdict.lower)} to ${value(verdict.upper)}`;
  const size = Math.abs(verdict.deviation);
  if (size <= threshold) yield `the last value, ${value(lastValue as number)}, lies inside ${band}`;
  else yield `the last value, ${value(lastValue as number)}, lies outside ${band}, by ${quantity(size)} σ`;
  if (size > threshold && !known.anomalous) yield why(verdict, definition);
  if (known.untold !== undefined) {
    yield `what goes on would be an anomaly, but there were too many like it within a day; it is one when it outgrows them`;
  }
  if (known.evidence > 0 && known.limit > 0) {
    const percent = Math.min(99, Math.floor((100 * known.evidence) / known.limit));
    yield `evidence for an anomaly is at ${percent} % of what rules out chance for a week`;
  }
  yield* outlook(known);
}

/** What would have to happen, and what is known of the time of day and week. */
function* outlook({ alarm, seasons, timeLeft, definition }: Known): Generator<string> {
  const ends: string[] = [];
  if (alarm?.below !== undefined) ends.push(`below ${quantity(alarm.below, definition.unit)}`);
  if (alarm?.above !== undefined) ends.push(`above ${quantity(alarm.above, definition.unit)}`);
  if (ends.length > 0) yield `one sample ${ends.join(' or ')} would be an anomaly, nearer ones if they last`;
  else yield 'no single sample can be an anomaly here, several in a row can';
  const known: string[] = [];
  if (seasons.day) known.push('the time of day');
  if (seasons.week) known.push('the time of the week');
  yield known.length > 0
    ? `what is expected follows ${known.join(' and ')}`
    : 'no habit of the day or the week is known';
  const waits: string[] = [];
  if (!seasons.day && timeLeft.day) waits.push(`${span(timeLeft.day)} (the day)`);
  if (!seasons.week && timeLeft.week) waits.push(`${span(timeLeft.week)} (the week)`);
  if (waits.length > 0) yield `habits can be known in ${waits.join(' and ')} at the earliest`;
}

/** Why a value outside the band is still no anomaly. */
function why(verdict: Verdict, definition: MetricDefinition): string {
  const side = verdict.deviation > 0 ? 'above' : 'below';
  const { direction = 'both', minChange = 0, unit } = definition;
  return direction === 'both' || direction === side
    ? `it is nearer to the expected value than the smallest change that matters, ${quantity(minChange, unit)}`
    : `values ${side} the band do not matter for this metric`;
}
