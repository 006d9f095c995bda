import { bucketStart, PERIOD_MS } from '../model/period.ts';
import type { ServiceState } from './service-state.ts';

const MINUTE_MS = PERIOD_MS['1m'];
/**
 * A service that was heard in one minute and then not for so long was cut off: its clock was set, its process slept or
 * was replaced. Minutes at the edges are only in part its own. Longer than a restart, shorter than a time zone.
 */
const CUT_MS = 10 * MINUTE_MS;

/** Marks the minute of `timestamp`, the service's newest, where the service comes back with it from being cut off. */
export function markReturn(service: ServiceState, timestamp: number): void {
  if (timestamp - service.newest < CUT_MS || !isSteady(service, bucketStart(service.newest, MINUTE_MS))) return;
  service.cutMinute = bucketStart(timestamp, MINUTE_MS);
}

/** Whether the service was cut off in `minute`, which is over, or came back in it: it says nothing of its rates. */
export function isCut(service: ServiceState, minute: number): boolean {
  if (minute === service.cutMinute) return true;
  return service.watermark - minute - MINUTE_MS >= CUT_MS && isSteady(service, minute);
}

/** Whether the service was heard in the minute before `minute` too, so that silence after it is unlike it. */
function isSteady(service: ServiceState, minute: number): boolean {
  return service.timeline.starts(0, minute - MINUTE_MS, minute).length > 0;
}
