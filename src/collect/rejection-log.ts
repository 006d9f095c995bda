import type { RecordKind } from '../model/records.ts';
import type { Refused, Rejection, RejectionReason } from '../model/rejection.ts';

/** Number of rejected records by reason. */
export type RejectionCounts = Readonly<Partial<Record<RejectionReason, number>>>;

interface Entry {
  total: number;
  unreported: number;
  /** Clock time of the last report. */
  reportedAt: number;
  newest: { readonly kind: RecordKind; readonly field: string; readonly timestamp: number } | undefined;
}

const MINUTE_MS = 60_000;

/** Counts rejected records by reason and says when a reason may be reported again: once a minute. */
export class RejectionLog {
  readonly #entries = new Map<RejectionReason, Entry>();

  /** @param counts totals to go on from */
  constructor(counts: RejectionCounts = {}) {
    for (const [reason, total] of Object.entries(counts)) this.#entry(reason as RejectionReason).total = total;
  }

  /** Counts one. `now` is clock time. */
  add(kind: RecordKind, refused: Refused, now: number): void {
    const entry = this.#entry(refused.reason);
    entry.total++;
    entry.unreported++;
    entry.newest = { kind, field: refused.field, timestamp: now };
  }

  /** What may be reported now, which counts as reported from here on; `force` ignores the minute. */
  takeDue(now: number, force = false): Rejection[] {
    const due: Rejection[] = [];
    for (const [reason, entry] of this.#entries) {
      if (entry.unreported === 0 || entry.newest === undefined) continue;
      // The distance in either direction, so that a clock that was set back does not silence a reason for long.
      if (!force && Math.abs(now - entry.reportedAt) < MINUTE_MS) continue;
      due.push({ reason, count: entry.unreported, ...entry.newest });
      entry.unreported = 0;
      entry.reportedAt = now;
    }
    return due;
  }

  /** Totals of the reasons that occurred. */
  get counts(): RejectionCounts {
    return Object.fromEntries([...this.#entries].map(([reason, { total }]) => [reason, total]));
  }

  #entry(reason: RejectionReason): Entry {
    let entry = this.#entries.get(reason);
    if (entry === undefined) {
      entry = { total: 0, unreported: 0, reportedAt: Number.NEGATIVE_INFINITY, newest: undefined };
      this.#entries.set(reason, entry);
    }
    return entry;
  }
}
