import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { TABLE_NAMES } from '../export/tables.ts';
import { PERIODS } from '../model/period.ts';
import { oneFile, oneOf, parse, serviceName, usage } from './arguments.ts';
import { EXIT_CODES } from './command-error.ts';
import type { CommandIo } from './command-io.ts';
import { parseTime, timeFormat } from './csv-time.ts';
import { exportTable } from './export.ts';
import { importHistory, openImport } from './import.ts';
import { importText } from './import-text.ts';
import { openStore, readStore } from './open-store.ts';
import { ProgressBar } from './progress-bar.ts';
import { bytesText, countText, instantText } from './text.ts';
import { jsonLine } from './wire.ts';

/** What is behind the path of a store in the names of its files. */
const STORE_SUFFIXES = ['', '-wal', '-shm', '-lock'] as const;

/** `import FILE.csv --store FILE`. @throws CommandError */
export async function runImport(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args, {
    store: { type: 'string' },
    service: { type: 'string', default: 'default' },
    metric: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  });
  const path = oneFile('import', positionals);
  if (values.store === undefined) throw usage('import needs --store FILE');
  const request = { path, serviceId: serviceName(values.service), metrics: values.metric };
  // First, so that a file that is of no use leaves no store behind.
  const table = await openImport(request, io.stdin);
  const service = await openStore(values.store);
  let bar: ProgressBar | undefined;
  try {
    const {
      layout: _,
      request: __,
      ...report
    } = await importHistory(request, table, service, (progress) => {
      bar ??= new ProgressBar(io.stderr, progress.size);
      bar.update(progress.bytes, countText(progress.rows, 'row'));
    });
    await service.flush();
    bar?.clear();
    io.stdout.write(values.json ? jsonLine({ type: 'import', file: path, ...report }) : importText(report));
    return EXIT_CODES.done;
  } finally {
    bar?.clear();
    await service.close();
  }
}

/** `export --store FILE --what TABLE --out FILE`. @throws CommandError */
export async function runExport(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args, {
    store: { type: 'string' },
    archive: { type: 'string' },
    what: { type: 'string' },
    out: { type: 'string' },
    format: { type: 'string' },
    service: { type: 'string' },
    metric: { type: 'string' },
    period: { type: 'string', default: '1m' },
    from: { type: 'string' },
    to: { type: 'string' },
  });
  const { store, out, service: serviceId, metric: metricName } = values;
  if (positionals.length > 0) throw usage(`export takes no argument, got ${positionals[0]}`);
  if (store === undefined) throw usage('export needs --store FILE');
  if (out === undefined) throw usage('export needs --out FILE');
  const request = {
    what: oneOf('--what', values.what, TABLE_NAMES),
    format: oneOf('--format', values.format ?? (extname(out) === '.parquet' ? 'parquet' : 'csv'), ['csv', 'parquet']),
    out,
    serviceId: serviceId === undefined ? undefined : serviceName(serviceId),
    metricName,
    period: oneOf('--period', values.period, PERIODS),
    from: instant('--from', values.from),
    to: instant('--to', values.to),
    signal: io.interruption?.(),
  };
  if (request.from !== undefined && request.to !== undefined && request.from >= request.to) {
    throw usage(`--from must be before --to, got ${values.from} and ${values.to}`);
  }
  if (await isOfStore(out, store)) throw usage(`--out must be another file than the store, got ${out}`);
  const { service, missingUpTo } = await readStore(store, values.archive);
  let bar: ProgressBar | undefined;
  try {
    const { rows, bytes } = await exportTable(request, service, (progress) => {
      bar ??= new ProgressBar(io.stderr, progress.total);
      bar.update(progress.done, `${countText(progress.rows, 'row')}, ${bytesText(progress.bytes)}`);
    });
    bar?.clear();
    io.stdout.write(`${countText(rows, 'row')} of ${request.what} in ${out}, ${bytesText(bytes)}\n`);
    if (missingUpTo !== undefined && (request.from ?? 0) < missingUpTo) {
      io.stderr.write(
        `what is older than ${instantText(missingUpTo)} is in the archive: give it with --archive FOLDER\n`,
      );
    }
    return EXIT_CODES.done;
  } finally {
    bar?.clear();
    await service.close();
  }
}

/** Whether a path leads to a file of a store, by whatever name. */
async function isOfStore(path: string, store: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  for (const suffix of STORE_SUFFIXES) {
    const own = await stat(store + suffix).catch(() => undefined);
    if (own?.ino === found.ino && own.dev === found.dev) return true;
  }
  return false;
}

/** An option that is a time, as files of records have them. @throws CommandError */
function instant(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const format = timeFormat(text);
  const time = format === undefined ? undefined : parseTime(text, format);
  if (time !== undefined) return time;
  throw usage(`${option} must be a time such as 2026-01-05T09:00:00Z or 2026-01-05, got ${text}`);
}
