import type { Forecast } from '../model/forecast.ts';
import type { MetricDefinition } from '../model/metric-kind.ts';
import type { ThresholdTime } from '../model/threshold-time.ts';
import { horizonWords } from './horizon-and-level.ts';
import { metricWords, quantityText } from './quantity-text.ts';

/** From this probability on, passing the threshold is called likely, and the action is to be taken now. */
const LIKELY = 0.5;
/** From this probability on, passing the threshold is worth a warning. */
const POSSIBLE = 0.2;
/** A forecast this close to the value now, in proportion, is called staying. */
const STAYS_WITHIN = 0.1;

/** Percent; above it requests queue, by common practice of autoscalers (70 to 80). */
const HIGH_CPU = 80;
/** Percent; above it garbage collection and the kernel begin to struggle. */
const HIGH_MEMORY = 85;
/** Percent; most file systems and databases degrade or stop writing beyond it. */
const HIGH_DISK = 90;
/** Ratio; the same 5 % that makes an anomaly critical. */
const HIGH_ERROR_RATE = 0.05;
/** Proportion of the value now; half as much again uses up the usual headroom. */
const STEEP_RISE = 1.5;
/** Proportion of the value now; a cache that loses a fifth of its hits shows in the load behind it. */
const STEEP_FALL = 0.8;
/** Of a metric that nobody wrote a rule for, a warning is less pressing than one by rule. */
const GENERIC_URGENCY = 0.5;

/** What fills up within sight is more pressing than what stays, and less so than what is likely within the hour. */
const FILLING_URGENCY = 0.3;

/** What to watch for in a metric, and what to do about it. */
interface Rule {
  readonly direction: 'above' | 'below';
  /** In the metric's unit, given the value now. */
  readonly threshold: (now: number) => number;
  /** What to do when the threshold is likely to be passed. */
  readonly act: string;
  /** What to do when it may be passed. */
  readonly prepare: string;
}

const ERRORS: Rule = {
  direction: 'above',
  threshold: () => HIGH_ERROR_RATE,
  act: 'check the latest deployment and the dependencies now',
  prepare: 'look at the most frequent errors',
};
const TRAFFIC: Rule = {
  direction: 'above',
  threshold: (now) => now * STEEP_RISE,
  act: 'add instances before the load arrives',
  prepare: 'make sure that there is room to scale',
};
const SLOWNESS: Rule = {
  direction: 'above',
  threshold: (now) => now * STEEP_RISE,
  act: 'look for slow dependencies and queries now, or shed load',
  prepare: 'watch the dependencies',
};

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [
    'cpu_usage',
    {
      direction: 'above',
      threshold: () => HIGH_CPU,
      act: 'add capacity or shed load now',
      prepare: 'prepare to add capacity',
    },
  ],
  [
    'memory_usage',
    {
      direction: 'above',
      threshold: () => HIGH_MEMORY,
      act: 'look for a leak and restart or add memory now',
      prepare: 'watch what holds memory',
    },
  ],
  [
    'disk_usage',
    {
      direction: 'above',
      threshold: () => HIGH_DISK,
      act: 'free or add disk space now',
      prepare: 'plan to free disk space',
    },
  ],
  ['error_rate', ERRORS],
  ['operation_error_rate', ERRORS],
  ['request_rate', TRAFFIC],
  ['operation_rate', TRAFFIC],
  ['latency', SLOWNESS],
  ['operation_latency_p95', SLOWNESS],
  [
    'cache_hit_rate',
    {
      direction: 'below',
      threshold: (now) => now * STEEP_FALL,
      act: 'protect what stands behind the cache and check evictions now',
      prepare: 'check evictions and key changes',
    },
  ],
]);

/** Metrics that fill up over days, and the threshold that they should not reach. */
const FILLING: ReadonlyMap<string, number> = new Map([
  ['memory_usage', HIGH_MEMORY],
  ['disk_usage', HIGH_DISK],
]);

/** The threshold of a metric that fills up over days; `undefined` for others. */
export function fillingThreshold(metricName: string): number | undefined {
  return FILLING.get(metricName);
}

/** A sentence for people, and how pressing it is. */
export interface Recommendation {
  readonly text: string;
  /** 0..1: probability of what it warns of, halved for metrics without a rule of their own. */
  readonly urgency: number;
}

/**
 * What a forecast means for whoever runs the service: one sentence with number, horizon and action, computed from the
 * probability that a threshold is passed. Built-in thresholds: CPU 80 %, memory 85 %, disk 90 %, error rate 5 %;
 * request rate and latency half as much again as now; cache hit rate a fifth below now; any other metric half as much
 * above or below now, as far as its definition's direction goes.
 *
 * @param now the newest value
 * @param horizon the horizon's short form, such as `'15m'`
 * @param outlook when the metric's `fillingThreshold` is passed, if it is one that fills up
 */
export function recommend(
  metricName: string,
  definition: MetricDefinition,
  now: number,
  forecast: Forecast,
  horizon: string,
  outlook?: ThresholdTime,
): Recommendation {
  const known = RULES.get(metricName);
  const rule = known ?? genericRule(definition, now, forecast);
  const threshold = rule.threshold(now);
  const above = forecast.probabilityAbove(threshold);
  // A threshold in proportion to 0 is no threshold: whatever comes would pass it.
  const probability = threshold === 0 ? 0 : rule.direction === 'above' ? above : 1 - above;
  const name = metricWords(metricName);
  const number = (value: number): string => quantityText(value, definition.unit);
  const period = horizonWords(horizon);
  const urgency = known === undefined ? probability * GENERIC_URGENCY : probability;
  if (probability < POSSIBLE) {
    if (outlook?.state === 'ahead' && outlook.expected !== undefined) {
      return {
        text: `${outlook.text}; ${number(forecast.mean)} expected in ${inWords(horizon)}: ${rule.prepare}`,
        urgency: Math.max(urgency, FILLING_URGENCY),
      };
    }
    const course = staysNear(now, forecast) ? 'stays near' : 'goes to about';
    return { text: `${name} ${course} ${number(forecast.mean)} over the next ${period}; no action needed`, urgency };
  }
  const passed = rule.direction === 'above' ? now > threshold : now < threshold;
  const verb = passed ? 'stay' : rule.direction === 'above' ? 'rise' : 'fall';
  const likely = probability >= LIKELY;
  const chance = `${Math.round(probability * 100)} %`;
  return {
    text:
      `${name} ${likely ? 'is likely to' : 'may'} ${verb} ${rule.direction} ${number(threshold)} within the next ${period} ` +
      `(${number(forecast.mean)} expected, probability ${chance}): ${likely ? rule.act : rule.prepare}`,
    urgency,
  };
}

/** For a metric without a rule: a steep change in the direction that its definition names, or the likelier of both. */
function genericRule(definition: MetricDefinition, now: number, forecast: Forecast): Rule {
  const size = Math.abs(now) * (STEEP_RISE - 1);
  const falls = 1 - forecast.probabilityAbove(now - size) > forecast.probabilityAbove(now + size);
  const both = definition.direction === undefined || definition.direction === 'both';
  const direction = both ? (falls ? 'below' : 'above') : (definition.direction as 'above' | 'below');
  return {
    direction,
    threshold: () => (direction === 'above' ? now + size : now - size),
    act: `find out what ${direction === 'above' ? 'drives it up' : 'pulls it down'}`,
    prepare: 'keep an eye on it',
  };
}

function staysNear(now: number, forecast: Forecast): boolean {
  return Math.abs(forecast.mean - now) <= STAYS_WITHIN * Math.max(Math.abs(now), Math.abs(forecast.mean));
}

/** `'1h'` as it follows "in". */
function inWords(horizon: string): string {
  const words = horizonWords(horizon);
  return /^\d/.test(words) ? words : `one ${words}`;
}
