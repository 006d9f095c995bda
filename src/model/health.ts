import type { Anomaly } from './anomaly.ts';

/** How the services are, from the episodes that are open now. */
export type HealthStatus = 'healthy' | 'degraded' | 'critical';

/** A state of health with its reasons. */
export interface Health {
  readonly status: HealthStatus;
  /** Why, one sentence for each episode that matters; for a healthy system one that says so. */
  readonly reasons: readonly string[];
  /** Newest timestamp of the data at that moment, epoch milliseconds. */
  readonly timestamp: number;
}

/** So many medium episodes at once are as bad as a high one. */
const MEDIUM_EPISODES_DEGRADE = 3;

/** Critical if one open episode is critical; degraded if one is high or three are medium; else healthy. */
export function assessHealth(open: readonly Anomaly[], timestamp: number): Health {
  const critical = open.filter((anomaly) => anomaly.severity === 'critical');
  const high = open.filter((anomaly) => anomaly.severity === 'high');
  const medium = open.filter((anomaly) => anomaly.severity === 'medium');
  const status =
    critical.length > 0
      ? 'critical'
      : high.length > 0 || medium.length >= MEDIUM_EPISODES_DEGRADE
        ? 'degraded'
        : 'healthy';
  const reasons = [...critical, ...high, ...medium].map((anomaly) => anomaly.description);
  if (reasons.length === 0)
    reasons.push(open.length === 0 ? 'no anomaly is open' : `only ${open.length} of low severity`);
  return { status, reasons, timestamp };
}
