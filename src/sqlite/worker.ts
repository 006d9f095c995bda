import { parentPort } from 'node:worker_threads';
import type { Request } from './messages.ts';
import { readBuckets, readMetrics, readOldest, readRows, readServices } from './read-store.ts';
import { sentError } from './store-error.ts';
import { StoreFile } from './store-file.ts';
import { Upkeep } from './upkeep.ts';

const port = parentPort as NonNullable<typeof parentPort>;

let file: StoreFile | undefined;
let upkeep: Upkeep | undefined;

const DOING: Readonly<Record<Request['type'], string>> = {
  open: 'be opened',
  commit: 'be written',
  buckets: 'be read',
  rows: 'be read',
  services: 'be read',
  metrics: 'be read',
  oldest: 'be read',
  archived: 'be written',
  close: 'be closed',
};

function answer(request: Request): unknown {
  if (request.type === 'open') {
    file = new StoreFile(request);
    const opened = file;
    upkeep = request.readOnly ? undefined : new Upkeep(opened, (notice) => port.postMessage({ notice }));
    return request.load ? opened.load() : undefined;
  }
  if (request.type === 'close') {
    upkeep?.end();
    file?.close();
    return undefined;
  }
  if (file === undefined) throw new Error('store is not open');
  switch (request.type) {
    case 'commit':
      return file.commit(request);
    case 'buckets':
      return readBuckets(file.database, request);
    case 'rows':
      return readRows(file.database, request);
    case 'services':
      return readServices(file.database);
    case 'metrics':
      return readMetrics(file.database, request.serviceId);
    case 'oldest':
      return readOldest(file.database, file.archivedUpTo);
    case 'archived':
      file.archived(request.upTo);
      return undefined;
    default:
      return request satisfies never;
  }
}

port.on('message', ({ id, request }: { readonly id: number; readonly request: Request }) => {
  try {
    port.postMessage({ id, value: answer(request) });
    if (request.type === 'commit') upkeep?.begin(request.now);
  } catch (cause) {
    port.postMessage({ id, error: sentError(cause, DOING[request.type]) });
  }
  if (request.type !== 'close') return;
  // Deno cannot close the port, but its threads can end themselves.
  if (typeof port.close === 'function') port.close();
  else (globalThis as unknown as { close(): void }).close();
});
