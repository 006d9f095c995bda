import type { Anomaly } from './anomaly.ts';

/** How the services are, from the episodes that are open now. */
export type HealthStatus = 'healthy' | 'degraded' | 'critical';

/** A state of health with its reasons. */
export interface Health {
  readonly status: HealthStatus;
  /**
   * Why, one sentence with its service for each episode that matters, worst first; for a healthy system one that says
   * so.
   */
  readonly reasons: readonly string[];
  /** Newest timestamp of the data at that moment, epoch milliseconds. */
  readonly timestamp: number;
}

/** So many medium episodes at once are as bad as a high one. */
const MEDIUM_EPISODES_DEGRADE = 3;

/** Critical if one open episode is critical; degraded if one is high or three are medium; else healthy. Silenced ones do not count. */
export function healthStatus(all: readonly Anomaly[]): HealthStatus {
  const open = all.filter(({ silenced }) => silenced !== true);
  if (open.some(({ severity }) => severity === 'critical')) return 'critical';
  if (open.some(({ severity }) => severity === 'high')) return 'degraded';
  const medium = open.filter(({ severity }) => severity === 'medium').length;
  return medium >= MEDIUM_EPISODES_DEGRADE ? 'degraded' : 'healthy';
}

/**
 * {@link healthStatus} with its reasons.
 *
 * @param trouble what is wrong with the analytics itself; no service is worse for it, but it is among the reasons
 */
export function assessHealth(all: readonly Anomaly[], timestamp: number, trouble?: string): Health {
  const open = all.filter(({ silenced }) => silenced !== true);
  const reasons = (['critical', 'high', 'medium'] as const).flatMap((severity) =>
    open
      .filter((anomaly) => anomaly.severity === severity)
      .map(({ serviceId, description }) => `${serviceId}: ${description}`),
  );
  if (reasons.length === 0)
    reasons.push(open.length === 0 ? 'no anomaly is open' : `only ${open.length} of low severity`);
  if (trouble !== undefined) reasons.push(trouble);
  return { status: healthStatus(open), reasons, timestamp };
}
