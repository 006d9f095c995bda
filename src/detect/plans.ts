import { invalidOption, objectOption } from '../errors.ts';
import type { Deploy, Silence } from '../model/silence.ts';

/** Silences, and deploys of one service, that are kept; older ones are forgotten. */
const SILENCES_KEPT = 1000;
const DEPLOYS_KEPT = 20;

/** What begins within so many milliseconds after a deploy may have come with it. */
const DEPLOY_REACH_MS = 1_800_000;

/** State of {@link Plans}. */
export interface PlansSnapshot {
  readonly silences: readonly PlannedSilence[];
  readonly deploys: readonly (readonly [serviceId: string, deploys: readonly PlannedDeploy[]])[];
}

/** A silence with its times in epoch milliseconds. */
export interface PlannedSilence {
  readonly serviceId?: string | undefined;
  readonly metricName?: string | undefined;
  readonly from: number;
  readonly until: number;
}

/** A deploy with its time in epoch milliseconds. */
export interface PlannedDeploy {
  readonly timestamp: number;
  readonly version?: string | undefined;
}

/** What people planned: when not to be told, and when they deployed. Asked by the time of the data. */
export class Plans {
  #silences: readonly PlannedSilence[] = [];
  #deploys: ReadonlyMap<string, readonly PlannedDeploy[]> = new Map();
  /** How often it has changed. */
  version = 0;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  silence(silence: Silence): void {
    const { serviceId, metricName, from, until } = objectOption('silence', silence);
    const start = from === undefined ? Number.NEGATIVE_INFINITY : instant('from', from);
    const end = instant('until', until);
    if (end <= start) throw invalidOption('until', 'later than from', end);
    this.#silences = [...this.#silences, { serviceId, metricName, from: start, until: end }].slice(-SILENCES_KEPT);
    this.version++;
  }

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  deployed(serviceId: string, deploy: Deploy): void {
    const { timestamp, version } = objectOption('deploy', deploy);
    const known = this.#deploys.get(serviceId) ?? [];
    const all = [...known, { timestamp: instant('timestamp', timestamp), version }];
    const newest = all.sort((a, b) => a.timestamp - b.timestamp).slice(-DEPLOYS_KEPT);
    this.#deploys = new Map([...this.#deploys, [serviceId, newest]]);
    this.version++;
  }

  /** The silences that are kept, in the order in which they were given. */
  get silenceList(): readonly PlannedSilence[] {
    return this.#silences;
  }

  /** The deploys that are kept, oldest first. */
  deploysOf(serviceId: string): readonly PlannedDeploy[] {
    return this.#deploys.get(serviceId) ?? [];
  }

  /** Whether a sample of a series lies in a silence. */
  silences(serviceId: string, metricName: string, timestamp: number): boolean {
    return this.#silences.some(
      (silence) =>
        timestamp >= silence.from &&
        timestamp < silence.until &&
        (silence.serviceId === undefined || silence.serviceId === serviceId) &&
        (silence.metricName === undefined || silence.metricName === metricName),
    );
  }

  /** The last deploy of the service in the half hour before. */
  deployBefore(serviceId: string, timestamp: number): PlannedDeploy | undefined {
    return this.#deploys
      .get(serviceId)
      ?.findLast((deploy) => deploy.timestamp <= timestamp && timestamp - deploy.timestamp <= DEPLOY_REACH_MS);
  }

  /** Goes on from a snapshot. */
  restore(snapshot: PlansSnapshot): void {
    this.#silences = snapshot.silences;
    this.#deploys = new Map(snapshot.deploys);
  }

  snapshot(): PlansSnapshot {
    return { silences: this.#silences, deploys: [...this.#deploys] };
  }
}

function instant(option: string, value: unknown): number {
  const time = value instanceof Date ? value.getTime() : value;
  if (typeof time === 'number' && Number.isFinite(time)) return time;
  throw invalidOption(option, 'a Date or epoch milliseconds', value);
}
