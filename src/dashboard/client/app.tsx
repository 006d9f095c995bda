import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ChartPlace, View } from '../page-data.ts';
import { fetchScopes } from './api.ts';
import { Attention } from './attention.tsx';
import { ChartPanel } from './chart-panel.tsx';
import { Cost } from './cost.tsx';
import { ForecastPanel } from './forecast-panel.tsx';
import { HeatPanel } from './heat-panel.tsx';
import { Lists } from './lists.tsx';
import { useLiveView } from './live-view.ts';
import { type PageState, readState, writeState } from './page-state.ts';
import type { Colours } from './time-chart.tsx';
import { TopBar } from './top-bar.tsx';

/** Heights of charts in rem: those that are looked at first are higher. */
const HEIGHTS: Readonly<Record<ChartPlace, number>> = { traffic: 12.5, resources: 9.5, own: 8.5 };

/** The page. */
export function App(): JSX.Element {
  const [state, setState] = useState(readState);
  const live = useLiveView(state);
  const scheme = useColours(state.theme);
  const [scopes, setScopes] = useState<readonly string[]>([]);

  useEffect(() => {
    const back = (): void => setState(readState());
    addEventListener('popstate', back);
    fetchScopes().then(setScopes, () => setScopes([]));
    return () => removeEventListener('popstate', back);
  }, []);

  const change = (part: Partial<PageState>): void => {
    const next = { ...state, ...part };
    setState(next);
    writeState(next, part.service !== undefined || part.range !== undefined);
  };
  const { view } = live;
  useTitle(view);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <TopBar state={state} live={live} onChange={change} />
      <main id="main" tabIndex={-1}>
        {view === undefined ? (
          <Waiting connection={live.connection} />
        ) : (
          <>
            <Attention view={view} maySilence={scopes.includes('admin')} onPick={(service) => change({ service })} />
            {view.service === undefined ? (
              <NoData />
            ) : (
              <>
                <Charts view={view} place="traffic" title="Traffic" theme={scheme} />
                <Charts view={view} place="resources" title="Resources" theme={scheme} />
                <HeatPanel view={view} />
                <ForecastPanel view={view} />
                <Charts view={view} place="own" title="Custom and business metrics" theme={scheme} />
                <Lists view={view} />
              </>
            )}
            <Cost view={view} recordsPerSecond={live.recordsPerSecond} />
          </>
        )}
      </main>
    </>
  );
}

interface ChartsProps {
  readonly view: View;
  readonly place: ChartPlace;
  readonly title: string;
  readonly theme: Colours;
}

/** The charts of one row; `traffic` and `resources` say what is missing, the others are there when there are any. */
function Charts({ view, place, title, theme }: ChartsProps): JSX.Element | null {
  const charts = view.charts.filter((chart) => chart.place === place);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (charts.length === 0) {
    return <p class="absent">{ABSENT[place]}</p>;
  }
  return (
    <section class={`charts ${place}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {place === 'traffic' ? <ChartLegend /> : null}
      </header>
      <div class="row">
        {charts.map((chart) => (
          <ChartPanel
            key={`${chart.metricName}\n${JSON.stringify(chart.labels)}`}
            view={view}
            chart={chart}
            from={view.start}
            theme={theme}
            height={Math.round(HEIGHTS[place] * rem)}
          />
        ))}
      </div>
      {place === 'own' && view.chartsLeftOut > 0 ? (
        <p class="absent">{view.chartsLeftOut} more series are not drawn here; the REST API has them all.</p>
      ) : null}
    </section>
  );
}

/** How all charts are to be read. */
function ChartLegend(): JSX.Element {
  return (
    <p class="legend key">
      <span>
        <i class="measured" /> measured
      </span>
      <span>
        <i class="expected" /> expected
      </span>
      <span>
        <i class="ahead" /> forecast with interval
      </span>
      <span>
        <b aria-hidden="true">▲</b> anomaly
      </span>
    </p>
  );
}

/** What is missing where a row is empty. */
const ABSENT: Readonly<Record<ChartPlace, string>> = {
  traffic:
    'No request rate, errors or latency yet: they come with recordMetrics, or a minute after the first recordPerformanceMetric.',
  resources: 'No CPU, memory or disk: this service sends none with recordMetrics.',
  own: 'No custom or business metrics: they come with recordMetric and recordBusinessMetric.',
};

function Waiting({ connection }: { readonly connection: string }): JSX.Element {
  const text =
    connection === 'refused'
      ? 'The server does not let you in. Reload the page to sign in.'
      : connection === 'lost'
        ? 'The server cannot be reached. The page goes on trying.'
        : 'Asking the server …';
  return (
    <p class="empty first" role="status">
      {text}
    </p>
  );
}

function NoData(): JSX.Element {
  return (
    <section class="panel first" aria-label="No records yet">
      <h2>No records yet</h2>
      <p>
        This page fills as soon as the process records something. The first values are seen after a second, the first
        verdicts after ten samples of a series, the first forecasts after twenty.
      </p>
      <pre>
        <code>
          service.recordPerformanceMetric({'{'} operation: 'GET /cart', duration: 12, success: true {'}'});
        </code>
      </pre>
    </section>
  );
}

/** Sets the colours of the page; returns a name of those that are seen. Paper is white. */
function useColours(theme: PageState['theme']): Colours {
  const dark = useMedia('(prefers-color-scheme: dark)');
  const printed = useMedia('print');
  const seen = theme === 'auto' ? (dark ? 'dark' : 'light') : theme;
  document.documentElement.dataset['theme'] = printed ? 'light' : seen;
  return printed ? 'print' : seen;
}

/** Whether a media query holds. For `print` browsers say so before they lay the sheet out, some by an event of its own. */
function useMedia(query: string): boolean {
  const media = matchMedia(query);
  const [holds, setHolds] = useState(media.matches);
  useEffect(() => {
    const follow = (): void => setHolds(media.matches);
    media.addEventListener('change', follow);
    if (query !== 'print') return () => media.removeEventListener('change', follow);
    const begin = (): void => setHolds(true);
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', follow);
    return () => {
      media.removeEventListener('change', follow);
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', follow);
    };
  }, [query]);
  return holds;
}

/** The tab says how things are. */
function useTitle(view: View | undefined): void {
  const title =
    view === undefined || view.health.status === 'healthy'
      ? 'StreamGate Analytics'
      : `${view.attention.length} open, ${view.health.status} – StreamGate Analytics`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
