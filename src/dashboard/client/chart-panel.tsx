import type { JSX } from 'preact';
import type { ChartView, View } from '../page-data.ts';
import { apiPath, seriesQuery } from './api.ts';
import { type CsvTable, csvInstant } from './csv.ts';
import { durationText, seriesTitle, valueText } from './format.ts';
import { Panel } from './panel.tsx';
import { SeriesTitle } from './series-title.tsx';
import { type Colours, TimeChart } from './time-chart.tsx';

/** What a panel with a chart needs. */
export interface ChartPanelProps {
  readonly view: View;
  readonly chart: ChartView;
  readonly from: number;
  readonly theme: Colours;
  readonly height: number;
}

/** Units as they stand beside a heading. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['ratio', 'share of all'],
  ['/s', 'per second'],
  ['ms', 'milliseconds'],
  ['%', 'percent'],
]);

/** A chart of one series with all that belongs to it. */
export function ChartPanel({ view, chart, from, theme, height }: ChartPanelProps): JSX.Element {
  const { metricName, labels, unit, columns, learning, outlook, place } = chart;
  const title = seriesTitle(metricName, labels);
  const serviceId = view.service as string;
  const query = { ...seriesQuery({ serviceId, metricName, labels }), from: new Date(view.from).toISOString() };
  const isEmpty = columns[1].every((value) => value === null);
  return (
    <Panel
      title={title}
      heading={<SeriesTitle metricName={metricName} labels={labels} />}
      note={unit === undefined ? undefined : UNITS.get(unit)}
      path={apiPath('chart', query)}
      csvName={`${serviceId}-${title}`}
      csv={() => chartTable(chart)}
      class={`chart-panel ${place}`}
      level={3}
    >
      {isEmpty ? (
        <p class="empty">No sample in this range. The newest one is older, or the series has fallen silent.</p>
      ) : (
        <TimeChart title={title} chart={chart} from={from} now={view.now} height={height} theme={theme} />
      )}
      {chart.quantiles === undefined ? null : <QuantileLegend chart={chart} />}
      {learning === undefined ? null : <Learning chart={chart} learning={learning} />}
      {outlook === undefined ? null : (
        <p class="outlook" dir="auto">
          {outlook}
        </p>
      )}
    </Panel>
  );
}

function QuantileLegend({ chart }: { readonly chart: ChartView }): JSX.Element {
  const { quantiles = [], unit } = chart;
  return (
    <p class="legend">
      {['p50', 'p95', 'p99'].map((name, i) => (
        <span key={name} class={name}>
          <i /> {name} <b>{valueText(quantiles[i + 1]?.at(-1), unit)}</b>
        </span>
      ))}
    </p>
  );
}

interface LearningProps {
  readonly chart: ChartView;
  readonly learning: NonNullable<ChartView['learning']>;
}

/** What is missing before the series is judged, and for how long. */
function Learning({ chart, learning }: LearningProps): JSX.Element {
  const { samples, needed } = learning;
  const missing = needed - samples;
  const wait = chart.stepMs > 0 ? `, about ${durationText(missing * chart.stepMs)}` : '';
  return (
    <p class="learning">
      <progress value={samples} max={needed} aria-label="Samples learned from" />
      Learning what is normal: {samples} of {needed} samples{missing > 0 ? `, ${missing} to go${wait}` : ''}
    </p>
  );
}

function chartTable({ columns, forecast }: ChartView): CsvTable {
  const [times, values, expected, lower, upper] = columns;
  return [
    ['timestamp', 'value', 'expected', 'lower', 'upper', 'forecast', 'forecast_lower', 'forecast_upper'],
    ...times.map((time, i) => [csvInstant(time), values[i], expected[i], lower[i], upper[i]]),
    ...forecast[0].map((time, i) => [
      ...[csvInstant(time), undefined, undefined, undefined, undefined],
      ...[forecast[1][i], forecast[2][i], forecast[3][i]],
    ]),
  ];
}
