import { oneFile, parse, serviceName, usage } from './arguments.ts';
import { EXIT_CODES } from './command-error.ts';
import type { CommandIo } from './command-io.ts';
import { importHistory } from './import.ts';
import { importText } from './import-text.ts';
import { openStore } from './open-store.ts';
import { ProgressBar } from './progress-bar.ts';
import { countText } from './text.ts';
import { jsonLine } from './wire.ts';

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
  const service = await openStore(values.store, true);
  let bar: ProgressBar | undefined;
  try {
    const {
      layout: _,
      request: __,
      ...report
    } = await importHistory(request, service, io.stdin, (progress) => {
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
