import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import { oneFile, parse, serviceName, usage, wholeNumber } from './arguments.ts';
import { type BacktestRequest, backtestFile } from './backtest.ts';
import { backtestText } from './backtest-text.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import type { CommandIo } from './command-io.ts';
import { type DemoEvent, demo } from './demo.ts';
import { demoView } from './demo-text.ts';
import { interrupted, servePage } from './live-page.ts';
import { ProgressBar } from './progress-bar.ts';
import { type ReplayReport, replay } from './replay.ts';
import { replayText } from './replay-text.ts';
import { runExport, runImport } from './store-commands.ts';
import { countText, paintFor } from './text.ts';
import { jsonLine } from './wire.ts';

/** As the help has them, which has no room for more on a line. */
const MODELS = `auto,
                    linear, naive, seasonal-naive, drift, theta, holt-winters, ets, arima,
                    lag-ridge, prophet`;

const HELP = `Usage: streamgate-analytics demo [--seconds N] [--port N] [--json]
       streamgate-analytics replay FILE.csv [options]
       streamgate-analytics backtest FILE.csv [options]
       streamgate-analytics import FILE.csv --store FILE [options]
       streamgate-analytics export --store FILE --what TABLE --out FILE [options]

demo    Runs three small HTTP services under load in this process, breaks one of them, and
        prints what the library learns, detects and forecasts. Serves the live page meanwhile,
        to this machine only. Ends by itself; Ctrl-C ends it earlier, with the same summary. In
        a terminal the page stays after the summary, and the shop under load, until Ctrl-C.
  --seconds N       how long, 20 to 3600; default 60
  --port N          of the page; default 4780 or, where that is taken, any free one
  --end             end after the summary in a terminal too
  --json            one JSON object per line instead of text

replay  Runs a recorded CSV file through the library at full speed and prints aggregations,
        anomalies and forecasts. FILE may be - for standard input. The delimiter, the timestamp
        column and its format and the value columns are guessed, and said; times without a time
        zone are taken as UTC.
  --service NAME    name of the service; default the file's name
  --metric COLUMN   only this column; may be given several times
  --limit N         print at most the newest N anomalies, at least 1; default 1000
  --fail-on-anomaly exit with 2 where there are anomalies
  --serve           then serve the page of what was found, until Ctrl-C
  --port N          of the page; default 4780 or, where that is taken, any free one
  --json            one JSON object per line instead of text

backtest  Forecasts the past of a recorded CSV file with each model, knowing only what came
        before, and prints how far off each was, beside repeating the last season.
  --metric COLUMN   only this column; may be given several times
  --horizon N       steps that each forecast is of, or a duration such as 24h; default 24 steps
  --models LIST     names with commas between; default all: ${MODELS}
  --origins N       points to forecast from, 1 to 1000; default 10
  --season N        steps of a season, 1 for none; default: looked for
  --level P         of the intervals, above 0 and below 1; default 0.95
  --json            one JSON object per line instead of text

import  Learns from a recorded CSV file what is normal, so that a service that is kept in a database
        knows it from its start. FILE.csv is one that replay takes, or a table series that was
        exported. Makes no aggregations; anomalies of that time are listed, not announced.
  --store FILE      the database; made where there is none
  --service NAME    service of rows that name none; default default
  --metric COLUMN   only this column; may be given several times
  --json            one JSON object instead of text

export  Writes a table of a service that is kept in a database to a file, also while the service
        runs. CSV is for spreadsheets, Parquet for DuckDB, pandas and the like.
  --store FILE      the database
  --archive FOLDER  its archive, if it has one: days that are not in the database any more
  --what TABLE      aggregations, series, anomalies, predictions, events, behaviors or business
  --out FILE        the file; replaced where there is one
  --format FORMAT   csv or parquet; default by the end of the file's name, else csv
  --service NAME    of this service only
  --metric NAME     of this metric only
  --period PERIOD   of the buckets: 1m, 5m, 15m, 1h or 1d; default 1m
  --from TIME       from then on, such as 2026-01-05T09:00:00Z or 2026-01-05
  --to TIME         up to then, and not from then on

  -h, --help        this text
  -v, --version     the version of the package

Exit codes: 0 done, 1 the input cannot be read or has nothing to replay, 2 anomalies were found
and --fail-on-anomaly was given, 64 wrong usage.
`;

/** Runs one command line. Errors are told on stderr; never throws for what a user may have done. */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    io.stderr.write(`streamgate-analytics: ${error.message}\n`);
    if (error.exitCode === EXIT_CODES.usage) io.stderr.write('Try streamgate-analytics --help\n');
    return error.exitCode;
  }
}

async function dispatch([command, ...rest]: readonly string[], io: CommandIo): Promise<number> {
  switch (command) {
    case 'demo':
      return runDemo(rest, io);
    case 'replay':
      return runReplay(rest, io);
    case 'backtest':
      return runBacktest(rest, io);
    case 'import':
      return rest.some(isHelp) ? help(io) : runImport(rest, io);
    case 'export':
      return rest.some(isHelp) ? help(io) : runExport(rest, io);
    case '-h':
    case '--help':
      return help(io);
    case '-v':
    case '--version':
      io.stdout.write(`${packageVersion()}\n`);
      return EXIT_CODES.done;
    case undefined:
      throw usage('a command is needed: demo, replay, backtest, import or export');
    default:
      throw usage(`unknown ${command.startsWith('-') ? 'option' : 'command'} ${command}`);
  }
}

function isHelp(arg: string): boolean {
  return arg === '-h' || arg === '--help';
}

function help(io: CommandIo): number {
  io.stdout.write(HELP);
  return EXIT_CODES.done;
}

async function runDemo(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args, {
    seconds: { type: 'string', default: '60' },
    port: { type: 'string' },
    end: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return dispatch(['--help'], io);
  if (positionals.length > 0) throw usage(`demo takes no argument, got ${positionals[0]}`);
  const seconds = wholeNumber('--seconds', values.seconds, 20, 3600);
  const text = demoView(paintFor(io.stdout));
  const view: typeof text = values.json ? ({ type, ...event }, at) => jsonLine({ type, at, ...event }) : text;
  const port = portNumber(values.port);
  const stays = io.stdout.isTTY === true && !values.end;
  const report = (event: DemoEvent, at: number): unknown => io.stdout.write(view(event, at));
  await demo({ seconds, port, stays, signal: io.interruption?.(), report });
  return EXIT_CODES.done;
}

async function runReplay(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args, {
    service: { type: 'string' },
    metric: { type: 'string', multiple: true, default: [] },
    limit: { type: 'string', default: '1000' },
    'fail-on-anomaly': { type: 'boolean', default: false },
    serve: { type: 'boolean', default: false },
    port: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return dispatch(['--help'], io);
  const path = oneFile('replay', positionals);
  const serviceId = serviceName(values.service ?? (path === '-' ? 'stdin' : basename(path, extname(path))));
  const request = {
    path,
    serviceId,
    metrics: values.metric,
    limit: wholeNumber('--limit', values.limit, 1, Number.MAX_SAFE_INTEGER),
  };
  const port = portNumber(values.port);
  if (port !== undefined && !values.serve) throw usage('--port goes with --serve');
  let bar: ProgressBar | undefined;
  const { report, service, clock } = await replay(request, io.stdin, ({ bytes, size, rows }) => {
    bar ??= new ProgressBar(io.stderr, size);
    bar.update(bytes, countText(rows, 'row'));
  }).finally(() => bar?.clear());
  if (values.json) for (const line of replayLines(report)) io.stdout.write(line);
  else io.stdout.write(replayText(report, paintFor(io.stdout)));
  if (values.serve) {
    const signal = io.interruption?.();
    const page = await servePage(service, port, clock);
    const { url, apiUrl } = page;
    if (values.json) io.stdout.write(jsonLine({ type: 'page', url, apiUrl }));
    else io.stdout.write(`\nPage of it: ${url}?range=30d&service=${encodeURIComponent(serviceId)}\nCtrl-C ends it.\n`);
    await interrupted(signal);
    await page.close();
  }
  return values['fail-on-anomaly'] && report.episodes > 0 ? EXIT_CODES.anomalies : EXIT_CODES.done;
}

async function runBacktest(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args, {
    metric: { type: 'string', multiple: true, default: [] },
    horizon: { type: 'string', default: '24' },
    models: { type: 'string', default: '' },
    origins: { type: 'string', default: '10' },
    season: { type: 'string' },
    level: { type: 'string', default: '0.95' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return dispatch(['--help'], io);
  const path = oneFile('backtest', positionals);
  const level = Number(values.level);
  if (!(level > 0 && level < 1)) throw usage(`--level must be above 0 and below 1, got ${values.level}`);
  let bar: ProgressBar | undefined;
  const found = await backtestFile(
    {
      path,
      metrics: values.metric,
      horizon: horizonOf(values.horizon),
      models: values.models === '' ? [] : values.models.split(',').map((name) => name.trim()),
      origins: wholeNumber('--origins', values.origins, 1, 1000),
      season: values.season === undefined ? 'auto' : wholeNumber('--season', values.season, 1, 100_000),
      level,
    },
    io.stdin,
    ({ done, total, note }) => {
      bar ??= new ProgressBar(io.stderr, total);
      bar.update(done, note);
    },
  ).finally(() => bar?.clear());
  if (values.json) {
    for (const { report, ...column } of found.columns) {
      const { scores, ...rest } = report;
      io.stdout.write(jsonLine({ type: 'backtest', file: path, stepMs: found.stepMs, ...column, ...rest }));
      for (const score of scores) io.stdout.write(jsonLine({ type: 'score', metricName: column.metricName, ...score }));
    }
  } else io.stdout.write(backtestText(found, paintFor(io.stdout)));
  return EXIT_CODES.done;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `24` is steps, `24h` a duration. */
function horizonOf(text: string): BacktestRequest['horizon'] {
  const [, digits, unit] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const count = Number(digits);
  if (!(count > 0)) throw usage(`--horizon must be a number of steps or a duration such as 24h, got ${text}`);
  const ms = UNIT_MS[unit ?? ''];
  return ms === undefined ? { steps: count } : { ms: count * ms };
}

/** The same report as lines of JSON. */
function* replayLines(report: ReplayReport): Generator<string> {
  const { request, layout, buckets, anomalies, predictions, unused, ...totals } = report;
  const { path: file, serviceId } = request;
  const { names, time, values, ...rest } = layout;
  const columns = values.map((index) => names[index]);
  yield jsonLine({
    type: 'layout',
    file,
    serviceId,
    delimiter: totals.delimiter,
    ...rest,
    timestampColumn: names[time],
    metrics: columns,
  });
  for (const bucket of buckets) yield jsonLine({ type: 'aggregation', serviceId, ...bucket });
  for (const anomaly of anomalies) yield jsonLine({ type: 'anomaly', ...anomaly });
  for (const prediction of predictions) yield jsonLine({ type: 'prediction', ...prediction });
  for (const { reason, count, firstLine } of unused) yield jsonLine({ type: 'unused', reason, count, firstLine });
  yield jsonLine({ type: 'summary', ...totals });
}

function portNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber('--port', text, 0, 65_535);
}

/** The package knows itself by name, wherever this file was built to. */
function packageVersion(): string {
  const manifest = createRequire(import.meta.url)('@streamgate/analytics/package.json') as { version: string };
  return manifest.version;
}
