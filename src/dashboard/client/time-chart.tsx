import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { ChartView } from '../page-data.ts';
import { type ChartScene, COLUMN, chartData, chartOptions } from './chart-drawing.ts';
import { chartSentence } from './chart-words.ts';
import { instantText, isShortUnit, rangeText, valueText } from './format.ts';

/** The colours that are seen. */
export type Colours = 'light' | 'dark' | 'print';

/** What a chart shows, and how. */
export interface TimeChartProps {
  readonly title: string;
  readonly chart: ChartView;
  /** Left end of the axis, and now; the forecast lies to the right of it. */
  readonly from: number;
  readonly now: number;
  readonly height: number;
  readonly theme: Colours;
}

/** A chart on paper: twice as large as its column, which scales it, so that it is sharp. */
const PRINTED = { width: 460, height: 210 };

/** One chart with the values under the pointer or, with the arrow keys, under the cursor. */
export function TimeChart(props: TimeChartProps): JSX.Element {
  const { title, chart, from, now, height, theme } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const scene = useRef<ChartScene>({ chart, from, now });
  scene.current = { chart, from, now };
  const [at, setAt] = useState<number>();
  const hasQuantiles = chart.quantiles !== undefined;
  const { unit } = chart;

  // Before anything is painted or, where that was asked for, printed.
  useLayoutEffect(() => {
    const parent = place.current as HTMLDivElement;
    const isPrinted = theme === 'print';
    const size = isPrinted ? PRINTED : { width: parent.clientWidth, height };
    const options = chartOptions(scene, size, { unit, hasQuantiles, isPrinted, onCursor: setAt });
    const made = new uPlot(options, chartData(scene.current), parent);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height }));
    if (!isPrinted) observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [unit, hasQuantiles, height, theme]);

  useEffect(() => plot.current?.setData(chartData(scene.current)), [chart, from, now]);

  const move = (event: KeyboardEvent): void => {
    const made = plot.current;
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (made === undefined || step === 0) return;
    event.preventDefault();
    const times = made.data[0];
    const index = Math.min(times.length - 1, Math.max(0, (made.cursor.idx ?? times.length) + step));
    made.setCursor({ left: made.valToPos(times[index] as number, 'x'), top: made.bbox.height / 2 / devicePixelRatio });
  };
  return (
    <div class="chart">
      <div
        ref={place}
        class="plot"
        role="img"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move through its values
        tabIndex={0}
        aria-label={chartSentence(title, chart, now)}
        onKeyDown={move}
      />
      <Readout chart={chart} data={plot.current?.data} at={at} />
    </div>
  );
}

interface ReadoutProps {
  readonly chart: ChartView;
  readonly data: uPlot.AlignedData | undefined;
  readonly at: number | undefined;
}

/** The values at one instant, in words; the newest where nothing is pointed at. */
function Readout({ chart, data, at }: ReadoutProps): JSX.Element {
  const { unit, columns } = chart;
  const last = columns[1].findLastIndex((value) => value !== null);
  if (at === undefined || data?.[0][at] === undefined) {
    const upper = columns[4][last];
    return (
      <p class="readout">
        <b>{valueText(columns[1][last], unit)}</b>
        {upper === null || upper === undefined ? null : (
          <span> expected {rangeText(columns[3][last] ?? upper, upper, isShortUnit(unit) ? unit : undefined)}</span>
        )}
      </p>
    );
  }
  const value = (column: number): number | null | undefined => data[column]?.[at];
  const parts: string[] = [];
  const add = (name: string, column: number): void => {
    const number = value(column);
    if (number !== null && number !== undefined) parts.push(`${name} ${valueText(number, unit)}`);
  };
  add('expected', COLUMN.expected);
  const lower = value(COLUMN.lower);
  if (lower !== null && lower !== undefined) {
    parts.push(`band ${rangeText(lower, value(COLUMN.upper) ?? lower, unit)}`);
  }
  const mean = value(COLUMN.mean);
  const isForecast = mean !== null && mean !== undefined && (data[0][at] as number) > (columns[0][last] ?? 0);
  if (isForecast) parts.push(`${valueText(value(COLUMN.low), unit)} to ${valueText(value(COLUMN.high), unit)}`);
  if (chart.quantiles !== undefined) {
    add('p50', COLUMN.p50);
    add('p95', COLUMN.p95);
    add('p99', COLUMN.p99);
  }
  return (
    <p class="readout" aria-live="polite">
      <time>{instantText(data[0][at] as number)}</time>{' '}
      <b>{isForecast ? `forecast ${valueText(mean, unit)}` : valueText(value(COLUMN.value), unit)}</b>
      <span> {parts.join(', ')}</span>
    </p>
  );
}
