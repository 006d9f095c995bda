import { MessagePort } from 'node:worker_threads';
import { type Clock, SystemClock } from '../clock.ts';
import { invalidOption, objectOption } from '../errors.ts';
import { type Report, reportOf } from './report.ts';

/** What the reports are merged into: a `Service`, or an `Aggregator` alone. */
export interface MergeTarget {
  /** Takes in what a node reports, or throws where it cannot be read. */
  merge(partials: Uint8Array): void;
}

/** Something that a node sends its reports through: a `Worker` of threads or cluster, a child process, a message port. */
export interface NodeSource {
  /** Listens. */
  on(event: 'message' | 'exit' | 'close', listener: (value: unknown) => void): unknown;
  /** Stops to listen. */
  off(event: 'message' | 'exit' | 'close', listener: (value: unknown) => void): unknown;
}

/** The module `node:cluster`, as far as a fleet uses it. */
export interface ClusterSource {
  /** Listens to all workers. */
  on(event: 'message' | 'exit', listener: (worker: object, message: unknown) => void): unknown;
  /** Stops to listen. */
  off(event: 'message' | 'exit', listener: (worker: object, message: unknown) => void): unknown;
}

/** Options of `gatherFleet`. */
export interface FleetOptions {
  /** The module `node:cluster`: all its workers, also those that are forked later. */
  readonly cluster?: ClusterSource | undefined;
  /** Threads, child processes and ports that are there already; `fleet.add` takes later ones. */
  readonly workers?: Iterable<NodeSource> | undefined;
  /** Stamps `lastReport`. Default the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** What is known of a node that has reported. */
export interface NodeStatus {
  /** Its process, and its thread where that is not the main one. */
  readonly id: string;
  /** When its last report came, epoch milliseconds. */
  readonly lastReport: number;
  /** Records in its reports. */
  readonly records: number;
  /** Reports that were refused because they could not be read, or because the service was closed. */
  readonly refused: number;
  /** Why the last of them was. */
  readonly refusal: unknown;
  /** Whether its process or thread is there. */
  readonly alive: boolean;
}

type MutableStatus = { -readonly [K in keyof NodeStatus]: NodeStatus[K] };

/** Nodes that are gone and still shown; a fleet that starts nodes anew for years must not grow. */
const MAX_GONE = 100;

/**
 * Merges what the nodes of a fleet report, which call `joinFleet`, into one service. Each report is merged once, when it
 * comes: what a node had reported stays when it dies.
 *
 * @throws AnalyticsError `ERR_INVALID_OPTION`
 * @example
 * const service = new Service({ serviceId: 'shop' });
 * const fleet = gatherFleet(service, { cluster });
 * for (let i = 0; i < 8; i++) cluster.fork();
 * fleet.nodes.filter((node) => node.alive).length; // 8, once all have reported
 */
export function gatherFleet(service: MergeTarget, options: FleetOptions = {}): Fleet {
  return new Fleet(service, options);
}

/** The primary's view of its nodes. Keeps no process alive by itself. */
export class Fleet {
  readonly #target: MergeTarget;
  readonly #clock: Clock;
  /** By what they report through, in the order of their first reports. */
  readonly #nodes = new Map<object, MutableStatus>();
  readonly #gone = new WeakSet<object>();
  readonly #detach = new Set<() => void>();
  #closed = false;

  /** @throws AnalyticsError `ERR_INVALID_OPTION` */
  constructor(service: MergeTarget, options: FleetOptions = {}) {
    if (typeof service?.merge !== 'function') throw invalidOption('service', 'a Service or an Aggregator', service);
    const { cluster, workers = [], clock = new SystemClock() } = objectOption('options', options);
    this.#target = service;
    this.#clock = clock;
    if (cluster !== undefined) this.#listen(cluster);
    for (const worker of workers) this.add(worker);
  }

  /** The nodes that have reported, in the order of their first reports; of those that are gone the last hundred. */
  get nodes(): NodeStatus[] {
    return Array.from(this.#nodes.values(), (node) => ({ ...node }));
  }

  /** Gathers from one more thread, child process or message port. */
  add(source: NodeSource): void {
    if (typeof source?.on !== 'function') throw invalidOption('workers', 'workers, processes or ports', source);
    const receive = (message: unknown): void => this.#receive(source, message);
    const end = (): void => {
      this.#leave(source);
      // It goes on listening: of a process that has ended there may be messages on the way.
      this.#detach.delete(detach);
    };
    const detach = (): void => {
      source.off('message', receive);
      source.off('exit', end);
      source.off('close', end);
    };
    source.on('message', receive);
    // To listen to a port keeps the process alive.
    if (source instanceof MessagePort) source.unref();
    source.on('exit', end);
    source.on('close', end);
    this.#detach.add(detach);
  }

  /** Stops to listen. What was merged stays, and so does `nodes`. */
  close(): void {
    this.#closed = true;
    for (const detach of this.#detach) detach();
    this.#detach.clear();
  }

  #listen(cluster: ClusterSource): void {
    if (typeof cluster?.on !== 'function') throw invalidOption('cluster', 'the module node:cluster', cluster);
    const receive = (worker: object, message: unknown): void => this.#receive(worker, message);
    const end = (worker: object): void => this.#leave(worker);
    cluster.on('message', receive);
    cluster.on('exit', end);
    this.#detach.add(() => {
      cluster.off('message', receive);
      cluster.off('exit', end);
    });
  }

  #receive(source: object, message: unknown): void {
    const report = this.#closed ? undefined : reportOf(message);
    if (report === undefined) return;
    const node = this.#nodeOf(source, report);
    node.lastReport = this.#clock.now();
    try {
      this.#target.merge(report.partials);
      node.records += report.records;
    } catch (cause) {
      // The host's own message handling must not end because of it.
      node.refused++;
      node.refusal = cause;
    }
  }

  #nodeOf(source: object, { node: id }: Report): MutableStatus {
    const known = this.#nodes.get(source);
    if (known !== undefined) return known;
    const alive = !this.#gone.has(source);
    const node = { id, lastReport: Number.NaN, records: 0, refused: 0, refusal: undefined, alive };
    this.#nodes.set(source, node);
    return node;
  }

  #leave(source: object): void {
    this.#gone.add(source);
    const node = this.#nodes.get(source);
    if (node === undefined) return;
    node.alive = false;
    const gone = [...this.#nodes].filter(([, { alive }]) => !alive);
    for (const [oldest] of gone.slice(0, -MAX_GONE)) this.#nodes.delete(oldest);
  }
}
