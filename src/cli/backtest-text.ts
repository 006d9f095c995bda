import type { ColumnBacktest, FileBacktest } from './backtest.ts';
import { countText, durationText, numberText, type Paint, percentText, table } from './text.ts';

/** A backtest for people: one table a column, the best model first. */
export function backtestText({ path, stepMs, columns }: FileBacktest, paint: Paint): string {
  const sections = columns.map((column) => columnText(column, stepMs, paint));
  const about = `file        ${path === '-' ? 'standard input' : path}\nstep        ${durationText(stepMs)}`;
  return `${[about, ...sections, NOTES].join('\n\n')}\n`;
}

const NOTES = [
  'error: mean absolute error; vs naive: over that of repeating the last season; MASE: over the usual',
  'change from season to season; pinball: loss of both interval ends and the middle; time: of one',
  'forecast. Missing values are taken as the one before. Differences of a few percent are chance.',
].join('\n');

function columnText({ metricName, values, filled, report }: ColumnBacktest, stepMs: number, paint: Paint): string {
  const { steps, origins, seasonLength, level, scores } = report;
  const ahead = `${countText(steps, 'step')} (${durationText(steps * stepMs)}) ahead from ${countText(origins.length, 'origin')}`;
  const season = seasonLength === undefined ? 'no season' : `season ${durationText(seasonLength * stepMs)}`;
  const gaps = filled === 0 ? '' : `, ${filled} missing`;
  const rows = scores.map(({ model, mae, relative, mase, pinball, coverage, milliseconds }) => [
    model,
    numberText(mae),
    relative === undefined ? '–' : relative.toFixed(2),
    mase === undefined ? '–' : mase.toFixed(2),
    numberText(pinball),
    percentText(coverage),
    `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`,
  ]);
  const numbers = ['error', 'vs naive', 'MASE', 'pinball', `in ${percentText(level)}`, 'time'].map((number) => ({
    number,
  }));
  return [
    paint('bold', metricName),
    `  ${countText(values, 'value')}${gaps}; ${season}; ${ahead}`,
    table(['model', ...numbers], rows),
  ].join('\n');
}
