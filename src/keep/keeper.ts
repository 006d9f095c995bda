import type { Aggregator } from '../aggregate/aggregator.ts';
import type { Saving, ServiceChanges } from '../aggregate/saving.ts';
import type { Clock } from '../clock.ts';
import type { Collector } from '../collect/collector.ts';
import type { AnomalyDetector } from '../detect/anomaly-detector.ts';
import { AnalyticsError } from '../errors.ts';
import type { GuardedEmitter } from '../events.ts';
import { failureText } from '../model/listener.ts';
import type { MetricDefinitions } from '../model/metric-kind.ts';
import type { RecordByKind, RecordKind } from '../model/records.ts';
import type { SeriesId } from '../model/series-key.ts';
import type { Predictor } from '../predict/predictor.ts';
import type { EpisodeEvent, SampleFeed } from '../sample-feed.ts';
import type { Store, StoreBatch, StoredRow } from '../store/store.ts';
import { Journal } from './journal.ts';
import { PendingBatch } from './pending-batch.ts';
import { PredictionRecord } from './prediction-record.ts';
import { COUNTS, DEFINITIONS, type KeptCounts, keyOf, SETTINGS } from './stored-keys.ts';

/** The parts of a service that a keeper takes from, and where it tells what goes wrong. */
export interface KeeperParts {
  readonly aggregator: Aggregator;
  readonly collector: Collector;
  readonly detector: AnomalyDetector;
  readonly predictor: Predictor;
  readonly feed: SampleFeed;
  readonly metrics: MetricDefinitions;
  readonly emitter: GuardedEmitter;
  readonly clock: Clock;
}

/** What became of what was to be stored. */
export interface StoreStats {
  /** Batches that were stored since the service was opened. */
  readonly commits: number;
  /** Batches that could not be stored; each is tried again until it can. */
  readonly failures: number;
  /** Rows and buckets for which there was no room while the store took nothing. */
  readonly dropped: number;
  /** Batches that wait to be stored. */
  readonly waiting: number;
  /** Of the store, as of its last commit. */
  readonly bytes: number;
  /** Why nothing is stored at the moment; `undefined` where all is well. */
  readonly problem: string | undefined;
  /** Why what is too old is not forgotten or archived at the moment, while all else is stored; `undefined` where all is well. */
  readonly upkeepProblem: string | undefined;
}

/** Roughly as many bytes go into one transaction; a service is never divided. */
const BATCH_BYTES = 4 * 2 ** 20;
/** Rows of events that wait for a store that takes nothing; further ones are not kept, and counted. */
const MAX_ROWS = 50_000;

/**
 * Keeps a service in a store: at every flush it gathers, service by service, what the store does not have yet, in slices
 * between which the event loop turns, and commits it. While the store is busy, or fails, nothing is gathered: what changes
 * stays where it is, in memory, and is gathered later, so that a slow disk costs no memory to speak of.
 */
export class Keeper {
  readonly journal: Journal;
  readonly predictions: PredictionRecord;
  readonly #store: Store;
  readonly #parts: KeeperParts;
  readonly #saving: Saving;
  readonly #keepEvents: boolean;
  /** Batches in order; the first is being committed, or failed and will be committed again. */
  readonly #queue: StoreBatch[] = [];
  /** By id. */
  readonly #episodes = new Map<string, StoredRow>();
  /** By service. */
  readonly #events = new Map<string, StoredRow[]>();
  #eventsWaiting = 0;
  #nextEvent: number;
  readonly #told = new Set<string>();
  #definitionsAreStored = false;
  #running: Promise<AnalyticsError | undefined> | undefined;
  #next: Promise<AnalyticsError | undefined> | undefined;
  #problem: AnalyticsError | undefined;
  #upkeepProblem: string | undefined;
  #commits = 0;
  #failures = 0;
  #dropped: number;

  /**
   * @param saving of the aggregator
   * @param counts as stored
   */
  constructor(store: Store, parts: KeeperParts, saving: Saving, keepEvents: boolean, counts: KeptCounts | undefined) {
    this.#store = store;
    this.#parts = parts;
    this.#saving = saving;
    this.#keepEvents = keepEvents;
    this.#nextEvent = counts?.nextEvent ?? 0;
    this.#dropped = counts?.droppedByStore ?? 0;
    this.journal = new Journal(parts.detector, parts.feed);
    this.predictions = new PredictionRecord(parts.predictor);
  }

  /** A sentence for the reasons of health while the store does not do what it should. */
  get problem(): string | undefined {
    return this.#problem?.message ?? this.#upkeepProblem;
  }

  stats(): StoreStats {
    return {
      commits: this.#commits,
      failures: this.#failures,
      dropped: this.#dropped,
      waiting: this.#queue.length,
      bytes: this.#store.info.bytes,
      problem: this.#problem?.message,
      upkeepProblem: this.#upkeepProblem,
    };
  }

  /** Takes note of a sample that detector and predictor have taken for good. */
  sampleTaken(series: SeriesId, timestamp: number, value: number): void {
    this.journal.sample(series, timestamp, value);
    this.#dropped += this.predictions.sampleTaken(series, timestamp, value);
  }

  /** Takes note of what became of episodes, for good. */
  episodesChanged(events: readonly EpisodeEvent[]): void {
    for (const { anomaly, withdrawn } of events) {
      if (withdrawn === true) continue;
      const { id, serviceId, timestamp } = anomaly;
      this.#episodes.set(id, { table: 'anomalies', id, serviceId, timestamp, value: anomaly });
    }
  }

  /** Takes note of a record, where records of its kind are kept. */
  recorded<K extends RecordKind>(kind: K, record: RecordByKind[K]): void {
    if (!this.#keepEvents || (kind !== 'event' && kind !== 'behavior')) return;
    const { serviceId, timestamp } = record;
    const id = String(this.#nextEvent++);
    if (this.#eventsWaiting === MAX_ROWS) {
      this.#dropped++;
      return;
    }
    this.#eventsWaiting++;
    const row: StoredRow = { table: 'events', id, serviceId, timestamp, value: { kind, record } };
    const rows = this.#events.get(serviceId);
    if (rows === undefined) this.#events.set(serviceId, [row]);
    else rows.push(row);
  }

  /** Takes note of a series that was forgotten. */
  forgotten(series: SeriesId): void {
    this.journal.forget(series);
    this.predictions.forget(series);
  }

  /** Begins to store what has changed, unless that is being done; tells of failures by an `error` event. */
  tick(): void {
    if (this.#running === undefined) void this.#run(false);
  }

  /**
   * Resolves when all that the service knows now is stored.
   *
   * @throws AnalyticsError where it could not be
   */
  async flush(all = false): Promise<void> {
    if (this.#running === undefined) {
      await this.#settled(this.#run(all));
      return;
    }
    // What is running may have gathered already.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#run(all);
    });
    await this.#settled(this.#next);
  }

  /** Stores the rest, series whole, and closes the store. What cannot be stored is lost, and counted. */
  async close(): Promise<void> {
    try {
      await this.flush(true);
    } catch {
      // Told by an `error` event.
    }
    await this.#store.close();
  }

  async #settled(run: Promise<AnalyticsError | undefined>): Promise<void> {
    const error = await run;
    if (error !== undefined) throw error;
  }

  #run(all: boolean): Promise<AnalyticsError | undefined> {
    const run = this.#cycle(all).finally(() => {
      this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  async #cycle(all: boolean): Promise<AnalyticsError | undefined> {
    const before = await this.#commitQueue();
    if (before !== undefined) return before;
    const gathering = this.#gather(all);
    await new Promise<void>((resolve) => {
      this.#parts.clock.slice(() => {
        const more = gathering.next().done !== true;
        if (!more) resolve();
        return more;
      });
    });
    return this.#commitQueue();
  }

  async #commitQueue(): Promise<AnalyticsError | undefined> {
    for (let batch = this.#queue[0]; batch !== undefined; batch = this.#queue[0]) {
      try {
        await this.#store.commit(batch);
      } catch (cause) {
        return this.#fail(cause);
      }
      this.#queue.shift();
      this.#commits++;
    }
    this.#problem = undefined;
    this.#noteUpkeep();
    return undefined;
  }

  /** Tells by an `error` event, once, what the store cannot do besides taking batches. */
  #noteUpkeep(): void {
    const { upkeepProblem } = this.#store.info;
    if (upkeepProblem === this.#upkeepProblem) return;
    this.#upkeepProblem = upkeepProblem;
    if (upkeepProblem !== undefined) {
      this.#parts.emitter.emit('error', new AnalyticsError('ERR_STORE_FAILED', upkeepProblem));
    }
  }

  #fail(cause: unknown): AnalyticsError {
    this.#failures++;
    const error =
      cause instanceof AnalyticsError
        ? cause
        : new AnalyticsError('ERR_STORE_FAILED', `store must take what it is given, got ${failureText(cause)}`, {
            cause,
          });
    const isNews = this.#problem?.message !== error.message;
    this.#problem = error;
    if (isNews) this.#parts.emitter.emit('error', error);
    return error;
  }

  /** Gathers what has changed into batches, a service at each step. */
  *#gather(all: boolean): Generator<void> {
    let batch = new PendingBatch();
    const enqueue = (): void => {
      if (!batch.isEmpty) this.#queue.push(batch.toBatch(this.#parts.clock.now()));
      batch = new PendingBatch();
    };
    const services = new Set([...this.#saving.changed(), ...this.journal.pending(all)]);
    for (const serviceId of services) {
      let more = true;
      while (more) {
        const changes = this.#saving.take(serviceId);
        if (changes !== undefined) this.#putService(serviceId, changes, batch);
        this.#putRows(serviceId, batch);
        more = this.journal.take(serviceId, batch, all);
        if (batch.size > BATCH_BYTES) enqueue();
        yield;
      }
      for (const row of this.predictions.take(serviceId)) {
        if (row !== undefined) batch.row(row);
        if (batch.size > BATCH_BYTES) enqueue();
        yield;
      }
    }
    this.#putRest(batch);
    enqueue();
  }

  #putService(serviceId: string, changes: ServiceChanges, batch: PendingBatch): void {
    const { id, names, head, open, closed, audience, lost } = changes;
    batch.names(names);
    batch.put(keyOf.head(id), head);
    batch.put(keyOf.open(id), open);
    if (closed !== undefined) batch.block({ id, bytes: closed });
    for (const [hour, users] of audience.hours) batch.put(keyOf.users(id, hour), users);
    for (const hour of audience.goneHours) batch.remove(keyOf.users(id, hour));
    if (audience.tops !== undefined) batch.put(keyOf.tops(id), audience.tops);
    this.#dropped += lost;
    const told = this.#parts.feed.toldOf(serviceId);
    if (told.length > 0) batch.put(keyOf.told(id), told);
    else if (this.#told.has(serviceId)) batch.remove(keyOf.told(id));
    if (told.length > 0) this.#told.add(serviceId);
    else this.#told.delete(serviceId);
  }

  #putRows(serviceId: string, batch: PendingBatch): void {
    for (const [id, row] of this.#episodes) {
      if (row.serviceId !== serviceId) continue;
      batch.row(row);
      this.#episodes.delete(id);
    }
    const events = this.#events.get(serviceId);
    if (events === undefined) return;
    for (const row of events) batch.row(row);
    this.#eventsWaiting -= events.length;
    this.#events.delete(serviceId);
  }

  #putRest(batch: PendingBatch): void {
    const { aggregator, collector, detector, predictor, metrics } = this.#parts;
    const gone = this.#saving.takeGone();
    batch.gone(gone);
    for (const id of gone) for (const [from, to] of keyOf.allOf(id)) batch.removeRange(from, to);
    this.journal.takeShared(batch);
    // Of services that have gone.
    for (const row of this.#episodes.values()) batch.row(row);
    this.#episodes.clear();
    if (batch.isEmpty) return;
    const { accepted, rejected, errors, buffered } = collector.stats();
    const { late, dropped, overflow } = aggregator.stats();
    batch.put(COUNTS, {
      accepted: accepted - buffered,
      rejected,
      errors,
      late,
      dropped,
      overflow,
      nextEvent: this.#nextEvent,
      droppedByStore: this.#dropped,
      errorRates: [...detector.errorRates],
    } satisfies KeptCounts);
    if (this.#definitionsAreStored) return;
    this.#definitionsAreStored = true;
    batch.put(SETTINGS, predictor.settings);
    batch.put(DEFINITIONS, metrics);
  }
}
