import { ByteReader, ByteWriter } from '../stats/bytes.ts';
import { OCTAVE_BITS } from '../stats/log-linear-bins.ts';
import type { SketchContents } from '../stats/sketch-contents.ts';
import { readContents, writeContents } from '../stats/sketch-encoding.ts';
import type { SmallBucket } from './closed-buckets.ts';

/** What an encoded bucket of a series holds besides its distribution. */
export interface EncodedSeries {
  /** Value of the newest sample; of several at that instant the largest. */
  last: number;
  /** Time of the newest sample, epoch milliseconds; −∞ where there is none. */
  lastAt: number;
  /** Samples that were failures. */
  failures: number;
}

/** Bits of the first byte. */
const HAS_FAILURES = 1;
const HAS_WHOLE_OFFSET = 2;

/** Takes note of a newest sample. Of those of one instant the largest is the last, whatever order they came in. */
export function newerOf(series: EncodedSeries, last: number, lastAt: number): void {
  if (lastAt < series.lastAt || (lastAt === series.lastAt && last <= series.last)) return;
  series.last = last;
  series.lastAt = lastAt;
}

/** A bucket of which all samples have one value, as three numbers. */
export function smallSeries({ lastAt, failures }: EncodedSeries, contents: SketchContents): SmallBucket | undefined {
  const isConstant = contents.count > 0 && contents.min === contents.max && failures === 0;
  return isConstant ? [contents.min, contents.count, lastAt] : undefined;
}

/** Appends a bucket that starts at `start`: some ten bytes, and its distribution. */
export function encodeSeries(
  writer: ByteWriter,
  { last, lastAt, failures }: EncodedSeries,
  contents: SketchContents,
  start: number,
): void {
  const offset = lastAt - start;
  const isWhole = Number.isSafeInteger(offset) && offset >= 0;
  writer.byte((failures > 0 ? HAS_FAILURES : 0) | (isWhole ? HAS_WHOLE_OFFSET : 0));
  if (failures > 0) writer.varint(failures);
  writer.float64(last);
  if (isWhole) writer.varint(offset);
  else writer.float64(lastAt);
  writeContents(writer, contents, OCTAVE_BITS);
}

/** The same as bytes of their own. */
export function seriesBytes(series: EncodedSeries, contents: SketchContents, start: number): Uint8Array {
  const writer = new ByteWriter();
  encodeSeries(writer, series, contents, start);
  return writer.toBytes();
}

/** Reads what `encodeSeries` wrote: the distribution into `contents`, in place of what was there, and returns the rest. */
export function readSeriesBucket(reader: ByteReader, start: number, contents: SketchContents): EncodedSeries {
  const form = reader.byte();
  const failures = (form & HAS_FAILURES) === 0 ? 0 : reader.varint();
  const last = reader.float64();
  const lastAt = (form & HAS_WHOLE_OFFSET) === 0 ? reader.float64() : start + reader.varint();
  readContents(reader, contents, OCTAVE_BITS);
  return { last, lastAt, failures };
}

/** Reads what `seriesBytes` gave, in the same way. */
export function readSeriesBytes(bytes: Uint8Array, start: number, contents: SketchContents): EncodedSeries {
  const reader = new ByteReader('series bucket', bytes);
  const series = readSeriesBucket(reader, start, contents);
  reader.end();
  return series;
}
