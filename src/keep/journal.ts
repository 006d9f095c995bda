import type { AnomalyDetector } from '../detect/anomaly-detector.ts';
import type { SeriesId } from '../model/series-key.ts';
import { SeriesMap } from '../model/series-map.ts';
import type { SampleFeed, SeriesCheckpoint } from '../sample-feed.ts';
import { ByteReader, ByteWriter } from '../stats/bytes.ts';
import type { PendingBatch } from './pending-batch.ts';

/** What is known of one watched series at some place of its service's journal. */
export interface StoredSeries {
  readonly series: SeriesId;
  /** Entries from this number on come after `state`. */
  readonly from: number;
  /** Absent where all of it is in the journal. */
  readonly state?: SeriesCheckpoint | undefined;
}

/** Some entries of the journal of one service. */
export interface StoredEntries {
  readonly serviceId: string;
  /** Number of the first. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Silences and deploys. */
type StoredPlans = AnomalyDetector['plans'];

/** Keys of what is stored. */
const SERIES = 'series/';
const ENTRIES = 'journal/';
const PLANS = 'plans/';

/** What an entry is, in the lowest bits of its first number. */
const SAMPLE = 0;
const ERROR_RATE = 1;
const PLANS_CHANGED = 2;
const KINDS = 4;

/**
 * Samples of one series after which all that is known of it is stored anew. Going on from a store takes some six
 * microseconds for each sample that came since, so 700 series, 100 services with their gauges, take half a second at most.
 */
const SAMPLES_PER_CHECKPOINT = 120;
/** Rows of a service's journal before those series are stored anew that keep it from being cut: an hour of flushes. */
const MAX_ROWS = 720;
/** Series that are stored anew at a time: some 30 microseconds each. */
const CHECKPOINTS_AT_A_TIME = 20;
/** Bytes that wait for a store that does not take them; beyond, series are stored anew in place of their samples. */
const MAX_PENDING_BYTES = 2 ** 22;
/** Versions of the plans that are kept; a journal is cut long before so many. */
const PLANS_KEPT = 1000;

interface Watched {
  readonly id: number;
  readonly series: SeriesId;
  /** First entry that its stored state does not know; `undefined` where it knows all. */
  pendingFrom: number | undefined;
  pending: number;
  /** Whether it changed in ways that are not in the journal, so that it must be stored anew. */
  due: boolean;
  stored: boolean;
}

interface ServiceJournal {
  readonly id: number;
  readonly serviceId: string;
  /** Number of the next entry. */
  next: number;
  /** Numbers of the first entries of its stored rows. */
  readonly rows: number[];
  /** Entries that are not stored. */
  readonly writer: ByteWriter;
  first: number;
  /** Whether a series of it must be stored whole. */
  hasDue: boolean;
  /** As the newest entry has them. */
  errorRate: number;
  plans: number;
}

/**
 * What detector and predictor were told since their states were last stored, service by service: the samples, each with
 * what else it was judged by. A series is stored whole once in a while, each at its own time, so that thousands of them
 * need not be stored at once; going on is its newest state, and its samples since once more.
 */
export class Journal {
  readonly #detector: AnomalyDetector;
  readonly #feed: SampleFeed;
  readonly #series = new SeriesMap<Watched>();
  readonly #services = new Map<string, ServiceJournal>();
  readonly #gone: number[] = [];
  #nextId = 1;
  /** The silences and deploys as last stored: number of their version, and what the detector counted then. */
  #plans = 0;
  #plansVersion: number;
  readonly #plansPending: (readonly [number, StoredPlans])[] = [];

  constructor(detector: AnomalyDetector, feed: SampleFeed) {
    this.#detector = detector;
    this.#feed = feed;
    this.#plansVersion = detector.plansVersion;
  }

  /** Takes note of a sample that was just taken by detector and predictor. */
  sample(series: SeriesId, timestamp: number, value: number): void {
    const watched = this.#series.get(series) ?? this.#watch(series);
    if (watched.due) return;
    const journal = this.#journalOf(series.serviceId);
    const { writer } = journal;
    this.#notePlans();
    if (journal.plans !== this.#plans) {
      journal.plans = this.#plans;
      entry(journal, 0, PLANS_CHANGED).varint(this.#plans);
    }
    const errorRate = this.#detector.errorRate(series.serviceId, timestamp);
    if (errorRate !== journal.errorRate) {
      journal.errorRate = errorRate;
      entry(journal, 0, ERROR_RATE).float64(errorRate);
    }
    watched.pendingFrom ??= journal.next;
    watched.pending++;
    entry(journal, watched.id, SAMPLE).float64(timestamp);
    writer.float64(value);
    if (writer.length > MAX_PENDING_BYTES) this.#giveUpEntries(journal);
  }

  /** Takes note that a series changed in another way than by a sample. */
  changed(series: SeriesId): void {
    const watched = this.#series.get(series) ?? this.#watch(series);
    watched.due = true;
    this.#journalOf(series.serviceId).hasDue = true;
  }

  /** Takes note that a series was forgotten. */
  forget(series: SeriesId): void {
    const watched = this.#series.get(series);
    if (watched === undefined) return;
    this.#series.delete(series);
    if (watched.stored) this.#gone.push(watched.id);
  }

  /**
   * Services of which something waits to be stored.
   *
   * @param all those too of which only a series could be stored whole
   */
  *pending(all: boolean): Generator<string> {
    for (const { serviceId, writer, hasDue, rows } of this.#services.values()) {
      if (writer.length > 0 || hasDue || (all && rows.length > 0)) yield serviceId;
    }
  }

  /**
   * Puts what waits of a service into `batch`: its entries, then some series whole. Returns whether there are more of these
   * that must be stored.
   *
   * @param all whether to store all series of which any entry is needed, not only those that are due
   */
  take(serviceId: string, batch: PendingBatch, all = false): boolean {
    const journal = this.#services.get(serviceId);
    if (journal === undefined) return false;
    this.takeShared(batch);
    if (journal.writer.length > 0) this.#putEntries(journal, batch);
    const oldest = journal.rows.length > MAX_ROWS ? (journal.rows[MAX_ROWS / 2] as number) : Number.NEGATIVE_INFINITY;
    let needed = journal.next;
    let room = CHECKPOINTS_AT_A_TIME;
    let more = false;
    for (const watched of this.#series.values(serviceId)) {
      const { pendingFrom = journal.next, due, pending } = watched;
      const isNeeded = due || (all && pending > 0);
      if (isNeeded || pending >= SAMPLES_PER_CHECKPOINT || pendingFrom < oldest) {
        if (room-- > 0) this.#store(watched, journal.next, batch);
        else more ||= isNeeded;
      } else if (!watched.stored) {
        const { id, series } = watched;
        watched.stored = true;
        batch.put(SERIES + id, { series, from: pendingFrom } satisfies StoredSeries);
      }
      needed = Math.min(needed, watched.pendingFrom ?? needed);
    }
    this.#cut(journal, needed, batch);
    journal.hasDue = more;
    return more;
  }

  /** Puts what waits of no service by itself into `batch`: series that are gone, silences and deploys. */
  takeShared(batch: PendingBatch): void {
    for (const id of this.#gone.splice(0)) batch.remove(SERIES + id);
    this.#notePlans();
    for (const [version, plans] of this.#plansPending.splice(0)) {
      batch.put(PLANS + place(version), plans);
      if (version > PLANS_KEPT) batch.removeRange(PLANS, PLANS + place(version - PLANS_KEPT));
    }
  }

  /**
   * Brings detector and predictor, who go on from stored series, up to what the stored journal says, and goes on from
   * there. Reads what `take` has put.
   */
  resume(state: ReadonlyMap<string, unknown>): void {
    const series = new Map<number, StoredSeries>();
    const plans: (readonly [number, StoredPlans])[] = [];
    const journals = new Map<number, StoredEntries[]>();
    for (const [key, value] of state) {
      if (key.startsWith(SERIES)) series.set(Number(key.slice(SERIES.length)), value as StoredSeries);
      if (key.startsWith(PLANS)) plans.push([Number(key.slice(PLANS.length)), value as StoredPlans]);
      if (!key.startsWith(ENTRIES)) continue;
      const id = Number(key.split('/')[1]);
      const rows = journals.get(id);
      if (rows === undefined) journals.set(id, [value as StoredEntries]);
      else rows.push(value as StoredEntries);
    }
    for (const id of [...series.keys(), ...journals.keys()]) this.#nextId = Math.max(this.#nextId, id + 1);
    for (const [id, stored] of series) {
      const watched = { id, series: stored.series, pendingFrom: undefined, pending: 0, due: false, stored: true };
      this.#series.set(stored.series, watched);
      const journal = this.#journalOf(stored.series.serviceId);
      journal.next = Math.max(journal.next, stored.from);
      journal.first = journal.next;
    }
    for (const [id, rows] of journals) this.#replay(id, rows, series, plans);
    const newest = plans.at(-1);
    if (newest !== undefined) {
      this.#plans = newest[0];
      this.#detector.plans = newest[1];
    }
    this.#plansVersion = this.#detector.plansVersion;
  }

  #replay(
    id: number,
    rows: readonly StoredEntries[],
    series: ReadonlyMap<number, StoredSeries>,
    plans: readonly (readonly [number, StoredPlans])[],
  ): void {
    const [{ serviceId }] = rows as [StoredEntries];
    const known = this.#services.get(serviceId);
    const journal = newJournal(id, serviceId);
    journal.next = known?.next ?? 0;
    this.#services.set(serviceId, journal);
    let errorRate = 0;
    for (const { first, count, bytes } of rows) {
      const reader = new ByteReader('journal', bytes);
      journal.rows.push(first);
      for (let n = first; n < first + count; n++) {
        const head = reader.varint();
        const kind = head % KINDS;
        if (kind === ERROR_RATE) errorRate = reader.float64();
        else if (kind === PLANS_CHANGED) this.#planAsOf(reader.varint(), plans);
        else this.#replaySample((head - kind) / KINDS, n, reader.float64(), reader.float64(), errorRate, series);
      }
      reader.end();
      journal.next = Math.max(journal.next, first + count);
    }
    journal.first = journal.next;
  }

  #replaySample(
    id: number,
    n: number,
    timestamp: number,
    value: number,
    errorRate: number,
    all: ReadonlyMap<number, StoredSeries>,
  ): void {
    const stored = all.get(id);
    if (stored === undefined || n < stored.from) return;
    const watched = this.#series.get(stored.series) as Watched;
    watched.pendingFrom ??= n;
    watched.pending++;
    this.#feed.replay(stored.series, timestamp, value, errorRate);
  }

  #planAsOf(version: number, plans: readonly (readonly [number, StoredPlans])[]): void {
    const asOf = plans.findLast(([number]) => number <= version)?.[1];
    this.#detector.plans = asOf ?? { silences: [], deploys: [] };
  }

  #store(watched: Watched, next: number, batch: PendingBatch): void {
    const { id, series } = watched;
    watched.pendingFrom = undefined;
    watched.pending = 0;
    watched.due = false;
    watched.stored = true;
    batch.put(SERIES + id, { series, from: next, state: this.#feed.checkpoint(series) } satisfies StoredSeries);
  }

  #putEntries(journal: ServiceJournal, batch: PendingBatch): void {
    const { serviceId, first, next, writer } = journal;
    const entries: StoredEntries = { serviceId, first, count: next - first, bytes: writer.toBytes() };
    batch.put(`${ENTRIES}${journal.id}/${place(first)}`, entries);
    journal.rows.push(first);
    beginRow(journal);
  }

  /** Forgets rows of which no entry is needed any more. */
  #cut(journal: ServiceJournal, needed: number, batch: PendingBatch): void {
    const { rows } = journal;
    let cut = 0;
    while (cut < rows.length && (rows[cut + 1] ?? journal.first) <= needed) cut++;
    if (cut === 0) return;
    rows.splice(0, cut);
    const prefix = `${ENTRIES}${journal.id}/`;
    batch.removeRange(prefix, prefix + place(rows[0] ?? journal.first));
  }

  #giveUpEntries(journal: ServiceJournal): void {
    for (const watched of this.#series.values(journal.serviceId)) watched.due ||= watched.pending > 0;
    journal.hasDue = true;
    beginRow(journal);
  }

  #notePlans(): void {
    if (this.#plansVersion === this.#detector.plansVersion) return;
    this.#plansVersion = this.#detector.plansVersion;
    this.#plans++;
    this.#plansPending.push([this.#plans, this.#detector.plans]);
  }

  #watch(series: SeriesId): Watched {
    return this.#series.add(series, (own) => ({
      id: this.#nextId++,
      series: own,
      pendingFrom: undefined,
      pending: 0,
      due: false,
      stored: false,
    }));
  }

  #journalOf(serviceId: string): ServiceJournal {
    let journal = this.#services.get(serviceId);
    if (journal === undefined) {
      journal = newJournal(this.#nextId++, serviceId);
      this.#services.set(serviceId, journal);
    }
    return journal;
  }
}

/** The series in what `Journal.take` has put, in the order of their arrival. */
export function seriesStates(state: ReadonlyMap<string, unknown>): StoredSeries[] {
  const all: (readonly [number, StoredSeries])[] = [];
  for (const [key, value] of state) {
    if (key.startsWith(SERIES)) all.push([Number(key.slice(SERIES.length)), value as StoredSeries]);
  }
  return all.sort(([a], [b]) => a - b).map(([, stored]) => stored);
}

function newJournal(id: number, serviceId: string): ServiceJournal {
  const writer = new ByteWriter();
  return { id, serviceId, next: 0, rows: [], writer, first: 0, hasDue: false, errorRate: Number.NaN, plans: -1 };
}

/** The next entries are a row of their own, which says anew what the samples in it are judged by. */
function beginRow(journal: ServiceJournal): void {
  journal.writer.clear();
  journal.first = journal.next;
  journal.errorRate = Number.NaN;
  journal.plans = -1;
}

function entry(journal: ServiceJournal, id: number, kind: number): ByteWriter {
  journal.next++;
  journal.writer.varint(id * KINDS + kind);
  return journal.writer;
}

/** A whole number as text of fixed length, so that keys are in the order of their numbers. */
function place(number: number): string {
  return String(number).padStart(15, '0');
}
