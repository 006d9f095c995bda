import { toWire } from '../model/wire.ts';

/** One line of NDJSON as the library's wire format has it. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(toWire(value))}\n`;
}
