import type { Anomaly } from '../model/anomaly.ts';
import { TIME_FORMATS } from './csv-time.ts';
import type { ReplayReport } from './replay.ts';
import { countText, durationText, instantText, numberText, type Paint, percentText, table, wrap } from './text.ts';

const DELIMITER_NAMES: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'vertical bar',
};

/** Built-in metrics: a column of that name is one, with its unit and its natural range. */
const BUILT_IN: ReadonlySet<string> = new Set([
  'cpu_usage',
  'memory_usage',
  'disk_usage',
  'request_rate',
  'error_rate',
  'latency',
  'cache_hit_rate',
]);

/** A replay for people: what was guessed, what was found, what could not be used. */
export function replayText(report: ReplayReport, paint: Paint): string {
  const sections = [
    guesses(report),
    buckets(report, paint),
    episodes(report, paint),
    forecasts(report, paint),
    losses(report, paint),
    totals(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function guesses({ request, delimiter, layout, from, to }: ReplayReport): string {
  const { names, time, timeFormat, values, header, decimalComma, stepMs } = layout;
  const name = (index: number): string => names[index] as string;
  const builtIn = values.map(name).filter((metric) => BUILT_IN.has(metric));
  const facts: [string, string][] = [
    ['file', request.path === '-' ? 'standard input' : request.path],
    ['service', request.serviceId],
    ['delimiter', `${DELIMITER_NAMES[delimiter]}${decimalComma ? ', decimal comma' : ''}`],
    ['header', header ? 'in the first line' : 'none, columns are numbered'],
    ['timestamps', `column ${name(time)}: ${TIME_FORMATS[timeFormat]}`],
    ['metrics', values.map(name).join(', ')],
  ];
  if (builtIn.length > 0) facts.push(['', `${builtIn.join(', ')}: taken as the built-in metric of that name`]);
  if (stepMs !== undefined) facts.push(['step', durationText(stepMs)]);
  if (from !== undefined && to !== undefined) {
    facts.push(['time', `${instantText(from)} to ${instantText(to)} UTC (${durationText(to - from)})`]);
  }
  return facts.map(([label, fact]) => `${label.padEnd(12)}${wrap(fact, 12)}`).join('\n');
}

function buckets(report: ReplayReport, paint: Paint): string {
  if (report.buckets.length === 0) return '';
  const rows = report.buckets.map((bucket) => [
    bucket.metricName,
    bucket.period,
    instantText(bucket.timestamp),
    String(bucket.count),
    ...[bucket.avg, bucket.min, bucket.p50, bucket.p95, bucket.p99, bucket.max].map((value) => numberText(value)),
    bucket.complete ? '' : 'open',
  ]);
  const numbers = ['samples', 'avg', 'min', 'p50', 'p95', 'p99', 'max'].map((number) => ({ number }));
  const title = paint('bold', 'Aggregations, the newest of each period');
  return `${title}\n${table(['metric', 'period', 'start (UTC)', ...numbers, ''], rows)}`;
}

function episodes({ anomalies, episodes: total, layout }: ReplayReport, paint: Paint): string {
  const title = paint('bold', `Anomalies: ${total === 0 ? 'none' : countText(total, 'episode')}`);
  const hidden = total - anomalies.length;
  const note = hidden > 0 ? [`  … ${countText(hidden, 'earlier episode')} not shown (--limit)`] : [];
  const named = layout.values.length > 1;
  return [title, ...note, ...anomalies.map((anomaly) => episode(anomaly, named, paint))].join('\n');
}

function episode(anomaly: Anomaly, named: boolean, paint: Paint): string {
  const { startedAt, endedAt, severity, samples, kind, status, metricName, direction } = anomaly;
  const end = endedAt === undefined ? 'still open' : `to ${endText(startedAt, endedAt)}`;
  const colour = severity === 'high' || severity === 'critical' ? 'red' : severity === 'medium' ? 'yellow' : 'dim';
  const head = `  ${instantText(startedAt)} ${end}  ${paint(colour, severity)} ${kind}`;
  const numbers =
    `${named ? `${metricName} ` : ''}was ${numberText(anomaly.currentValue)}, expected ` +
    `${numberText(anomaly.expectedValue)} (${numberText(anomaly.lower)} to ${numberText(anomaly.upper)}): ` +
    `${numberText(anomaly.deviation)} σ ${direction}, ${countText(samples, 'sample')}${status === 'open' ? ' so far' : ''}`;
  return `${head}\n    ${wrap(numbers, 4)}`;
}

/** Only the time of day where it is the same day. */
function endText(start: number, end: number): string {
  const text = instantText(end);
  return text.slice(0, 10) === instantText(start).slice(0, 10) ? text.slice(11) : text;
}

function forecasts({ predictions }: ReplayReport, paint: Paint): string {
  if (predictions.length === 0) return `${paint('bold', 'Forecasts')}: too few samples`;
  const rows = predictions.map((prediction) => [
    prediction.predictionType,
    prediction.timeHorizon,
    instantText(prediction.targetTime),
    numberText(prediction.predictedValue),
    `${numberText(prediction.lower)} to ${numberText(prediction.upper)}`,
    percentText(prediction.confidence),
  ]);
  const level = percentText(predictions[0]?.level);
  const title = paint('bold', `Forecasts from the end of the data, with ${level} intervals`);
  const columns = [
    'metric',
    'ahead',
    'for (UTC)',
    { number: 'value' },
    { number: 'interval' },
    { number: 'confidence' },
  ];
  return `${title}\n${table(columns, rows)}`;
}

function losses({ unused, stats, missing, outOfOrder, rows }: ReplayReport, paint: Paint): string {
  const lines: string[] = [];
  for (const { reason, count, firstLine } of unused) {
    lines.push(`${countText(count, 'cell')} with ${reason}, first in line ${firstLine}`);
  }
  if (missing > 0) lines.push(`${countText(missing, 'empty cell')}`);
  for (const [reason, count] of Object.entries(stats.rejected)) {
    lines.push(`${countText(count, 'sample')} rejected by the library: ${REJECTIONS[reason] ?? reason}`);
  }
  if (stats.dropped > 0) lines.push(`${countText(stats.dropped, 'record or bucket')} dropped by the library`);
  if (outOfOrder > 0) {
    lines.push(
      `${countText(outOfOrder, 'row')} older than one before: in the aggregations, but too late for anomalies and forecasts` +
        `${outOfOrder > rows / 2 ? '; sort the file by time' : ''}`,
    );
  }
  if (lines.length === 0) return '';
  return [paint('bold', 'Not used, or only in part'), ...lines.map((line) => `  ${wrap(line, 2)}`)].join('\n');
}

const REJECTIONS: Readonly<Record<string, string>> = {
  expired: 'more than 30 days older than the newest row before them (expired)',
  too_long: 'a column name of more than 256 characters (too_long)',
};

function totals({ rows, samples, elapsedMs, episodes: total, stats }: ReplayReport): string {
  const speed = Math.round(rows / (elapsedMs / 1000)).toLocaleString('en');
  const learning = stats.learning > 0 ? `, ${stats.learning} of ${stats.series} series still learning` : '';
  return (
    `${countText(rows, 'row')}, ${countText(samples, 'sample')}, ${countText(total, 'anomaly').replace('anomalys', 'anomalies')}` +
    `${learning}, in ${durationText(elapsedMs)} (${speed} rows/s)`
  );
}
