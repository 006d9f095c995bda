import type { SeriesId } from '../model/series-key.ts';
import type { Slot } from './merged-slots.ts';
import type { WatchedSample } from './series-state.ts';
import type { ServiceState } from './service-state.ts';

/** What is no longer told apart, because nothing came for the retention. */
export interface Evicted {
  /** Of services, their metrics and label sets; what is derived once a minute included. */
  readonly series: readonly SeriesId[];
  readonly serviceIds: readonly string[];
}

/** A bucket of a service that has closed. It is read when it is taken, so late records until then are in it. */
export interface ClosedBucket {
  readonly service: ServiceState;
  readonly level: number;
  readonly start: number;
}

const NOTHING_EVICTED: Evicted = { series: [], serviceIds: [] };
/**
 * Closed buckets, and samples, that are held for a caller who does not come to take them, for each series of
 * `maxSeries`: one minute of all services at once closes at most five buckets and yields four samples for each.
 */
const OUTPUT_PER_SERIES = 10;

/** What waits to be taken. Bounded: beyond it the oldest closed buckets and the newest samples go, and are counted. */
export class Output {
  /** Whether samples are held at all. */
  readonly keepsSamples: boolean;
  readonly #capacity: number;
  #closed: ClosedBucket[] = [];
  #samples: WatchedSample[] = [];
  /** Of each of `#samples`, how many it is the mean of; 0 for what is derived from a closed minute. */
  #weights: number[] = [];
  #evicted: Evicted = NOTHING_EVICTED;
  #dropped = 0;

  constructor(maxSeries: number, keepsSamples: boolean) {
    this.#capacity = maxSeries * OUTPUT_PER_SERIES;
    this.keepsSamples = keepsSamples;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#closed.length === 0 && this.#samples.length === 0 && this.#evicted === NOTHING_EVICTED;
  }

  /** Closed buckets and samples for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  pushClosed(bucket: ClosedBucket): void {
    this.#closed.push(bucket);
    if (this.#closed.length <= this.#capacity) return;
    this.#closed.shift();
    this.#dropped++;
  }

  /** @param weight how many samples of its slot it is the mean of; 0 for what is derived from a closed minute */
  pushSample(sample: WatchedSample, weight: number): void {
    if (this.#samples.length < this.#capacity) {
      this.#samples.push(sample);
      this.#weights.push(weight);
    } else {
      this.#dropped++;
    }
  }

  /** The slots that are over and were not taken yet, with their series, in order within each. */
  *endedSlots(): Generator<readonly [SeriesId, Slot]> {
    for (const [i, { series, timestamp, value }] of this.#samples.entries()) {
      const count = this.#weights[i] as number;
      if (count > 0) yield [series, { timestamp, mean: value, count }];
    }
  }

  pushEvicted(series: readonly SeriesId[], serviceIds: readonly string[]): void {
    if (series.length + serviceIds.length === 0) return;
    const evicted = this.#evicted;
    this.#evicted = {
      series: [...evicted.series, ...series],
      serviceIds: [...evicted.serviceIds, ...serviceIds],
    };
  }

  takeClosed(): readonly ClosedBucket[] {
    const closed = this.#closed;
    if (closed.length > 0) this.#closed = [];
    return closed;
  }

  takeSamples(): WatchedSample[] {
    const samples = this.#samples;
    if (samples.length > 0) {
      this.#samples = [];
      this.#weights = [];
    }
    return samples;
  }

  takeEvicted(): Evicted {
    const evicted = this.#evicted;
    this.#evicted = NOTHING_EVICTED;
    return evicted;
  }
}
