/** What the page asks for. */
export interface ViewQuery {
  /** The service in view; `undefined` for the one that needs it most. */
  readonly service: string | undefined;
  readonly rangeMs: number;
  /** Instants of a chart at most. */
  readonly points: number;
  /** Only what is newer, epoch milliseconds; what it belongs to must be the same view. */
  readonly since: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_POINTS = 1500;

/** Reads a query. The page asks no others, so what is out of range is brought into it. */
export function viewQuery(parameters: URLSearchParams): ViewQuery {
  return {
    service: parameters.get('service') ?? undefined,
    rangeMs: clamp(Number(parameters.get('range') ?? HOUR_MS), MINUTE_MS, 30 * DAY_MS),
    points: Math.floor(clamp(Number(parameters.get('points') ?? 500), 50, MAX_POINTS)),
    since: clamp(Number(parameters.get('since') ?? 0), 0, Number.MAX_SAFE_INTEGER),
  };
}

function clamp(value: number, min: number, max: number): number {
  return Number.isNaN(value) ? min : Math.min(max, Math.max(min, value));
}
