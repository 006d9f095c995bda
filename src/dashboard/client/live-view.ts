import { useEffect, useRef, useState } from 'preact/hooks';
import { labelsKey } from '../../model/series-key.ts';
import type { ChartView, View } from '../page-data.ts';
import { apiPath, fetchView, RefusedError } from './api.ts';
import { type PageState, rangeMs } from './page-state.ts';

/** How the page stands with the server. */
export type Connection = 'connecting' | 'live' | 'lost' | 'refused';

/** The newest view with what is known about how new it is. */
export interface LiveView {
  readonly view: View | undefined;
  readonly connection: Connection;
  /** Records accepted a second since the view before; `undefined` before there are two. */
  readonly recordsPerSecond: number | undefined;
  /** By the page's clock: when the view came. */
  readonly receivedAt: number;
}

/** Events of the stream after which there is something new to see. */
const EVENTS = [
  'metrics',
  'aggregation',
  'anomaly',
  'anomalyUpdated',
  'anomalyClosed',
  'health',
  'hello',
  'gap',
] as const;
/** At most so often is the view fetched, however much happens: a line that moves once a second is live. */
const LEAST_PAUSE_MS = 1000;
/** And so often though nothing was heard: operations of a minute that is open are no events. */
const LONGEST_PAUSE_MS = 5000;
/** On long ranges a second is less than a pixel; but numbers beside the charts go on. */
const PAUSE_SHARE = 1 / 5000;
const LONGEST_RANGE_PAUSE_MS = 8000;
/** The second view comes sooner: rates need two. */
const SECOND_VIEW_MS = 3200;
/** After this many views the whole is fetched again, since steps of the charts may have moved. */
const PARTS = 60;

const NOTHING: LiveView = { view: undefined, connection: 'connecting', recordsPerSecond: undefined, receivedAt: 0 };

/**
 * Follows the server. The stream of events only says that there is something new; what is new is then fetched from where
 * the page stands. Nothing is therefore missed, however long the connection was gone.
 */
export function useLiveView({ service, range, live }: PageState): LiveView {
  const [shown, show] = useState<LiveView>(NOTHING);
  const newest = useRef<LiveView>(NOTHING);

  useEffect(() => {
    let ended = false;
    let timer: number | undefined;
    let fetchedAt = 0;
    /** When the next view is to be fetched. */
    let due = Number.POSITIVE_INFINITY;
    let parts = 0;
    const length = rangeMs(range);
    const pause = Math.min(LONGEST_RANGE_PAUSE_MS, Math.max(LEAST_PAUSE_MS, length * PAUSE_SHARE));

    const update = (next: LiveView): void => {
      newest.current = next;
      show(next);
    };
    const refresh = async (): Promise<void> => {
      const before = newest.current;
      const part = before.view !== undefined && isSame(before.view, service, length) && parts % PARTS !== 0;
      fetchedAt = performance.now();
      due = Number.POSITIVE_INFINITY;
      try {
        const since = part ? newestOf(before.view as View) : undefined;
        const points = Math.min(900, Math.max(240, Math.round(innerWidth / 2)));
        const fetched = await fetchView({ service, range: length, points, since });
        if (ended) return;
        parts++;
        const view = part ? merged(before.view as View, fetched) : fetched;
        const recordsPerSecond = rateOf(before, fetched);
        update({ view, connection: 'live', recordsPerSecond, receivedAt: performance.now() });
      } catch (error) {
        if (ended) return;
        parts = 0;
        update({ ...newest.current, connection: error instanceof RefusedError ? 'refused' : 'lost' });
      }
      // A page that nobody looks at waits until somebody does.
      if (live && !document.hidden) plan(parts === 1 ? SECOND_VIEW_MS : Math.max(pause, LONGEST_PAUSE_MS));
    };
    // What was heard while a view was on its way comes before the next regular one.
    const plan = (delay: number): void => {
      if (performance.now() + delay >= due) return;
      due = performance.now() + delay;
      clearTimeout(timer);
      timer = setTimeout(() => void refresh(), delay);
    };
    const hear = (): void => {
      if (!document.hidden) plan(Math.max(0, fetchedAt + pause - performance.now()));
    };

    void refresh();
    const end = (): void => {
      ended = true;
      clearTimeout(timer);
    };
    if (!live) return end;
    const stream = new EventSource(apiPath('stream', { type: EVENTS.slice(0, 6).join(',') }));
    for (const event of EVENTS) stream.addEventListener(event, hear);
    document.addEventListener('visibilitychange', hear);
    addEventListener('online', hear);
    return () => {
      end();
      stream.close();
      document.removeEventListener('visibilitychange', hear);
      removeEventListener('online', hear);
    };
  }, [service, range, live]);

  return shown;
}

function isSame(view: View, service: string | undefined, length: number): boolean {
  return (service === undefined || view.service === service) && Math.round(view.now - view.from) === length;
}

/** The oldest of the newest instants of the charts: what the next part must begin with. */
function newestOf(view: View): number {
  const ends = view.charts.flatMap(({ columns }) => columns[0].at(-1) ?? 0);
  return ends.length === 0 ? 0 : Math.max(view.from, Math.min(...ends));
}

function rateOf({ view, recordsPerSecond }: LiveView, fetched: View): number | undefined {
  if (view === undefined || fetched.statsAt <= view.statsAt) return recordsPerSecond;
  const accepted = fetched.stats.accepted - view.stats.accepted;
  // A process that was restarted begins to count anew.
  return accepted < 0 ? undefined : (1000 * accepted) / (fetched.statsAt - view.statsAt);
}

/** What was known with what is new. */
function merged(before: View, fetched: View): View {
  if (before.service !== fetched.service) return fetched;
  const known = new Map(before.charts.map((chart) => [keyOf(chart), chart]));
  const charts = fetched.charts.map((chart) => {
    const old = known.get(keyOf(chart));
    if (old === undefined) return chart;
    const quantiles =
      chart.quantiles === undefined ? undefined : joined(old.quantiles ?? [], chart.quantiles, fetched.from);
    return { ...chart, columns: joined(old.columns, chart.columns, fetched.from), quantiles };
  });
  return { ...fetched, charts: charts as readonly ChartView[] };
}

function keyOf({ metricName, labels }: ChartView): string {
  return `${metricName}\n${labelsKey(labels)}`;
}

/** Old instants before the first new one and not before `from`, then the new ones. */
function joined(
  old: readonly (readonly (number | null)[])[],
  fresh: readonly (readonly (number | null)[])[],
  from: number,
): readonly (readonly (number | null)[])[] {
  const times = old[0] ?? [];
  const firstNew = fresh[0]?.[0] ?? Number.POSITIVE_INFINITY;
  let first = 0;
  while (first < times.length && (times[first] as number) < from) first++;
  let end = times.length;
  while (end > first && (times[end - 1] as number) >= firstNew) end--;
  return fresh.map((column, i) => [...(old[i] ?? []).slice(first, end), ...column]);
}
