import type { SeriesBucket } from '../model/bucket.ts';
import type { Period } from '../model/period.ts';
import { QuantileSketch } from '../stats/quantile-sketch.ts';
import { SketchContents } from '../stats/sketch-contents.ts';
import type { Accumulator, AccumulatorType, SmallBucket } from './closed-buckets.ts';
import { seriesBucket } from './series-bucket.ts';
import { type EncodedSeries, newerOf, readSeriesBytes, seriesBytes, smallSeries } from './series-encoding.ts';

/** What one series did in one bucket, for readers and for what is merged; samples go into the rows of open minutes. */
export class SeriesAccumulator implements Accumulator<SeriesAccumulator>, EncodedSeries {
  readonly #sketch: QuantileSketch;
  /** For the bytes of one bucket after another. */
  #contents: SketchContents | undefined;
  last = 0;
  lastAt: number = Number.NEGATIVE_INFINITY;
  failures = 0;

  static readonly type: AccumulatorType<SeriesAccumulator> = {
    create: () => new SeriesAccumulator(),
    fromSmall: ([value, count, newest]) => {
      const accumulator = new SeriesAccumulator();
      accumulator.add(newest, value, count);
      return accumulator;
    },
  };

  /** @param sketch takes the samples in */
  constructor(sketch: QuantileSketch = new QuantileSketch()) {
    this.#sketch = sketch;
  }

  /** Distribution of the samples; not to be changed. */
  get sketch(): QuantileSketch {
    return this.#sketch;
  }

  add(timestamp: number, value: number, count = 1): void {
    this.#sketch.add(value, count);
    newerOf(this, value + 0, timestamp);
  }

  merge(other: SeriesAccumulator): void {
    this.#sketch.merge(other.#sketch);
    this.failures += other.failures;
    newerOf(this, other.last, other.lastAt);
  }

  /** Takes in samples that lie in `contents`. */
  mergeContents(contents: SketchContents, { last, lastAt, failures }: EncodedSeries): void {
    this.#sketch.mergeContents(contents);
    this.failures += failures;
    newerOf(this, last, lastAt);
  }

  mergeEncoded(encoded: Uint8Array, start: number): void {
    this.#contents ??= new SketchContents();
    this.mergeContents(this.#contents, readSeriesBytes(encoded, start, this.#contents));
  }

  get count(): number {
    return this.#sketch.count;
  }

  get small(): SmallBucket | undefined {
    return smallSeries(this, this.#read());
  }

  encode(start: number): Uint8Array {
    return seriesBytes(this, this.#read(), start);
  }

  /** Only for a bucket that holds at least one sample. */
  toBucket(timestamp: number, period: Period, complete: boolean): SeriesBucket {
    return seriesBucket(this.#read(), this.last, timestamp, period, complete);
  }

  #read(): SketchContents {
    this.#contents ??= new SketchContents();
    this.#sketch.readContents(this.#contents);
    return this.#contents;
  }
}
