import type { SeriesBucket } from '../model/bucket.ts';
import { Problem } from './problem.ts';

/** One page of a list. */
export interface PageOf<T> {
  readonly items: readonly T[];
  /** Where the next page begins; `undefined` on the last. */
  readonly cursor: string | undefined;
}

/** What lists are in the order of. */
interface Entry {
  readonly timestamp: number;
  readonly id?: string;
}

type Place = readonly [timestamp: number, id: string];

/** The newest `limit` of one item more, oldest first; the next page has older ones. */
export function newestPage<T extends Entry>(items: readonly T[], limit: number): PageOf<T> {
  if (items.length <= limit) return { items, cursor: undefined };
  const kept = items.slice(-limit);
  return { items: kept, cursor: writeCursor([(kept[0] as T).timestamp, '']) };
}

/** The `limit` items after the cursor of a list that has its newest first. */
export function pageAfter<T extends Entry>(items: readonly T[], limit: number, cursor: string | undefined): PageOf<T> {
  const start = cursor === undefined ? 0 : indexAfter(items, readCursor(cursor));
  const kept = items.slice(start, start + limit);
  const last = kept.at(-1);
  const hasMore = last !== undefined && start + limit < items.length;
  return { items: kept, cursor: hasMore ? writeCursor([last.timestamp, last.id ?? '']) : undefined };
}

/**
 * Where a page ended.
 *
 * @throws Problem 400 for what no page gave
 */
export function readCursor(cursor: string): Place {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(place) && Number.isFinite(place[0]) && typeof place[1] === 'string') return [place[0], place[1]];
  } catch {
    // Answered below, as all that is no cursor.
  }
  const detail = 'must be a cursor from the link of an earlier page';
  throw new Problem(400, `cursor ${detail}`, { errors: [{ pointer: '#/cursor', detail }] });
}

function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** After the item where the last page ended; where it is gone, at the first that is older. */
function indexAfter(items: readonly Entry[], [timestamp, id]: Place): number {
  const found = items.findIndex((item) => item.id === id);
  if (found >= 0) return found + 1;
  const older = items.findIndex((item) => item.timestamp < timestamp);
  return older < 0 ? items.length : older;
}

/** Fields of a bucket that can be drawn. */
export const DRAWN = ['avg', 'min', 'max', 'last', 'p50', 'p95', 'p99', 'sum', 'count'] as const;

/** One of them. */
export type DrawnField = (typeof DRAWN)[number];

/**
 * At most `points` of many buckets, so that a chart of them keeps its peaks: of each run of neighbours the one with the
 * lowest and the one with the highest `field`. No bucket is changed, so quantiles stay true.
 */
export function thinOut(buckets: readonly SeriesBucket[], points: number, field: DrawnField): readonly SeriesBucket[] {
  if (buckets.length <= points) return buckets;
  const runs = Math.floor(points / 2);
  const kept: SeriesBucket[] = [];
  for (let run = 0; run < runs; run++) {
    const part = buckets.slice(
      Math.floor((run * buckets.length) / runs),
      Math.floor(((run + 1) * buckets.length) / runs),
    );
    let low = part[0] as SeriesBucket;
    let high = low;
    for (const bucket of part) {
      if (bucket[field] < low[field]) low = bucket;
      if (bucket[field] > high[field]) high = bucket;
    }
    if (low === high) kept.push(low);
    else kept.push(...(low.timestamp < high.timestamp ? [low, high] : [high, low]));
  }
  return kept;
}
