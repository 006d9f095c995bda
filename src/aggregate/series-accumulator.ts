import type { SeriesBucket } from '../model/bucket.ts';
import type { Period } from '../model/period.ts';
import { ByteReader, ByteWriter } from '../stats/bytes.ts';
import { QuantileSketch } from '../stats/quantile-sketch.ts';
import type { Accumulator, AccumulatorType, SmallBucket } from './closed-buckets.ts';

/** Bits of the first byte of an encoded bucket. */
const HAS_SKETCH = 1;
const HAS_FAILURES = 2;

/**
 * What one series did in one bucket. While every sample has the same value it is only that value and a count, so that a
 * series seen once, or a constant, costs next to nothing; the first different one makes a sketch of it.
 */
export class SeriesAccumulator implements Accumulator<SeriesAccumulator> {
  #value = 0;
  #count = 0;
  #sketch: QuantileSketch | undefined;
  #last = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  static readonly type: AccumulatorType<SeriesAccumulator> = {
    create: () => new SeriesAccumulator(),
    decode: (encoded) => SeriesAccumulator.#decode(encoded),
    fromSmall: ([value, count, newest]) => SeriesAccumulator.#of(value, count, value, newest),
  };

  add(timestamp: number, given: number): void {
    // 0 for -0, which compares equal: else which of them is kept would depend on the order.
    const value = given + 0;
    this.#take(value, 1);
    // Of samples of one instant the largest is the last, whatever order they came in.
    if (timestamp > this.#lastAt || (timestamp === this.#lastAt && value > this.#last)) {
      this.#last = value;
      this.#lastAt = timestamp;
    }
  }

  /** Adds one execution of an operation. */
  addOperation(timestamp: number, duration: number, failed: boolean): void {
    this.add(timestamp, duration);
    if (failed) this.#failures++;
  }

  merge(other: SeriesAccumulator): void {
    this.#failures += other.#failures;
    if (other.#sketch === undefined) {
      if (other.#count > 0) this.#take(other.#value, other.#count);
    } else {
      this.#asSketch().merge(other.#sketch);
    }
    if (other.#lastAt > this.#lastAt || (other.#lastAt === this.#lastAt && other.#last > this.#last)) {
      this.#last = other.#last;
      this.#lastAt = other.#lastAt;
    }
  }

  get count(): number {
    return this.#sketch?.count ?? this.#count;
  }

  /** Failed executions, where these are durations of an operation. */
  get failures(): number {
    return this.#failures;
  }

  get sum(): number {
    return this.#distribution().sum;
  }

  /** Merges the distribution into `sketch`. */
  addTo(sketch: QuantileSketch): void {
    if (this.#sketch !== undefined) sketch.merge(this.#sketch);
    else if (this.#count > 0) sketch.add(this.#value, this.#count);
  }

  get small(): SmallBucket | undefined {
    if (this.#sketch !== undefined || this.#count === 0 || this.#failures > 0) return undefined;
    return [this.#value, this.#count, this.#lastAt];
  }

  /** Only for a bucket that holds at least one sample. */
  toBucket(timestamp: number, period: Period, complete: boolean): SeriesBucket {
    const sketch = this.#distribution();
    return {
      timestamp,
      period,
      count: sketch.count,
      sum: sketch.sum,
      min: sketch.min as number,
      max: sketch.max as number,
      avg: mean(sketch),
      last: this.#last,
      p50: sketch.quantile(0.5) as number,
      p95: sketch.quantile(0.95) as number,
      p99: sketch.quantile(0.99) as number,
      complete,
    };
  }

  encode(): Uint8Array {
    const writer = new ByteWriter();
    writer.byte((this.#sketch === undefined ? 0 : HAS_SKETCH) | (this.#failures === 0 ? 0 : HAS_FAILURES));
    if (this.#failures > 0) writer.varint(this.#failures);
    writer.float64(this.#last);
    writer.float64(this.#lastAt);
    if (this.#sketch === undefined) {
      writer.float64(this.#value);
      writer.varint(this.#count);
    } else {
      this.#sketch.writeTo(writer);
    }
    return writer.toBytes();
  }

  static #decode(encoded: Uint8Array): SeriesAccumulator {
    const reader = new ByteReader('series bucket', encoded);
    const form = reader.byte();
    const failures = (form & HAS_FAILURES) === 0 ? 0 : reader.varint();
    const last = reader.float64();
    const lastAt = reader.float64();
    const isSketch = (form & HAS_SKETCH) !== 0;
    const value = isSketch ? 0 : reader.float64();
    const accumulator = SeriesAccumulator.#of(value, isSketch ? 0 : reader.varint(), last, lastAt);
    accumulator.#failures = failures;
    if (isSketch) accumulator.#sketch = QuantileSketch.readFrom(reader);
    reader.end();
    return accumulator;
  }

  static #of(value: number, count: number, last: number, lastAt: number): SeriesAccumulator {
    const accumulator = new SeriesAccumulator();
    accumulator.#value = value;
    accumulator.#count = count;
    accumulator.#last = last;
    accumulator.#lastAt = lastAt;
    return accumulator;
  }

  #take(value: number, count: number): void {
    if (this.#sketch === undefined && (this.#count === 0 || value === this.#value)) {
      this.#value = value;
      this.#count += count;
    } else {
      this.#asSketch().add(value, count);
    }
  }

  /** Turns the one value into a sketch for good. */
  #asSketch(): QuantileSketch {
    this.#sketch ??= this.#distribution();
    return this.#sketch;
  }

  /** The sketch, or one made for a reader. */
  #distribution(): QuantileSketch {
    if (this.#sketch !== undefined) return this.#sketch;
    const sketch = new QuantileSketch();
    if (this.#count > 0) sketch.add(this.#value, this.#count);
    return sketch;
  }
}

/** Mean of a sketch that holds something, inside its own range even where the sum overflowed. */
export function mean(sketch: QuantileSketch): number {
  return Math.min(Math.max(sketch.sum / sketch.count, sketch.min as number), sketch.max as number);
}
