import type { ChartView, MarkView } from '../page-data.ts';
import { durationText, momentText, valueText } from './format.ts';

/** What a chart shows, for people who do not see it. */
export function chartSentence(title: string, chart: ChartView, now: number): string {
  const { columns, unit, forecast, marks, learning } = chart;
  const [times, values, , lower, upper] = columns;
  const known = values.filter((value) => value !== null);
  const last = values.findLastIndex((value) => value !== null);
  if (known.length === 0) return `${title}: no samples in this range.`;
  const parts = [
    `${title} is ${valueText(values[last], unit)}`,
    `between ${valueText(least(known), unit)} and ${valueText(most(known), unit)} in the last ${durationText(now - (times[0] as number))}`,
  ];
  if (upper[last] !== null && upper[last] !== undefined) {
    parts.push(`expected ${valueText(lower[last], unit)} to ${valueText(upper[last], unit)}`);
  } else if (learning !== undefined) parts.push(`learning, ${learning.samples} of ${learning.needed} samples`);
  const ahead = forecast[0].at(-1);
  if (ahead !== undefined) {
    parts.push(
      `forecast for ${durationText(ahead - now)} ahead ${valueText(forecast[1].at(-1), unit)}, ` +
        `${valueText(forecast[2].at(-1), unit)} to ${valueText(forecast[3].at(-1), unit)}`,
    );
  }
  const episodes =
    marks.length === 0 ? 'No anomalies.' : `Anomalies: ${marks.map((mark) => markText(mark, now)).join('; ')}.`;
  return `${parts.join(', ')}. ${episodes}`;
}

function markText({ severity, direction, startedAt, endedAt }: MarkView, now: number): string {
  const when = `since ${momentText(startedAt, now)}`;
  return `${severity}, ${direction} normal, ${when}${endedAt === undefined ? ', open' : ` for ${durationText(endedAt - startedAt)}`}`;
}

/** Not `Math.min(...values)`: a chart may have more values than a call takes arguments. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
