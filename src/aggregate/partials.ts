import { AnalyticsError } from '../errors.ts';
import { type PartialsTarget, readPartials } from './read-partials.ts';

const CHECKSUM_BYTES = 4;

/** Takes nothing in: what is read into it is only checked. */
const NOWHERE: PartialsTarget = {
  beginService: () => {},
  beginMinute: () => {},
  addSamples: () => {},
  endMinute: () => {},
  addSlot: () => {},
  endService: () => {},
};

/**
 * What services did over some time, in a form that any aggregator can merge: counts, distributions, newest values, top
 * lists, distinct users. It is its bytes, some 100 for each series and minute; reading is linear in them.
 *
 * @example
 * const t = Date.UTC(2026, 0, 1);
 * const [here, there] = [new Aggregator(), new Aggregator()];
 * here.add('event', { serviceId: 'shop', eventType: 'login', timestamp: t });
 * there.add('event', { serviceId: 'shop', eventType: 'login', timestamp: t });
 * here.merge(Partials.fromBytes(there.partials().toBytes()));
 * here.getAggregations('shop')[0]?.eventCount; // 2
 */
export class Partials {
  readonly #bytes: Uint8Array;

  /**
   * @internal
   *
   * @param bytes as `writePartials` or a check gives them; not to be changed afterwards
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** All of it with a checksum, for a file, a socket or another process. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes.length + CHECKSUM_BYTES);
    bytes.set(this.#bytes);
    new DataView(bytes.buffer).setUint32(this.#bytes.length, checksum(this.#bytes));
    return bytes;
  }

  /**
   * Takes bytes that `toBytes` gave, here or in another process of the same version. They are copied, and checked from
   * the first to the last.
   *
   * @throws AnalyticsError `ERR_INVALID_SNAPSHOT` where they are damaged, cut, or of another version
   */
  static fromBytes(bytes: Uint8Array): Partials {
    if (!(bytes instanceof Uint8Array)) throw invalid('a Uint8Array');
    // Not `slice`, which of a Buffer is a view.
    const copy = new Uint8Array(bytes.subarray(0, -CHECKSUM_BYTES));
    const stored = bytes.subarray(copy.length).reduce((word, byte) => word * 0x100 + byte, 0);
    if (stored !== checksum(copy)) throw invalid('what their checksum says');
    try {
      readPartials(copy, NOWHERE);
    } catch (cause) {
      if (cause instanceof AnalyticsError && cause.code === 'ERR_INVALID_SNAPSHOT') throw cause;
      throw invalid('what toBytes() gave', cause);
    }
    return new Partials(copy);
  }

  /**
   * Hands over all that is in it.
   *
   * @internal
   */
  read(target: PartialsTarget): void {
    readPartials(this.#bytes, target);
  }
}

/**
 * FNV-1a in 32 bits (Fowler, Noll, Vo; https://datatracker.ietf.org/doc/html/draft-eastlake-fnv): for what a disk or a
 * cable does to bytes, not for what an attacker does; structure and ranges are checked as well.
 */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function invalid(rule: string, cause?: unknown): AnalyticsError {
  return new AnalyticsError('ERR_INVALID_SNAPSHOT', `partials must be ${rule}, got something else`, { cause });
}
