import uPlot from 'uplot';
import { type ChartView, LONGEST_FORECAST_MS, type MarkView } from '../page-data.ts';
import { numberText, tickTexts } from './format.ts';

/** What a chart is drawn from; looked up whenever it is drawn. */
export interface ChartScene {
  readonly chart: ChartView;
  /** Left end of the axis, and now. */
  readonly from: number;
  readonly now: number;
}

/** How a chart is drawn. */
export interface ChartStyle {
  readonly unit: string | undefined;
  readonly hasQuantiles: boolean;
  readonly isPrinted: boolean;
  /** Is told the index of the instant under the cursor. */
  readonly onCursor: (index: number | undefined) => void;
}

/** Where which numbers stand in the data of a plot. */
export const COLUMN = {
  ...{ p50: 1, p95: 2, p99: 3 },
  ...{ lower: 4, upper: 5, expected: 6, value: 7 },
  ...{ low: 8, high: 9, mean: 10 },
} as const;

/** Of the time that is shown, how much lies to the right of now: at most, and where forecasts do not reach so far. */
const AHEAD_SHARE = 0.16;
const LEAST_AHEAD_SHARE = 0.03;
/** Of the height, what is left free above the highest value. */
const HEADROOM = 0.08;
/** Size of letters on paper, where the style sheet has not yet said its own: twice that, as charts are drawn there. */
const PRINTED_REM = 21;
/** And on either side of a line that hardly moves, so that its axis has numbers that differ. */
const LEAST_ROOM = 0.03;
/** The interval of a forecast may be wide; it makes the axis at most so many times as high as what was. */
const FORECAST_ROOM = 1.6;
/** An axis of error rates shows at least so much, so that one error does not look like a wall. */
const LEAST_RATIO = 0.05;
/** A chart whose lowest value is above this share of the highest does not begin at zero. */
const FAR_FROM_ZERO = 0.6;

/** The columns of a plot, in the order of {@link COLUMN}. */
export function chartData({ chart, now }: ChartScene): uPlot.AlignedData {
  const { columns, quantiles, forecast } = chart;
  const [times, values, expected, lower, upper] = columns;
  const last = values.findLastIndex((value) => value !== null);
  const joint = times[last];
  const value = values[last];
  const start = joint === undefined || value === null || value === undefined ? [] : [value];
  const startTime = start.length === 0 ? [] : [joint as number];
  const ahead =
    forecast[0].length === 0
      ? [[], [], [], []]
      : [
          [...startTime, ...forecast[0]],
          [...start, ...forecast[2]],
          [...start, ...forecast[3]],
          [...start, ...forecast[1]],
        ];
  const tables = [
    quantiles === undefined ? [[], [], [], []] : quantiles.map((column) => [...column]),
    [[...times], [...lower], [...upper], [...expected], [...values]],
    ahead,
  ];
  const data = uPlot.join(tables as unknown as uPlot.AlignedData[]) as uPlot.AlignedData;
  // A plot without a single instant has no axes.
  return data[0].length > 0 ? data : ([[now], ...Array.from({ length: 10 }, () => [null])] as uPlot.AlignedData);
}

/** What uPlot is to do. */
export function chartOptions(
  scene: { readonly current: ChartScene },
  size: { readonly width: number; readonly height: number },
  { unit, hasQuantiles, isPrinted, onCursor }: ChartStyle,
): uPlot.Options {
  const ink = inkOf(document.documentElement, isPrinted ? PRINTED_REM : undefined);
  const line = (stroke: string, width: number, dash?: number[]): uPlot.Series => {
    return { stroke, width, spanGaps: false, points: { show: false }, ...(dash === undefined ? {} : { dash }) };
  };
  const hidden: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } };
  const quantile = (stroke: string): uPlot.Series =>
    hasQuantiles ? { ...line(stroke, 1.25), spanGaps: true } : hidden;
  const grid = { stroke: ink.grid, width: 1 };
  const axis = { stroke: ink.text, font: ink.font, ticks: { show: false }, gap: 6 };
  return {
    ...size,
    ms: 1,
    legend: { show: false },
    padding: [8, ink.rem * 1.3, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: 'time' },
      points: { size: 7, fill: ink.paper },
    },
    scales: {
      x: { time: true, range: () => timeRange(scene.current) },
      y: { range: () => valueRange(scene.current) },
    },
    axes: [
      {
        ...axis,
        size: ink.rem * 1.6,
        space: ink.rem * 4.6,
        grid: { show: false },
        values: (_, ticks, __, ___, stepMs) => tickTexts(ticks, stepMs),
      },
      {
        ...axis,
        size: ink.rem * 3,
        space: ink.rem * 1.9,
        grid,
        values: (_, ticks) => ticks.map((tick) => axisText(tick, unit)),
      },
    ],
    series: [
      {},
      ...[quantile(ink.p50), quantile(ink.p95), quantile(ink.p99)],
      ...[hidden, hidden, line(ink.expected, 1, [2, 3]), line(ink.series, 1.75)],
      ...[hidden, hidden, line(ink.forecast, 1.75, [5, 4])],
    ],
    bands: [
      { series: [COLUMN.upper, COLUMN.lower], fill: ink.band },
      { series: [COLUMN.high, COLUMN.low], fill: ink.forecastBand },
    ],
    hooks: {
      setCursor: [
        (plot) =>
          onCursor(plot.cursor.left === undefined || plot.cursor.left < 0 ? undefined : (plot.cursor.idx ?? undefined)),
      ],
      drawAxes: [(plot) => drawEpisodes(plot, scene.current, ink)],
      draw: [
        (plot) => drawNow(plot, scene.current, ink),
        (plot) => drawSamples(plot, scene.current, ink),
        (plot) => drawMarks(plot, scene.current, ink),
      ],
    },
  };
}

interface Ink {
  readonly rem: number;
  readonly font: string;
  readonly paper: string;
  readonly text: string;
  readonly grid: string;
  readonly series: string;
  readonly expected: string;
  readonly band: string;
  readonly forecast: string;
  readonly forecastBand: string;
  readonly p50: string;
  readonly p95: string;
  readonly p99: string;
  readonly anomaly: string;
  readonly episode: string;
  readonly silenced: string;
}

/** The colours of the style sheet, as they are now. */
function inkOf(root: HTMLElement, size: number | undefined): Ink {
  const style = getComputedStyle(root);
  const rem = size ?? Number.parseFloat(style.fontSize);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    rem,
    font: `${Math.round(rem * 0.72)}px ${style.fontFamily}`,
    paper: colour('card'),
    text: colour('ink-3'),
    grid: colour('grid'),
    series: colour('series'),
    expected: colour('expected'),
    band: colour('band'),
    forecast: colour('forecast'),
    forecastBand: colour('forecast-band'),
    p50: colour('p50'),
    p95: colour('p95'),
    p99: colour('p99'),
    anomaly: colour('anomaly'),
    episode: colour('episode'),
    silenced: colour('ink-3'),
  };
}

function timeRange({ from, now }: ChartScene): [number, number] {
  const shown = now - from;
  return [from, now + Math.min(AHEAD_SHARE * shown, LONGEST_FORECAST_MS + LEAST_AHEAD_SHARE * shown)];
}

function valueRange({ chart, from, now }: ChartScene): [number, number] {
  const { unit, columns, quantiles, forecast } = chart;
  if (unit === '%') return [0, 100];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const stretch = (times: readonly (number | null)[], column: readonly (number | null)[] = []): void => {
    for (const [i, value] of column.entries()) {
      if (value === null || (times[i] as number) < from) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  };
  for (const column of columns.slice(1)) stretch(columns[0], column);
  for (const column of quantiles?.slice(1) ?? []) stretch(quantiles?.[0] ?? [], column);
  if (low > high) return [0, 1];
  const span = Math.max(high - low, Math.abs(high) * 0.1, Number.MIN_VALUE);
  const room = span * (FORECAST_ROOM - 1);
  // What is too narrow to be seen does not press the rest flat.
  const isSeen = (forecast[0].at(-1) ?? now) - now > LEAST_AHEAD_SHARE * (now - from);
  const ahead = isSeen ? [...forecast[1], ...forecast[2], ...forecast[3]] : forecast[1];
  for (const value of ahead) {
    high = Math.max(high, Math.min(value, high + room));
    low = Math.min(low, Math.max(value, low - room));
  }
  if (unit === 'ratio') high = Math.max(high, LEAST_RATIO);
  const fromZero = low >= 0 && low < high * FAR_FROM_ZERO;
  const padding = Math.max((high - (fromZero ? 0 : low)) * HEADROOM, Math.abs(high) * LEAST_ROOM, 1e-9);
  return [fromZero ? 0 : low - padding, high + padding];
}

function axisText(value: number, unit: string | undefined): string {
  return unit === 'ratio' ? `${numberText(value * 100)}%` : numberText(value);
}

/** The time of an episode, tinted, behind everything. */
function drawEpisodes(plot: uPlot, { chart, now }: ChartScene, ink: Ink): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = ink.episode;
  for (const { startedAt, endedAt = now } of chart.marks) {
    const left = clamp(plot.valToPos(startedAt, 'x', true), bbox.left, bbox.left + bbox.width);
    const right = clamp(plot.valToPos(endedAt, 'x', true), bbox.left, bbox.left + bbox.width);
    ctx.fillRect(left, bbox.top, Math.max(devicePixelRatio, right - left), bbox.height);
  }
  ctx.restore();
}

function drawNow(plot: uPlot, { now }: ChartScene, ink: Ink): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(now, 'x', true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = ink.text;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Few samples are drawn as points too: one alone has no line. */
const FEW = 24;

function drawSamples(plot: uPlot, { chart }: ChartScene, ink: Ink): void {
  const { columns, quantiles } = chart;
  drawPoints(plot, columns[0], columns[1], ink.series);
  if (quantiles === undefined) return;
  for (const [i, colour] of [ink.p50, ink.p95, ink.p99].entries()) {
    drawPoints(plot, (quantiles[0] ?? []) as readonly number[], quantiles[i + 1] ?? [], colour);
  }
}

function drawPoints(plot: uPlot, times: readonly number[], values: readonly (number | null)[], colour: string): void {
  if (times.length > FEW) return;
  const { ctx } = plot;
  ctx.save();
  clip(plot);
  ctx.fillStyle = colour;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    ctx.beginPath();
    const x = plot.valToPos(times[i] as number, 'x', true);
    ctx.arc(x, plot.valToPos(value, 'y', true), 2.2 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** Each episode where its line is farthest out: a triangle that points there, hollow where it is mild, ringed where critical. */
function drawMarks(plot: uPlot, { chart, now }: ChartScene, ink: Ink): void {
  const { ctx } = plot;
  const size = ink.rem * 0.36 * devicePixelRatio;
  ctx.save();
  clip(plot);
  ctx.lineJoin = 'round';
  for (const mark of chart.marks) {
    const at = farthest(chart, mark, now);
    if (at === undefined) continue;
    const colour = mark.silenced ? ink.silenced : ink.anomaly;
    const x = plot.valToPos(at.time, 'x', true);
    const y = clamp(plot.valToPos(at.value, 'y', true), plot.bbox.top + size, plot.bbox.top + plot.bbox.height - size);
    const up = mark.direction === 'above' ? -1 : 1;
    if (mark.severity === 'critical') {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.beginPath();
      ctx.arc(x, y, size * 2, 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.moveTo(x, y + up * size * 1.2);
    ctx.lineTo(x - size * 1.15, y - up * size * 0.8);
    ctx.lineTo(x + size * 1.15, y - up * size * 0.8);
    ctx.closePath();
    ctx.fillStyle = mark.severity === 'low' ? ink.paper : colour;
    ctx.strokeStyle = mark.severity === 'low' ? colour : ink.paper;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.stroke();
    ctx.fill();
    if (mark.severity === 'low') ctx.stroke();
  }
  ctx.restore();
}

/** The sample of an episode that is farthest in its direction; the nearest one before where none is in it. */
function farthest(
  { columns }: ChartView,
  { startedAt, endedAt, direction }: MarkView,
  now: number,
): { readonly time: number; readonly value: number } | undefined {
  const [times, values] = columns;
  const end = endedAt ?? now;
  const sign = direction === 'above' ? 1 : -1;
  let best: { readonly time: number; readonly value: number } | undefined;
  for (let i = times.length - 1; i >= 0; i--) {
    const time = times[i] as number;
    const value = values[i];
    if (time > end || value === null || value === undefined) continue;
    if (time < startedAt && best !== undefined) break;
    if (best === undefined || (value - best.value) * sign > 0) best = { time, value };
    if (time < startedAt) break;
  }
  return best;
}

function clip({ ctx, bbox }: uPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 6 * devicePixelRatio, bbox.width, bbox.height + 12 * devicePixelRatio);
  ctx.clip();
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
