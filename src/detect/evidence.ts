import { normalQuantile, surprise } from '../stats/normal.ts';

/**
 * Surprise that a normal sample uses up: evidence grows only while samples bring more, that is, deviate by about 1.7
 * or more. Under chance alone the surprise is exponential with mean 1, so evidence has a strong drift downwards.
 */
const DRIFT = 2.5;

/** Lundberg's exponent of that walk: the root of exp(2.5 θ) = 1 / (1 − θ). Chance reaches `limit` with exp(−θ limit). */
const EXPONENT = 0.893;

const WEEK_MS = 604_800_000;

/** Added to the limit for what the theory leaves out: tails known only roughly, samples that depend on each other. Tuned on noise of seven laws. */
const MARGIN = 3;

/** Evidence that chance reaches at most about `pages` times a week in a series with a sample every `step` milliseconds. */
export function openingLimit(step: number, pages: number): number {
  return (Math.log(Math.max(2, WEEK_MS / (step * pages))) + MARGIN) / EXPONENT;
}

/**
 * Episodes of a kind in one day that are how the series is, where there may be `pages` a week: more by four standard
 * deviations than a whole week of chance. Five a day for one a week; of incidents there are hardly so many alike.
 */
export function mostAlike(pages: number): number {
  return pages + 4 * Math.sqrt(pages);
}

/**
 * Evidence after one more sample: a cumulative sum (Page 1954) of surprise beyond {@link DRIFT}, or the sample's own
 * where that is more. `carry`, 0..1, weighs what is added, as samples that depend on each other say the same again.
 */
export function gather(evidence: number, deviation: number, carry: number): number {
  if (evidence === 0 && deviation < LEAST_DEVIATION) return 0;
  const own = surprise(deviation) - DRIFT;
  return Math.max(0, own, evidence + (own > 0 ? carry * own : own));
}

/** The deviation at which one sample alone has so much evidence. */
export function deviationOfEvidence(evidence: number): number {
  return -normalQuantile(Math.exp(-evidence - DRIFT) / 2);
}

/** Below it the surprise is less than {@link DRIFT}. */
const LEAST_DEVIATION = 1.7;
