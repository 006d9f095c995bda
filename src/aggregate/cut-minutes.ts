import { bucketStart, PERIOD_MS } from '../model/period.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];
/**
 * A service that was heard in one minute and then not for so long was cut off: its clock was set, its process slept or
 * was replaced. Minutes at the edges are only in part its own. Longer than a restart, shorter than a time zone.
 */
const CUT_MS = 10 * MINUTE_MS;
/** Shorter than any restart that takes away enough of a minute to be seen. */
const RESTART_MS = 1000;
/** Of a service with records at random times one gap in 150 is longer than five usual ones (e⁻⁵). */
const USUAL_GAPS = 5;

/** Marks the minute of `timestamp`, the service's newest, where the service comes back with it from being cut off. */
export function markReturn(service: ServiceState, timestamp: number): void {
  if (service.isResumed) markResumed(service, timestamp);
  if (timestamp - service.newest < CUT_MS || !isSteady(service, bucketStart(service.newest, MINUTE_MS))) return;
  service.cutMinute = bucketStart(timestamp, MINUTE_MS);
}

/**
 * The process was restarted: where it was away for longer than the service is ever silent, the minute in which it stopped
 * and the one in which it comes back are only in part what the service did.
 */
function markResumed(service: ServiceState, timestamp: number): void {
  service.isResumed = false;
  const away = timestamp - service.newest;
  if (away < RESTART_MS || away < USUAL_GAPS * usualGap(service)) return;
  service.stopMinute = bucketStart(service.newest, MINUTE_MS);
  service.cutMinute = bucketStart(timestamp, MINUTE_MS);
}

/** Mean time between the counted records of the last whole minute, milliseconds. */
function usualGap(service: ServiceState): number {
  const last = service.timeline.lastClosed(0);
  const count = last === undefined ? 0 : (service.timeline.read(0, last)?.eventCount ?? 0);
  return MINUTE_MS / Math.max(1, count);
}

/** Whether the service was cut off in `minute`, which is over, or came back in it: it says nothing of its rates. */
export function isCut(service: ServiceState, minute: number): boolean {
  if (minute === service.cutMinute || minute === service.stopMinute) return true;
  return service.watermark - minute - MINUTE_MS >= CUT_MS && isSteady(service, minute);
}

/** Whether the service was heard in the minute before `minute` too, so that silence after it is unlike it. */
function isSteady(service: ServiceState, minute: number): boolean {
  return service.timeline.starts(0, minute - MINUTE_MS, minute).length > 0;
}
