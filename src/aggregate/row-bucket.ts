import type { SketchContents } from '../stats/sketch-contents.ts';
import type { Encodable, SmallBucket } from './closed-buckets.ts';
import type { OpenRows } from './open-rows.ts';
import { type EncodedSeries, seriesBytes, smallSeries } from './series-encoding.ts';

/** An open minute of a series, read from its row to be put away. */
export class RowBucket implements Encodable, EncodedSeries {
  readonly contents: SketchContents;
  readonly last: number;
  readonly lastAt: number;
  readonly failures: number;

  /** @param contents overwritten, and the bucket's until the next one is read */
  constructor(rows: OpenRows, row: number, contents: SketchContents) {
    rows.read(row, contents);
    this.contents = contents;
    this.last = rows.last(row);
    this.lastAt = rows.lastAt(row);
    this.failures = rows.failures(row);
  }

  get small(): SmallBucket | undefined {
    return smallSeries(this, this.contents);
  }

  encode(start: number): Uint8Array {
    return seriesBytes(this, this.contents, start);
  }
}
