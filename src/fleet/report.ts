import { Buffer } from 'node:buffer';

/** What a node sends to the primary: all that it recorded since its last report. */
export interface Report {
  /** Process, and thread where it is not the main one. */
  readonly node: string;
  /** Records in it. */
  readonly records: number;
  readonly partials: Uint8Array;
}

/** A property that no other message of the host has by chance; its value is the version. */
const TAG = '@streamgate/analytics/fleet';
const VERSION = 1;

/** A message for `process.send`, which may make JSON of it. */
export function textMessage({ node, records, partials }: Report): object {
  return { [TAG]: VERSION, node, records, partials: Buffer.from(partials).toString('base64') };
}

/** A message for `postMessage`. */
export function bytesMessage(report: Report): object {
  return { [TAG]: VERSION, ...report };
}

/** Reads a message; `undefined` where it is the host's own, or not of this version. */
export function reportOf(message: unknown): Report | undefined {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, TAG)) return undefined;
  const { [TAG]: version, node, records, partials } = message as Readonly<Record<string, unknown>>;
  if (version !== VERSION || typeof node !== 'string' || !Number.isSafeInteger(records)) return undefined;
  const bytes = typeof partials === 'string' ? Buffer.from(partials, 'base64') : partials;
  if (!(bytes instanceof Uint8Array)) return undefined;
  return { node, records: records as number, partials: bytes };
}
