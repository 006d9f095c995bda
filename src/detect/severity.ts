import { SEVERITIES, type Severity } from '../model/anomaly.ts';

const MEDIUM_FROM = 3;
const HIGH_FROM = 5;
const CRITICAL_ERROR_RATE = 0.05;

/**
 * Severity of a deviation (standard deviations, either sign): low below 3, medium below 5, else high, and critical
 * while more than 5 % of the service's work fails.
 *
 * @param errorRate of the service, 0..1
 */
export function severityOf(deviation: number, errorRate: number): Severity {
  const size = Math.abs(deviation);
  if (size < MEDIUM_FROM) return 'low';
  if (size < HIGH_FROM) return 'medium';
  return errorRate > CRITICAL_ERROR_RATE ? 'critical' : 'high';
}

/** Whether `a` is worse than `b`. */
export function isWorse(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b);
}
